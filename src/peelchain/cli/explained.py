"""An explanation as people read it: chain, certainty and cut, or what came nearest."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from peelchain.cli.output import facts, table
from peelchain.cli.plain_text import inert
from peelchain.units import format_btc


def joined(answer: Mapping[str, Any], *, short: bool) -> Iterator[str]:
    """Lines on two addresses that one chain of transactions joins."""
    links = answer["links"]
    yield f"joined by {_transactions(len(links))} (inference, not fact):"
    yield from table(
        ["transaction", "rule", "script a", "script b", "measured precision", "shape"],
        (
            (
                *(link[key] for key in ("txid", "rule", "script_a", "script_b")),
                _precision(link),
                _shape(link),
            )
            for link in links
        ),
        short=short,
    )
    yield ""
    truth = answer["joint_truth"]
    yield from facts(
        [
            ("all links true together", _at_least(truth)),
            ("weakest link", truth["weakest_link"]),
        ]
    )
    yield ""
    yield from _cut(answer["weakest_cut"], short=short)


def not_joined(nearest: Mapping[str, Any], *, short: bool) -> Iterator[str]:
    """Lines on what came nearest to joining two addresses."""
    left_out = nearest["left_out"]
    if not nearest["left_out_complete"]:
        yield "more is left out by the policy than was searched:"
    if left_out is None:
        yield "no transactions that the policy leaves out would join them"
    else:
        yield f"nearest: {_transactions(len(left_out))} left out would join them:"
        yield from table(
            ["transaction", "left out as", "script a", "script b"],
            ((c["txid"], c["reason"], c["script_a"], c["script_b"]) for c in left_out),
            short=short,
        )
        yield from (inert(f"  {said}") for c in left_out for said in c["evidence"])
    yield ""
    payments = nearest["payments"]
    more = "" if payments["complete"] else " or more: not all was searched"
    yield "payments (no evidence that payer and payee are one party):"
    for name, key in (("first to second", "a_to_b"), ("second to first", "b_to_a")):
        told = payments[key]
        yield f"  {name}: {told['count']:,}{more}, {format_btc(told['value_sat'])} BTC"
        yield from (f"    {txid}" for txid in told["first"])
    shared = payments["shared_counterparties"]
    yield f"  clusters that both deal with: {shared['count']:,}{more}"
    yield from (f"    {name}" for name in shared["first"])


def suspicions(clusters: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Lines of warning, one for each suspected supercluster."""
    for one in clusters:
        yield ""
        yield inert(
            f"warning: the cluster of {one['address']} ({one['scripts']:,} scripts) is a suspected "
            f"supercluster: {_why(one)}; 'peelchain cluster superclusters' names what carries it"
        )


def carried(clusters: Sequence[Mapping[str, Any]], *, short: bool) -> Iterator[str]:
    """Lines on suspected superclusters and the transactions that carry them."""
    for one in clusters:
        yield inert(f"{one['address']}: {one['scripts']:,} scripts; {_why(one)}")
        for tie in one["ties"]:
            held = (
                f"more than {tie['more_than']:,} transactions"
                if tie["size"] is None
                else _transactions(tie["size"])
            )
            yield inert(f"{tie['party']} is held to the others by {held}")
            if tie["transactions"]:
                yield from table(
                    ["transaction", "scripts with it", "scripts with the others"],
                    ((t["txid"], t["scripts_a"], t["scripts_b"]) for t in tie["transactions"]),
                    short=short,
                )
        if one["jumps"]:
            yield f"great parts were joined by {_transactions(one['jump_count'])}:"
            yield from table(
                ["transaction", "parts", "scripts of the greatest", "of the next"],
                (
                    (j["txid"], j["parts"], j["scripts_greatest"], j["scripts_next"])
                    for j in one["jumps"]
                ),
                short=short,
            )
        yield ""


def _why(one: Mapping[str, Any]) -> str:
    reasons = []
    if len(one["services"]) > 1:
        reasons.append(f"tags of {len(one['services'])} services ({', '.join(one['services'])})")
    if one["jump_count"]:
        reasons.append(f"great parts joined by {_transactions(one['jump_count'])}")
    return " and ".join(reasons)


def _cut(cut: Mapping[str, Any], *, short: bool) -> Iterator[str]:
    if cut["size"] is None:
        yield f"weakest cut: more than {cut['more_than']:,} transactions"
        return
    which = "which no other set of so few does" if cut["only"] else "nearest to the older address"
    yield f"weakest cut: without {_transactions(cut['size'])} the two part ({which}):"
    yield from table(
        ["transaction", "scripts with a", "scripts with b", "scripts with neither", "shape"],
        (
            (t["txid"], t["scripts_a"], t["scripts_b"], t["scripts_apart"], _shape(t))
            for t in cut["transactions"]
        ),
        short=short,
    )
    yield (
        f"then {cut['scripts_a']:,} scripts of the cluster stay with a, {cut['scripts_b']:,} with "
        f"b, {cut['scripts_apart']:,} with neither"
    )
    if len(cut["alone"]) > 1:
        yield f"each of these {len(cut['alone'])} alone would part them too:"
        yield from table(["transaction"], ((txid,) for txid in cut["alone"]), short=short)


def _shape(transaction: Mapping[str, Any]) -> str:
    shape = transaction["shape"]
    seen = "" if shape is None else str(shape["type"])
    if not transaction["may_be_payjoin"] or seen == "payjoin_suspected":
        return seen
    return f"{seen}, may be a PayJoin" if seen else "may be a PayJoin"


def _precision(link: Mapping[str, Any]) -> str:
    measured = link["measured"]
    if measured is None or measured["precision"] is None:
        return "not measured"
    precision = f"{measured['precision']:.4f}"
    if measured["precision_low"] is not None and measured["precision_high"] is not None:
        precision += f" ({measured['precision_low']:.4f} to {measured['precision_high']:.4f})"
    return f"{precision}, {measured['basis']}"


def _at_least(truth: Mapping[str, Any]) -> str:
    if truth["at_least"] is None:
        return "not known: a rule is not measured"
    low = truth["at_least_low"]
    return f"at least {truth['at_least']:.4f}" + ("" if low is None else f" ({low:.4f} at the low)")


def _transactions(count: int) -> str:
    return "1 transaction" if count == 1 else f"{count:,} transactions"
