"""Runs and reports of an open case, as often as they are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.casework.findings import parameters_of, run_of_case
from peelchain.actions.casework.investigate import RULES, case_rules, cluster_if_needed
from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.report import report_of_case
from peelchain.actions.casework.seeds import seeds_in_use
from peelchain.actions.casework.views import view_of
from peelchain.actions.casework.work import carry_out
from peelchain.actions.policies import policy_asked
from peelchain.actions.progress import Progress, silent
from peelchain.actions.tracing.filters import Limits
from peelchain.actions.view import StoreView
from peelchain.case.casefile import CaseFile
from peelchain.case.report.catalogue import load_texts
from peelchain.case.subject import read_seeds
from peelchain.errors import CaseError, MisuseError
from peelchain.tags.knowledge import ALL, Knowledge

Row = dict[str, Any]


@dataclass(frozen=True)
class RunRequest:
    """What a run of a case is asked.

    No `seeds`: those of the case, or of its last run; no `rules`: both, of which the first is the
    one that fiat is given for. `policy` names a clustering that was run, or the default one;
    `knowledge` is what tags count.
    """

    case: Path
    store: Path
    seeds: list[str] = field(default_factory=list)
    rules: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    policy: tuple[str, ...] = ()
    knowledge: Knowledge = ALL
    date_utc: datetime | None = None


def run_case(request: RunRequest, progress: Progress = silent) -> Row:
    """Traces the seeds both ways and journals the run; gives its totals and findings."""
    rules, moment = case_rules(request.rules or RULES), moment_of(request.date_utc)
    with CaseFile.open(request.case) as case:
        case.refuse_if_broken()
        given = read_seeds(request.seeds) if request.seeds else seeds_in_use(case)
        if not given:
            raise MisuseError(
                "the case has no seeds; give --seed, or add some with 'peelchain case seeds add'"
            )
        if not request.policy:
            cluster_if_needed(request.store, progress)
        policy = policy_asked(request.store, list(request.policy), [])
        with StoreView(request.store, policy, knowledge=request.knowledge) as view:
            _check_network(case, view)
            parameters = parameters_of(view.subject_of(given).seeds, rules, request.limits)
            answer = carry_out(
                case, "run", run_of_case, parameters, moment, view=view, progress=progress
            )
            return {
                "case": str(request.case),
                **view.tip,
                "policy": view.policy.name,
                "run_id": view.clusters.run_id,
                "seeds": parameters["seeds"],
                **answer,
            }


def report_case(
    folder: Path,
    store: Path,
    parameters: Mapping[str, Any] | None = None,
    date_utc: datetime | None = None,
    progress: Progress = silent,
) -> Row:
    """Writes report and bundle of a run, on what that run saw; gives its answer.

    Of the run that `parameters` name as `run`, else the last one. The files of an earlier report
    move to earlier/SEQ/. Raises CaseError without a run.
    """
    moment = moment_of(date_utc)
    load_texts(str((parameters or {}).get("language", "en")))
    with CaseFile.open(folder) as case:
        case.refuse_if_broken()
        asked = (parameters or {}).get("run")
        runs = case.standing("run")
        found = runs[-1:] if asked is None else [run for run in runs if run.seq == asked]
        if not found:
            raise CaseError(
                f"{folder} has no run yet; run 'peelchain case run' first"
                if asked is None
                else f"entry {asked} is no run that stands; 'peelchain case show' lists them"
            )
        (run,) = found
        with view_of(store, run.body["inputs"], progress) as view:
            answer = carry_out(
                case, "report", report_of_case, parameters or {}, moment,
                view=view, progress=progress,
            )  # fmt: skip
            return {**view.tip, "run": run.seq, "run_id": view.clusters.run_id, **answer}


def _check_network(case: CaseFile, view: StoreView) -> None:
    network = case.opening().body["network"]
    if network != view.network.name:
        raise CaseError(
            f"the case is about {network}, and the store holds {view.network.name}; give the store "
            "of that chain"
        )
