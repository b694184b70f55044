"""Cases as folders: opened, found below a folder, told at a glance."""

from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain import __version__
from peelchain.actions.casework.moment import moment_of
from peelchain.case.casefile import JOURNAL, CaseFile, name_of
from peelchain.errors import CaseError, MisuseError
from peelchain.network import Network, by_name
from peelchain.store.reader import Store

Row = dict[str, Any]


def open_case(
    folder: Path,
    title: str,
    subject: str,
    *,
    store: Path | None = None,
    network: str | None = None,
    date_utc: datetime | None = None,
) -> Row:
    """Opens a case in a new or empty folder, of the store's chain or of a network by its name.

    Raises CaseError for any other folder, MisuseError where neither or both are given.
    """
    if (store is None) == (network is None):
        raise MisuseError("a case is about one chain; give --store, or --network where none is yet")
    if store is not None:
        with Store.open(store) as opened:
            chain = opened.network
    else:
        chain = by_name(str(network))
    with new_case(folder, title, subject, chain, moment_of(date_utc)) as case:
        (entry,) = case.entries()
    return {"case": str(folder), "entry": entry.seq, "time_utc": entry.time_utc, **entry.body}


def new_case(
    folder: Path, title: str, subject: str, network: Network, moment: datetime
) -> CaseFile:
    """A new case with its first entry. Raises CaseError where the folder holds anything."""
    # one whose process died as it was opened has a journal without entries
    begun = (folder / JOURNAL).is_file()
    case = CaseFile.open(folder) if begun else CaseFile.create(folder)
    body = {
        "name": name_of(folder),
        "title": title,
        "subject": subject,
        "network": network.name,
        "software": {"name": "peelchain", "version": __version__},
    }
    try:
        with case.at_work():
            if case.entries():
                raise CaseError(f"{folder} holds a case already; give a new or empty folder")
            case.append("opened", body, moment)
    except BaseException:
        case.close()
        raise
    return case


def cases_below(folder: Path) -> Row:
    """The cases in a folder and in its folders, one row each, by path.

    `broken` says where a journal's chain breaks, `error` why a case cannot be read.
    """
    if not folder.is_dir():
        raise CaseError(f"{folder} is no folder; give one that holds cases")
    found = sorted(p.parent for p in folder.rglob(JOURNAL) if p.is_file())
    return {"folder": str(folder), "cases": [glance(path) for path in found]}


def glance(folder: Path) -> Row:
    """What the first and the last entry of a case say of it; `cases_below` says how."""
    row: Row = dict.fromkeys(("name", "title", "subject", "network", "last_utc", "broken", "error"))
    row |= {"case": str(folder), "entries": 0, "reports": 0}
    try:
        with CaseFile.open(folder) as case:
            row["broken"] = case.journal.broken
            entries = case.entries()
    except CaseError as e:
        return row | {"error": str(e)}
    if not entries:
        return row
    first = entries[0].body
    return row | {
        **{key: first.get(key) for key in ("name", "title", "subject", "network")},
        "entries": len(entries),
        "reports": sum(entry.kind == "report" for entry in entries),
        "last_utc": entries[-1].time_utc,
    }
