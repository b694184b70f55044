"""CoinJoins told by shape, in a file of transactions. No store is read."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from peelchain.cluster.coinjoin.classify import Judgement
from peelchain.cluster.coinjoin.classify import classify as judge_all
from peelchain.cluster.coinjoin.parse import MOST_LINE_BYTES, Transaction, parse
from peelchain.errors import SourceError

Progress = Callable[[str, int, int], object]
"""Called with what is being done, lines read, and 0: how many there are is not known."""

_EVERY = 1_000


def classify(file: Path, progress: Progress) -> Iterator[dict[str, Any]]:
    """A JSON object for each transaction of the file, in its order, as it is read.

    The file holds Esplora's JSON of a transaction on each line; empty lines are passed over. Keys
    are those of `Judgement`, with `txid` as text and `basis`. Raises SourceError for a line that is
    no transaction, with file and line; what came before it has been given by then.
    """
    with file.open("rb") as stream:
        for judgement in judge_all(_transactions(stream, str(file), progress)):
            yield _answer(judgement)


def _answer(judgement: Judgement) -> dict[str, Any]:
    return {**asdict(judgement), "txid": judgement.txid.hex(), "basis": "inference"}


def _transactions(stream: BinaryIO, name: str, progress: Progress) -> Iterator[Transaction]:
    number = 0
    while line := stream.readline(MOST_LINE_BYTES + 1):
        number += 1
        where = f"{name}, line {number}"
        if len(line) > MOST_LINE_BYTES:
            raise SourceError(
                f"{where}: longer than {MOST_LINE_BYTES >> 20} MiB, which no transaction is; "
                "give one transaction a line"
            )
        if number % _EVERY == 0:
            progress("classifying", number, 0)
        if line.strip():
            yield parse(line, where)
