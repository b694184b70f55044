"""What passes between two nodes: payments, and the shortest way."""

import random
from collections import deque
from typing import Any

import pytest
from tests.oracle.neighbours import WholeChain

from peelchain.actions.flow.between import between
from peelchain.actions.flow.expand import nodes
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError


def fewest(chain: WholeChain, view: StoreView, start: str, end: str) -> int | None:
    """How many transactions the shortest way takes, by brute force over every output."""
    mixes = {chain.txids[i] for i in view.clusters.coinjoins["tx_id"].to_pylist()}
    own = [o for o in chain.outputs if o.is_of(start)]
    ways = deque((tx, 1) for tx in sorted({o.spender for o in own if o.spender}))
    seen = {tx for tx, _ in ways}
    services: dict[str, bool] = {}
    while ways:
        tx, count = ways.popleft()
        if any(o.is_of(end) for o in chain.made[tx]):
            return count
        for o in chain.made[tx]:
            if o.spender is None or o.spender in seen or tx in mixes:
                continue
            if o.address not in services:
                (told,) = nodes(view, [f"address:{o.address}"])["nodes"]
                services[o.address] = told["service"] is not None
            if not services[o.address]:
                seen.add(o.spender)
                ways.append((o.spender, count + 1))
    return None


def pairs(chain: WholeChain, count: int) -> list[tuple[str, str]]:
    chosen = random.Random(8)
    outputs = [o for o in chain.outputs if o.spender]
    found = []
    for o in chosen.sample(outputs, count):
        # some steps on, so that there is a way
        last = o
        for _ in range(chosen.randrange(1, 4)):
            after = [p for p in chain.made[last.spender or ""] if p.spender]
            last = chosen.choice(after) if after else last
        if last.address != o.address:
            found.append((f"address:{o.address}", f"address:{last.address}"))
    return found


def test_the_shortest_way_is_found(view: StoreView, whole_chain: WholeChain) -> None:
    lengths = set()
    for start, end in pairs(whole_chain, 25):
        part = between(view, start, end, max_hops=30)
        way = part["paths"][0]
        expected = fewest(whole_chain, view, start, end)
        assert way["found"] is (expected is not None)
        if expected is None:
            continue
        lengths.add(expected)
        assert len(way["nodes"]) == expected + 2
        edges = {(e["from"], e["to"]) for e in part["edges"]}
        for one, other in zip(way["nodes"], way["nodes"][1:], strict=False):
            assert (one, other) in edges
    assert len(lengths) > 2


def test_direct_payments_are_those_of_expand(view: StoreView, whole_chain: WholeChain) -> None:
    seen = 0
    for start, end in pairs(whole_chain, 25):
        found = whole_chain.neighbours(start, "out", "address").get(end)
        flows = [
            e
            for e in between(view, start, end)["edges"]
            if e["kind"] == "flow" and e["from"] == start
        ]
        if found is None:
            assert flows == []
            continue
        seen += 1
        assert [(e["value_sat"], e["count"]) for e in flows] == [(found.value_sat, len(found.txs))]
    assert seen


def test_no_way_is_said(view: StoreView, whole_chain: WholeChain) -> None:
    last = whole_chain.outputs[-1]
    first = next(o for o in whole_chain.outputs if o.spender and o.address != last.address)
    told: list[dict[str, Any]] = between(
        view, f"address:{last.address}", f"address:{first.address}", max_hops=2
    )["paths"]
    assert told[0]["found"] is False
    with pytest.raises(MisuseError, match="same"):
        between(view, f"address:{last.address}", f"address:{last.address}")
