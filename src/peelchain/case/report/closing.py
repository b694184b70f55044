"""The plain-language summary that closes a run on the terminal."""

from collections.abc import Mapping, Sequence

from peelchain.case.report.catalogue import Texts
from peelchain.case.report.doubts import doubts_in_words
from peelchain.case.report.inert import inert
from peelchain.case.report.nearness import TIERS, apart, tiers, tiers_text, weightless
from peelchain.case.report.reading import (
    Report,
    Row,
    btc,
    deposits,
    fiat_text,
    first_and_last,
    label_of,
    rates_text,
    rules_of,
    services_of,
    subject_of,
    texts_of,
    trace_of,
    unserved_text,
)

_LISTED = 6
_ASKED = 5
_DOUBTS = 4


def summary(
    report: Report,
    case: Row | None = None,
    *,
    files: Mapping[str, str] | None = None,
    digest: str | None = None,
) -> str:
    """What was found, how sure it is, what to do next and where the files are, as plain lines.

    `files` maps a name to a path, shown in its order. Labels are harmless: no terminal escape
    gets through.
    """
    texts = texts_of(report)
    name = inert((case or {}).get("case", ""), 80)
    lines = [
        texts.say("closing.title", title=inert(report["title"], 100), case=name)
        if name
        else inert(report["title"], 100),
        "",
        texts.say("closing.asked", subject=subject_of(report)),
        texts.say(
            "closing.tip",
            network=inert(report["network"]),
            height=report["tip"]["height"],
            hash=inert(report["tip"]["hash"]),
        ),
        "",
        *_received(texts, report),
        *_side(texts, report, "inflows", "backward"),
        *_side(texts, report, "outflows", "forward"),
        "",
        texts.say("closing.basis_head"),
        "  " + texts.say("closing.basis"),
        "  " + texts.say(_errors(report)),
        *_doubts(texts, report),
        "",
        texts.say("closing.next_head"),
        *_next_steps(texts, report),
        "",
        texts.say("closing.check", digest=digest) if digest else texts.say("closing.check_bare"),
    ]
    if files:
        lines += ["", texts.say("closing.files_head")]
        lines += [
            "  " + texts.say("closing.file", name=inert(k), path=inert(v, 1000))
            for k, v in files.items()
        ]
    return "\n".join(lines) + "\n"


def _received(texts: Texts, report: Report) -> list[str]:
    totals, subject = report["totals"], subject_of(report)
    if not report["receipts"]:
        return [texts.say("closing.received_none", subject=subject)]
    fiat = totals.get("fiat") or {}
    first, last = first_and_last(report["receipts"])
    return [
        texts.say(
            "closing.received",
            subject=subject,
            amount=btc(totals["received_sat"]),
            payments=texts.count("summary.payments", totals["receipts"]),
            worth=texts.say("closing.worth", fiat=fiat_text(fiat)) if fiat else "",
        ),
        *_rates(texts, report),
        texts.say("closing.between", first=first, last=last),
    ]


def _rates(texts: Texts, report: Report) -> list[str]:
    lines = []
    if sources := rates_text(report):
        lines.append(texts.say("closing.rates", sources=sources))
    if missing := report.get("without_rate"):
        lines.append(texts.count("summary.without_rate", len(missing)))
    return lines


def _side(texts: Texts, report: Report, side: str, direction: str) -> list[str]:
    services, rules = services_of(report, side), rules_of(report)
    lines = [""]
    if services:
        first, *others = rules
        named = ", ".join(texts.name("rule", rule) for rule in others)
        bracket = texts.say("closing.other_rules", rules=named) if others else ""
        lines += [
            texts.say(f"closing.{side}", rule=texts.name("rule", first), other=bracket),
            "  " + texts.say("closing.near", near=tiers_text(texts, tiers(report, side))),
        ]
        for row in services[:_LISTED]:
            lines.append("  " + _service(texts, report, row, rules))
            if near := apart(texts, report, side, row["entity"]):
                lines.append("    " + near)
        if len(services) > _LISTED:
            lines.append("  " + texts.count("closing.service_more", len(services) - _LISTED))
        if empty := sum(weightless(row) for row in report[side]):
            lines.append("  " + texts.count("details.weightless", empty))
    else:
        lines.append(texts.say(f"closing.{side}_none"))
    if rules and (parts := unserved_text(texts, report, direction, rules[0])):
        rule = texts.name("rule", rules[0])
        lines.append("  " + texts.say(f"closing.rest_{direction}", rule=rule, parts=parts))
    return lines


def _service(texts: Texts, report: Report, row: Row, rules: Sequence[str]) -> str:
    amounts = [btc(row["traced_sat"].get(rule, 0)) for rule in rules]
    others = ", ".join(amounts[1:])
    return texts.say(
        "closing.service",
        label=label_of(report, row["entity"], 60),
        amount=amounts[0],
        others=texts.say("closing.service_others", amounts=others) if others else "",
        payments=texts.count("summary.payments", row["count"]),
        fiat=texts.say("closing.service_fiat", fiat=fiat_text(row["fiat"])) if row["fiat"] else "",
    )


def _errors(report: Report) -> str:
    rates = report.get("method", {}).get("error_rates")
    return "closing.errors_given" if rates else "closing.errors_none"


def _doubts(texts: Texts, report: Report) -> list[str]:
    said = doubts_in_words(report)
    lines = [f"  {sentence}" for sentence in said[:_DOUBTS]]
    if len(said) > _DOUBTS:
        lines.append("  " + texts.say("closing.doubts_more"))
    return lines


def _next_steps(texts: Texts, report: Report) -> list[str]:
    rules, totals = rules_of(report), dict[str, int]()
    for side in ("inflows", "outflows"):
        for row in report["by_service"][side]:
            sat = row["traced_sat"].get(rules[0], 0) if rules else 0
            totals[row["entity"]] = totals.get(row["entity"], 0) + sat
    entities = sorted(totals, key=lambda entity: (-totals[entity], entity))
    asked = [_request(texts, report, entity) for entity in entities[:_ASKED]]
    steps = [*asked, *_ends(texts, report)]
    steps.append(texts.say("closing.confirm", subject=subject_of(report)))
    steps.append(texts.say("closing.go_on"))
    lines = [f"  {number}. {step}" for number, step in enumerate(steps, 1)]
    if more := len(entities) - len(asked):
        lines.insert(len(asked), "     " + texts.count("closing.ask_more", more))
    return lines


def _request(texts: Texts, report: Report, entity: str) -> str:
    """What to ask one service, the surest first: its withdrawals nearby, then its deposits."""
    parts = []
    inflows = tiers(report, "inflows", entity)
    straight, one, more = (inflows[tier].count for tier in TIERS)
    if straight:
        parts.append(texts.count("closing.ask_straight", straight))
    if one:
        parts.append(texts.count("closing.ask_one", one))
    if more and not parts:
        parts.append(texts.count("closing.ask_more_hops", more))
    paid = sum(of.count for of in tiers(report, "outflows", entity).values())
    if candidates := len(deposits(report, entity)):
        parts.append(texts.count("closing.ask_deposit", candidates))
    elif paid:
        parts.append(texts.count("closing.ask_target", paid))
    return texts.say(
        "closing.ask",
        label=label_of(report, entity, 60),
        parts="; ".join(parts),
        secure=texts.say("closing.secure") if paid else "",
    )


def _ends(texts: Texts, report: Report) -> list[str]:
    rules = rules_of(report)
    trace = trace_of(report, "forward", rules[0]) if rules else None
    totals = trace["totals"] if trace else {}
    keys = {
        "unspent": "closing.end_unspent",
        "coinjoin": "closing.end_coinjoin",
        "cut": "closing.end_cut",
    }
    parts = [
        texts.say(key, amount=btc(totals[kind])) for kind, key in keys.items() if totals.get(kind)
    ]
    if not parts:
        return []
    return [texts.say("closing.ends", rule=texts.name("rule", rules[0]), parts="; ".join(parts))]
