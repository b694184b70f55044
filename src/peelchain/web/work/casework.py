"""Jobs of a case: open and run it, report it, check it, and what goes out of it."""

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from peelchain.actions import bundles
from peelchain.actions.casework import diff as differences
from peelchain.actions.casework import redactions, transfer
from peelchain.actions.casework import replay as replaying
from peelchain.actions.casework import run as runs
from peelchain.actions.casework.investigate import RULES, Request
from peelchain.actions.casework.investigate import investigate as investigate_case
from peelchain.actions.progress import Progress, Watch
from peelchain.actions.tracing.filters import Limits
from peelchain.case.casefile import CaseFile
from peelchain.errors import CaseError
from peelchain.tags.knowledge import Knowledge
from peelchain.units import parse_date
from peelchain.web.folders import Folders

Row = dict[str, Any]

_SHOWN = 1_000


def investigate(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Opens a case, runs it and writes its report and bundle."""
    request = Request(
        seeds=asked["seeds"],
        store=folders.store,
        case=folders.new_case(asked["case"]),
        title=asked.get("title", ""),
        subject=asked.get("subject", "subject"),
        language=asked.get("language", "en"),
        rules=tuple(asked.get("rules") or RULES),
        limits=_limits(asked),
        knowledge=_knowledge(asked),
    )
    return _brief(investigate_case(request, _telling(progress)), asked["case"])


def run(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Traces the seeds of a case both ways."""
    request = runs.RunRequest(
        case=folders.case(asked["case"]),
        store=folders.store,
        seeds=list(asked.get("seeds") or ()),
        rules=tuple(asked.get("rules") or ()),
        limits=_limits(asked),
        policy=tuple(asked.get("policy") or ()),
        knowledge=_knowledge(asked),
    )
    return _brief(runs.run_case(request, _telling(progress)), asked["case"])


def report(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Writes report and bundle of a run."""
    folder = folders.case(asked["case"])
    answer = runs.report_case(folder, folders.store, asked["asked"], None, _telling(progress))
    return _brief(answer, asked["case"])


def replay(folders: Folders, asked: Row, progress: Watch) -> Row:
    """What each entry of a case comes to when it is derived again."""
    folder = folders.case(asked["case"])
    answer = replaying.replay(folder, folders.store, asked["entry"], _telling(progress))
    return {**answer, "case": asked["case"]}


def diff(folders: Folders, asked: Row, progress: Watch) -> Row:
    """How the findings of a run would change if it were made now; the first 1,000 changes."""
    answer = differences.diff(
        folders.case(asked["case"]),
        folders.store,
        asked["run"],
        _knowledge(asked),
        _telling(progress),
    )
    changes = answer["changes"]
    return {**answer, "case": asked["case"], "changed": len(changes), "changes": changes[:_SHOWN]}


def verify(folders: Folders, asked: Row, progress: Watch) -> Row:
    """The checks of a bundle: of a case's report or redaction, or of one that was uploaded.

    For one of a case the digest that its journal has is expected where none is given.
    """
    expect, opening, name = asked["expect"], None, None
    if "case" in asked:
        folder = folders.case(asked["case"])
        bundle, known = _bundle(folder, asked["entry"])
        expect, name = expect or known, str(bundle.relative_to(folder))
    else:
        bundle = folders.upload(asked["upload"])
        name = bundle.name
        if asked["opening"]:
            opening = folders.upload(asked["opening"])
    progress("bundle", 0, 1)
    answer = bundles.verify_bundle(
        bundle,
        None if expect is None else expect.lower(),
        opening=opening,
        kernel=asked["kernel"],
        progress=_telling(progress),
    )
    progress("bundle", 1, 1)
    stamps = [{**stamp, "file": Path(stamp["file"]).name} for stamp in answer["timestamps"]]
    return {**answer, "timestamps": stamps, "bundle": name, "expected": expect}


def redact(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Writes the last report's bundle for another party."""
    folder = folders.case(asked["case"])
    answer = redactions.redact_case(
        folder, asked["recipient"], asked["without"], asked["keep"], progress=_telling(progress)
    )
    return _inside(answer, folder)


def reveal(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Lists the withheld fields of a redaction, or writes what opens some."""
    folder = folders.case(asked["case"])
    progress("fields", 0, 1)
    answer = redactions.reveal(folder, asked["redaction"], asked["paths"])
    progress("fields", 1, 1)
    return _inside(answer, folder)


def export(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Writes a whole case as one file; `made` names it for a download."""
    folder = folders.case(asked["case"])
    key, place = folders.new_made()
    out = place / f"{folder.name.replace(' ', '_')}.zip"
    progress("export", 0, 1)
    answer = transfer.export_case(
        folder,
        out,
        asked["to"],
        with_personal_data=asked["with_personal_data"],
        waiting=lambda whom: void(progress(whom, 0, 0)),
    )
    progress("export", 1, 1)
    return {**answer, "case": asked["case"], "file": out.name, "made": key}


def import_case(folders: Folders, asked: Row, progress: Watch) -> Row:
    """Takes an exported case in under a new name."""
    progress("import", 0, 1)
    answer = transfer.import_case(folders.upload(asked["upload"]), folders.new_case(asked["case"]))
    progress("import", 1, 1)
    return {**answer, "case": asked["case"]}


def void(result: bool | None) -> None:
    """Nothing: for work that does not ask whether to stop."""


def _telling(progress: Watch) -> Progress:
    return lambda what, done, of: void(progress(what, done, of))


def _limits(asked: Row) -> Limits:
    keys = ("max_hops", "min_value_sat", "min_height", "max_height")
    return Limits(**{key: asked.get(key) for key in keys})


def _knowledge(asked: Row) -> Knowledge:
    as_of = asked.get("as_of")
    # what was recorded on a day was known by its end
    end = datetime.combine(parse_date(as_of), time(23, 59, 59), UTC) if as_of else None
    return Knowledge(as_of=end).without(*(asked.get("without_tags") or ()))


def _brief(answer: Row, case: str) -> Row:
    """The answer without its findings, which the page reads a page at a time."""
    long = ("receipts", "inflows", "outflows", "entities", "doubts", "by_service")
    kept = {key: value for key, value in answer.items() if key not in long}
    files = kept.get("files", {})
    return {**kept, "case": case, "files": {name: Path(path).name for name, path in files.items()}}


def _inside(answer: Row, folder: Path) -> Row:
    files = {
        name: str(Path(path).relative_to(folder)) for name, path in answer.get("files", {}).items()
    }
    return {**answer, "files": files}


def _bundle(folder: Path, number: int | None) -> tuple[Path, str]:
    """The bundle of a report or redaction (None: the last report), and its digest as journalled."""
    with CaseFile.open(folder) as case:
        kinds = ("report",) if number is None else ("report", "redaction")
        made = [e for e in case.standing(*kinds) if number is None or e.seq == number]
        if not made:
            raise CaseError(
                f"{folder.name} has no report yet; write one first"
                if number is None
                else f"entry {number} is no report and no redaction that stands"
            )
        name = next(n for n in made[-1].body["outputs"] if n.endswith("bundle.zip"))
        path = case.output(made[-1], name)
        if not path.is_file():
            raise CaseError(
                f"{name} of entry {made[-1].seq} is gone; bring it back, or write the report again"
            )
        return path, str(made[-1].body["digest"])
