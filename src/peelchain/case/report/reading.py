"""What the report's sections read from report.json, with its optional parts filled in."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from peelchain.case.report.catalogue import Texts, load_texts
from peelchain.case.report.inert import printable
from peelchain.units import format_btc

Report = Mapping[str, Any]
Row = Mapping[str, Any]


def texts_of(report: Report) -> Texts:
    """The catalogue of the report's language, English where it names none."""
    return load_texts(str(report.get("language", "en")))


def rules_of(report: Report) -> tuple[str, ...]:
    """The tracing rules, the one that fiat is reckoned by first.

    `rules` of the report when it is there; else those of its rows, pro rata first.
    """
    if report.get("rules"):
        return tuple(report["rules"])
    seen = {
        rule
        for side in ("inflows", "outflows")
        for row in report[side]
        for rule in row["traced_sat"]
    } | {trace["rule"] for trace in report.get("traces", ())}
    return tuple(sorted(seen, key=lambda rule: (rule != "pro_rata", rule)))


def currencies_of(report: Report) -> tuple[str, ...]:
    """The currencies of the report's totals, sorted."""
    return tuple(sorted(report["totals"].get("fiat", {})))


def label_of(report: Report, entity: str, limit: int = 80) -> str:
    """The name of an entity as the report shows it, harmless."""
    known = report.get("entities", {}).get(entity, {}).get("label")
    if not known:
        sides = report.get("by_service", {})
        known = next(
            (s["label"] for side in sides.values() for s in side if s["entity"] == entity), None
        )
    return printable(known or entity, limit)


def subject_of(report: Report, limit: int = 60) -> str:
    """The subject's name, harmless."""
    return label_of(report, report["subject"], limit)


def services_of(report: Report, side: str) -> list[Row]:
    """`by_service` of `inflows` or `outflows`, greatest first by the first rule."""
    rules = rules_of(report)
    rows: Sequence[Row] = report["by_service"][side]
    return sorted(
        rows,
        key=lambda row: ([-row["traced_sat"].get(rule, 0) for rule in rules], row["entity"]),
    )


def deposits(report: Report, entity: str | None = None) -> set[str]:
    """The outpoints that may be customers' deposits to services, or to one of them."""
    return {
        candidate
        for row in report["outflows"]
        if entity is None or row["entity"] == entity
        for candidate in row["deposit_candidates"]
    }


def traced_total(rows: Iterable[Row], rule: str) -> int:
    """Satoshis that `rule` assigns to all the rows."""
    return sum(row["traced_sat"].get(rule, 0) for row in rows)


def fiat_total(rows: Iterable[Row], currency: str) -> str:
    """Sum of the rows' fiat in one currency, a decimal text; empty if no row has any."""
    amounts = [Decimal(row["fiat"][currency]) for row in rows if currency in row["fiat"]]
    return f"{sum(amounts):.2f}" if amounts else ""


def grouped(amount: str) -> str:
    """A decimal text with its thousands parted by commas; the digits stay as they are."""
    whole, dot, rest = amount.partition(".")
    return f"{int(whole):,}{dot}{rest}" if whole.lstrip("-").isdigit() else printable(amount, 40)


def fiat_text(fiat: Mapping[str, str]) -> str:
    """Amounts in all currencies, such as `1,200.00 EUR / 1,310.00 USD`."""
    return " / ".join(f"{grouped(fiat[c])} {printable(c, 8)}" for c in sorted(fiat))


def rates_text(report: Report) -> str:
    """The sources of the rates, each with its currencies: `EUR, USD: daily list`."""
    by_source: dict[str, list[str]] = {}
    for rate in report.get("rates", ()):
        known = by_source.setdefault(printable(rate["source"], 120), [])
        known.append(printable(rate["currency"], 8))
    parts = sorted((sorted(set(names)), source) for source, names in by_source.items())
    return "; ".join(f"{', '.join(names)}: {source}" for names, source in parts)


def btc(value_sat: int) -> str:
    """An amount with its unit, such as `0.50000000 BTC`."""
    return f"{format_btc(value_sat)} BTC"


def trace_of(report: Report, direction: str, rule: str) -> Row | None:
    """The summary of one trace, None when the report carries none."""
    for trace in report.get("traces", ()):
        if trace["direction"] == direction and trace["rule"] == rule:
            return dict(trace)
    return None


def unserved(report: Report, direction: str, rule: str) -> list[tuple[str, int]]:
    """(type, satoshis) of a trace's ends that are neither services nor seeds, greatest first."""
    trace = trace_of(report, direction, rule)
    totals = trace["totals"] if trace else {}
    parts = [(k, v) for k, v in totals.items() if k not in ("service", "seed") and v > 0]
    return sorted(parts, key=lambda part: (-part[1], part[0]))


def unserved_text(texts: Texts, report: Report, direction: str, rule: str) -> str:
    """The ends that are no services as one phrase, empty if there are none."""
    return ", ".join(
        texts.say("summary.part", amount=btc(sat), type=texts.name("terminal", kind))
        for kind, sat in unserved(report, direction, rule)
    )


def first_and_last(receipts: Iterable[Row]) -> tuple[str, str]:
    """The earliest and the latest day of the receipts, ISO. There must be at least one."""
    days = [str(row["time_utc"])[:10] for row in receipts]
    return min(days), max(days)
