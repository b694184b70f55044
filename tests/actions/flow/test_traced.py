"""A trace as a picture: every satoshi of it, at every size."""

import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Literal

import pytest
from tests.oracle.neighbours import WholeChain

from peelchain.actions.flow.traced import traced_part
from peelchain.actions.tracing.seeds import SeedsAsked
from peelchain.actions.tracing.traces import TraceAsked, trace_asked
from peelchain.actions.view import StoreView

Direction = Literal["forward", "backward"]
RULES = ("pro-rata", "index-fifo")


def trace(store: Path, chain: WholeChain, direction: Direction, count: int) -> dict[str, Any]:
    spent = [o for o in chain.outputs if o.spender and o.value_sat > 10_000]
    part = spent[: len(spent) // 3] if direction == "forward" else spent[-len(spent) // 5 :]
    seeds = sorted({o.outpoint for o in random.Random(4).sample(part, count)})
    rules = RULES if direction == "forward" else RULES[:1]
    asked = TraceAsked(direction, SeedsAsked(outpoints=seeds), rules=rules, hops=True)
    return trace_asked(asked, store)


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("most", [100_000, 150, 60])
def test_a_trace_is_drawn_whole(
    view: StoreView, flow_store: Path, whole_chain: WholeChain, direction: Direction, most: int
) -> None:
    answer = trace(flow_store, whole_chain, direction, 12)
    part = traced_part(
        view, direction, answer["seeds"], answer["hops"], answer["terminals"], most=most
    )
    ids = [node["id"] for node in part["nodes"]]
    assert len(ids) == len(set(ids))
    assert {end for e in part["edges"] for end in (e["from"], e["to"])} <= set(ids)
    assert len(ids) + len(part["edges"]) <= most
    drawn = {node["id"]: node for node in part["nodes"]}
    arrived: dict[str, Counter[str]] = defaultdict(Counter)
    for edge in part["edges"]:
        end = edge["to"] if direction == "forward" else edge["from"]
        if drawn[end]["kind"] == "end" and not end.startswith("end:level:"):
            for rule, sat in edge["traced_sat"].items():
                arrived[rule][drawn[end]["end"]] += sat
    for told in answer["rules"]:
        expected = {kind: sat for kind, sat in told["totals"].items() if sat and kind != "fee"}
        assert {k: sat for k, sat in arrived[told["rule"]].items() if sat} == expected
        assert part["fees_sat"].get(told["rule"], 0) == told["totals"].get("fee", 0)
    ends = sum(t["type"] != "fee" for t in answer["terminals"])
    gathered = part["gathered"]
    if most == 100_000:
        assert gathered == {"txs": 0, "ends": 0, "levels": 0}
        assert sum(n["kind"] == "end" and n["end"] != "target" for n in part["nodes"]) == ends
    else:
        assert gathered["txs"] > 0
        assert (
            sum(n.get("count", 0) for n in part["nodes"] if n["id"][:10] == "end:level:")
            == (gathered["txs"])
        )


def test_what_enters_a_transaction_leaves_it(
    view: StoreView, flow_store: Path, whole_chain: WholeChain
) -> None:
    answer = trace(flow_store, whole_chain, "forward", 5)
    part = traced_part(view, "forward", answer["seeds"], answer["hops"], answer["terminals"])
    fees: Counter[str] = Counter()
    for row in answer["terminals"]:
        if row["type"] == "fee":
            fees[f"tx:{row['txid']}"] += row["traced_sat"]["pro-rata"]
    enters: Counter[str] = Counter()
    leaves = fees.copy()
    for edge in part["edges"]:
        enters[edge["to"]] += edge["traced_sat"]["pro-rata"]
        leaves[edge["from"]] += edge["traced_sat"]["pro-rata"]
    walked = {f"tx:{hop['txid']}" for hop in answer["hops"]}
    makers = {f"tx:{seed['outpoint'][:64]}" for seed in answer["seeds"]}
    assert walked - makers
    for tx in walked - makers:
        assert enters[tx] == leaves[tx]
    outputs = {o.outpoint: o.value_sat for o in whole_chain.outputs}
    for edge in part["edges"]:
        if edge["count"] <= 20:
            assert edge["value_sat"] == sum(outputs[o] for o in edge["outpoints"])
