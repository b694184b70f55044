"""The journal of a case, to read."""

import json
from pathlib import Path
from typing import Any

from peelchain.actions.casework.keys import HOLDS, signatures
from peelchain.case.casefile import CaseFile, standing


def journal(folder: Path, *, check: bool = False) -> dict[str, Any]:
    """The entries of a case's journal with their state, and where its chain breaks, if it does.

    `state` is `stands`, `undone`, or `withheld` where a sealed field has lost its opening. With
    `check` each has the state of its signature as `signed`, and `holds` says whether chain and
    signatures do; both are None without.
    """
    with CaseFile.open(folder) as case:
        stands = {entry.seq for entry in standing(case.rows())}
        found = case.rows()
        signed = signatures(found) if check else [None] * len(found)
        entries = []
        for entry, of in zip(found, signed, strict=True):
            state = "stands" if entry.seq in stands or entry.kind == "undo" else "undone"
            if entry.withheld():
                state = "withheld"
            entries.append({**json.loads(entry.line()), "state": state, "signed": of})
        broken = case.journal.broken
        holds = broken is None and all(of in HOLDS for of in signed) if check else None
        return {"case": str(folder), "broken": broken, "holds": holds, "entries": entries}
