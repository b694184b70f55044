"""Requests to services: which to ask, and the schedule that each is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from peelchain.actions.casework.findings import CaseFindings, derive_findings
from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.views import view_of
from peelchain.actions.casework.work import Result, Work, carry_out
from peelchain.actions.progress import Progress, silent
from peelchain.case.canonical import canonical_json
from peelchain.case.casefile import CaseFile
from peelchain.case.payments import Payment, payments_of
from peelchain.case.references import last_report
from peelchain.case.report.catalogue import load_texts
from peelchain.case.requests.curve import curve_svg, share_text
from peelchain.case.requests.places import places
from peelchain.case.requests.plan import NEAR, Of, Plan, parse_share, plan, to_ask
from peelchain.case.requests.schedule import (
    Schedule,
    outpoints_of,
    rows_of,
    schedule_csv,
    schedule_pdf,
    schedule_xlsx,
)
from peelchain.errors import CaseError, MisuseError
from peelchain.units import format_time, shown

Row = dict[str, Any]

_MOST_ASKED = 4000


@dataclass(frozen=True)
class PlanRequest:
    """What a plan of requests is to cover: `share` (a decimal text) `of` value or payers.

    `most` caps the requests. `near` is how many private transactions may lie between a withdrawal
    and the subject, None for any number. `language` is that of the curve.
    """

    share: str = "0.9"
    of: Of = "value"
    most: int | None = None
    near: int | None = NEAR
    language: str = "en"


@dataclass(frozen=True)
class WriteRequest:
    """Whom to write to: `services` by entity, label or actor, or those of a `plan`, or all.

    `ask` is a further text for each schedule; `near` as in PlanRequest.
    """

    case: Path
    store: Path
    services: tuple[str, ...] = ()
    plan: PlanRequest | None = None
    near: int | None = NEAR
    ask: str = ""
    language: str = "en"
    date_utc: datetime | None = None


def plan_requests(folder: Path, asked: PlanRequest) -> Row:
    """The plan on the case's last report: each request, what it adds, and the curve as SVG.

    Raises CaseError without a report, MisuseError for a share that is none.
    """
    texts = load_texts(asked.language)
    with CaseFile.open(folder) as case:
        entry, report = _reported(case)
        payments = to_ask(payments_of(report), asked.near)
        made = _planned(report, payments, asked)
        labels = {entity: row["label"] for entity, row in report["entities"].items()}
        return {
            "case": str(folder),
            "report": entry.seq,
            "of": asked.of,
            "share": asked.share,
            "near": asked.near,
            "weight": made.weight,
            "needed": made.needed,
            "covered": made.cover.covered,
            "reach": made.reach,
            "reached": made.cover.reached,
            "at_least": made.cover.at_least,
            "proved": made.cover.proved,
            "services": list(made.cover.chosen),
            "steps": [
                {
                    "entity": step.entity,
                    "label": labels[step.entity],
                    "adds": step.adds,
                    "sum": step.sum,
                    "share": share_text(step.sum, made.weight),
                    "planned": step.planned,
                }
                for step in made.steps
            ],
            "curve": curve_svg(made, labels, texts),
        }


def write_curve(answer: Mapping[str, Any], file: Path) -> None:
    """Writes a plan's curve. Raises MisuseError where that cannot be."""
    try:
        file.write_text(answer["curve"], encoding="utf-8")
    except OSError as e:
        raise MisuseError(f"--curve {file}: {e.strerror}; name a file you may write") from None


def write_requests(request: WriteRequest, progress: Progress = silent) -> Row:
    """Writes one schedule a service (CSV, XLSX, PDF) and journals them as a request.

    Raises CaseError without a report, MisuseError for a service that the report does not name.
    """
    load_texts(request.language)
    if len(request.ask) > _MOST_ASKED:
        raise MisuseError(f"--ask has {len(request.ask):,} characters; at most {_MOST_ASKED:,}")
    if request.plan is not None and request.services:
        raise MisuseError("--plan and --service exclude each other; give one of them")
    moment = moment_of(request.date_utc)
    with CaseFile.open(request.case) as case:
        entry, report = _reported(case)
        payments = to_ask(payments_of(report), request.near)
        there = {payment.entity for payment in payments}
        if request.plan is not None:
            chosen = list(_planned(report, payments, request.plan).cover.chosen)
        elif request.services:
            chosen = [_entity(report, there, name) for name in request.services]
        else:
            chosen = [entity for entity in report["entities"] if entity in there]
        if not chosen:
            raise CaseError(
                "there is no payment to ask a service about; the report names none that carries "
                "an amount" + (" so near: give --all-payments" if request.near is not None else "")
            )
        parameters = {
            "report": entry.seq,
            "services": sorted(set(chosen), key=lambda e: int(e[1:])),
            "near": request.near,
            "ask": case.keep(request.ask.encode()) if request.ask else None,
            "language": request.language,
        }
        if request.plan is not None:
            wanted = request.plan
            parameters["plan"] = {"of": wanted.of, "share": wanted.share, "most": wanted.most}
        run = _run_of(case.standing(), entry.seq)
        with view_of(request.store, run.body["inputs"], progress) as view:
            answer = carry_out(
                case, "request", request_of_case, parameters, moment, view=view, progress=progress
            )
            return {"case": str(request.case), **view.tip, **answer}


def request_of_case(work: Work) -> Result:
    """The derivation of a `request` entry: a schedule for each of its services.

    Raises CaseError where the store no longer gives the findings of the report that it is about.
    """
    parameters = work.parameters
    run = _run_of(work.before, int(parameters["report"]))
    opened = work.last("opened")
    if opened is None:
        raise CaseError(f"{work.case.folder} was never opened; its journal is not whole")
    view, texts = work.store, load_texts(str(parameters["language"]))
    derived = derive_findings(
        view, run.body["parameters"], str(opened.body["subject"]), work.progress
    )
    report = _findings(derived, run.body)
    ask = "" if parameters["ask"] is None else work.case.kept(parameters["ask"]).decode()
    every = payments_of(report)
    payments = to_ask(every, parameters["near"])
    of_service = {e: [p for p in payments if p.entity == e] for e in parameters["services"]}
    where = places(
        derived.sources, {o for asked in of_service.values() for o in outpoints_of(asked)}
    )
    currencies = tuple(sorted({c for place in where.values() for c in place.fiat}))
    jurisdictions = _jurisdictions(derived)
    date_utc = format_time(int(work.moment.timestamp()))
    outputs: dict[str, bytes | Path] = {}
    services: list[Row] = []
    for number, (entity, asked) in enumerate(of_service.items()):
        work.progress("schedules", number, len(of_service))
        schedule = Schedule(
            case=str(opened.body["name"]),
            date_utc=date_utc,
            entity=entity,
            label=report["entities"][entity],
            network=view.network.name,
            tip=texts.say("front.tip_value", height=view.tip["tip_height"]),
            jurisdictions=jurisdictions.get(entity, ()),
            currencies=currencies,
            rows=rows_of(asked, where),
            more=ask,
        )
        stem = f"requests/{work.seq}/{schedule.stem}"
        files = {
            f"{stem}.csv": schedule_csv(schedule, texts),
            f"{stem}.xlsx": schedule_xlsx(schedule, texts),
            f"{stem}.pdf": schedule_pdf(schedule, texts),
        }
        outputs.update(files)
        services.append(_said(schedule, asked, list(files)))
    work.progress("schedules", len(of_service), len(of_service))
    groups = _by_jurisdiction(services)
    left_out = {
        "without_amount": sum(not p.carries for p in every),
        "too_far": sum(p.carries for p in every) - len(payments),
    }
    outputs[f"requests/{work.seq}/requests.json"] = canonical_json(
        {
            "case": opened.body["name"],
            "request": work.seq,
            "report": parameters["report"],
            "date_utc": date_utc,
            "network": view.network.name,
            "language": parameters["language"],
            "ask": ask,
            "services": services,
            "by_jurisdiction": groups,
            "left_out": left_out,
        }
    )
    told = [{k: v for k, v in service.items() if k != "rows"} for service in services]
    facts = {
        "services": [
            {
                "entity": service["entity"],
                "rows": service["count"],
                "jurisdictions": service["jurisdictions"],
            }
            for service in services
        ],
        "left_out": left_out,
    }
    return Result(
        outputs=outputs,
        facts=facts,
        answer={"services": told, "by_jurisdiction": groups, "left_out": left_out},
    )


def _reported(case: CaseFile) -> tuple[Any, Row]:
    reported = last_report(case)
    if reported is None:
        raise CaseError(f"{case.folder} has no report yet; run 'peelchain case report' first")
    return reported


def _run_of(entries: Sequence[Any], report: int) -> Any:
    """The run that a report is about."""
    run = next((e.body["run"] for e in entries if e.seq == report and e.kind == "report"), None)
    found = next((e for e in entries if e.seq == run and e.kind == "run"), None)
    if found is None:
        raise CaseError(f"the report of entry {report}, or its run, was undone; write another one")
    return found


def _findings(derived: CaseFindings, run: Mapping[str, Any]) -> Row:
    """The parts of report.json that requests are drawn from; CaseError where they have changed."""
    found = derived.found
    rows = {"receipts": found.receipts, "inflows": found.inflows, "outflows": found.outflows}
    if sha256(canonical_json(rows)).hexdigest() != run["findings"]:
        raise CaseError(
            "the store no longer gives the findings of the report; run 'peelchain case run' and "
            "'peelchain case report' again"
        )
    return {**rows, "entities": {e["entity"]: e["label"] for e in derived.owned.entities}}


def _planned(report: Mapping[str, Any], payments: Sequence[Payment], asked: PlanRequest) -> Plan:
    return plan(report, payments, asked.of, parse_share(asked.share), asked.most)


def _entity(report: Mapping[str, Any], there: set[str], name: str) -> str:
    """The entity that a user means by its id or its label."""
    found = [
        entity
        for entity, row in report["entities"].items()
        if entity in there and name.casefold() in (entity.casefold(), row["label"].casefold())
    ]
    if len(found) == 1:
        return str(found[0])
    why = "names several services" if found else "is no service that can be asked about a payment"
    known = ", ".join(sorted(there, key=lambda e: int(e[1:]))[:20])
    raise MisuseError(f"{shown(name)} {why}; give one of {known}")


def _jurisdictions(derived: CaseFindings) -> dict[str, tuple[str, ...]]:
    """The jurisdictions of each service, by its actor."""
    found = derived.found
    return {entity: found.marks[name].jurisdictions for name, entity in found.entity_of.items()}


def _by_jurisdiction(services: Sequence[Row]) -> list[Row]:
    """The services of each set of jurisdictions, those not known last."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for service in services:
        groups.setdefault(tuple(service["jurisdictions"]), []).append(service["entity"])
    return [
        {"jurisdictions": list(where), "services": entities}
        for where, entities in sorted(groups.items(), key=lambda item: (not item[0], item[0]))
    ]


def _said(schedule: Schedule, asked: Sequence[Payment], files: Sequence[str]) -> Row:
    rows = [
        {
            "row": number,
            "findings": list(row.findings),
            "direction": row.direction,
            "outpoint": row.place.outpoint,
            "address": row.place.address,
            "time_utc": row.place.time_utc,
            "height": row.place.height,
            "value_sat": row.place.value_sat,
        }
        for number, row in enumerate(schedule.rows, 1)
    ]
    sums = {
        f"{kind}_sat": sum(r.place.value_sat for r in schedule.rows if r.direction == kind)
        for kind in ("paid_out", "paid_in")
    }
    return {
        "entity": schedule.entity,
        "label": schedule.label,
        "jurisdictions": list(schedule.jurisdictions),
        "count": len(rows),
        "payments": len(asked),
        **sums,
        "files": list(files),
        "rows": rows,
    }
