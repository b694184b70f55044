"""The formats in which a store can be exported, as one table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from peelchain.chain.exports import (
    bigquery,
    blockchair,
    esplora_lines,
    etl,
    graphsense,
    parquet,
    raw_blocks,
)
from peelchain.chain.exports.files import Compression, Piece
from peelchain.chain.exports.plan import BLOCKS_A_FILE, Cut
from peelchain.chain.exports.source import Source


@dataclass(frozen=True)
class Format:
    """One format: who reads it, how a cut is written, how it is cut and compressed unless asked.

    `notes` are what the README says of it; `finish` writes what is told of all cuts together.
    `says_how_known`: its own columns tell how the rows of a partial store are known.
    `tells_prices`: rates that were imported stand in the cuts.
    Where `numbered`, files are named by a number, not by heights.
    """

    reads: str
    write: Callable[[Source, Cut, Piece], None]
    each: int | Literal["day"] = BLOCKS_A_FILE
    compression: Compression = "none"
    numbered: bool = False
    notes: str = ""
    finish: Callable[[Source, int, int, Piece], None] | None = None
    says_how_known: bool = False
    tells_prices: bool = False


FORMATS: dict[str, Format] = {
    "bigquery": Format(
        "BigQuery, by `bq load`, as the public table crypto_bitcoin has it",
        bigquery.write,
        compression="zst",
        notes=bigquery.NOTES,
    ),
    "blockchair": Format(
        "what reads Blockchair's daily dumps",
        blockchair.write,
        each="day",
        compression="gz",
        notes=blockchair.NOTES,
        tells_prices=True,
    ),
    "blocks": Format(
        "Bitcoin Core (-loadblock), and what parses raw blocks",
        raw_blocks.write,
        each=1,
        numbered=True,
        notes=raw_blocks.NOTES,
    ),
    "esplora-lines": Format(
        "what reads transactions as an Esplora server answers them",
        esplora_lines.write,
        notes=esplora_lines.NOTES,
    ),
    "etl": Format("what reads bitcoin-etl's JSON lines", etl.write, notes=etl.NOTES),
    "graphsense": Format(
        "GraphSense, as the tables of its raw keyspace",
        graphsense.write,
        compression="zst",
        notes=graphsense.NOTES,
        finish=graphsense.finish,
    ),
    "parquet": Format(
        "DuckDB, pandas, Polars, Spark: the store's facts by natural keys",
        parquet.write,
        compression="zst",
        notes=parquet.NOTES,
        says_how_known=True,
    ),
}
