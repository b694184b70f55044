"""Jobs of a case's desk: requests, seized tables, returns, what is left, referrals."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peelchain.actions.casework import challenge as challenging
from peelchain.actions.casework import forfeiture as leaving
from peelchain.actions.casework import join_table, referrals, requests, returns
from peelchain.actions.progress import Progress, Watch
from peelchain.case.answers.file import Reading
from peelchain.web.folders import Folders

Row = dict[str, Any]

_MOST_ROWS = 50_000


def write_requests(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Writes a schedule for each service that is asked."""
    folder, plan = folders.case(asked["case"]), asked["plan"]
    request = requests.WriteRequest(
        case=folder,
        store=folders.store,
        services=tuple(asked["services"]),
        plan=None
        if plan is None
        else requests.PlanRequest(
            plan["share"], plan["of"], plan["most"], asked["near"], asked["language"]
        ),
        near=asked["near"],
        ask=asked["ask"],
        language=asked["language"],
    )
    return _inside(requests.write_requests(request, _telling(progress)), folder)


def join(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Joins an uploaded table of users with the chain."""
    folder = folders.case(asked["case"])
    answer = join_table.join_user_table(
        folder,
        folders.store,
        folders.upload(asked["upload"]),
        asked["mapping"],
        certified_complete=asked["certified_complete"],
        progress=_telling(progress),
    )
    return _inside(answer, folder)


def payers(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Who paid by a joined table: of payers and receipts the first 50,000, and how many."""
    answer = join_table.payers_of_case(
        folders.case(asked["case"]),
        folders.store,
        asked["entry"],
        asked["refs"],
        names=asked["names"],
        progress=_telling(progress),
    )
    for name in ("payers", "receipts"):
        answer[f"{name}_count"] = len(answer[name])
        answer[name] = answer[name][:_MOST_ROWS]
    return answer


def import_return(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Imports a service's answer."""
    folder = folders.case(asked["case"])
    request = returns.ReturnRequest(
        case=folder,
        store=folders.store,
        file=folders.upload(asked["upload"]),
        service=asked["service"],
        reading=Reading(
            asked["mapping"],
            asked["unit"],
            asked["decimal"],
            asked["zone"],
            asked["time_format"],
        ),
        grade=asked["grade"],
        request=asked["request"],
        tolerance_minutes=asked["tolerance_minutes"],
    )
    return _inside(returns.import_return(request, _telling(progress)), folder)


def forfeiture(folders: Folders, asked: Row, progress: Watch) -> Row:
    """The schedule of what of the case's money is left where."""
    folder = folders.case(asked["case"])
    claimants = asked["claimants"]
    file = None if claimants is None else folders.upload(claimants)
    answer = leaving.forfeiture(folder, folders.store, file, progress=_telling(progress))
    return _inside(answer, folder)


def challenge(folders: Folders, asked: Row, progress: Watch) -> Row:
    """What would overturn the findings."""
    folder = folders.case(asked["case"])
    answer = challenging.challenge(
        folder, folders.store, asked["findings"], asked["below_sat"], progress=_telling(progress)
    )
    return _inside(answer, folder)


def prepare_referrals(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Lists whom to refer."""
    folder = folders.case(asked["case"])
    return _inside(referrals.prepare(folder, progress=_telling(progress)), folder)


def write_referrals(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Writes the packages as one archive; `made` names it for a download."""
    folder = folders.case(asked["case"])
    key, place = folders.new_made()
    packages = folders.scratch / "packages" / key
    packages.parent.mkdir(mode=0o700, exist_ok=True)
    answer = referrals.write(folder, packages, progress=_telling(progress))
    file = place / f"{folder.name.replace(' ', '_')}-packages.zip"
    with zipfile.ZipFile(file, "x", zipfile.ZIP_STORED) as archive:
        file.chmod(0o600)
        for path in sorted(packages.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(packages))
    answer.pop("out")
    return {**_inside(answer, folder), "file": file.name, "made": key}


def _inside(answer: Mapping[str, Any], folder: Path) -> Row:
    files = answer.get("files", {})
    places = [str(Path(path).relative_to(folder)) for path in files.values()]
    return {**answer, "case": folder.name, "files": places}


def _telling(progress: Watch) -> Progress:
    def told(what: str, done: int, of: int) -> None:
        progress(what, done, of)

    return told
