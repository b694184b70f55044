"""Import of exchange rates."""

from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from peelchain.actions.casework.moment import moment_of
from peelchain.errors import SourceError
from peelchain.store.writer import open_for_writing
from peelchain.tags.rates import read_rates


def import_rates(
    file: Path, store: Path, source: str | None = None, recorded_utc: datetime | None = None
) -> dict[str, Any]:
    """Imports a table of daily exchange rates.

    The moment of record is the one given, else SOURCE_DATE_EPOCH, else now; the same file again
    changes nothing.
    """
    table = read_rates(file, source=source, recorded_utc=moment_of(recorded_utc))
    try:
        digest = sha256(file.read_bytes()).hexdigest()
    except OSError as e:
        raise SourceError(f"{file}: {e.strerror}; give the path of a CSV file") from None
    with open_for_writing(store) as writer:
        new = writer.new_run(
            "rates",
            parameters={"source": source or ""},
            inputs={file.name: digest},
            on_chain=False,
        )
        if all(run.run_id != new.run.run_id for run in writer.manifest.runs):
            new.add_table("rates", table)
            new.commit()
        days = table["date"].to_pylist()
        return {
            "tip_height": writer.manifest.tip_height,
            "tip_hash": writer.manifest.tip_hash,
            "run_id": new.run.run_id,
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
