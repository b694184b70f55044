"""The whole job: from seeds to a report and a bundle that the other side can check."""

import os
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from peelchain.actions import clusters as clustering
from peelchain.actions.progress import Progress, silent
from peelchain.actions.quoted_rates import quoted_rates
from peelchain.actions.superclusters import suspected
from peelchain.actions.trace_filters import Limits
from peelchain.actions.trace_rules import canonical_rule, public_rule
from peelchain.actions.view import StoreView
from peelchain.case.bundle import pack
from peelchain.case.canonical import canonical_json
from peelchain.case.doubts import clusters_of, doubts, parties
from peelchain.case.entities import Entities, entities
from peelchain.case.exhibits import exhibits, with_prevouts
from peelchain.case.findings import Findings, find
from peelchain.case.folder import open_case, write_file
from peelchain.case.page import page
from peelchain.case.payload import (
    case_json,
    evidence_files,
    rate_rows,
    rates_csv,
    report_json,
    trace_rows,
)
from peelchain.case.report import (
    csv_twins,
    doubts_in_words,
    flow_svg,
    render_pdf,
    summary,
    timeline_svg,
)
from peelchain.case.services import stops
from peelchain.case.sources import Sources
from peelchain.case.subject import Subject, read_seeds, resolve
from peelchain.cluster.policy import Policy
from peelchain.errors import MisuseError, StoreLockedError
from peelchain.trace.walk import CASE_RULES, Direction, Trace, TraceRequest, trace
from peelchain.units import format_time

RULES = ("pro-rata", "index-fifo")


@dataclass(frozen=True)
class Request:
    """What an investigation is asked.

    `date_utc` is the date of the case; None: now, or SOURCE_DATE_EPOCH where that is set. The first
    of `rules` is the one that fiat is given for.
    """

    seeds: list[str]
    store: Path
    case: Path
    title: str = ""
    subject: str = "subject"
    rules: tuple[str, ...] = RULES
    limits: Limits = field(default_factory=Limits)
    date_utc: datetime | None = None


def investigate(request: Request, progress: Progress = silent) -> dict[str, Any]:
    """Opens a case, traces its subject both ways, writes report and bundle; gives the findings."""
    seeds = read_seeds(request.seeds)
    rules = tuple(canonical_rule(rule) for rule in request.rules)
    for rule in rules:
        if rule not in CASE_RULES:
            raise MisuseError(
                f"a case is told under {' and '.join(map(public_rule, CASE_RULES))}, which its "
                f"bundle's verifier knows; for {public_rule(rule)} run 'peelchain trace compare'"
            )
    if len(set(rules)) != len(rules) or not rules:
        raise MisuseError("name each tracing rule once")
    moment = _moment(request.date_utc)
    date_utc = format_time(int(moment.timestamp()))
    name = _name(request.case)
    progress("clustering", 0, 1)
    _cluster_if_needed(request.store)
    progress("clustering", 1, 1)
    with StoreView(request.store) as view:
        subject = resolve(seeds, view.network, view.lookup, view.chain, view.clusters.index)
        sources = _sources(view, subject)
        parameters = {
            "seeds": list(subject.seeds),
            "rules": list(rules),
            "limits": asdict(request.limits),
        }
        manifest = view.store.manifest
        case = case_json(name, date_utc, manifest, parameters, _described(view.policy))
        journal = open_case(request.case)
        try:
            journal.append(
                "opened",
                {"parameters": parameters, "software": case["software"], "tip": case["tip"]},
                moment,
            )
            journal.append(
                "clustering",
                {"policy": sources.policy, "definition": view.policy.canonical_json()},
                moment,
            )
            traces = {
                direction: _trace(direction, rules, subject, sources, request.limits, progress)
                for direction in ("backward", "forward")
            }
            backward, forward = traces["backward"], traces["forward"]
            found = find(sources, subject, backward, forward)
            owned = entities(sources, subject, found, backward, forward, request.subject)
            runs = {
                key: run
                for t in (backward, forward)
                for key, run in trace_rows(
                    sources, subject, t, found, asdict(request.limits)
                ).items()
            }
            for key, (run, _) in sorted(runs.items()):
                journal.append(
                    "trace",
                    {"run": key, "policy": sources.policy, "totals": run["totals"]},
                    moment,
                )
            cited = _cited(subject, sources, owned.tx_ids, backward, forward)
            raw = exhibits(
                view.store, sources, cited, lambda done, of: progress("exhibits", done, of)
            )
            rates = rate_rows(sources, found)
            title = request.title or f"Case {name}"
            report = report_json(
                case,
                title,
                found,
                owned,
                [run for _, (run, _) in sorted(runs.items())],
                rates,
                doubts=_doubts(view, sources, subject, found, owned),
                error_rates=quoted_rates(view.policy),
            )
            report["doubts"]["sentences"] = doubts_in_words(report)
            journal.append("report", {"totals": found.totals}, moment)
            progress("report", 0, 3)
            payload = evidence_files(case, report, owned, raw, runs)
            payload["rates.csv"] = rates_csv(rates)
            payload["report.pdf"] = render_pdf(report, case, digest=None)
            payload["journal.jsonl"] = journal.export()
            tables = csv_twins(report)
            payload.update(tables)
            progress("report", 1, 3)
            bundle = request.case / "bundle.zip"
            digest = pack(payload, name=name, date_utc=moment, out=bundle)
            bundle.chmod(0o600)
            progress("report", 2, 3)
            files = {
                "report": write_file(
                    request.case, "report.pdf", render_pdf(report, case, digest=digest)
                ),
                "data": write_file(request.case, "report.json", canonical_json(report)),
                "page": write_file(request.case, "report.html", page(report)),
                "flow": write_file(request.case, "flow.svg", flow_svg(report).encode()),
                "timeline": write_file(request.case, "timeline.svg", timeline_svg(report).encode()),
                **{
                    table.removesuffix(".csv"): write_file(request.case, table, content)
                    for table, content in tables.items()
                },
                "bundle": bundle,
                "digest": write_file(request.case, "digest.txt", f"{digest}\n".encode()),
            }
            journal.append("bundle", {"digest": digest, "file": bundle.name}, moment)
            progress("report", 3, 3)
        finally:
            journal.close()
        paths = {key: str(path) for key, path in files.items()}
        text = summary(report, case, files=paths, digest=digest)
        write_file(request.case, "summary.txt", text.encode())
        return {
            **view.tip,
            "case": name,
            "policy": sources.policy,
            "run_id": view.clusters.run_id,
            "date_utc": date_utc,
            "digest": digest,
            "subject_scripts": len(subject.scripts),
            "transactions": len(raw.transactions),
            "rules": list(rules),
            "totals": found.totals,
            "by_service": found.by_service,
            "receipts": found.receipts,
            "inflows": found.inflows,
            "outflows": found.outflows,
            "entities": report["entities"],
            "doubts": report["doubts"],
            "files": paths,
            "summary": text,
        }


def _moment(given: datetime | None) -> datetime:
    if given is not None:
        return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is not None:
        if not epoch.isascii() or not epoch.isdigit() or len(epoch) > 10:
            raise MisuseError(f"SOURCE_DATE_EPOCH is {epoch[:40]!r}; it is seconds since 1970")
        return datetime.fromtimestamp(int(epoch), UTC)
    return datetime.now(UTC).replace(microsecond=0)


def _described(policy: Policy) -> str:
    """A clustering policy in words, with its name."""
    parts = [f"rules {', '.join(policy.rules)}"]
    if policy.detectors:
        parts.append(f"no links from CoinJoins by {', '.join(policy.detectors)}")
    if policy.negatives:
        parts.append(f"except as {', '.join(policy.negatives)} finds")
    if policy.exclusions:
        parts.append(f"{len(policy.exclusions)} transactions left out by choice")
    return f"{'; '.join(parts)} (policy {policy.name})"


def _name(folder: Path) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.resolve().name).strip("-")
    return name[:60] or "case"


def _cluster_if_needed(store: Path) -> None:
    with StoreView(store) as view:
        if view.cluster_run() is not None:
            return
    try:
        clustering.run(store)
    except StoreLockedError:
        # somebody else writes: the clustering is then computed for this case alone, not stored
        return


def _sources(view: StoreView, subject: Subject) -> Sources:
    known = view.services
    return Sources(
        network=view.network,
        lookup=view.lookup,
        chain=view.chain,
        policy=view.clusters.policy,
        links=view.clusters.links,
        coinjoins=view.clusters.coinjoins,
        index=view.clusters.index,
        services=known.without(subject.scripts),
        tags=view.tags,
        tag_script_ids=view.tag_script_ids,
        rates=view.rates,
    )


def _doubts(
    view: StoreView, sources: Sources, subject: Subject, found: Findings, owned: Entities
) -> dict[str, Any]:
    cast = parties(sources, subject, found, owned)
    clusters = frozenset(cluster for party in cast for cluster in clusters_of(sources, party))
    return doubts(sources, subject, cast, owned, view.attribution, suspected(view, clusters))


def _trace(
    direction: Direction,
    rules: tuple[str, ...],
    subject: Subject,
    sources: Sources,
    limits: Limits,
    progress: Progress,
) -> Trace:
    request = TraceRequest(
        direction=direction,
        seed_txouts=subject.receipts,
        seed_traced_sat=sources.chain.outputs(subject.receipts).value_sat,
        rules=rules,
        boundaries=stops(sources.services, sources.coinjoins["tx_id"].to_numpy()),
        paths=True,
        **asdict(limits),
    )
    return trace(
        sources.chain,
        request,
        lambda stage, done, of: progress(f"{direction} {stage}", done, of or 0),
    )


def _cited(subject: Subject, sources: Sources, links: list[int], *traces: Trace) -> list[int]:
    """The transactions that the evidence rests on, with those of all their prevouts."""
    cited = set(links)
    cited.update(sources.chain.outputs(subject.receipts).tx_id.tolist())
    for found in traces:
        for outcome in found.rules.values():
            cited.update(outcome.hops["tx_id"].to_pylist())
            cited.update(outcome.terminals["tx_id"].to_pylist())
        for row in found.reached.ends("service").values():
            cited.update(sources.chain.outputs(found.reached.path(row)).tx_id.tolist())
    return with_prevouts(sources, cited)
