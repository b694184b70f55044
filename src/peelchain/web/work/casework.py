"""Jobs of a case: open and run it, report it."""

from typing import Any

from peelchain.actions.casework import run as runs
from peelchain.actions.casework.investigate import Request
from peelchain.actions.casework.investigate import investigate as investigate_case
from peelchain.actions.progress import Watch
from peelchain.web.folders import Folders

Row = dict[str, Any]


def investigate(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Opens a case, runs it and writes its report and bundle."""
    request = Request(
        seeds=asked["seeds"],
        store=folders.store,
        case=folders.new_case(asked["case"]),
        title=asked.get("title", ""),
        subject=asked.get("subject", "subject"),
        language=asked.get("language", "en"),
    )
    return investigate_case(request, lambda *told: void(progress(*told)))


def run(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Traces the seeds of a case both ways."""
    request = runs.RunRequest(case=folders.case(asked["case"]), store=folders.store)
    return runs.run_case(request, lambda *told: void(progress(*told)))


def report(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Writes report and bundle of a run."""
    parameters = {k: asked[k] for k in ("language", "run", "headers_from") if asked.get(k)}
    return runs.report_case(
        folders.case(asked["case"]),
        folders.store,
        parameters,
        None,
        lambda *told: void(progress(*told)),
    )


def void(result: bool | None) -> None:
    """Nothing: for work that does not ask whether to stop."""
