"""How a store is cut by height, whatever the steps it grew by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from peelchain.store.layout import (
    DAY_BLOCKS,
    HEAD_BLOCKS,
    LEVELS,
    WEEK_BLOCKS,
    Range,
    mergeable_lookups,
    mergeable_segments,
    segment_end,
)

MOST_LOOKUPS = 30
"""Files of a kind: seven of each level, the greatest, and the head."""


def cut(first: int, top: int) -> list[tuple[Range, bool]]:
    """The segments of the heights from `first` to `top`, and whether each is sealed."""
    found = []
    while first <= top:
        last, sealed = segment_end(first, top)
        found.append(((first, last), sealed))
        first = last + 1
    return found


def merged(ranges: list[Range], groups: list[slice]) -> list[Range]:
    """What is left of ranges once groups of neighbours have become one each."""
    left = list(ranges)
    for group in reversed(groups):
        left[group] = [(left[group][0][0], left[group][-1][1])]
    return left


@dataclass
class Grown:
    """The sealed segments and look-ups of a store, as ingest and compaction leave them."""

    top: int = -1
    segments: list[Range] = field(default_factory=list)
    lookups: list[Range] = field(default_factory=list)

    def grow(self, top: int) -> None:
        """Ingests up to a height."""
        self.top = top
        begin = self.segments[-1][1] + 1 if self.segments else 0
        for segment, sealed in cut(begin, top):
            if sealed:
                self.segments.append(segment)
                self.lookups.append(segment)
                self.segments = merged(self.segments, mergeable_segments(self.segments))
                self.lookups = merged(self.lookups, mergeable_lookups(self.lookups))

    def cut_back(self, fork: int) -> None:
        """Takes a chain back: what reaches beyond the fork is gone, look-ups are made anew."""
        self.segments = [s for s in self.segments if s[1] <= fork]
        self.lookups = [r for r in self.lookups if r[1] <= fork]
        covered = self.lookups[-1][1] if self.lookups else -1
        self.lookups += [s for s in self.segments if s[0] > covered]


def assert_tiled(ranges: list[Range], last: int) -> None:
    assert [b[0] for _, b in pairwise(ranges)] == [a[1] + 1 for a, _ in pairwise(ranges)]
    assert (ranges[0][0], ranges[-1][1]) == (0, last) if ranges else last == -1


@given(st.integers(0, 1_000_000))
def test_segments_tile_the_chain_by_days_and_weeks_and_end_in_a_head(top: int) -> None:
    segments = cut(0, top)
    assert_tiled([s for s, _ in segments], top)
    assert [sealed for _, sealed in segments] == [True] * (len(segments) - 1) + [False]
    for (first, last), _ in segments[:-1]:
        assert (last + 1) % DAY_BLOCKS == 0
        assert first // WEEK_BLOCKS == last // WEEK_BLOCKS
    head = segments[-1][0]
    assert HEAD_BLOCKS <= top + 1 - head[0] < HEAD_BLOCKS + DAY_BLOCKS or top < HEAD_BLOCKS


@given(
    st.sets(st.integers(1, 150), max_size=40).map(sorted),
    st.sets(st.integers(0, 40), max_size=2),
    st.sampled_from([mergeable_segments, mergeable_lookups]),
)
def test_neighbours_that_fill_a_level_are_merged_whatever_lies_around_them(
    days: list[int], gaps: set[int], mergeable: Callable[[Sequence[Range]], list[slice]]
) -> None:
    # a chain taken back may have any cuts; every day is cut off in the first weeks
    ends = [*range(1, 60), *(60 + day for day in days)]
    ranges = [(a * DAY_BLOCKS, b * DAY_BLOCKS - 1) for a, b in pairwise([0, *ends])]
    ranges = [r for i, r in enumerate(ranges) if i not in gaps]
    groups = mergeable(ranges)
    for group in groups:
        parts = ranges[group]
        first, last = parts[0][0], parts[-1][1]
        assert len(parts) > 1
        assert sum(b + 1 - a for a, b in parts) == last + 1 - first
        assert last + 1 - first in LEVELS
        assert first % (last + 1 - first) == 0
    assert mergeable(merged(ranges, groups)) == []


# a block, a day, a week, months; below nought a reorganisation of so many blocks, then one more
STEPS = st.lists(
    st.one_of(
        st.integers(1, 200), st.integers(1, 3_000), st.integers(1, 150_000), st.integers(-9_000, -1)
    ),
    max_size=25,
)


@given(STEPS)
@settings(max_examples=200, deadline=None)
def test_what_is_merged_tiles_the_levels_however_the_chain_grew(steps: list[int]) -> None:
    store = Grown()
    for step in steps:
        if step < 0:
            fork = max(store.top + step, -1)
            store.cut_back(fork)
            store.grow(store.top + 1)
        else:
            store.grow(store.top + step)
        last = store.segments[-1][1] if store.segments else -1
        assert_tiled(store.segments, last)
        assert_tiled(store.lookups, last)
        for first, end in store.segments:
            assert first // WEEK_BLOCKS == end // WEEK_BLOCKS
        for first, end in store.lookups:
            # days that were ingested together are no level, but never leave their week
            length = end + 1 - first
            within_a_week = first // WEEK_BLOCKS == end // WEEK_BLOCKS
            assert within_a_week or (length in LEVELS and first % length == 0)
    # once something more is sealed, complete weeks are one segment and look-ups are few
    store.grow(store.top + WEEK_BLOCKS)
    weeks = [s for s in store.segments if s[1] < store.segments[-1][0] // WEEK_BLOCKS * WEEK_BLOCKS]
    assert all(end + 1 - first == WEEK_BLOCKS for first, end in weeks)
    assert len(store.lookups) + 1 <= MOST_LOOKUPS
    assert mergeable_lookups(store.lookups) == []
    assert mergeable_segments(store.segments) == []


def test_a_million_blocks_day_by_day_never_leave_many_lookups() -> None:
    store = Grown()
    most = 0
    for top in range(DAY_BLOCKS - 1, 1_000_000, DAY_BLOCKS):
        store.grow(top)
        most = max(most, len(store.lookups) + 1)
    assert_tiled(store.lookups, store.segments[-1][1])
    assert most <= MOST_LOOKUPS
