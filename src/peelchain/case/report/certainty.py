"""How far the findings hold: every rule with its bounds, null controls, other explanations."""

from collections.abc import Mapping, Sequence
from typing import Any

from peelchain.case.report.blocks import Block, column, heading, line, page, para, table
from peelchain.case.report.catalogue import Texts
from peelchain.case.report.inert import breakable, printable
from peelchain.case.report.nearness import largest_first
from peelchain.case.report.reading import Report, Row, btc, label_of, rules_of
from peelchain.units import format_btc

DIRECTIONS = ("backward", "forward")
_MOST_ROWS = 40
_MOST_FINDINGS = 100
_MOST_ELEMENTS = 6
_RULE_ROOM, _WIDEST, _NARROWEST = 560, 80, 54


def every_rule(texts: Texts, report: Report) -> list[Block]:
    """Each end of both traces under every rule, with the least and the most that any could give.

    On turned pages; none where the report carries no such table.
    """
    tables: Mapping[str, Row] = _assured(report).get("rule_table") or {}
    if not any(tables.get(direction) for direction in DIRECTIONS):
        return []
    made = [
        page(landscape=True),
        heading(texts.say("bounds.heading")),
        para(texts.say("bounds.intro")),
    ]
    for direction in DIRECTIONS:
        if of := tables.get(direction):
            made.append(heading(texts.say(f"bounds.{direction}"), 2))
            made.append(_rule_table(texts, report, of))
            if more := max(0, len(of["rows"]) - _MOST_ROWS):
                made.append(para(texts.count("bounds.more", more), "small"))
    return [*made, para(texts.say("bounds.note"), "small"), page(landscape=False)]


def _rule_table(texts: Texts, report: Report, of: Row) -> Block:
    rules: Sequence[str] = of["rules"]
    width = max(_NARROWEST, min(_WIDEST, _RULE_ROOM // (len(rules) + 2)))
    columns = [
        column(texts.say("bounds.end"), "1fr"),
        *(column(texts.name("rule", rule), width, "right") for rule in rules),
        column(texts.say("bounds.least"), width, "right"),
        column(texts.say("bounds.most"), width, "right"),
    ]
    first = rules[0] if rules else ""
    rows = sorted(
        of["rows"], key=lambda r: (r["type"] != "service", -r["traced_sat"].get(first, 0))
    )
    cells: list[list[Any]] = [
        [
            _end(texts, report, row),
            *(_amount(row["traced_sat"].get(rule)) for rule in rules),
            _amount(row["least_sat"]),
            _amount(row["most_sat"]),
        ]
        for row in rows[:_MOST_ROWS]
    ]
    sums = [format_btc(sum(row["traced_sat"].get(rule, 0) for row in of["rows"])) for rule in rules]
    return table(columns, cells, [texts.say("findings.total"), *sums, "", ""])


def _end(texts: Texts, report: Report, row: Row) -> list[dict[str, str]]:
    kind = texts.name("terminal", printable(row["type"], 40))
    if row["entity"] is None:
        return [line(breakable(kind))]
    return [
        line(breakable(label_of(report, row["entity"], 60))),
        line(f"{printable(row['entity'], 12)} · {kind}", "small"),
    ]


def _amount(sat: int | None) -> str:
    return "–" if sat is None else format_btc(sat)


def interval_of(report: Report, direction: str, entity: str) -> tuple[int, int] | None:
    """The least and the most that any rule gives a service, in satoshis; None where not bounded."""
    of = (_assured(report).get("rule_table") or {}).get(direction) or {}
    for row in of.get("rows", ()):
        if row["entity"] == entity and row["type"] == "service":
            limits = row["least_sat"], row["most_sat"]
            return None if None in limits else limits
    return None


def null_controls(texts: Texts, report: Report) -> list[Block]:
    """How often outputs drawn at random reach the same services."""
    told: Mapping[str, Row] = _assured(report).get("null_control") or {}
    if not any(told.get(direction) for direction in DIRECTIONS):
        return []
    made = [heading(texts.say("null.heading")), para(texts.say("null.intro"))]
    for direction in DIRECTIONS:
        if not (of := told.get(direction)):
            continue
        made.append(heading(texts.say(f"null.{direction}"), 2))
        if not of["draws"] or not of["services"]:
            key = "null.left_out" if not of["draws"] else "null.no_services"
            made.append(para(texts.say(key)))
            continue
        made.append(
            para(
                texts.say(
                    "null.drawn",
                    draws=f"{of['draws']:,}",
                    seeds=f"{of['seeds']:,}",
                    matched=f"{of['matched']:,}" if of["matched"] is not None else "–",
                    rule=texts.name("rule", of["rule"]),
                )
            )
        )
        made.append(_null_table(texts, report, of))
    return made


def _null_table(texts: Texts, report: Report, of: Row) -> Block:
    columns = [
        column(texts.say("findings.service"), "1fr"),
        column(texts.say("null.share"), 66, "right"),
        column(texts.say("null.others"), 96, "right"),
        column(texts.say("null.reached"), 66, "right"),
        column(texts.say("null.as_much"), 92, "right"),
    ]
    rows: list[list[Any]] = []
    for row in sorted(of["services"], key=lambda r: -r["arrived_sat"])[:_MOST_ROWS]:
        rows.append(
            [
                breakable(label_of(report, row["entity"], 60)),
                _said(row["share"]),
                [
                    line(_said(row["share_median"])),
                    line(
                        texts.say(
                            "method.errors_limits",
                            low=_said(row["share_low"]),
                            high=_said(row["share_high"]),
                        ),
                        "small",
                    ),
                ],
                texts.say("null.of", count=row["draws_reaching"], draws=of["draws"]),
                texts.say("null.of", count=row["draws_with_as_much"], draws=of["draws"]),
            ]
        )
    return table(columns, rows)


def _said(share: str | None) -> str:
    return "–" if share is None else printable(share, 12)


def alternatives(texts: Texts, report: Report) -> list[Block]:
    """Other explanations that the data leave open: how many findings of each kind, and which."""
    findings: Mapping[str, Row] = _assured(report).get("findings") or {}
    if not findings:
        return []
    made = [
        heading(texts.say("alternatives.heading")),
        para(texts.say("alternatives.intro")),
    ]
    kinds: dict[str, list[str]] = {}
    for name, row in findings.items():
        for other in row["alternatives"]:
            kinds.setdefault(other["kind"], []).append(name)
    if not kinds:
        return [*made, para(texts.say("alternatives.none"))]
    columns = [
        column(texts.say("alternatives.kind"), 150),
        column(texts.say("alternatives.meaning"), "1fr"),
        column(texts.say("alternatives.findings"), 70, "right"),
    ]
    rows: list[list[Any]] = [
        [
            texts.name("alternative", kind),
            texts.name("alternative_meaning", kind),
            f"{len(names):,}",
        ]
        for kind, names in sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    return [*made, table(columns, rows), para(texts.say("alternatives.annex"), "small")]


def supports(texts: Texts, report: Report) -> list[Block]:
    """The annex of what each finding rests on, the largest first: one row a finding."""
    findings: Mapping[str, Row] = _assured(report).get("findings") or {}
    rules = rules_of(report)
    flows = [*report["inflows"], *report["outflows"]]
    listed = [row for row in largest_first(flows, rules) if row["id"] in findings]
    if not listed:
        return []
    columns = [
        column(texts.say("details.id"), 34),
        column(texts.say("supports.service"), 104),
        column(texts.say("supports.interval"), 150),
        column(texts.say("supports.rests"), 150),
        column(texts.say("supports.truth"), 60, "right"),
        column(texts.say("supports.open"), "1fr"),
    ]
    rows = [
        _support_row(texts, report, row, findings[row["id"]]) for row in listed[:_MOST_FINDINGS]
    ]
    made = [
        heading(texts.say("supports.heading")),
        para(texts.say("supports.intro")),
        table(columns, rows),
    ]
    if more := max(0, len(listed) - _MOST_FINDINGS):
        made.append(para(texts.count("supports.more", more), "small"))
    return made


def _support_row(texts: Texts, report: Report, row: Row, held: Row) -> list[Any]:
    limits = (held["least_sat"], held["most_sat"])
    interval = (
        texts.say("supports.not_bounded")
        if None in limits
        else texts.say("bounds.between", least=format_btc(limits[0]), most=format_btc(limits[1]))
    )
    links = sum(inference["count"] for inference in held["inferences"])
    rests = [
        texts.count("supports.facts", held["facts"]),
        texts.count("supports.links", links),
        texts.count("supports.tags", len(held["assertions"])),
    ]
    open_ = [
        texts.say(
            "supports.alternative",
            kind=texts.name("alternative", other["kind"]),
            count=f"{other['count']:,}",
        )
        for other in held["alternatives"]
    ]
    return [
        printable(row["id"], 12),
        breakable(label_of(report, row["entity"], 40)),
        interval,
        [line(text, "small") for text in rests],
        _said(held["truth_low"]),
        [line(text, "small") for text in open_] or "–",
    ]


def would_change(texts: Texts, report: Report) -> list[Block]:
    """The smallest sets of inferences and tags whose falsity would move a finding."""
    rows: Sequence[Row] = _assured(report).get("would_change") or ()
    if not rows:
        return []
    columns = [
        column(texts.say("change.finding"), 104),
        column(texts.say("change.outcome"), 110),
        column(texts.say("change.sets"), "1fr"),
        column(texts.say("change.doubt"), 70, "right"),
    ]
    cells: list[list[Any]] = []
    for row in rows[:_MOST_ROWS]:
        best = row["sets"][0]
        members = best["elements"]
        cells.append(
            [
                _of(texts, row),
                [line(_effect(texts, row)), *_minimum(texts, row)],
                [_element(texts, member) for member in members[:_MOST_ELEMENTS]]
                + _more_elements(texts, members),
                _said(best["doubt"]),
            ]
        )
    made = [
        heading(texts.say("change.heading"), 2),
        para(texts.say("change.intro")),
        table(columns, cells),
    ]
    if more := max(0, len(rows) - _MOST_ROWS):
        made.append(para(texts.count("change.more", more), "small"))
    return made


def _of(texts: Texts, row: Row) -> list[dict[str, str]]:
    """The finding, or the service and its direction, with what is found now."""
    lines = [line(breakable(printable(row["label"] or row["finding"], 40)))]
    if row["direction"] in DIRECTIONS:
        lines.append(line(texts.say(f"traces.{row['direction']}"), "small"))
    lines.append(line(f"{printable(row['finding'], 12)} · {btc(row['was_sat'])}", "small"))
    return lines


def _effect(texts: Texts, row: Row) -> str:
    """What would be found instead."""
    if row["outcome"] == "below":
        return texts.say("change.below", amount=btc(row["below_sat"]))
    said = texts.name("outcome", printable(row["outcome"], 40))
    if row["becomes"] and row["becomes"]["label"]:
        return texts.say("change.becomes", label=breakable(printable(row["becomes"]["label"], 40)))
    return said


def _minimum(texts: Texts, row: Row) -> list[dict[str, str]]:
    return [line(texts.say("change.minimum" if row["minimum"] else "change.shown"), "small")]


def _element(texts: Texts, element: Row) -> dict[str, str]:
    """A tag by its label or a link by its rule, with the id that finds it in the bundle."""
    what = element.get("label") or texts.name("measured", str(element.get("rule") or ""))
    return line(
        texts.say(
            "change.element",
            kind=texts.name("element", printable(element["kind"], 20)),
            what=breakable(printable(what, 60)),
            id=breakable(printable(element["id"], 80)),
        ),
        "small",
    )


def _more_elements(texts: Texts, elements: Sequence[Row]) -> list[dict[str, str]]:
    more = len(elements) - _MOST_ELEMENTS
    return [line(texts.say("flow.more", count=more), "small")] if more > 0 else []


def _assured(report: Report) -> Row:
    return report.get("assurance") or {}
