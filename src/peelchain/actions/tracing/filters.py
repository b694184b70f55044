"""What of the chain a trace may walk through: hops, values, heights; dates become heights."""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from peelchain.actions.open_store import OpenStore
from peelchain.errors import MisuseError
from peelchain.units import format_time, parse_date, shown

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})Z?")


@dataclass(frozen=True)
class Filters:
    """What is asked of a walk. None is no limit.

    `since` and `until` are days or moments, UTC: `2024-01-31` or `2024-01-31T12:00:00Z`; a day
    is meant whole. Services named in `through`, or of `through_categories`, do not stop the walk.
    Others as in TraceRequest.
    """

    max_hops: int | None = None
    min_value_sat: int | None = None
    min_height: int | None = None
    max_height: int | None = None
    since: str | None = None
    until: str | None = None
    max_txs: int | None = None
    through: tuple[str, ...] = ()
    through_categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """Where a trace is cut: transactions from the seeds, value of an output, heights."""

    max_hops: int | None = None
    min_value_sat: int | None = None
    min_height: int | None = None
    max_height: int | None = None


@dataclass(frozen=True)
class Period:
    """Filters with their dates made into heights, and how to tell it."""

    filters: Filters
    limits: Limits
    max_txs: int | None

    def told(self) -> dict[str, Any]:
        """For the answer: each filter that was set, dates as heights too."""
        asked = {**asdict(self.filters), **asdict(self.limits)}
        return {name: value for name, value in asked.items() if value not in (None, ())}


def period(filters: Filters, opened: OpenStore) -> Period:
    """The filters by height alone.

    A date becomes a height by the block headers' times, which do not rise steadily: from the lowest
    block made at or after `since` to the highest made at or before `until`. The walk itself goes by
    chain order. Raises MisuseError for filters that contradict each other or leave no block.
    """
    _check(filters)
    low, high = filters.min_height, filters.max_height
    if filters.since is not None or filters.until is not None:
        table = opened.store.read("blocks", ["height", "time_utc"])
        table = table.filter(table["time_utc"].is_valid())
        heights = table["height"].to_numpy()
        seconds = table["time_utc"].to_numpy().astype("datetime64[s]").astype(np.int64)
        tip_utc = format_time(int(seconds[np.argmax(heights)]))
        if filters.since is not None:
            later = heights[seconds >= moment_of(filters.since, "--since")]
            if not len(later):
                raise MisuseError(
                    f"--since {filters.since} is after the last block, made {tip_utc}; give an "
                    "earlier date, or ingest newer blocks"
                )
            low = int(later.min())
        if filters.until is not None:
            earlier = heights[seconds <= moment_of(filters.until, "--until", last=True)]
            if not len(earlier):
                first_utc = format_time(int(seconds[np.argmin(heights)]))
                raise MisuseError(
                    f"--until {filters.until} is before the first block, made {first_utc}; give a "
                    "later date"
                )
            high = int(earlier.max())
    if low is not None and high is not None and low > high:
        raise MisuseError(
            f"no block lies in the period asked: it begins at height {low} and ends at {high}; "
            "swap the limits, or widen them"
        )
    limits = Limits(filters.max_hops, filters.min_value_sat, low, high)
    return Period(filters, limits, filters.max_txs)


def _check(filters: Filters) -> None:
    for date, height, names in (
        (filters.since, filters.min_height, "--since and --min-height"),
        (filters.until, filters.max_height, "--until and --max-height"),
    ):
        if date is not None and height is not None:
            raise MisuseError(f"{names} both say where the period ends; give one of them")
    if filters.since is not None and filters.until is not None:
        first, last = (
            moment_of(filters.since, "--since"),
            moment_of(filters.until, "--until", last=True),
        )
        if first > last:
            raise MisuseError(
                f"--since {filters.since} is after --until {filters.until}; swap them"
            )
    if filters.max_txs is not None and filters.max_txs < 1:
        raise MisuseError(f"--max-txs {filters.max_txs} walks through nothing; give 1 or more")


def moment_of(text: str, option: str, *, last: bool = False) -> int:
    """Seconds since 1970 of a day's first or last second, or of a moment."""
    match = _MOMENT.fullmatch(text)
    try:
        day = parse_date(match[1] if match else text)
        hour, minute, second = (int(part) for part in match.groups()[1:]) if match else (0, 0, 0)
        moment = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC)
    except (MisuseError, ValueError):
        raise MisuseError(
            f"{option}: {shown(text)} is not a date; write 2024-01-31 or 2024-01-31T12:00:00Z"
        ) from None
    if last and match is None:
        moment += timedelta(days=1, seconds=-1)
    return int(moment.timestamp())
