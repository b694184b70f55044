"""The journal of a case, to read."""

import json
from pathlib import Path
from typing import Any

from peelchain.case.casefile import CaseFile


def journal(folder: Path) -> dict[str, Any]:
    """The entries of a case's journal with their state, and where its chain breaks, if it does.

    `state` is `stands`, `undone`, or `withheld` where a sealed field has lost its opening.
    """
    with CaseFile.open(folder) as case:
        stands = {entry.seq for entry in case.standing()}
        entries = []
        for entry in case.entries():
            state = "stands" if entry.seq in stands or entry.kind == "undo" else "undone"
            if entry.withheld():
                state = "withheld"
            entries.append({**json.loads(entry.line()), "state": state})
        return {"case": str(folder), "broken": case.journal.broken, "entries": entries}
