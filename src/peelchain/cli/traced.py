"""How the answer of a trace reads."""

from collections.abc import Iterator
from typing import Any

from peelchain.cli.output import facts, footing, table
from peelchain.units import format_btc

Row = dict[str, Any]

CSV_COLUMNS = (
    *("type", "txid", "vout", "value_sat", "output_sat", "label"),
    *("rule", "address", "height", "time_utc", "fiat", "currency"),
)


def csv_rows(answer: Row) -> Iterator[list[Any]]:
    """The terminals of each rule in turn, under CSV_COLUMNS."""
    currency = answer["fiat"]["currency"] if answer["fiat"] else None
    for rule in answer["rules"]:
        for t in answer["terminals"]:
            sat = t["traced_sat"][rule["rule"]]
            if sat:
                told = {**t, "value_sat": sat, "rule": rule["rule"], "currency": currency}
                told["fiat"] = t["fiat"].get(rule["rule"]) if t["fiat"] else None
                yield [told[column] for column in CSV_COLUMNS]


def traced_lines(answer: Row, *, short: bool = False) -> Iterator[str]:
    """A trace for people: what was walked, each rule's sums, and the terminals."""
    rules = [rule["rule"] for rule in answer["rules"]]
    yield from facts(
        [
            (
                "trace",
                f"{answer['direction']}, rule{'s' if len(rules) > 1 else ''} {', '.join(rules)}, "
                f"through {answer['visited_txs']:,} transactions",
            ),
            *walked_facts(answer),
            *((f"  {name}", f"{format_btc(sat)} BTC") for name, sat in answer["totals"].items()),
            ("sum", f"{format_btc(sum(answer['totals'].values()))} BTC"),
            *footing(answer),
        ]
    )
    yield ""
    yield from sums(answer)
    yield from claimants(answer)
    yield poisoned(answer["poison"])
    yield ""
    heads = ["type", "output", *(f"{rule} BTC" for rule in rules), "service"]
    if answer["fiat"]:
        heads.insert(-1, f"{answer['fiat']['currency']}, {rules[0]}")
    yield from table(
        heads if len(rules) > 1 else ["traced BTC" if h.endswith("BTC") else h for h in heads],
        (_cells(t, rules) for t in answer["terminals"] if t["type"] != "fee"),
        short=short,
    )
    fees = sum(t["type"] == "fee" for t in answer["terminals"])
    if fees:
        yield f"and the fees of {fees:,} transactions, which --csv and --json list"
    yield from without_rate(answer["fiat"])
    if answer["tables"]:
        yield ""
        yield f"tables written: {', '.join(answer['tables'])}"


def walked_facts(answer: Row) -> Iterator[tuple[str, str]]:
    """What a walk started from, and whether all of it was walked."""
    yield (
        "seeds",
        f"{format_btc(answer['seeds_sat'])} BTC ({format_btc(answer['seeds_net_sat'])} net of "
        "seeds that feed seeds)",
    )
    taken = answer["receipts"]
    if taken:
        yield (
            "receipts",
            f"{taken['count']:,} of {format_btc(taken['received_sat'])} BTC; "
            f"{taken['internal_count']:,} of {format_btc(taken['internal_sat'])} BTC within the "
            "party are none"
            + (
                f"; {taken['left_out_count']:,} of {format_btc(taken['left_out_sat'])} BTC lie "
                "outside of the period"
                if taken["left_out_count"]
                else ""
            ),
        )
    if answer["partial"]:
        yield "PARTIAL", partly(answer)


def partly(answer: Row) -> str:
    """Why a walk is not whole, in words."""
    if any(answer.get("bounds_missing", {}).values()):
        return "stopped by you before all bounds were found; the sums hold"
    why = "stopped by you" if answer["stopped_by"] == "you" else "--max-txs was reached"
    return f"{why}: what was pending is cut; the sums hold"


def sums(answer: Row) -> Iterator[str]:
    """The conservation of each rule in one line, seeds = the sum over terminals."""
    wide = max(len(rule["rule"]) for rule in answer["rules"])
    for rule in answer["rules"]:
        parts = " + ".join(f"{name} {format_btc(sat)}" for name, sat in rule["totals"].items())
        yield f"{rule['rule']:{wide}}  seeds {format_btc(rule['seeds_sat'])} = {parts} BTC"


def claimants(answer: Row) -> Iterator[str]:
    """The sums of each claimant under each rule."""
    if not answer["claimants"]:
        return
    yield ""
    yield from table(
        ["claimant", "rule", "seeds BTC", "comes to"],
        (
            [
                claimant["claimant"],
                rule,
                format_btc(claimant["seeds_sat"]),
                " + ".join(f"{kind} {format_btc(sat)}" for kind, sat in totals.items()),
            ]
            for claimant in answer["claimants"]
            for rule, totals in claimant["totals"].items()
        ),
    )


def poisoned(poison: Row) -> str:
    """What reachability alone says, in one line."""
    return (
        f"poison: {poison['outputs']:,} outputs worth {format_btc(poison['value_sat'])} BTC are "
        "reached at all (reachability, no amount of a rule)"
    )


def without_rate(fiat: Row | None) -> Iterator[str]:
    """The outputs whose amounts have no rate, and what to do about it."""
    yield from days_without_rate(fiat)
    if fiat:
        yield from (f"  {name}" for name in fiat["without_rate"])


def days_without_rate(fiat: Row | None) -> Iterator[str]:
    """The days that no rate is known for, and what to do about it."""
    if fiat and fiat["days_without_rate"]:
        yield ""
        yield (
            f"no rate of {fiat['currency']} for {', '.join(fiat['days_without_rate'])}: what moved "
            "then has no worth and is in no sum; import rates of those days"
        )


def _cells(row: Row, rules: list[str]) -> list[Any]:
    name = row["txid"] if row["vout"] is None else f"{row['txid']}:{row['vout']}"
    cells = [row["type"], name, *(format_btc(row["traced_sat"][rule]) for rule in rules)]
    if row["fiat"] is not None:
        cells.append(row["fiat"][rules[0]] or "no rate")
    return [*cells, row["label"]]
