"""The measured error that answers and reports quote: rows, how they read, and the shipped file."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from peelchain.errors import SourceError
from peelchain.evaluate.intervals import share_interval

Basis = Literal["simulated", "real", "field"]

SHIPPED = Path(__file__).with_name("error_rates.json")
FORMAT = 1
EVERYWHERE = "all"


@dataclass(frozen=True)
class ErrorRate:
    """How often a rule, a detector or a policy was right, on some data.

    Of what it said, `right` and `wrong`; of what it should have said, `found` and `missed`; None
    where the data cannot tell. `unit` is what is counted. Limits are of the 95% interval; None
    where nothing is known of it. `stratum` is `all` or `kind:value`, such as `era:1`. `made_by` is
    the command that makes the row again, `seeds` those of the simulator that it rests on.
    """

    rule: str
    stratum: str
    data: str
    basis: Basis
    unit: str
    right: int | None
    wrong: int | None
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    found: int | None
    missed: int | None
    recall: float | None
    recall_low: float | None
    recall_high: float | None
    made_by: str
    seeds: str


@dataclass(frozen=True)
class Counted:
    """Counts a group (an economy, an entity): (right, said) and (found, there was to find)."""

    said: tuple[tuple[int, int], ...] | None = None
    sought: tuple[tuple[int, int], ...] | None = None


def rate(
    rule: str,
    stratum: str,
    counted: Counted,
    *,
    data: str,
    basis: Basis,
    unit: str,
    made_by: str,
    seeds: str = "",
) -> ErrorRate:
    """The row of these counts, with the wider of the exact and the resampled interval."""
    said, sought = _share(counted.said), _share(counted.sought)
    return ErrorRate(
        rule=rule,
        stratum=stratum,
        data=data,
        basis=basis,
        unit=unit,
        right=said.right,
        wrong=said.other,
        precision=said.share,
        precision_low=said.low,
        precision_high=said.high,
        found=sought.right,
        missed=sought.other,
        recall=sought.share,
        recall_low=sought.low,
        recall_high=sought.high,
        made_by=made_by,
        seeds=seeds,
    )


def measured_error(rule: str, stratum: str = EVERYWHERE) -> ErrorRate | None:
    """The shipped row of a rule, detector or policy; None where none was measured.

    Field data go before real, real before simulated data; of several the first in the file.
    """
    order = get_args(Basis)
    rows = [r for r in shipped() if (r.rule, r.stratum) == (rule, stratum)]
    return max(rows, key=lambda r: order.index(r.basis), default=None)


@cache
def shipped() -> tuple[ErrorRate, ...]:
    """The rows that this version ships."""
    return read_rates(SHIPPED)


def read_rates(path: Path) -> tuple[ErrorRate, ...]:
    """The rows of a file of error rates, in its order. Raises SourceError naming file and row."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise SourceError(f"{path}: {e.strerror}; give a file of error rates") from None
    except (ValueError, RecursionError) as e:
        raise SourceError(f"{path} is no JSON ({e}); give a file of error rates") from None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise SourceError(f"{path} is no file of error rates of format {FORMAT}; make it anew")
    rows = said.get("rows")
    if not isinstance(rows, list):
        raise SourceError(f"{path} has no rows; make it anew")
    return tuple(_row(path, number, row) for number, row in enumerate(rows, 1))


def write_rates(rows: Iterable[ErrorRate]) -> str:
    """The text of a file of error rates: JSON, a row a line; equal rows give equal text."""
    lines = [json.dumps(asdict(r), ensure_ascii=True, allow_nan=False) for r in rows]
    return '{"format": %d, "rows": [\n%s\n]}\n' % (FORMAT, ",\n".join(lines))  # noqa: UP031


@dataclass(frozen=True)
class _Share:
    right: int | None = None
    other: int | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None


def _share(parts: tuple[tuple[int, int], ...] | None) -> _Share:
    if parts is None:
        return _Share()
    right, total = (sum(part[i] for part in parts) for i in (0, 1))
    if not total:
        return _Share(0, 0)
    limits = share_interval(parts)
    return _Share(right, total - right, right / total, limits.low, limits.high)


_INTEGERS = ("right", "wrong", "found", "missed")
_TEXTS = ("rule", "stratum", "data", "basis", "unit", "made_by", "seeds")


def _row(path: Path, number: int, row: Any) -> ErrorRate:
    names = [f.name for f in fields(ErrorRate)]
    if not isinstance(row, dict) or sorted(row) != sorted(names):
        raise SourceError(f"{path} row {number}: its keys are not those of an error rate")
    for name in names:
        value = row[name]
        if name in _TEXTS:
            good = isinstance(value, str)
        elif name in _INTEGERS:
            good = value is None or (type(value) is int and value >= 0)
        else:
            good = value is None or (type(value) in (int, float) and 0 <= value <= 1)
        if not good:
            raise SourceError(f"{path} row {number}: {name} is {value!r:.40}, which it cannot be")
    if row["basis"] not in get_args(Basis):
        raise SourceError(
            f"{path} row {number}: basis {row['basis']!r:.40} is none of {get_args(Basis)}"
        )
    return ErrorRate(**row)
