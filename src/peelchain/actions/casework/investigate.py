"""The whole job: from seeds to a report and a bundle that the other side can check."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions import clusters as clustering
from peelchain.actions.casework.findings import parameters_of, run_of_case
from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.open import new_case
from peelchain.actions.casework.report import REPORT_FILES, report_of_case
from peelchain.actions.casework.work import carry_out
from peelchain.actions.progress import Progress, silent
from peelchain.actions.tracing.filters import Limits
from peelchain.actions.tracing.rules import canonical_rule, public_rule
from peelchain.actions.view import StoreView
from peelchain.case.casefile import JOURNAL, CaseFile
from peelchain.case.report.catalogue import load_texts
from peelchain.case.subject import read_seeds
from peelchain.errors import CaseError, MisuseError, StoreLockedError
from peelchain.tags.knowledge import ALL, Knowledge
from peelchain.trace.walk import CASE_RULES

RULES = ("pro-rata", "index-fifo")


@dataclass(frozen=True)
class Request:
    """What an investigation is asked.

    `date_utc` is the date of the case; None: now, or SOURCE_DATE_EPOCH where that is set. The first
    of `rules` is the one that fiat is given for. `knowledge` is what tags count, `language` that of
    the report.
    """

    seeds: list[str]
    store: Path
    case: Path
    title: str = ""
    subject: str = "subject"
    rules: tuple[str, ...] = RULES
    limits: Limits = field(default_factory=Limits)
    date_utc: datetime | None = None
    knowledge: Knowledge = ALL
    language: str = "en"


def investigate(request: Request, progress: Progress = silent) -> dict[str, Any]:
    """Opens a case, traces its subject both ways, writes report and bundle; gives the findings."""
    load_texts(request.language)
    seeds = read_seeds(request.seeds)
    rules = case_rules(request.rules)
    moment = moment_of(request.date_utc)
    cluster_if_needed(request.store, progress)
    with StoreView(request.store, knowledge=request.knowledge) as view:
        # What the chain lacks is refused before there is a case.
        subject = view.subject_of(seeds)
        parameters = parameters_of(subject.seeds, rules, request.limits)
        with opened_case(request.case, request.title, request.subject, view, moment) as case:
            if case.last("report") is not None:
                raise CaseError(
                    f"{request.case} holds a finished case; give --case another folder, a journal "
                    "is never written over"
                )
            carry_out(case, "run", run_of_case, parameters, moment, view=view, progress=progress)
            answer = carry_out(
                case,
                "report",
                report_of_case,
                {"language": request.language},
                moment,
                view=view,
                progress=progress,
            )
        paths = {key: answer["files"][name] for key, name in REPORT_FILES.items()}
        tables = {
            name.removesuffix(".csv"): path
            for name, path in answer["files"].items()
            if name.endswith(".csv")
        }
        return {
            **view.tip,
            "run_id": view.clusters.run_id,
            **answer,
            "files": {**paths, **tables},
        }


def opened_case(
    folder: Path, title: str, subject: str, view: StoreView, moment: datetime
) -> CaseFile:
    """The case in a folder, opened anew where the folder is new or empty. Raises CaseError."""
    if (folder / JOURNAL).exists():
        case = CaseFile.open(folder)
        if case.entries() or case.journal.broken:
            return case
        case.close()
    return new_case(folder, title, subject, view.network, moment)


def case_rules(names: tuple[str, ...]) -> tuple[str, ...]:
    """The tracing rules of a case by the names that the tables have. Raises MisuseError."""
    rules = tuple(canonical_rule(rule) for rule in names)
    for rule in rules:
        if rule not in CASE_RULES:
            raise MisuseError(
                f"a case is told under {' and '.join(map(public_rule, CASE_RULES))}, which its "
                f"bundle's verifier knows; for {public_rule(rule)} run 'peelchain trace compare'"
            )
    if len(set(rules)) != len(rules) or not rules:
        raise MisuseError("name each tracing rule once")
    return rules


def cluster_if_needed(store: Path, progress: Progress = silent) -> None:
    """Clusters the store under the default policy where no clustering stands on its tip."""
    progress("clustering", 0, 1)
    with StoreView(store) as view:
        stands = view.cluster_run() is not None
    if not stands:
        try:
            clustering.run(store)
        except StoreLockedError:
            # somebody else writes: the clustering is then computed for this case alone, not stored
            return
    progress("clustering", 1, 1)
