"""Confidence intervals of a share: exact, Wilson's, and by resampling of groups."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from peelchain.errors import MisuseError

LEVEL = 0.95
RESAMPLES = 2000

_MOST_STEPS = 1_000_000
_TINY = 1e-300


@dataclass(frozen=True)
class Interval:
    """A share from `low` to `high`, both within 0 and 1."""

    low: float
    high: float


UNKNOWN = Interval(0.0, 1.0)
"""What is known of a share when nothing was counted."""


def clopper_pearson(right: int, total: int, level: float = LEVEL) -> Interval:
    """The exact interval of a binomial share: it covers the truth at least at the level.

    (0, 1) where nothing was counted. Raises MisuseError for counts that are none.
    Source: Clopper and Pearson 1934.
    """
    _check(right, total, level)
    if total == 0:
        return UNKNOWN
    tail = (1 - level) / 2
    low = 0.0 if right == 0 else _beta_quantile(tail, right, total - right + 1)
    high = 1.0 if right == total else _beta_quantile(1 - tail, right + 1, total - right)
    return Interval(low, high)


def wilson(right: int, total: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval of a binomial share: near the level on average, not always above.

    (0, 1) where nothing was counted. Raises MisuseError for counts that are none.
    Source: Wilson 1927.
    """
    _check(right, total, level)
    if total == 0:
        return UNKNOWN
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    root = math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    reach = z * root / (1 + z * z / total)
    low = 0.0 if right == 0 else max(0.0, middle - reach)
    high = 1.0 if right == total else min(1.0, middle + reach)
    return Interval(low, high)


def grouped(
    parts: Sequence[tuple[float, float]], level: float = LEVEL, resamples: int = RESAMPLES
) -> Interval:
    """The percentile interval of sum(numerators) / sum(denominators), groups drawn with return.

    `parts` holds a (numerator, denominator) a group: an economy, an entity. What lies in one group
    may hang together; groups are taken to be independent. Draws come from a fixed stream, so the
    same parts give the same interval. (0, 1) for fewer than two groups that count anything.
    Source: Efron 1979; cluster bootstrap, Davison and Hinkley 1997, section 3.8.
    """
    _check(0, 0, level)
    counted = [(n, d) for n, d in parts if d > 0]
    if len(counted) < 2:
        return UNKNOWN
    top = np.array([n for n, _ in counted], dtype=np.float64)
    bottom = np.array([d for _, d in counted], dtype=np.float64)
    stream = np.random.PCG64(len(counted))
    shares = []
    for _ in range(resamples):
        # the raw stream of a bit generator is the one that numpy promises to keep
        drawn = np.asarray(stream.random_raw(len(counted)) % np.uint64(len(counted)), dtype=np.intp)
        shares.append(float(top[drawn].sum() / bottom[drawn].sum()))
    shares.sort()
    cut = (1 - level) / 2
    low = shares[math.floor(cut * (resamples - 1))]
    high = shares[math.ceil((1 - cut) * (resamples - 1))]
    return Interval(max(0.0, low), min(1.0, high))


def wider(first: Interval, second: Interval) -> Interval:
    """The least interval that holds both; one of which nothing is known does not widen."""
    if UNKNOWN in (first, second):
        return first if second == UNKNOWN else second
    return Interval(min(first.low, second.low), max(first.high, second.high))


def share_interval(parts: Sequence[tuple[int, int]], level: float = LEVEL) -> Interval:
    """The interval of a share counted in groups: the wider of the exact and the resampled one.

    `parts` holds (right, total) a group. The exact interval takes each count for independent,
    which within a group it is not; resampling says nothing where every group is all right. So
    neither is trusted alone.
    """
    right, total = (sum(part[i] for part in parts) for i in (0, 1))
    return wider(clopper_pearson(right, total, level), grouped(parts, level))


def _check(right: int, total: int, level: float) -> None:
    if not 0 <= right <= total:
        raise MisuseError(f"{right} of {total} is no share: give 0 <= right <= total")
    if not 0 < level < 1:
        raise MisuseError(f"level {level} is out of range: give one between 0 and 1, such as 0.95")


def _beta_quantile(share: float, a: int, b: int) -> float:
    """The x at which the regularised incomplete beta function of a and b is `share`."""
    low, high = 0.0, 1.0
    # halving an interval of doubles: after this many steps its ends are neighbours or equal
    for _ in range(1100):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _incomplete_beta(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function. Source: DLMF 8.17.22, by Lentz's method."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, _MOST_STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + term * d
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = 1 + term / c
            c = c if abs(c) > _TINY else _TINY
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            return math.exp(log_front) * value / a
    raise MisuseError(f"counts of {a + b:,.0f} are beyond the exact interval: use Wilson's")
