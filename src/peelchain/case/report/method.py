"""The sections that say how: method, limits, parameters, versions, glossary, files."""

from collections.abc import Mapping, Sequence
from typing import Any

from peelchain.case.report.blocks import (
    Block,
    bullets,
    column,
    hashes,
    heading,
    line,
    page,
    para,
    table,
    terms,
)
from peelchain.case.report.catalogue import Texts
from peelchain.case.report.certainty import would_change
from peelchain.case.report.doubts import doubts_in_words, relied_on
from peelchain.case.report.inert import breakable, printable
from peelchain.case.report.reading import Report, Row, rules_of

Parameter = tuple[str, list[dict[str, str]]]

_MOST_LISTED = 40
_LINE = 68
_SAID = 1000
_MOST_DOUBTED = 20
_LIMITS = (
    "seeds",
    "cospend",
    "tags",
    "untagged",
    "coinjoin",
    "cut",
    "scan",
    "beneficial",
    "offchain",
)


def method(texts: Texts, report: Report, case: Row) -> list[Block]:
    """How the findings were made and what their words mean."""
    policy = printable(_policy(texts, report, case), _SAID)
    return [
        heading(texts.say("method.heading")),
        heading(texts.say("method.chain_head"), 2),
        para(texts.say("method.chain")),
        heading(texts.say("method.cluster_head"), 2),
        para(texts.say("method.cluster", policy=policy)),
        para(texts.say("method.cluster_exclude")),
        para(texts.say("method.cluster_limits")),
        heading(texts.say("method.trace_head"), 2),
        para(texts.say("method.trace")),
        heading(texts.say("method.rule_head"), 2),
        terms([_rule(texts, rule) for rule in rules_of(report) or ("pro_rata", "index_fifo")]),
        para(texts.say("method.rule_limits")),
        heading(texts.say("method.words_head"), 2),
        terms(
            [
                (texts.say("basis.fact"), texts.say("method.word_fact")),
                (texts.say("basis.inference"), texts.say("method.word_inference")),
                (texts.say("basis.assertion"), texts.say("method.word_assertion")),
                (texts.say("basis.scan"), texts.say("method.word_scan")),
            ]
        ),
        heading(texts.say("method.errors_head"), 2),
        *_errors(texts, report),
        heading(texts.say("method.rates_head"), 2),
        *_rates(texts, report),
        heading(texts.say("method.time_head"), 2),
        para(texts.say("method.time")),
    ]


def _policy(texts: Texts, report: Report, case: Row) -> str:
    """The clustering policy in words of the report's language, as far as its parts are told."""
    parts: Row = report.get("policy") or {}
    if not parts:
        return str(case.get("policy") or "multi_input")
    said = [texts.say("policy.rules", rules=", ".join(parts["rules"]))]
    if parts["detectors"]:
        said.append(texts.say("policy.detectors", detectors=", ".join(parts["detectors"])))
    if parts["negatives"]:
        said.append(texts.say("policy.negatives", negatives=", ".join(parts["negatives"])))
    if parts["exclusions"]:
        said.append(texts.count("policy.exclusions", parts["exclusions"]))
    return texts.say("policy.told", parts="; ".join(said), name=parts["name"])


def _rule(texts: Texts, rule: str) -> tuple[str, str]:
    key = f"method.rule_{rule}"
    known = texts.entries.get(key)
    return printable(texts.name("rule", rule)), known or texts.say("method.rule_other")


def _errors(texts: Texts, report: Report) -> list[Block]:
    measured: Sequence[Row] = report.get("method", {}).get("error_rates") or ()
    if not measured:
        return [para(texts.say("method.errors_none"))]
    columns = [
        column(texts.say("method.errors_rule"), "1fr"),
        column(texts.say("method.errors_data"), "1fr"),
        column(texts.say("method.errors_precision"), 96),
        column(texts.say("method.errors_recall"), 96),
    ]
    made_by = dict.fromkeys(printable(row["made_by"], 200) for row in measured)
    return [
        para(texts.say("method.errors_intro")),
        table(columns, [_error_row(texts, row) for row in measured]),
        para(texts.say("method.errors_simulated")),
        para(texts.say("method.errors_made_by", commands="; ".join(map(breakable, made_by)))),
    ]


def _error_row(texts: Texts, row: Row) -> list[str | list[dict[str, str]]]:
    unknown = texts.say("method.errors_unknown")

    def share(name: str) -> list[dict[str, str]]:
        if row[name] is None:
            return [line(unknown)]
        limits = [row[f"{name}_low"], row[f"{name}_high"]]
        shown = [line(printable(row[name]))]
        if None not in limits:
            low, high = map(printable, limits)
            shown.append(line(texts.say("method.errors_limits", low=low, high=high), "small"))
        return shown

    rule = texts.name("measured", row["rule"].replace(":", "_"))
    stratum = row["stratum"].removeprefix("condition:")
    return [
        [line(breakable(printable(rule))), line(breakable(printable(row["unit"])), "small")],
        [
            line(breakable(printable(row["data"]))),
            line(
                texts.say(
                    "method.errors_where",
                    basis=texts.name("measured_on", row["basis"]),
                    stratum=breakable(printable(stratum)),
                ),
                "small",
            ),
        ],
        share("precision"),
        share("recall"),
    ]


def _rates(texts: Texts, report: Report) -> list[Block]:
    sources: Sequence[Row] = report.get("rates") or ()
    if not sources:
        return [para(texts.say("method.rates_none"))]
    lines = [
        texts.say(
            "method.rates_line",
            currency=printable(row["currency"], 8),
            source=breakable(printable(row["source"], 160)),
        )
        for row in sources
    ]
    return [para(texts.say("method.rates")), bullets(lines)]


def limits(texts: Texts, report: Report) -> list[Block]:
    """What the conclusion hangs on, in general and in this case."""
    return [
        heading(texts.say("limits.heading")),
        bullets([texts.say(f"limits.{limit}") for limit in _LIMITS]),
        *would_change(texts, report),
        *_doubts(texts, report),
    ]


def _doubts(texts: Texts, report: Report) -> list[Block]:
    if "doubts" not in report:
        return []
    said = doubts_in_words(report)
    blocks = [heading(texts.say("doubts.heading"), 2)]
    if not said:
        return [*blocks, para(texts.say("doubts.none"))]
    blocks += [
        para(texts.say("doubts.intro")),
        bullets([breakable(printable(s, _SAID)) for s in said]),
    ]
    if txids := relied_on(report):
        blocks.append(para(texts.say("doubts.relied_head"), "intro"))
        blocks.append(hashes(txids[:_MOST_DOUBTED]))
        if len(txids) > _MOST_DOUBTED:
            blocks.append(para(texts.count("doubts.relied_more", len(txids) - _MOST_DOUBTED)))
    return blocks


def reference(texts: Texts, report: Report, case: Row) -> list[Block]:
    """Parameters, versions, glossary and the list of files."""
    return [
        *_parameters(texts, report, case),
        heading(texts.say("glossary.heading")),
        terms(texts.pairs("glossary.terms")),
        heading(texts.say("files.heading")),
        para(texts.say("files.intro"), "intro"),
        terms(texts.pairs("files.list"), mono=True),
    ]


def upright() -> Block:
    """A new page, upright again after the annexes."""
    return page(landscape=False)


def _parameters(texts: Texts, report: Report, case: Row) -> list[Block]:
    given: Mapping[str, Any] = case.get("parameters") or {}
    policy = printable(_policy(texts, report, case), 240)
    rows = [
        *_flat(texts, "", given),
        (texts.say("parameters.policy"), [line(breakable(policy))]),
        *_of_traces(texts, report.get("traces", ())),
    ]
    software = case["software"]
    made = texts.say(
        "parameters.versions_none",
        software=printable(f"{software['name']} {software['version']}"),
        format=case["version"],
    )
    versions: Mapping[str, str] = report.get("versions") or {}
    return [
        heading(texts.say("parameters.heading")),
        _two_columns(texts, rows),
        heading(texts.say("parameters.version_head"), 2),
        para(made),
        *(
            [
                _two_columns(
                    texts,
                    [
                        (printable(k), [line(breakable(printable(v)))])
                        for k, v in sorted(versions.items())
                    ],
                )
            ]
            if versions
            else []
        ),
    ]


def _of_traces(texts: Texts, runs: Sequence[Row]) -> list[Parameter]:
    given = [run.get("parameters") or {} for run in runs]
    if given and all(one == given[0] for one in given):
        return _flat(texts, texts.say("parameters.every_trace"), given[0])
    rows: list[Parameter] = []
    for run, one in zip(runs, given, strict=True):
        rows.extend(_flat(texts, printable(f"{run['direction']} {run['rule']}"), one))
    return rows


def _two_columns(texts: Texts, rows: Sequence[Parameter]) -> Block:
    columns = [
        column(texts.say("parameters.parameter"), "1fr"),
        column(texts.say("parameters.value"), "2fr"),
    ]
    return table(columns, [[breakable(name), value] for name, value in rows])


def _flat(texts: Texts, prefix: str, values: Mapping[str, Any]) -> list[Parameter]:
    """Nested parameters as (name, lines) pairs, sorted by name."""
    rows: list[Parameter] = []
    for key in sorted(values):
        name = f"{prefix} {printable(key, 60)}".strip()
        value = values[key]
        if isinstance(value, Mapping):
            rows.extend(_flat(texts, name, value))
        elif isinstance(value, (list, tuple)):
            rows.append((name, _listed(texts, value)))
        else:
            unset = texts.say("parameters.unset")
            shown = unset if value is None else breakable(printable(value, 200))
            rows.append((name, [line(shown)]))
    return rows


def _listed(texts: Texts, values: Sequence[Any]) -> list[dict[str, str]]:
    if not values:
        return [line(texts.say("parameters.none"))]
    lines = []
    for value in values[:_MOST_LISTED]:
        shown = printable(value, 120)
        lines += [line(shown[i : i + _LINE], "mono") for i in range(0, len(shown), _LINE)]
    if len(values) > _MOST_LISTED:
        lines.append(line(texts.say("flow.more", count=len(values) - _MOST_LISTED), "small"))
    return lines
