"""The report and the evidence bundle of a case's last run, as a derivation."""

from pathlib import Path
from typing import Any

from peelchain.actions.casework.assurance import assurance
from peelchain.actions.casework.challenge import would_change
from peelchain.actions.casework.findings import CaseFindings, derive_findings
from peelchain.actions.casework.work import Result, Work
from peelchain.actions.quoted_rates import quoted_rates
from peelchain.actions.superclusters import suspected
from peelchain.actions.view import StoreView
from peelchain.case.archive import Content
from peelchain.case.bundle import pack
from peelchain.case.canonical import canonical_json
from peelchain.case.entities import Entities
from peelchain.case.exhibits import exhibits, with_prevouts
from peelchain.case.findings import Findings
from peelchain.case.headers import headers_said
from peelchain.case.page import page
from peelchain.case.payload import case_json, evidence_files, rates_csv, report_json
from peelchain.case.redacted.redaction import journal_for_others
from peelchain.case.report import (
    Record,
    csv_twins,
    digests,
    doubts_in_words,
    flow_svg,
    render_pdf,
    statement_docx,
    summary,
    timeline_svg,
)
from peelchain.case.sources import Sources
from peelchain.case.subject import Subject
from peelchain.case.support.doubts import clusters_of, doubts, parties
from peelchain.cluster.policy import Policy
from peelchain.errors import CaseError
from peelchain.trace.walk import Trace
from peelchain.units import format_time

BUNDLE = "bundle.zip"
REPORT_FILES = {
    "report": "report.pdf",
    "statement": "statement.docx",
    "data": "report.json",
    "page": "report.html",
    "flow": "flow.svg",
    "timeline": "timeline.svg",
    "bundle": BUNDLE,
    "digest": "digest.txt",
    "summary": "summary.txt",
}
"""What a report leaves in the case's folder beside its tables, by the name that answers give it."""


def report_of_case(work: Work) -> Result:
    """The derivation of a `report` entry: report, figures, tables and bundle of a run.

    The bundle holds the journal as it was before this entry. Raises CaseError without a run.
    """
    opened, run = work.last("opened"), work.run()
    if opened is None or run is None:
        raise CaseError(f"{work.case.folder} has no run yet; run 'peelchain case run' first")
    language = str(work.parameters.get("language", "en"))
    name, label = str(opened.body["name"]), str(opened.body["subject"])
    title = str(opened.body["title"]) or f"Case {name}"
    view, parameters = work.store, run.body["parameters"]
    derived = derive_findings(view, parameters, label, work.progress)
    date_utc = format_time(int(work.moment.timestamp()))
    case = case_json(name, date_utc, view.store.manifest, parameters, described(view.policy))
    cited = _cited(derived.subject, derived.sources, derived.owned.tx_ids, *_traces(derived))
    raw = exhibits(
        view.store,
        derived.sources,
        cited,
        work.scratch,
        lambda done, of: work.progress("exhibits", done, of),
    )
    case["headers"] = headers_said(
        raw, work.parameters.get("headers_from"), view.network, case["tip"]
    )
    report = report_json(
        case,
        title,
        derived.found,
        derived.owned,
        derived.traces,
        derived.rates,
        doubts=_doubts(view, derived.sources, derived.subject, derived.found, derived.owned),
        error_rates=quoted_rates(view.policy),
    )
    report["language"] = language
    report["policy"] = _policy(view.policy)
    report["doubts"]["sentences"] = doubts_in_words(report)
    report["assurance"] = assurance(view, derived, report["doubts"], work.progress)
    changes, left_out = would_change(work, run.seq, derived)
    report["assurance"] |= {"would_change": changes, "would_change_left_out": left_out}
    work.progress("report", 0, 3)
    tables = csv_twins(report)
    payload: dict[str, Content] = {
        **evidence_files(case, report, derived.owned, raw, derived.runs),
        **tables,
        "rates.csv": rates_csv(derived.rates),
        "journal.jsonl": journal_for_others(work.case.journal.export(work.seq - 1)),
    }
    record = Record(
        entries=tuple(entry for entry in work.case.entries() if entry.seq < work.seq),
        standing=frozenset(entry.seq for entry in work.before),
        files=digests(payload),
    )
    payload["report.pdf"] = render_pdf(report, case, digest=None, record=record)
    work.progress("report", 1, 3)
    digest = pack(payload, name=name, date_utc=work.moment, out=work.scratch / BUNDLE)
    work.progress("report", 2, 3)
    outputs: dict[str, bytes | Path] = {
        "report.pdf": render_pdf(report, case, digest=digest, record=record),
        "statement.docx": statement_docx(report, case, digest=digest, record=record),
        "report.json": canonical_json(report),
        "report.html": page(report),
        "flow.svg": flow_svg(report).encode(),
        "timeline.svg": timeline_svg(report).encode(),
        **tables,
        BUNDLE: work.scratch / BUNDLE,
        "digest.txt": f"{digest}\n".encode(),
    }
    names = {**REPORT_FILES, **{table.removesuffix(".csv"): table for table in tables}}
    text = summary(report, case, files=names, digest=digest)
    outputs["summary.txt"] = text.encode()
    work.progress("report", 3, 3)
    return Result(
        outputs=outputs,
        facts={"run": run.seq, "digest": digest, "totals": derived.found.totals},
        answer={
            "case": name,
            "policy": derived.sources.policy,
            "date_utc": date_utc,
            "digest": digest,
            "subject_scripts": len(derived.subject.scripts),
            "transactions": raw.transaction_count,
            "rules": list(parameters["rules"]),
            "totals": derived.found.totals,
            "by_service": derived.found.by_service,
            "receipts": derived.found.receipts,
            "inflows": derived.found.inflows,
            "outflows": derived.found.outflows,
            "entities": report["entities"],
            "doubts": report["doubts"],
            "summary": text,
        },
    )


def described(policy: Policy) -> str:
    """A clustering policy in words, with its name."""
    parts = [f"rules {', '.join(policy.rules)}"]
    if policy.detectors:
        parts.append(f"no links from CoinJoins by {', '.join(policy.detectors)}")
    if policy.negatives:
        parts.append(f"except as {', '.join(policy.negatives)} finds")
    if policy.exclusions:
        parts.append(f"{len(policy.exclusions)} transactions left out by choice")
    return f"{'; '.join(parts)} (policy {policy.name})"


def _policy(policy: Policy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "rules": list(policy.rules),
        "detectors": list(policy.detectors),
        "negatives": list(policy.negatives),
        "exclusions": len(policy.exclusions),
    }


def _traces(derived: CaseFindings) -> tuple[Trace, Trace]:
    return derived.backward, derived.forward


def _doubts(
    view: StoreView, sources: Sources, subject: Subject, found: Findings, owned: Entities
) -> dict[str, Any]:
    cast = parties(sources, subject, found, owned)
    clusters = frozenset(cluster for party in cast for cluster in clusters_of(sources, party))
    return doubts(sources, subject, cast, owned, view.attribution, suspected(view, clusters))


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
