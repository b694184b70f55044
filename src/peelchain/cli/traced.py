"""How the answer of a trace reads."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from peelchain.cli.marks import mark_error
from peelchain.cli.output import facts, footing, table
from peelchain.cli.source_options import fetched_facts
from peelchain.units import format_btc

Row = dict[str, Any]

CSV_COLUMNS = (
    *("type", "txid", "vout", "value_sat", "output_sat", "label"),
    *("rule", "address", "height", "time_utc", "fiat", "currency"),
    *("scope", "account", "mark"),
)

_SCOPES = {
    "transaction": "scope transaction",
    "account": "scope account: an account is a cluster, and that an inference",
}


def csv_rows(answer: Row) -> Iterator[list[Any]]:
    """The terminals of each rule in turn, then what accounts hold, under CSV_COLUMNS."""
    currency = answer["fiat"]["currency"] if answer["fiat"] else None
    for rule in answer["rules"]:
        name, told = rule["rule"], {"rule": rule["rule"], "scope": rule["scope"]}
        for t in answer["terminals"]:
            sat = t["traced_sat"][name]
            if sat:
                yield _csv_row(
                    {**t, **told, "account": t["account"] if rule["held"] is not None else None},
                    value_sat=sat,
                    fiat=t["fiat"].get(name) if t["fiat"] else None,
                    currency=currency,
                    mark="; ".join(t["mark"]) or None,
                )
        for h in answer["holdings"] if rule["held"] is not None else ():
            if h["traced_sat"][name]:
                yield _csv_row(
                    {**h, **told},
                    txid=h["closed_by"],
                    value_sat=h["traced_sat"][name],
                    output_sat=None,
                    mark=None,
                )


def _csv_row(row: Row, **more: Any) -> list[Any]:
    told = {**row, **more}
    return [told.get(column) for column in CSV_COLUMNS]


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
            *_accounts(answer["accounts"]),
            *walked_facts(answer),
            *((f"  {name}", f"{format_btc(sat)} BTC") for name, sat in answer["totals"].items()),
            ("sum", f"{format_btc(sum(answer['totals'].values()))} BTC"),
            *fetched_facts(answer),
            *footing(answer),
        ]
    )
    yield ""
    yield from sums(answer)
    yield from claimants(answer)
    yield poisoned(answer["poison"])
    scopes = list(dict.fromkeys(rule["scope"] for rule in answer["rules"]))
    for scope in scopes:
        yield ""
        if len(scopes) > 1 or scope != "transaction":
            yield _SCOPES[scope]
        own = [rule["rule"] for rule in answer["rules"] if rule["scope"] == scope]
        yield from _rested(answer, own, whole=len(scopes) == 1, short=short)
        if scope == "account":
            yield from _held(answer, own, short=short)
    yield from marked(answer)
    yield from without_rate(answer["fiat"])
    if answer["tables"]:
        yield ""
        yield f"tables written: {', '.join(answer['tables'])}"


def _accounts(accounts: Row | None) -> Iterator[tuple[str, str]]:
    if accounts:
        yield (
            "accounts",
            f"books opened {accounts['opened_books']:,} times, through "
            f"{accounts['visited_txs']:,} transactions",
        )


def _rested(answer: Row, rules: list[str], *, whole: bool, short: bool) -> Iterator[str]:
    """The terminals under rules of one scope; `whole`, those too at which they leave nothing."""
    rows = [t for t in answer["terminals"] if whole or any(t["traced_sat"][r] for r in rules)]
    heads = [
        "type",
        "output",
        *(f"{rule} BTC" if len(rules) > 1 else "traced BTC" for rule in rules),
    ]
    if answer["fiat"]:
        heads.append(f"{answer['fiat']['currency']}, {rules[0]}")
    heads.append("service")
    is_marked = any(t["mark"] for t in rows)
    if is_marked:
        heads.append("mark")
    yield from table(
        heads,
        (
            _cells(t, rules) + (["; ".join(t["mark"])] if is_marked else [])
            for t in rows
            if t["type"] != "fee"
        ),
        short=short,
    )
    fees = sum(t["type"] == "fee" for t in rows)
    if fees:
        yield f"and the fees of {fees:,} transactions, which --csv and --json list"


def _amounts(rules: list[str]) -> list[str]:
    return [f"{rule} BTC" for rule in rules] if len(rules) > 1 else ["traced BTC"]


def _held(answer: Row, rules: list[str], *, short: bool) -> Iterator[str]:
    """What accounts hold under rules of their scope."""
    if not answer["holdings"]:
        return
    yield ""
    yield from table(
        [
            *("held by account", "type", "closed by"),
            *_amounts(rules),
            *("of a balance of BTC", "service"),
        ],
        (
            [
                h["account"],
                h["type"],
                h["closed_by"] or "the tip",
                *(format_btc(h["traced_sat"][rule]) for rule in rules),
                format_btc(h["balance_sat"]),
                h["label"],
            ]
            for h in answer["holdings"]
        ),
        short=short,
    )


def marked(answer: Row) -> Iterator[str]:
    """The marks of a trace's outputs, and what was not looked at."""
    if not answer["marks"]:
        return
    counts = Counter(row["mark"] for row in answer["marks"])
    yield ""
    yield (
        f"possible off-chain transfer: {len({row['output'] for row in answer['marks']}):,} outputs "
        "are marked, claiming nothing beyond: value may have changed hands unseen there"
    )
    for mark, count in sorted(counts.items()):
        yield f"  {mark}  {count:,}, {mark_error(answer['mark_errors'][mark])}"
    if answer["witnesses"] == "not_at_hand":
        yield (
            "  witnesses were not looked at, since the node's block files are not at hand: a "
            "2-of-2 was told by its size alone"
        )


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
        held = rule.get("held") or {}
        rested = {name: sat - held.get(name, 0) for name, sat in rule["totals"].items()}
        parts = [f"{name} {format_btc(sat)}" for name, sat in rested.items() if sat]
        parts += [f"held by accounts ({name}) {format_btc(sat)}" for name, sat in held.items()]
        whole = " + ".join(parts)
        yield f"{rule['rule']:{wide}}  seeds {format_btc(rule['seeds_sat'])} = {whole} BTC"


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
    return [*cells, row["label"] or row["reason"]]
