"""Published lists: import of tags and of exchange rates."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from peelchain.actions.progress import Progress, silent
from peelchain.errors import SourceError
from peelchain.network import by_name
from peelchain.store.writer import open_for_writing
from peelchain.tags.rates import read_rates
from peelchain.tags.tagpack import read_tagpacks

_SHOWN = 1000


def import_tags(
    files: list[Path],
    store: Path,
    recorded_utc: datetime | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Imports TagPacks, all files or none, and lists what was refused and repaired."""
    recorded = recorded_utc or datetime.now(UTC).replace(microsecond=0)
    with open_for_writing(store) as writer:
        network = by_name(writer.manifest.network)
        read = read_tagpacks(
            files,
            network,
            recorded_utc=recorded,
            progress=lambda name, done: progress(f"reading {name}", done, 0),
        )
        run = writer.add_run(
            "tags",
            {"tags": read.tags},
            parameters={"network": network.name},
            inputs={f.name: f.sha256 for f in read.files},
            on_chain=False,
        )
        return {
            "tip_height": writer.manifest.tip_height,
            "tip_hash": writer.manifest.tip_hash,
            "run_id": run.run_id,
            "imported": read.tags.num_rows,
            "duplicates": read.duplicates,
            "skipped_other_currency": read.skipped_other_currency,
            "rejected_count": len(read.rejected),
            "repaired_count": len(read.repaired),
            "categories": dict(
                sorted(Counter(c or "none" for c in read.tags["category"].to_pylist()).items())
            ),
            "rejected": [
                {"file": r.file, "line": r.line, "address": r.address, "reason": r.reason}
                for r in read.rejected[:_SHOWN]
            ],
            "repaired": [
                {"file": r.file, "line": r.line, "field": r.field, "was": r.was, "now": r.now}
                for r in read.repaired[:_SHOWN]
            ],
        }


def import_rates(file: Path, store: Path, source: str | None = None) -> dict[str, Any]:
    """Imports a table of daily exchange rates."""
    table = read_rates(file, source=source)
    try:
        digest = sha256(file.read_bytes()).hexdigest()
    except OSError as e:
        raise SourceError(f"{file}: {e.strerror}; give the path of a CSV file") from None
    with open_for_writing(store) as writer:
        run = writer.add_run(
            "rates",
            {"rates": table},
            parameters={"source": source or ""},
            inputs={file.name: digest},
            on_chain=False,
        )
        days = table["date"].to_pylist()
        return {
            "tip_height": writer.manifest.tip_height,
            "tip_hash": writer.manifest.tip_hash,
            "run_id": run.run_id,
            "imported": table.num_rows,
            "currencies": sorted(set(table["currency"].to_pylist())),
            "first_day": str(min(days)) if days else None,
            "last_day": str(max(days)) if days else None,
            "sources": sorted(set(table["source"].to_pylist())),
            "gaps": _gaps(table),
        }


def _gaps(table: pa.Table) -> list[dict[str, Any]]:
    """The days that each currency lacks between its first and its last, one row a gap."""
    found = []
    rows = sorted(zip(table["currency"].to_pylist(), table["date"].to_pylist(), strict=True))
    for (currency, before), (of, after) in pairwise(rows):
        days = (after - before).days - 1
        if currency == of and days > 0:
            first, last = before + timedelta(days=1), after - timedelta(days=1)
            found.append({"currency": of, "from": str(first), "until": str(last), "days": days})
    return found
