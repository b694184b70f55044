"""Neighbours of a node: the same as by brute force, each once, in every order."""

import random
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
from tests.actions.test_long_store import refused
from tests.oracle.neighbours import WholeChain

from peelchain.actions import open_store
from peelchain.actions.flow import neighbours
from peelchain.actions.flow import nodes as node_rows
from peelchain.actions.flow.expand import Expansion, expand, nodes
from peelchain.actions.flow.subjects import Kind
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError, NotInChainError
from peelchain.store import arrays
from peelchain.tags.rates import fiat

KINDS = ("tx", "address", "cluster")
SIDES = ("in", "out")


def subjects(chain: WholeChain, count: int, seed: int = 5) -> list[str]:
    """Random nodes of each kind, and of each the busiest."""
    chosen = random.Random(seed)
    outputs = [o for o in chain.outputs if not o.dead]
    some = chosen.sample(outputs, count)
    busiest = [
        max(names, key=names.count)
        for names in ([o.address for o in outputs], [o.cluster for o in outputs])
    ]
    return [
        *(f"tx:{o.maker}" for o in some),
        f"tx:{max(chain.made, key=lambda tx: len(chain.made[tx]))}",
        f"tx:{max(chain.spent, key=lambda tx: len(chain.spent[tx]))}",
        *(f"address:{o.address}" for o in some),
        f"address:{busiest[0]}",
        *(f"cluster:{o.cluster}" for o in some),
        f"cluster:{busiest[1]}",
    ]


def everything(view: StoreView, node: str, side: Any, kind: Any, **more: Any) -> dict[str, Any]:
    """Every page of the neighbours, put together."""
    parts: dict[str, Any] = {"edges": [], "nodes": []}
    while True:
        offset = len(parts["edges"])
        part = expand(view, Expansion(node, side, kind, offset=offset, **more))
        name = part["node"]
        # an edge back to the node is given beside those that were asked for
        ends = ("to", "from") if side == "in" else ("from", "to")
        asked = [e for e in part["edges"] if e[ends[0]] == name]
        parts["edges"] += asked
        parts["nodes"] += part["nodes"]
        if not part["more"]:
            return {**part, **parts}


def far_end(edge: dict[str, Any], side: str) -> str:
    return str(edge["from" if side == "in" else "to"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", SIDES)
def test_neighbours_are_those_of_brute_force(
    view: StoreView, whole_chain: WholeChain, side: str, kind: str
) -> None:
    for node in subjects(whole_chain, 12):
        expected = whole_chain.neighbours(node, side, kind)
        found = everything(view, node, side, kind, limit=200)
        edges = {far_end(e, side): e for e in found["edges"]}
        assert edges.keys() == expected.keys(), node
        for other, edge in edges.items():
            assert edge["value_sat"] == expected[other].value_sat, (node, other)
            is_flow = edge["kind"] == "flow"
            counted = expected[other].txs if is_flow else expected[other].values
            assert edge["count"] == len(counted), (node, other)
            if not other.startswith("end:coinbase"):
                outpoints = {outpoint for _, outpoint in expected[other].values}
                assert set(edge["outpoints"]) <= outpoints
                assert len(edge["outpoints"]) == min(20, len(outpoints))
        assert {n["id"] for n in found["nodes"]} == edges.keys() - {found["node"]}
        assert found["totals"][0]["count"] == len(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_transactions_edges_add_up(view: StoreView, whole_chain: WholeChain, kind: Any) -> None:
    for node in subjects(whole_chain, 30, seed=6)[:32]:
        tx = node[3:]
        (told,) = nodes(view, [node])["nodes"]
        paid = sum(e["value_sat"] for e in everything(view, node, "out", kind)["edges"])
        spent = sum(e["value_sat"] for e in everything(view, node, "in", kind)["edges"])
        assert paid == told["value_sat"] == sum(o.value_sat for o in whole_chain.made[tx])
        assert spent == paid + (told["fee_sat"] or 0)


@pytest.mark.parametrize("order", ["value", "time", "tag"])
@pytest.mark.parametrize("kind", KINDS)
def test_pages_hold_everything_once(
    view: StoreView, whole_chain: WholeChain, kind: str, order: str
) -> None:
    for node in subjects(whole_chain, 2):
        for side in SIDES:
            paged = everything(view, node, side, kind, order=order, limit=7)
            names = [far_end(e, side) for e in paged["edges"]]
            assert len(names) == len(set(names))
            assert set(names) == whole_chain.neighbours(node, side, kind).keys()
            values = [e["value_sat"] for e in paged["edges"]]
            if order == "value":
                assert values == sorted(values, reverse=True)
            if order == "time":
                heights = [e["height"] for e in paged["edges"] if far_end(e, side)[:3] != "end"]
                assert heights == sorted(heights)


def test_services_come_first_by_tag(view: StoreView, whole_chain: WholeChain) -> None:
    mixed = 0
    clusters = [n for n in subjects(whole_chain, 40) if n.startswith("cluster:")]
    for node in clusters:
        (told,) = nodes(view, [node])["nodes"]
        found = everything(view, node, "out", "cluster", order="tag")
        by_id = {n["id"]: n for n in found["nodes"]}
        services = [by_id[far_end(e, "out")]["service"] is not None for e in found["edges"]]
        assert services == sorted(services, reverse=True)
        mixed += len(set(services)) == 2
        for edge in found["edges"]:
            service = told["service"] or by_id[far_end(edge, "out")]["service"]
            assert edge["basis"] == ("assertion" if service else "inference")
    assert mixed


def test_dust_is_left_out_and_counted(view: StoreView, whole_chain: WholeChain) -> None:
    node = subjects(whole_chain, 1)[-1]
    every = everything(view, node, "out", "address")["edges"]
    limit = sorted(e["value_sat"] for e in every)[len(every) // 2]
    found = everything(view, node, "out", "address", dust_sat=limit)
    kept = [e for e in every if e["value_sat"] >= limit]
    assert [e["id"] for e in found["edges"]] == [e["id"] for e in kept]
    (totals,) = found["totals"]
    assert totals["dust_count"] == len(every) - len(kept) > 0
    assert totals["dust_sat"] == sum(e["value_sat"] for e in every) - totals["value_sat"]


def test_what_is_shown_is_joined_and_not_given_again(
    view: StoreView, whole_chain: WholeChain
) -> None:
    """An output leads through its address where that is shown, and nowhere else as well."""
    output = next(
        o for o in whole_chain.outputs if o.spender and len(whole_chain.made[o.maker]) > 1
    )
    one, other, between = f"tx:{output.maker}", f"tx:{output.spender}", f"address:{output.address}"
    part = expand(view, Expansion(between, "out", "tx", shown=[one, between]))
    assert one not in {n["id"] for n in part["nodes"]}
    through = expand(view, Expansion(one, "out", "address", shown=[one, other], limit=200))
    joined = {(e["from"], e["to"]) for e in through["edges"]}
    assert (one, between) in joined
    assert (between, other) in joined
    whole = nodes(view, [one, other, between])
    ends = [(e["from"], e["to"], e["value_sat"]) for e in whole["edges"]]
    assert sum(sat for start, end, sat in ends if {start, end} == {one, between}) > 0
    straight = sum(sat for start, end, sat in ends if (start, end) == (one, other))
    through_others = [
        o
        for o in whole_chain.made[output.maker]
        if o.spender == output.spender and o.address != output.address
    ]
    assert straight == sum(o.value_sat for o in through_others)


def test_a_long_store_gives_the_same(
    view: StoreView, flow_store: Path, whole_chain: WholeChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_store, "_SHORT_TXOUTS", 0)
    monkeypatch.setattr(arrays, "load", refused)
    with StoreView(flow_store) as long:
        for node in subjects(whole_chain, 2):
            for kind in get_args(Kind):
                asked = Expansion(node, "both", kind, order="tag")
                assert expand(long, asked) == expand(view, asked)


def test_a_party_too_large_to_be_added_up_says_so(
    flow_store: Path, whole_chain: WholeChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_store, "_SHORT_TXOUTS", 0)
    for module in (neighbours, node_rows):
        monkeypatch.setattr(module, "MOST_SCRIPTS", 3)
    pairs = {(o.cluster, o.address) for o in whole_chain.outputs}
    (largest, _), *_ = Counter(cluster for cluster, _ in pairs).most_common(1)
    node = f"cluster:{largest}"
    with StoreView(flow_store) as long:
        part = expand(long, Expansion(node, "in", "tx"))
        (told,) = nodes(long, [node])["nodes"]
    own = whole_chain.neighbours(node, "in", "tx")
    assert part["totals"][0]["at_least"] is told["at_least"] is True
    assert 0 < part["totals"][0]["count"] == told["in_count"] < len(own)
    assert told["scripts"] > 3


def test_worth_is_that_of_each_day(view: StoreView, whole_chain: WholeChain) -> None:
    node = subjects(whole_chain, 1)[-1]
    part = expand(view, Expansion(node, "in", "tx", currency="EUR"))
    for edge in part["edges"]:
        day = edge["time_utc"][:10]
        price = next(r.price for (d, c), r in view.rates.items() if (str(d), c) == (day, "EUR"))
        assert edge["fiat"] == {"EUR": str(fiat(edge["value_sat"], price))}
    flows = expand(view, Expansion(node, "in", "cluster", currency="EUR", limit=200))
    assert all(e["fiat"]["EUR"] for e in flows["edges"])
    with pytest.raises(MisuseError, match="no rate of 'XXX'"):
        expand(view, Expansion(node, currency="XXX"))


def test_the_change_told_is_that_of_the_predictor(
    view: StoreView, flow_store: Path, whole_chain: WholeChain
) -> None:
    from peelchain.actions.change import show

    told = 0
    for output in random.Random(3).sample(whole_chain.outputs, 40):
        held = {o["vout"]: o for o in show(output.maker, flow_store)["outputs"]}
        part = expand(view, Expansion(f"tx:{output.maker}", "out", "address", limit=200))
        for edge in part["edges"]:
            if edge["kind"] != "pays" or edge["count"] > 1 or len(held) > 20:
                continue
            expected = held[int(edge["outpoints"][0].rpartition(":")[2])]["probability"]
            assert edge.get("change", {}).get("probability") == expected
            told += expected is not None
    assert told > 10


def test_nodes_by_name(view: StoreView, whole_chain: WholeChain) -> None:
    unspent = next(o for o in reversed(whole_chain.outputs) if not o.spender and not o.dead)
    spent = next(o for o in whole_chain.outputs if o.spender)
    names = [f"end:unspent:{unspent.outpoint}", f"end:unspent:{spent.outpoint}"]
    part = nodes(view, [*names, "tx:" + "00" * 32, "address:nonsense", f"tx:{spent.maker}"])
    by_id = {n["id"]: n for n in part["nodes"]}
    assert part["missing"] == ["tx:" + "00" * 32, "address:nonsense"]
    assert by_id[names[0]]["spent_by"] is None
    assert by_id[names[1]]["spent_by"] == f"tx:{spent.spender}"
    assert by_id[f"tx:{spent.maker}"]["out_count"] == len(whole_chain.made[spent.maker])


def test_a_party_is_told_whole(view: StoreView, whole_chain: WholeChain) -> None:
    for node in subjects(whole_chain, 6):
        if node.startswith("tx:"):
            continue
        (told,) = nodes(view, [node])["nodes"]
        own = [o for o in whole_chain.outputs if o.is_of(node)]
        assert told["value_sat"] == sum(o.value_sat for o in own)
        assert told["balance_sat"] == sum(o.value_sat for o in own if not o.spender)
        assert told["in_count"] == len({o.maker for o in own})
        assert told["out_count"] == len({o.spender for o in own if o.spender})


@pytest.mark.parametrize(
    "node", ["", "tx", "tx:12", "cluster:", "address:1abc", "end:unspent:00", "more:tx:12"]
)
def test_what_names_no_node_is_refused(view: StoreView, node: str) -> None:
    with pytest.raises((MisuseError, NotInChainError)):
        expand(view, Expansion(node))
