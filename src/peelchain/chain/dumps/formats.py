"""The forms of dumps that are read row by row: how each tells blocks and transactions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from peelchain.chain.dumps import (
    blockchair,
    coinjoin_lines,
    esplora_lines,
    etl,
    json_rows,
    parquet_rows,
)
from peelchain.chain.dumps.files import DumpFile, Told, lines
from peelchain.chain.dumps.json_rows import Found
from peelchain.chain.dumps.rows import BlockRow, Refusals, RowError, TxRow
from peelchain.errors import SourceError
from peelchain.network import Network

Files = Sequence[DumpFile]


@dataclass(frozen=True)
class Format:
    """A form of dump: what it is in words, and its blocks and transactions in the files' order.

    Rows that are no rows of this form are counted among the refused. Without a network the prevouts
    lack the scripts that only addresses tell.
    """

    name: str
    what: str
    blocks: Callable[[Files, Refusals, Told], Iterator[BlockRow]]
    transactions: Callable[[Files, Network | None, Refusals, Told], Iterator[TxRow]]


def _no_blocks(files: Files, refusals: Refusals, read: Told) -> Iterator[BlockRow]:
    del files, refusals, read
    return iter(())


def _coinjoin_rows(
    files: Files, network: Network | None, refusals: Refusals, read: Told
) -> Iterator[TxRow]:
    del network
    for file in files:
        for number, line in lines(file, refusals, read):
            where = f"{file.path}, line {number}"
            try:
                yield coinjoin_lines.row(where, line)
            except RowError as e:
                refusals.add(where, e)


def _objects(files: Files, refusals: Refusals, read: Told, *, blocks: bool) -> Iterator[Found]:
    for file in files:
        if parquet_rows.is_parquet(file):
            yield from parquet_rows.objects(file, read, blocks=blocks)
        else:
            yield from json_rows.objects(file, refusals, read, blocks=blocks)


def _of_objects(
    name: str,
    what: str,
    block: Callable[[str, dict[str, Any]], BlockRow],
    transaction: Callable[[str, dict[str, Any], Network | None], TxRow],
) -> Format:
    def blocks(files: Files, refusals: Refusals, read: Told) -> Iterator[BlockRow]:
        for where, item in _objects(files, refusals, read, blocks=True):
            try:
                yield block(where, item)
            except (RowError, SourceError) as e:
                refusals.add(where, e)

    def transactions(
        files: Files, network: Network | None, refusals: Refusals, read: Told
    ) -> Iterator[TxRow]:
        for where, item in _objects(files, refusals, read, blocks=False):
            try:
                yield transaction(where, item, network)
            except (RowError, SourceError) as e:
                refusals.add(where, e)

    return Format(name, what, blocks, transactions)


COINJOINS = Format(
    "coinjoins",
    "the lines of a CoinJoin set: txid:::block:::index:::time:::inputs:::outputs",
    _no_blocks,
    _coinjoin_rows,
)
ESPLORA_LINES = _of_objects(
    "esplora-lines",
    "Esplora's JSON: transactions with prevouts, one a line, an array, or one file each",
    esplora_lines.block,
    esplora_lines.transaction,
)
ETL = _of_objects(
    "etl",
    "the blocks and transactions of bitcoin-etl or BigQuery's crypto_bitcoin, as JSON lines or "
    "Parquet",
    etl.block,
    etl.transaction,
)
BLOCKCHAIR = Format(
    "blockchair",
    "Blockchair's daily tables of blocks, transactions, outputs and inputs, as TSV",
    blockchair.blocks,
    blockchair.transactions,
)
FORMATS = {form.name: form for form in (BLOCKCHAIR, COINJOINS, ESPLORA_LINES, ETL)}
"""The forms by name, which is the kind of source."""
