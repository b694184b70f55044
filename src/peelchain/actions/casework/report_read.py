"""A case's report to read: its summary, and its findings a page at a time."""

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peelchain.actions.casework.remembered import remembered
from peelchain.actions.casework.report import REPORT_FILES
from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.errors import CaseError, MisuseError
from peelchain.units import shown

Row = dict[str, Any]

LISTS = ("receipts", "inflows", "outflows")
_LETTERS = {"R": "receipts", "I": "inflows", "O": "outflows"}
_SUMMARY = (
    *("title", "date_utc", "language", "network", "subject", "tip", "policy", "rules"),
    *("totals", "by_service", "entities", "rates", "without_rate"),
)
_KEPT = 2


class NoReportError(CaseError):
    """The case has no report yet."""

    kind = "no_report"


def report_summary(folder: Path) -> Row:
    """What the last report that stands says in sum, and its files with size and whether whole.

    `stale` says whether a later run stands. Raises NoReportError, CaseError.
    """
    last = remembered(folder, "last report", lambda: _last(folder))
    entry, report = last.entry, _read(last)
    doubts = report["doubts"]
    return {
        "entry": entry.seq,
        "time_utc": entry.time_utc,
        "run": entry.body["run"],
        "digest": entry.body["digest"],
        "stale": last.stale,
        **{key: report[key] for key in _SUMMARY if key in report},
        "sentences": doubts.get("sentences", []),
        "would_change": report["assurance"].get("would_change", []),
        "counts": {name: len(report[name]) for name in LISTS},
        "files": _files(last, folder),
    }


def findings_of_report(
    folder: Path, which: str, *, party: str | None = None, first: int = 0, limit: int = 500
) -> Row:
    """Rows of one of the lists of the last report, of one party or of all, in their order.

    Each with its party's label and what its truth rests on; the path is left to `finding_of_report`
    and counted in `hops`. Raises MisuseError for another list.
    """
    if which not in LISTS:
        raise MisuseError(f"{shown(which)} is no list of findings; ask {', '.join(LISTS)}")
    last = remembered(folder, "last report", lambda: _last(folder))
    entry, report = last.entry, _read(last)
    rows = [row for row in report[which] if party is None or row.get("entity") == party]
    return {
        "entry": entry.seq,
        "list": which,
        "rules": report["rules"],
        "first": first,
        "total": len(report[which]),
        "matching": len(rows),
        "rows": [_brief(report, row) for row in rows[first : first + limit]],
    }


def finding_of_report(folder: Path, name: str) -> Row:
    """One finding (R1, I4, O2) of the last report with its path and all that is said of it."""
    which = _LETTERS.get(name[:1])
    last = remembered(folder, "last report", lambda: _last(folder))
    entry, report = last.entry, _read(last)
    row = next((row for row in report[which] if row["id"] == name), None) if which else None
    if row is None or which is None:
        raise CaseError(f"the last report (entry {entry.seq}) has no finding {shown(name)}")
    return {
        "entry": entry.seq,
        "list": which,
        **row,
        "label": _label(report, row),
        "assurance": report["assurance"]["findings"].get(name),
    }


def _brief(report: Row, row: Row) -> Row:
    sure = report["assurance"]["findings"].get(row["id"], {})
    kept = {k: v for k, v in row.items() if k not in ("path", "receipts", "deposit_candidates")}
    return {
        **kept,
        "label": _label(report, row),
        "basis": row.get("basis", "fact"),
        "receipts": len(row.get("receipts", ())),
        "deposit_candidates": len(row.get("deposit_candidates", ())),
        **{key: sure.get(key) for key in ("truth_low", "least_sat", "most_sat")},
    }


def _label(report: Row, row: Row) -> str | None:
    entity = report["entities"].get(row.get("entity", "subject"))
    return None if entity is None else entity["label"]


@dataclass(frozen=True)
class _Last:
    """The last report that stands: its entry, where its outputs lie, whether a later run stands."""

    entry: Entry
    outputs: dict[str, Path]
    stale: bool


def _last(folder: Path) -> _Last:
    with CaseFile.open(folder) as case:
        entry = case.last("report")
        if entry is None:
            raise NoReportError(
                f"{folder.name} has no report yet; run 'peelchain case report' first"
            )
        run = case.last("run")
        stale = run is not None and run.seq > int(entry.body["run"])
        return _Last(entry, case.outputs(entry), stale)


def _files(last: _Last, folder: Path) -> list[Row]:
    names = {file: name for name, file in REPORT_FILES.items()}
    return [
        {
            "name": names.get(output, output.removesuffix(".csv")),
            "file": str(path.relative_to(folder)),
            "sha256": last.entry.body["outputs"][output],
            "size_bytes": path.stat().st_size if path.is_file() else None,
        }
        for output, path in sorted(last.outputs.items())
    ]


class _Read:
    """The last reports that were read: a long one takes longer to read than to look at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[str, int, int], Row] = {}

    def of(self, path: Path) -> Row:
        stat = path.stat()
        key = (str(path), stat.st_mtime_ns, stat.st_size)
        with self._lock:
            if key in self._held:
                return self._held[key]
        report: Row = json.loads(path.read_bytes())
        with self._lock:
            while len(self._held) >= _KEPT:
                del self._held[next(iter(self._held))]
            self._held[key] = report
        return report


_reports = _Read()


def _read(last: _Last) -> Row:
    path = last.outputs["report.json"]
    try:
        return _reports.of(path)
    except OSError as e:
        raise CaseError(
            f"{path.name}: {e.strerror}; bring it back, or write the report again"
        ) from None
    except ValueError:
        raise CaseError(f"{path.name} is damaged; write the report again") from None
