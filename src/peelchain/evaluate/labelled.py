"""A table of addresses whose owners somebody knows: a seized wallet, a server's table of users."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from peelchain.errors import AddressError, SourceError
from peelchain.network import Network
from peelchain.script import script_pubkey

Problem = Literal["not_an_address", "no_entity", "repeated", "contradictory", "not_in_chain"]

PROBLEMS: dict[Problem, str] = {
    "not_an_address": "is no address of this network; left out",
    "no_entity": "names no entity; left out",
    "repeated": "is in an earlier row with the same entity; counted once",
    "contradictory": "is in another row with another entity; left out in every row",
    "not_in_chain": "never occurs in the chain; left out",
}
"""What can be amiss with a row, and what becomes of it."""

_MOST_BYTES = 2_000_000_000
_MOST_CELL = 10_000


@dataclass(frozen=True)
class Remark:
    """A row that is amiss: its line in the file, what it says, and the line it clashes with.

    `address` is empty where it is none: what stands there may be a secret, such as a private key.
    `reason` then says what it is instead.
    """

    line: int
    address: str
    entity: str
    problem: Problem
    reason: str
    other_line: int | None = None


@dataclass(frozen=True)
class LabelledTable:
    """What a table says: `entities` by script, in the file's order; `lines` where each stands."""

    rows: int
    entities: dict[bytes, str]
    lines: dict[bytes, int]
    addresses: dict[bytes, str]
    remarks: tuple[Remark, ...]


def read_labelled_table(path: Path, network: Network) -> LabelledTable:
    """A CSV file with a heading that names the columns `address` and `entity`; others are ignored.

    Two ways of writing one address are one. Rows that are amiss are told, not dropped in silence.
    Raises SourceError, with the line, for a file that is no such table.
    """
    entities: dict[bytes, str] = {}
    lines: dict[bytes, int] = {}
    addresses: dict[bytes, str] = {}
    clashing: dict[bytes, int] = {}
    remarks: list[Remark] = []
    rows = 0
    try:
        if path.is_file() and path.stat().st_size > _MOST_BYTES:
            raise SourceError(f"{path}: it has more than {_MOST_BYTES:,} bytes; cut it in parts")
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            address_at, entity_at = _columns(path, next(reader, []))
            for cells in reader:
                line = reader.line_num
                if not any(cell.strip() for cell in cells):
                    continue
                rows += 1
                if len(cells) <= max(address_at, entity_at):
                    raise SourceError(
                        f"{path} line {line}: it has {len(cells)} cells, fewer than the heading "
                        "asks for; give every row an address and an entity"
                    )
                address, entity = cells[address_at].strip(), cells[entity_at].strip()
                if max(len(address), len(entity)) > _MOST_CELL:
                    raise SourceError(f"{path} line {line}: a cell of over {_MOST_CELL} characters")
                try:
                    script = script_pubkey(address, network)
                except AddressError as e:
                    remarks.append(Remark(line, "", entity, "not_an_address", str(e)))
                    continue
                if not entity:
                    remarks.append(_remark(line, address, entity, "no_entity"))
                elif script not in entities:
                    entities[script], lines[script] = entity, line
                    addresses[script] = address
                elif entities[script] == entity:
                    remarks.append(_remark(line, address, entity, "repeated", lines[script]))
                else:
                    clashing.setdefault(script, line)
                    other = lines[script]
                    remarks.append(_remark(line, address, entity, "contradictory", other))
    except OSError as e:
        raise SourceError(f"{path}: {e.strerror}; give a CSV file") from None
    except UnicodeDecodeError as e:
        raise SourceError(f"{path}: not UTF-8 at byte {e.start}; save it as UTF-8") from None
    except csv.Error as e:
        raise SourceError(f"{path} line {reader.line_num}: {e}; give a CSV file") from None
    for script, line in clashing.items():
        address, entity = addresses.pop(script), entities.pop(script)
        remarks.append(_remark(lines.pop(script), address, entity, "contradictory", line))
    if not rows:
        raise SourceError(f"{path}: it has no rows; give at least one address with its entity")
    remarks.sort(key=lambda r: r.line)
    return LabelledTable(rows, entities, lines, addresses, tuple(remarks))


def not_in_chain(table: LabelledTable, scripts: Iterable[bytes]) -> tuple[Remark, ...]:
    """A remark for each of these scripts of the table, in the file's order."""
    return tuple(
        _remark(table.lines[s], table.addresses[s], table.entities[s], "not_in_chain")
        for s in sorted(scripts, key=table.lines.__getitem__)
    )


def _remark(
    line: int, address: str, entity: str, problem: Problem, other: int | None = None
) -> Remark:
    return Remark(line, address, entity, problem, PROBLEMS[problem], other)


def _columns(path: Path, heading: list[str]) -> tuple[int, int]:
    names = [name.strip().lower() for name in heading]
    for wanted in ("address", "entity"):
        if names.count(wanted) != 1:
            raise SourceError(
                f"{path} line 1: the heading names the column '{wanted}' {names.count(wanted)} "
                "times; give a heading with the columns address,entity"
            )
    return names.index("address"), names.index("entity")
