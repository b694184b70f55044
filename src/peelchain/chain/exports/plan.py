"""What part of a chain an export holds, and how it is cut into files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from peelchain.errors import MisuseError
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store
from peelchain.units import format_hash

BLOCKS_A_FILE = 1008
"""A week, as the greatest segment of a store has."""


@dataclass(frozen=True)
class Cut:
    """Blocks that are written together: rising heights, and what names of files say of them.

    `key` changes when the blocks do: it has the hash of the last one.
    """

    label: str
    heights: Sequence[int]
    key: str


def heights_of(store: Store, first: int | None, last: int | None) -> tuple[int, int]:
    """The first and last height to export. Raises MisuseError for heights the store lacks."""
    tip = store.manifest.tip_height
    start = 0 if first is None else first
    end = tip if last is None else last
    if not 0 <= start <= end <= tip:
        raise MisuseError(
            f"heights {start} to {end} are not all in the store, which holds 0 to {tip}; give "
            "--from and --to within that"
        )
    return start, end


def cuts(
    lookup: Lookup, first: int, last: int, each: int | Literal["day"], *, numbered: bool = False
) -> Iterator[Cut]:
    """The parts of an export: `each` blocks at a time from multiples of it on (0: all), or by day.

    Parts from multiples on: the same chain is cut alike whatever its tip. A day is the one in the
    header, UTC. Where `numbered`, labels are numbers of files, else heights.
    """
    if each == "day":
        yield from _days(lookup, first, last)
        return
    step = each or last + 1
    for start in range(first - first % step, last + 1, step):
        heights = range(max(start, first), min(start + step - 1, last) + 1)
        label = f"{start // step:05d}" if numbered else f"{heights[0]:08d}_{heights[-1]:08d}"
        yield Cut(label if each else "", heights, _key(lookup, heights))


def _days(lookup: Lookup, first: int, last: int) -> Iterator[Cut]:
    by_day: dict[str, list[int]] = {}
    times = lookup.columns_of("blocks", range(first, last + 1), ["time_utc"])["time_utc"]
    for height, milliseconds in zip(range(first, last + 1), times, strict=True):
        if milliseconds is None:
            # a partial store has nothing of it
            continue
        day = datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y%m%d")
        by_day.setdefault(day, []).append(height)
    for day in sorted(by_day):
        yield Cut(day, by_day[day], _key(lookup, by_day[day]))


def _key(lookup: Lookup, heights: Sequence[int]) -> str:
    (tip,) = lookup.rows_of("blocks", [heights[-1]], ["block_hash"]).values()
    shown = format_hash(tip["block_hash"] or b"")
    return f"{heights[0]}-{heights[-1]}-{len(heights)}-{shown}"
