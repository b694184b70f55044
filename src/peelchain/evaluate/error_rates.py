"""The measured error that answers and reports quote: rows, how they read, and the shipped file."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from peelchain.errors import SourceError
from peelchain.evaluate.intervals import UNKNOWN, grouped, share_interval
from peelchain.schema import TABLES

if TYPE_CHECKING:
    # who quotes a rate need not wait for Arrow
    import pyarrow as pa

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
class Measured:
    """What a file of error rates holds.

    Beside its rows, of simulated economies by condition: `verdicts` (condition, class of
    transactions, what the detectors call them or nothing, how many) and `agreement` (condition,
    policy, adjusted Rand index, lower and upper limit).
    """

    rows: tuple[ErrorRate, ...] = ()
    verdicts: tuple[tuple[str, str, str, int], ...] = ()
    agreement: tuple[tuple[str, str, float, float, float], ...] = ()


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


def mean_rate(
    rule: str,
    stratum: str,
    precision: Sequence[tuple[float, float]] | None,
    recall: Sequence[tuple[float, float]] | None,
    *,
    data: str,
    basis: Basis,
    unit: str,
    made_by: str,
    seeds: str = "",
) -> ErrorRate:
    """The row of means, given as (sum, scripts) a group, with intervals resampled over groups."""
    empty = rate(rule, stratum, Counted(), data=data, basis=basis, unit=unit, made_by=made_by)
    said, sought = _mean(precision), _mean(recall)
    return replace(
        empty,
        seeds=seeds,
        precision=said.share,
        precision_low=said.low,
        precision_high=said.high,
        recall=sought.share,
        recall_low=sought.low,
        recall_high=sought.high,
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
    return read_measured(SHIPPED).rows


def read_measured(path: Path) -> Measured:
    """What a file of error rates holds. Raises SourceError naming file and row."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise SourceError(f"{path}: {e.strerror}; give a file of error rates") from None
    except (ValueError, RecursionError) as e:
        raise SourceError(f"{path} is no JSON ({e}); give a file of error rates") from None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise SourceError(f"{path} is no file of error rates of format {FORMAT}; make it anew")
    parts = {name: said.get(name) for name in ("rows", "verdicts", "agreement")}
    for name, rows in parts.items():
        if not isinstance(rows, list):
            raise SourceError(f"{path} has no list of {name}; make it anew")
    return Measured(
        tuple(_row(path, number, row) for number, row in enumerate(said["rows"], 1)),
        tuple(_tuple(path, "verdicts", n, r, _VERDICT) for n, r in enumerate(said["verdicts"], 1)),
        tuple(_tuple(path, "agreement", n, r, _RAND) for n, r in enumerate(said["agreement"], 1)),
    )


def written(measured: Measured) -> str:
    """The text of a file of error rates: JSON, a row a line; equal contents give equal text."""

    def lines(rows: Iterable[Any]) -> str:
        return ",\n".join(json.dumps(r, ensure_ascii=True, allow_nan=False) for r in rows)

    parts = {
        "rows": lines(asdict(r) for r in measured.rows),
        "verdicts": lines(measured.verdicts),
        "agreement": lines(measured.agreement),
    }
    body = "".join(f',\n"{name}": [\n{text}\n]' for name, text in parts.items())
    return f'{{"format": {FORMAT}{body}\n}}\n'


def rates_table(rows: Iterable[ErrorRate]) -> "pa.Table":
    """The rows as the table `error_rates`, in its sort order."""
    import pyarrow as pa

    spec = TABLES["error_rates"]
    found = pa.Table.from_pylist([asdict(r) for r in rows], pa.schema(
        [pa.field(f.name, pa.string() if f.name == "basis" else f.type) for f in spec.schema]
    ))  # fmt: skip
    return found.cast(spec.schema).sort_by([(column, "ascending") for column in spec.sort])


def with_rows(
    measured: Measured, rows: Iterable[ErrorRate], command: str, more: Measured | None = None
) -> Measured:
    """The same with these rows in place of those that this command made before.

    `more` brings verdicts and agreement that replace those there are.
    """
    kept = tuple(r for r in measured.rows if not r.made_by.startswith(command))
    found = more or measured
    ordered = sorted((*kept, *rows), key=lambda r: r.made_by)
    return Measured(tuple(ordered), found.verdicts, found.agreement)


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


def _mean(parts: Sequence[tuple[float, float]] | None) -> _Share:
    weight = math.fsum(n for _, n in parts or ())
    if parts is None or not weight:
        return _Share()
    limits = grouped(parts)
    known = limits != UNKNOWN
    return _Share(
        share=math.fsum(n for n, _ in parts) / weight,
        low=limits.low if known else None,
        high=limits.high if known else None,
    )


_INTEGERS = ("right", "wrong", "found", "missed")
_TEXTS = ("rule", "stratum", "data", "basis", "unit", "made_by", "seeds")


_VERDICT = (str, str, str, int)
_RAND = (str, str, float, float, float)


def _tuple(path: Path, name: str, number: int, row: Any, types: tuple[type, ...]) -> Any:
    if not isinstance(row, list) or [type(cell) for cell in row] != list(types):
        raise SourceError(f"{path} {name} {number}: {row!r:.60} is no row of it; make it anew")
    return tuple(row)


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
