"""Import of lists of tags, actors and mining pools, with everything refused and repaired."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from peelchain import _core
from peelchain.actions.casework.moment import moment_of
from peelchain.actions.progress import Progress, silent
from peelchain.errors import MisuseError
from peelchain.network import by_name
from peelchain.store.manifest import Run
from peelchain.store.writer import StoreWriter, open_for_writing
from peelchain.tags.forms import Reading
from peelchain.tags.tagpack import Progress as ReadProgress
from peelchain.tags.tagpack import TagImport, read_lists
from peelchain.units import format_time

SHOWN = 1_000
"""The most refused and repaired items that an answer lists."""

_EVERYTHING = Reading()


def import_tags(
    files: list[Path],
    store: Path,
    recorded_utc: datetime | None = None,
    progress: Progress = silent,
    *,
    reading: Reading = _EVERYTHING,
    listed: int | None = SHOWN,
) -> dict[str, Any]:
    """Imports lists, all files or none, and lists what was refused and repaired.

    The moment of record is the one given, else SOURCE_DATE_EPOCH, else now; the same files read
    the same way again change nothing, for a moment of record is never edited. `listed` is the
    most refused and repaired items that the answer holds, None for all.
    """
    recorded = moment_of(recorded_utc)
    with open_for_writing(store) as writer:
        network = by_name(writer.manifest.network)
        read = read_lists(
            files, network, recorded_utc=recorded, reading=reading, progress=_told(files, progress)
        )
        progress("writing tags", 0, 1)
        run, fresh = _added(writer, read, reading, recorded, explicit=recorded_utc is not None)
        progress("writing tags", 1, 1)
        return {
            "tip_height": writer.manifest.tip_height,
            "tip_hash": writer.manifest.tip_hash,
            "run_id": run.run_id,
            "imported_before": not fresh,
            "imported": read.tags.num_rows,
            "actors": read.actors.num_rows,
            "pool_marks": read.pool_marks.num_rows,
            "duplicates": read.duplicates,
            "skipped_other_currency": read.skipped_other_currency,
            "rejected_count": len(read.rejected),
            "repaired_count": len(read.repaired),
            "categories": dict(
                sorted(Counter(c or "none" for c in read.tags["category"].to_pylist()).items())
            ),
            "files": [
                {
                    "file": f.name,
                    "form": f.form,
                    "sha256": f.sha256,
                    "encoding": f.encoding,
                    "items": f.items,
                    "columns_passed_over": list(f.passed_over),
                }
                for f in read.files
            ],
            "rejected": [
                {"file": r.file, "line": r.line, "address": r.address, "reason": r.reason}
                for r in read.rejected[:listed]
            ],
            "repaired": [
                {"file": r.file, "line": r.line, "field": r.field, "was": r.was, "now": r.now}
                for r in read.repaired[:listed]
            ],
        }


def _told(files: list[Path], progress: Progress) -> ReadProgress:
    """Tells of all files at once, in bytes: one bar, whose end is known."""
    sizes = [path.stat().st_size if path.is_file() else 0 for path in files]
    done_before = [0]

    def tell(_name: str, done: int, of: int) -> None:
        number = len(done_before) - 1
        size = sizes[number]
        if done == of:
            done_before.append(done_before[-1] + size)
        part = size * done // of if of else size
        progress("reading bytes", done_before[number] + part, sum(sizes))

    return tell


def _added(
    writer: StoreWriter, read: TagImport, reading: Reading, recorded: datetime, *, explicit: bool
) -> tuple[Run, bool]:
    """The run of an import, and whether it is a new one."""
    parameters: dict[str, Any] = {"network": writer.manifest.network}
    asked = {
        "form": None if reading.form is None else str(reading.form),
        "columns": dict(reading.columns),
        "defaults": dict(reading.defaults),
    }
    parameters |= {name: value for name, value in asked.items() if value}
    inputs: dict[str, str] = {}
    for file in read.files:
        name, number = file.name, 1
        while name in inputs:
            number += 1
            name = f"{file.name} ({number})"
        inputs[name] = file.sha256
    new = writer.new_run("tags", parameters=parameters, inputs=inputs, on_chain=False)
    before = next((r for r in writer.manifest.runs if r.run_id == new.run.run_id), None)
    if before is not None:
        was = recorded_at(writer.path, before)
        if explicit and was is not None and was != _second(recorded):
            raise MisuseError(
                f"these files were recorded at {was} already, and a moment of record is never "
                "edited; leave --recorded out"
            )
        return before, False
    for name, table in (
        ("tags", read.tags),
        ("actors", read.actors),
        ("pool_marks", read.pool_marks),
    ):
        if table.num_rows or name == "tags":
            new.add_table(name, table)
    return new.commit(), True


def recorded_at(store: Path, run: Run) -> str | None:
    """When the rows of an import were recorded; None where it has none."""
    for table in ("tags", "actors", "pool_marks", "rates"):
        for part in run.parts(table):
            if part.rows:
                rows = _core.TableRows({table: [(str(store / part.file), part.rows)]})
                (moment,) = rows.fetch(table, [0], ["recorded_utc"])["recorded_utc"]
                return format_time(int(moment) // 1000)
    return None


def _second(moment: datetime) -> str:
    return format_time(int(moment.astimezone(UTC).timestamp()))
