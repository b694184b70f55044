"""Seeds of a trace from a table: outpoint, satoshis, claimant."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from peelchain.errors import MisuseError, SourceError
from peelchain.units import OutPoint, check_sat, shown

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_CLAIMANT = 200

_COLUMNS = ("outpoint", "satoshis", "claimant")


@dataclass(frozen=True)
class SeedRow:
    """One seed: satoshis None for the whole output, claimant None where none is named.

    `where` names it in messages: the option's text, or file and row.
    """

    outpoint: OutPoint
    sat: int | None
    claimant: str | None
    where: str


def read_seed_file(path: Path) -> list[SeedRow]:
    """The seeds of a CSV file with the columns outpoint and, where wanted, satoshis and claimant.

    Raises SourceError naming file and row for what cannot be read.
    """
    file = shown(path.name)
    try:
        if path.is_file() and path.stat().st_size > MAX_FILE_BYTES:
            raise SourceError(f"{file}: is larger than the {MAX_FILE_BYTES:,} bytes seeds may take")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found = list(_rows(file, csv.reader(stream, strict=True)))
    except OSError as error:
        raise SourceError(f"{shown(str(path))}: {error.strerror}; give a CSV file") from None
    except UnicodeDecodeError as error:
        raise SourceError(f"{file}: is not UTF-8 text near byte {error.start}") from None
    except csv.Error as error:
        raise SourceError(f"{file}: is not CSV: {shown(str(error))}") from None
    if not found:
        raise SourceError(f"{file}: has no seed; give a row for each, under {','.join(_COLUMNS)}")
    return found


def parse_seed(text: str, claimant: str | None = None) -> SeedRow:
    """The seed written as `TXID:VOUT`, or `TXID:VOUT=SATOSHIS` for a part. Raises MisuseError."""
    name, given, amount = text.partition("=")
    outpoint = OutPoint.parse(name.strip())
    if not given:
        return SeedRow(outpoint, None, claimant, f"seed {outpoint}")
    if not amount.isascii() or not amount.isdigit():
        raise MisuseError(f"seed {name}: {amount!r} are no satoshis; write TXID:VOUT=150000")
    sat = check_sat(int(amount[:20]), f"seed {name}:")
    return SeedRow(outpoint, sat, claimant, f"seed {outpoint}")


def parse_claim(text: str) -> list[SeedRow]:
    """The seeds of one claimant, written as `NAME=TXID:VOUT,TXID:VOUT=SATOSHIS`."""
    name, given, listed = text.partition("=")
    if not given or not name.strip() or ":" in name:
        raise MisuseError(
            f"{shown(text)} names no claimant; write --claimant NAME=TXID:VOUT, with commas "
            "between several outpoints"
        )
    return [parse_seed(seed, _claimant(name)) for seed in listed.split(",")]


def _rows(file: str, reader: Iterator[list[str]]) -> Iterator[SeedRow]:
    header = [name.strip().lower() for name in next(reader, [])]
    if "outpoint" not in header or set(header) - set(_COLUMNS) or len(set(header)) != len(header):
        raise SourceError(
            f"{file} row 1: headings must be outpoint, and may be satoshis and claimant, each "
            f"once; they are {shown(','.join(header))}"
        )
    for row, cells in enumerate(reader, 2):
        if row > MAX_ROWS:
            raise SourceError(f"{file}: has more than {MAX_ROWS:,} rows")
        if not cells:
            continue
        if len(cells) != len(header):
            raise SourceError(
                f"{file} row {row}: has {len(cells)} cells under {len(header)} headings"
            )
        said = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        try:
            yield _row(said, f"{file} row {row}")
        except MisuseError as error:
            raise SourceError(f"{file} row {row}: {error}") from None


def _row(said: dict[str, str], where: str) -> SeedRow:
    amount = said.get("satoshis", "")
    if amount and (not amount.isascii() or not amount.isdigit()):
        raise MisuseError(
            f"{shown(amount)} are no satoshis; write plain digits, or nothing for all"
        )
    return SeedRow(
        OutPoint.parse(said["outpoint"]),
        check_sat(int(amount[:20])) if amount else None,
        _claimant(said["claimant"]) if said.get("claimant") else None,
        where,
    )


def _claimant(name: str) -> str:
    text = name.strip()
    if len(text) > MAX_CLAIMANT:
        raise MisuseError(f"claimant {shown(text)}: give at most {MAX_CLAIMANT} characters")
    return text
