"""The findings of a case, derived from a store: whose addresses, both traces, what they come to."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from peelchain.actions.casework.work import Result, Work
from peelchain.actions.progress import Progress
from peelchain.actions.tracing.filters import Limits
from peelchain.actions.view import StoreView
from peelchain.case.canonical import canonical_json
from peelchain.case.entities import Entities, entities
from peelchain.case.findings import Findings, find
from peelchain.case.payload import rate_rows, trace_rows
from peelchain.case.services import stops
from peelchain.case.sources import Sources
from peelchain.case.subject import Subject
from peelchain.store.shielded import shielded_scripts
from peelchain.trace.walk import Direction, Trace, TraceRequest, trace

Row = dict[str, Any]


@dataclass(frozen=True)
class CaseFindings:
    """What a run of a case found, and what it was found from.

    `runs` holds for each trace (`backward.pro_rata`, ...) the content of its .json and .hops.csv.
    """

    sources: Sources
    subject: Subject
    backward: Trace
    forward: Trace
    found: Findings
    owned: Entities
    runs: dict[str, tuple[Row, bytes]]
    rates: list[Row]
    rules: tuple[str, ...]
    limits: Limits

    @property
    def traces(self) -> list[Row]:
        """The content of each trace's .json, by name."""
        return [run for _, (run, _) in sorted(self.runs.items())]

    def request(self, direction: Direction) -> TraceRequest:
        """What the trace in a direction was asked."""
        return request_of(direction, self.rules, self.subject, self.sources, self.limits)


def parameters_of(seeds: Iterable[str], rules: Iterable[str], limits: Limits) -> Row:
    """What a run is asked, as `derive_findings` takes it and a case's journal has it."""
    return {"seeds": list(seeds), "rules": list(rules), "limits": asdict(limits)}


def derive_findings(
    view: StoreView, parameters: Mapping[str, Any], label: str, progress: Progress
) -> CaseFindings:
    """The findings for the parameters of a run, which `parameters_of` gives.

    The same question to the same view is answered once. Raises NotInChainError where no seed ever
    received anything.
    """
    key = canonical_json([dict(parameters), label])
    if key not in view.findings:
        view.findings[key] = _derived(view, parameters, label, progress)
    known = view.findings[key]
    assert isinstance(known, CaseFindings)
    return known


def run_of_case(work: Work) -> Result:
    """The derivation of a `run` entry: the totals of the findings and the hash of every trace."""
    opened = work.last("opened")
    label = "subject" if opened is None else str(opened.body["subject"])
    derived = derive_findings(work.store, work.parameters, label, work.progress)
    found = derived.found
    rows = {"receipts": found.receipts, "inflows": found.inflows, "outflows": found.outflows}
    facts = {
        "totals": found.totals,
        "findings": sha256(canonical_json(rows)).hexdigest(),
        "traces": {
            name: {
                "totals": run["totals"],
                "run": sha256(canonical_json(run)).hexdigest(),
                "hops": sha256(hops).hexdigest(),
            }
            for name, (run, hops) in sorted(derived.runs.items())
        },
    }
    return Result(facts=facts, answer={"totals": found.totals, **rows})


def sources_of(view: StoreView, subject: Subject) -> Sources:
    """All that a case is drawn from; the subject's own scripts are no service's."""
    return Sources(
        network=view.network,
        lookup=view.lookup,
        chain=view.chain,
        policy=view.clusters.policy,
        links=view.clusters.links,
        coinjoins=view.clusters.coinjoins,
        index=view.clusters.index,
        services=view.services.without(subject.scripts),
        tags=view.tags,
        tag_script_ids=view.tag_script_ids,
        rates=view.rates,
    )


def _derived(
    view: StoreView, parameters: Mapping[str, Any], label: str, progress: Progress
) -> CaseFindings:
    limits = Limits(**parameters["limits"])
    subject = view.subject_of(parameters["seeds"])
    sources = sources_of(view, subject)
    rules = tuple(parameters["rules"])
    backward = _trace("backward", rules, subject, sources, limits, progress)
    forward = _trace("forward", rules, subject, sources, limits, progress)
    found = find(sources, subject, backward, forward)
    owned = entities(sources, subject, found, backward, forward, label)
    runs = {
        key: run
        for t in (backward, forward)
        for key, run in trace_rows(sources, subject, t, found, asdict(limits)).items()
    }
    rates = rate_rows(sources, found)
    return CaseFindings(
        sources, subject, backward, forward, found, owned, runs, rates, rules, limits
    )


def _trace(
    direction: Direction,
    rules: tuple[str, ...],
    subject: Subject,
    sources: Sources,
    limits: Limits,
    progress: Progress,
) -> Trace:
    return trace(
        sources.chain,
        request_of(direction, rules, subject, sources, limits),
        lambda stage, done, of: progress(f"{direction} {stage}", done, of or 0),
    )


def request_of(
    direction: Direction,
    rules: tuple[str, ...],
    subject: Subject,
    sources: Sources,
    limits: Limits,
) -> TraceRequest:
    """What the trace of a party in a direction is asked."""
    return TraceRequest(
        direction=direction,
        seed_txouts=subject.receipts,
        seed_traced_sat=sources.chain.outputs(subject.receipts).value_sat,
        rules=rules,
        boundaries=stops(
            sources.services,
            sources.coinjoins["tx_id"].to_numpy(),
            shielded_scripts(sources.lookup.store),
        ),
        paths=True,
        **asdict(limits),
    )
