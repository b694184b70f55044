"""Intervals of shares: against exact sums, against scipy, and by how often they cover."""

import random
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle.metrics import exact_limits

from peelchain.errors import MisuseError
from peelchain.evaluate.intervals import (
    UNKNOWN,
    Interval,
    clopper_pearson,
    grouped,
    share_interval,
    wider,
    wilson,
)

counts = st.integers(0, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(max_examples=30, deadline=None)
@given(counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_exact_interval_is_that_of_the_binomial_tails(count, level):
    right, total = count
    if total == 0:
        assert clopper_pearson(right, total, level) == UNKNOWN
        return
    found = clopper_pearson(right, total, level)
    assert (found.low, found.high) == pytest.approx(exact_limits(right, total, level), abs=1e-8)


@pytest.mark.parametrize(
    ("right", "total"),
    [
        (0, 1),
        (1, 1),
        (0, 906),
        (906, 906),
        (49_990, 50_000),
        (1, 10_000_000),
        (5_000_000, 9_999_999),
    ],
)
def test_exact_interval_is_scipys(right, total):
    beta = pytest.importorskip("scipy.stats").beta
    found = clopper_pearson(right, total)
    low = 0.0 if right == 0 else beta.ppf(0.025, right, total - right + 1)
    high = 1.0 if right == total else beta.ppf(0.975, right + 1, total - right)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-6)


def test_exact_interval_covers_at_least_the_level_wherever_the_truth_lies():
    total = 20
    intervals = [clopper_pearson(k, total) for k in range(total + 1)]
    for truth in (0.01, 0.05, 0.3, 0.5, 0.9, 0.995):
        covered = sum(
            comb(total, k) * truth**k * (1 - truth) ** (total - k)
            for k, interval in enumerate(intervals)
            if interval.low <= truth <= interval.high
        )
        assert covered >= 0.95


def test_rule_of_three():
    assert clopper_pearson(1000, 1000, 0.90).low == pytest.approx(1 - 3 / 1000, abs=1e-4)


@given(counts)
def test_intervals_hold_the_share_and_stay_within_zero_and_one(count):
    right, total = count
    for interval in (clopper_pearson(right, total), wilson(right, total)):
        assert 0 <= interval.low <= interval.high <= 1
        if total:
            assert interval.low <= right / total <= interval.high


def test_wilson_is_the_published_example():
    # Newcombe 1998, table I: 81 of 263
    found = wilson(81, 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)


def test_groups_that_hang_together_widen_the_interval():
    alone = clopper_pearson(500, 1000)
    together = grouped([(100, 100), (0, 100)] * 5)
    assert together.low < alone.low
    assert together.high > alone.high


def test_grouped_interval_is_near_what_theory_says_for_independent_groups():
    rng = random.Random(5)
    parts = [(sum(rng.random() < 0.8 for _ in range(50)), 50) for _ in range(400)]
    share = sum(n for n, _ in parts) / 20_000
    spread = 1.96 * (share * (1 - share) / 20_000) ** 0.5
    found = grouped(parts)
    assert (found.low, found.high) == pytest.approx((share - spread, share + spread), abs=0.001)


def test_grouped_interval_is_the_same_each_time_and_passes_over_empty_groups():
    parts = [(9, 10), (7, 10), (10, 10)]
    assert grouped(parts) == grouped([*parts[:1], (0, 0), *parts[1:]])
    assert grouped([(9, 10)]) == UNKNOWN


def test_wider_ignores_what_nothing_is_known_of():
    assert wider(UNKNOWN, Interval(0.2, 0.3)) == Interval(0.2, 0.3)
    assert wider(Interval(0.1, 0.25), Interval(0.2, 0.3)) == Interval(0.1, 0.3)


def test_all_right_in_every_group_is_not_taken_for_certainty():
    assert share_interval([(100, 100)] * 10).low < 1


@pytest.mark.parametrize(("right", "total"), [(-1, 3), (4, 3), (0, -1)])
def test_counts_that_are_no_share_are_refused(right, total):
    for interval in (clopper_pearson, wilson):
        with pytest.raises(MisuseError, match="is no share"):
            interval(right, total)


def test_level_out_of_range_is_refused():
    with pytest.raises(MisuseError, match=r"level 95.* such as 0\.95"):
        clopper_pearson(1, 2, 95)
