"""How a store is cut by height: which segments its tables make, and which look-ups are merged.

Complete weeks look alike in every store of a chain; the days after them follow the steps by which
it grew.
"""

from collections.abc import Sequence

DAY_BLOCKS = 144
"""The least sealed segment: what a day adds."""
WEEK_BLOCKS = 1008
"""The greatest segment: days become one when the week is complete."""
HEAD_BLOCKS = 100
"""At least so many blocks below the tip stay unsealed, replaced whole when the tip moves."""
LEVELS = (DAY_BLOCKS, WEEK_BLOCKS, 8_064, 64_512, 516_096)
"""Heights that a merged look-up covers: few files to search, each entry written few times."""

Range = tuple[int, int]


def segment_end(first: int, top: int) -> tuple[int, bool]:
    """The last height of the segment that begins at `first`, and whether it is sealed.

    Sealed segments end where a day ends and never reach into the next week; the days of an
    incomplete week that are ingested together are one segment.
    """
    settled = (top - HEAD_BLOCKS + 1) // DAY_BLOCKS * DAY_BLOCKS - 1
    week_end = (first // WEEK_BLOCKS + 1) * WEEK_BLOCKS - 1
    last = min(settled, week_end)
    return (last, True) if last >= first else (top, False)


def mergeable_segments(ranges: Sequence[Range]) -> list[slice]:
    """Neighbours among sealed segments, given in order, whose tables are due to become one."""
    return _mergeable(ranges, (DAY_BLOCKS, WEEK_BLOCKS))


def mergeable_lookups(ranges: Sequence[Range]) -> list[slice]:
    """Neighbours among sealed look-ups of a kind, given in order, that are due to become one."""
    return _mergeable(ranges, LEVELS)


def _mergeable(ranges: Sequence[Range], levels: Sequence[int]) -> list[slice]:
    """Neighbours that together fill a level; the greatest level they fill."""
    found = []
    start = 0
    while start < len(ranges):
        end = start + 1
        for level in reversed(levels):
            stop = _filling(ranges, start, level)
            if stop > end:
                end = stop
                found.append(slice(start, end))
                break
        start = end
    return found


def _filling(ranges: Sequence[Range], start: int, level: int) -> int:
    """Where the ranges from `start` on have filled one level exactly; `start` when they do not."""
    first = ranges[start][0]
    if first % level:
        return start
    for at in range(start, len(ranges)):
        last = ranges[at][1]
        if last == first + level - 1:
            return at + 1
        if last >= first + level or (at + 1 < len(ranges) and ranges[at + 1][0] != last + 1):
            break
    return start
