"""The first page and the page a judge reads."""

from collections.abc import Sequence

from peelchain.case.report.blocks import Block, bullets, heading, one_page, para
from peelchain.case.report.catalogue import Texts
from peelchain.case.report.certainty import interval_of
from peelchain.case.report.inert import breakable, printable
from peelchain.case.report.nearness import apart, tiers, tiers_text
from peelchain.case.report.reading import (
    Report,
    Row,
    btc,
    fiat_text,
    first_and_last,
    label_of,
    rates_text,
    rules_of,
    services_of,
    subject_of,
    traced_total,
    unserved_text,
)
from peelchain.units import format_btc

_LISTED = 5


def first_page(texts: Texts, report: Report, case: Row, digest: str | None) -> Block:
    """All that stands on the first page, by part."""
    tip = case["tip"]
    software = case["software"]
    return {
        "title": breakable(printable(report["title"], 120)),
        "facts": [
            [texts.say("front.case"), breakable(printable(case["case"])), "plain"],
            [texts.say("front.date"), printable(case["date_utc"]), "plain"],
            [texts.say("front.subject"), _subject(report), "plain"],
            [texts.say("front.network"), printable(case["network"]), "plain"],
            [texts.say("front.tip"), texts.say("front.tip_value", height=tip["height"]), "plain"],
            [texts.say("front.tip_hash"), printable(tip["hash"]), "mono"],
            [
                texts.say("front.software"),
                printable(f"{software['name']} {software['version']}"),
                "plain",
            ],
        ],
        "digest_title": texts.say("front.digest"),
        "digest": digest,
        "digest_groups": _grouped(digest) if digest else [],
        "digest_absent": [texts.say("front.digest_absent"), texts.say("front.digest_absent_why")],
        "check_title": texts.say("front.check"),
        "check": [
            texts.say("front.check_text"),
            f"python verify.py --expect {digest or 'DIGEST'}",
            texts.say("front.check_more"),
        ],
        "signature": [
            texts.say("front.signature_name"),
            texts.say("front.signature_place"),
            texts.say("front.signature"),
        ],
    }


def summary_page(texts: Texts, report: Report) -> list[Block]:
    """The whole report in a page of plain words."""
    return [
        one_page(
            [
                heading(texts.say("summary.heading")),
                para(_subject_line(texts, report), "lead"),
                *_received(texts, report),
                *_side(texts, report, "inflows"),
                *_side(texts, report, "outflows"),
                *_rules(texts, report),
                heading(texts.say("summary.sure"), 2),
                bullets(
                    [
                        texts.say("summary.sure_fact"),
                        texts.say("summary.sure_inference"),
                        texts.say("summary.sure_assertion"),
                        texts.say(
                            "summary.sure_rates_given"
                            if report.get("method", {}).get("error_rates")
                            else "summary.sure_rates"
                        ),
                        *_control(texts, report),
                    ]
                ),
            ]
        )
    ]


def _subject(report: Report) -> str:
    return breakable(subject_of(report))


def _grouped(digest: str) -> list[str]:
    groups = [digest[i : i + 4] for i in range(0, len(digest), 4)]
    return [" ".join(groups[i : i + 8]) for i in range(0, len(groups), 8)]


def _subject_line(texts: Texts, report: Report) -> str:
    subject, network = _subject(report), printable(report["network"])
    scripts = report.get("entities", {}).get(report["subject"], {}).get("scripts")
    if scripts is None:
        return texts.say("summary.subject_bare", subject=subject, network=network)
    addresses = texts.count("summary.addresses", scripts)
    return texts.say("summary.subject", subject=subject, network=network, addresses=addresses)


def _received(texts: Texts, report: Report) -> list[Block]:
    totals, subject = report["totals"], _subject(report)
    if not report["receipts"]:
        return [para(texts.say("summary.received_none", subject=subject))]
    first, last = first_and_last(report["receipts"])
    sentences = [
        texts.say(
            "summary.received",
            subject=subject,
            amount=btc(totals["received_sat"]),
            first=first,
            last=last,
            payments=texts.count("summary.payments", totals["receipts"]),
        )
    ]
    if totals.get("fiat"):
        sentences.append(texts.say("summary.received_worth", fiat=fiat_text(totals["fiat"])))
        if sources := breakable(rates_text(report)):
            sentences.append(texts.say("summary.rates", sources=sources))
    if missing := report.get("without_rate"):
        sentences.append(texts.count("summary.without_rate", len(missing)))
    if totals.get("internal_sat"):
        sentences.append(
            texts.say("summary.internal", amount=btc(totals["internal_sat"]), subject=subject)
        )
    return [para(" ".join(sentences))]


def _side(texts: Texts, report: Report, side: str) -> list[Block]:
    key, direction, names = (
        ("inflow", "backward", "sources")
        if side == "inflows"
        else ("outflow", "forward", "destinations")
    )
    services, rules = services_of(report, side), rules_of(report)
    made: list[Block] = []
    if services:
        made.append(
            para(
                texts.say(
                    f"summary.{key}",
                    amounts=_by_rule(texts, report, side, rules),
                    services=texts.count("summary.service", len(services)),
                )
            )
        )
        near = tiers_text(texts, tiers(report, side))
        made.append(para(texts.say(f"summary.near_{side}", near=near)))
        made.append(heading(texts.say(f"summary.{names}"), 2))
        made.append(bullets(_largest(texts, report, side, services, rules)))
    else:
        made.append(para(texts.say(f"summary.{key}_none")))
    if rules and (parts := unserved_text(texts, report, direction, rules[0])):
        rule = texts.name("rule", rules[0])
        made.append(para(texts.say(f"summary.rest_{direction}", rule=rule, parts=parts), "small"))
    return made


def _largest(
    texts: Texts, report: Report, side: str, services: Sequence[Row], rules: Sequence[str]
) -> list[str]:
    lines = []
    for service in services[:_LISTED]:
        near = apart(texts, report, side, service["entity"])
        lines.append(
            texts.say(
                "summary.service_line",
                label=breakable(label_of(report, service["entity"], 40)),
                amount=texts.say("summary.or").join(
                    btc(sat)
                    for sat in dict.fromkeys(service["traced_sat"].get(r, 0) for r in rules)
                ),
                payments=texts.count("summary.payments", service["count"]),
                near=(texts.say("near.after", near=near) if near else "")
                + _interval(texts, report, side, service["entity"]),
            )
        )
    if len(services) > _LISTED:
        lines.append(texts.say("summary.more_services", count=len(services) - _LISTED))
    return lines


def _interval(texts: Texts, report: Report, side: str, entity: str) -> str:
    limits = interval_of(report, "backward" if side == "inflows" else "forward", entity)
    if limits is None:
        return ""
    least, most = limits
    return texts.say("bounds.summary", least=format_btc(least), most=format_btc(most))


def _control(texts: Texts, report: Report) -> list[str]:
    told = (report.get("assurance") or {}).get("null_control") or {}
    draws = max((of["draws"] for of in told.values()), default=0)
    return [texts.say("null.summary", draws=draws)] if draws else []


def _by_rule(texts: Texts, report: Report, side: str, rules: Sequence[str]) -> str:
    amounts = {rule: traced_total(report[side], rule) for rule in rules}
    if len(set(amounts.values())) == 1:
        return btc(amounts[rules[0]])
    return texts.say("summary.or").join(
        texts.say("summary.amount_by_rule", amount=btc(sat), rule=texts.name("rule", rule))
        for rule, sat in amounts.items()
    )


def _rules(texts: Texts, report: Report) -> list[Block]:
    rules = rules_of(report)
    rows = [*report["inflows"], *report["outflows"]]
    if len(rules) < 2 or not rows:
        return []
    sides = ("inflows", "outflows")
    agree = all(len({traced_total(report[s], rule) for rule in rules}) == 1 for s in sides)
    return [para(texts.say("summary.rules_agree" if agree else "summary.rules_differ"))]
