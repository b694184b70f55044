"""The sections of findings: figures, services by nearness and rule, worth, the traces' sums."""

from collections.abc import Sequence
from typing import Any

from peelchain.case.report.blocks import (
    Block,
    column,
    figure,
    hashes,
    heading,
    line,
    new_page,
    para,
    table,
    terms,
)
from peelchain.case.report.catalogue import Texts
from peelchain.case.report.flow_figure import flow_svg
from peelchain.case.report.inert import breakable, printable
from peelchain.case.report.nearness import TIERS, tiers, weightless
from peelchain.case.report.reading import (
    Report,
    Row,
    currencies_of,
    deposits,
    fiat_total,
    grouped,
    label_of,
    rates_text,
    rules_of,
    services_of,
    subject_of,
    traced_total,
)
from peelchain.case.report.timeline_figure import period_of, timeline_svg
from peelchain.units import format_btc

_MOST_MISSING = 40
_MOST_TAGS = 4


def figures(texts: Texts, report: Report) -> list[Block]:
    """The flow diagram and the timeline, each with its words."""
    subject = subject_of(report)
    period = texts.name("period", period_of(report))
    rule = texts.name("rule", next(iter(rules_of(report)), "pro_rata"))
    return [
        new_page(),
        heading(texts.say("flow.heading")),
        para(texts.say("flow.intro", rule=rule)),
        figure(flow_svg(report, texts), texts.say("flow.title", subject=subject)),
        heading(texts.say("timeline.heading")),
        para(texts.say("timeline.intro", period=period)),
        figure(
            timeline_svg(report, texts),
            texts.say("timeline.title", subject=subject, period=period),
        ),
    ]


def findings(texts: Texts, report: Report) -> list[Block]:
    """Services by nearness, then with every rule side by side, and what it was worth."""
    rule = texts.name("rule", next(iter(rules_of(report)), "pro_rata"))
    return [
        new_page(),
        heading(texts.say("findings.heading")),
        para(texts.say("findings.intro", rule=rule)),
        para(texts.say("findings.near_intro")),
        *_services(texts, report, "inflows"),
        *_services(texts, report, "outflows"),
        *_worth(texts, report),
        *_names(texts, report),
    ]


def _services(texts: Texts, report: Report, side: str) -> list[Block]:
    made = [heading(texts.say(f"findings.{side}"), 2)]
    services = services_of(report, side)
    if not services:
        return [*made, para(texts.say(f"findings.none_{side}"))]
    made += [_nearness(texts, report, side, services), _by_rule(texts, report, side, services)]
    if empty := sum(weightless(row) for row in report[side]):
        made.append(para(texts.count("details.weightless", empty), "small"))
    if side == "outflows" and (named := deposits(report)):
        paid = sum(1 for row in report[side] if row["deposit_candidates"])
        made.append(
            para(
                texts.say(
                    "findings.deposits",
                    candidates=texts.count("findings.candidates", len(named)),
                    payments=texts.count("summary.payments", paid),
                )
            )
        )
    return made


def _nearness(texts: Texts, report: Report, side: str, services: Sequence[Row]) -> Block:
    columns = [
        column(texts.say("findings.service"), "1fr"),
        *(column(texts.say(f"findings.{tier}"), 96, "right") for tier in TIERS),
    ]

    def cells(entity: str | None, style: str) -> list[Any]:
        return [
            [
                line(format_btc(of.traced_sat) if of.count else "–", style),
                *([line(texts.count("near.payments", of.count), "small")] if of.count else []),
            ]
            for of in tiers(report, side, entity).values()
        ]

    rows = [
        [_service_cell(texts, report, service["entity"]), *cells(service["entity"], "plain")]
        for service in services
    ]
    return table(columns, rows, [texts.say("findings.total"), *cells(None, "strong")])


def _by_rule(texts: Texts, report: Report, side: str, services: Sequence[Row]) -> Block:
    rules, currencies = rules_of(report), currencies_of(report)
    columns = [
        column(texts.say("findings.service"), "1fr"),
        column(texts.say("findings.count"), 48, "right"),
        *(column(texts.name("rule", rule), 76, "right") for rule in rules),
        *(column(printable(c, 8), 70, "right") for c in currencies),
        column(texts.say("findings.basis"), 52),
    ]
    rows: list[list[Any]] = [
        [
            breakable(label_of(report, service["entity"])),
            f"{service['count']:,}",
            *(format_btc(service["traced_sat"].get(rule, 0)) for rule in rules),
            *(grouped(service["fiat"][c]) if c in service["fiat"] else "–" for c in currencies),
            _bases(texts, report, side, service["entity"]),
        ]
        for service in services
    ]
    total = [
        texts.say("findings.total"),
        f"{sum(service['count'] for service in services):,}",
        *(format_btc(traced_total(services, rule)) for rule in rules),
        *(grouped(fiat_total(services, c)) or "–" for c in currencies),
        "",
    ]
    return table(columns, rows, total)


def _worth(texts: Texts, report: Report) -> list[Block]:
    """The sums in BTC and fiat of the days of payment, the rates' sources, and what has no rate."""
    currencies, rule = currencies_of(report), next(iter(rules_of(report)), "")
    made = [heading(texts.say("findings.worth"), 2)]
    if not currencies:
        if not report.get("rates"):
            made.append(para(texts.say("method.rates_none")))
        return [*made, *_without_rate(texts, report)]
    columns = [
        column("", "1fr"),
        column(texts.say("traces.amount"), 84, "right"),
        *(column(printable(c, 8), 84, "right") for c in currencies),
        column(texts.say("findings.no_rate"), 66, "right"),
    ]
    wanted = {rate["currency"] for rate in report.get("rates", ())} | set(currencies)
    rows: list[list[Any]] = []
    for side in ("receipts", "inflows", "outflows"):
        mine: Sequence[Row] = report[side]
        sat = (
            sum(row["value_sat"] for row in mine)
            if side == "receipts"
            else traced_total(mine, rule)
        )
        missing = sum(bool(wanted - set(row["fiat"])) for row in mine)
        rows.append(
            [
                texts.say(f"findings.worth_{side}"),
                format_btc(sat),
                *(grouped(fiat_total(mine, c)) or "–" for c in currencies),
                f"{missing:,}",
            ]
        )
    sources = breakable(rates_text(report)) or texts.say("findings.rates_unnamed")
    made += [
        table(columns, rows),
        para(texts.say("findings.worth_note", sources=sources), "small"),
    ]
    return [*made, *_without_rate(texts, report)]


def _service_cell(texts: Texts, report: Report, entity: str) -> list[dict[str, str]]:
    category = report.get("entities", {}).get(entity, {}).get("category")
    lines = [line(breakable(label_of(report, entity)))]
    if category:
        lines.append(line(breakable(texts.name("category", printable(category, 40))), "small"))
    return lines


def _bases(texts: Texts, report: Report, side: str, entity: str) -> str:
    bases = {row["basis"] for row in report[side] if row["entity"] == entity}
    return ", ".join(texts.name("basis", basis) for basis in sorted(bases))


def _names(texts: Texts, report: Report) -> list[Block]:
    named = {
        service["entity"]: None
        for side in ("inflows", "outflows")
        for service in services_of(report, side)
    }
    if not named:
        return []
    items = []
    for entity in named:
        tags = report.get("entities", {}).get(entity, {}).get("tags", ())
        lines = dict.fromkeys(
            texts.say(
                "findings.tag_line",
                label=printable(tag["label"], 60),
                source=printable(tag["source"], 120),
            )
            for tag in tags
        )
        why = "; ".join(list(lines)[:_MOST_TAGS])
        why = breakable(why) or texts.say("findings.none_tags")
        items.append((breakable(label_of(report, entity)), why))
    return [
        heading(texts.say("findings.named_heading"), 2),
        para(texts.say("findings.named_intro"), "intro"),
        terms(items),
    ]


def _without_rate(texts: Texts, report: Report) -> list[Block]:
    missing: Sequence[str] = report.get("without_rate", ())
    if not missing:
        return []
    made = [
        para(texts.count("findings.without_rate", len(missing)), "small"),
        hashes([printable(outpoint) for outpoint in missing[:_MOST_MISSING]]),
    ]
    if len(missing) > _MOST_MISSING:
        rest = texts.count("findings.without_rate_more", len(missing) - _MOST_MISSING)
        made.append(para(rest, "small"))
    return made


def traces(texts: Texts, report: Report) -> list[Block]:
    """Each trace's seeds and where they came to rest, with the sum shown."""
    made = [heading(texts.say("traces.heading"))]
    runs: Sequence[Row] = report.get("traces", ())
    if not runs:
        return [*made, para(texts.say("traces.none"))]
    made.append(para(texts.say("traces.intro")))
    rules = rules_of(report)
    for run in sorted(runs, key=lambda run: (run["direction"], rules.index(run["rule"]))):
        rule = texts.name("rule", run["rule"])
        direction = texts.say(f"traces.{run['direction']}")
        made.append(heading(texts.say("traces.run", direction=direction, rule=rule), 2))
        made.append(_sum_table(texts, run))
    return made


def _sum_table(texts: Texts, run: Row) -> Block:
    columns = [
        column(texts.say("traces.type"), 96),
        column(texts.say("traces.meaning"), "1fr"),
        column(texts.say("traces.amount"), 92, "right"),
    ]
    seeds = run.get("seed_count")
    counted = texts.say("traces.seeds_count", count=seeds) if seeds is not None else ""
    rows: list[list[Any]] = [
        [[line(texts.say("traces.seeds"), "strong")], counted, format_btc(run["seeds_sat"])]
    ]
    net = run.get("seeds_net_sat", run["seeds_sat"])
    if net != run["seeds_sat"]:
        meaning = texts.say("traces.net_meaning")
        rows.append([texts.say("traces.net"), meaning, format_btc(net)])
    rows += [
        [
            texts.name("terminal", printable(kind)),
            texts.name("terminal_meaning", kind)
            if f"terminal_meaning.{kind}" in texts.entries
            else texts.say("terminal_meaning.other"),
            format_btc(sat),
        ]
        for kind, sat in sorted(run["totals"].items(), key=lambda item: (-item[1], item[0]))
    ]
    reached = sum(run["totals"].values())
    balanced = "traces.balanced" if reached == run["seeds_sat"] else "traces.unbalanced"
    return table(columns, rows, [texts.say("traces.sum"), texts.say(balanced), format_btc(reached)])
