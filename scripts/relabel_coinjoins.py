"""Prints docs/methods/coinjoin-labels.csv: what each line of the real CoinJoin sets is, and why.

`relabel_coinjoins.py PEELCHAIN_DATA > docs/methods/coinjoin-labels.csv` writes it anew. The
verdicts are those of tests/oracle/coinjoins.py; nothing of the detectors is used.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.oracle.coinjoins import Tx, label

COLUMNS = ("txid", "set", "verdict", "reason")


def transactions(folder: Path) -> Iterator[tuple[str, Tx]]:
    """Each line of each set under `folder`, with the set's name, in the order of the files."""
    for path in sorted(folder.glob("*/*.txt")):
        for line in path.read_text().splitlines():
            txid, _, _, time, *sides = line.split(":::")
            inputs, outputs = ([_coin(text) for text in side.split("}{")] for side in sides)
            yield f"{path.parent.name}/{path.stem}", Tx(txid, int(time), inputs, outputs)


def _coin(text: str) -> tuple[int, str]:
    place, script, _ = text.split("+")
    return int(place.rpartition("-")[2]), script


def rows(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """The rows of the page."""
    for name, tx in transactions(folder):
        yield (tx.txid, name, *label(tx))


if __name__ == "__main__":
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows(Path(sys.argv[1]) / "coinjoins"))
