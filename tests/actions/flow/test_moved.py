"""What moved on since a picture was made, and what of it that touches."""

import shutil
from pathlib import Path

from tests.oracle.neighbours import WholeChain

from peelchain.actions.flow.moved import made_on, moved_since
from peelchain.actions.tagging.importing import import_tags
from peelchain.actions.view import StoreView
from peelchain.units import format_hash


def heights(view: StoreView, chain: WholeChain) -> dict[str, int]:
    every = view.store.read("txs", ["height"])["height"].to_pylist()
    return dict(zip(chain.txids, every, strict=True))


def test_nothing_moved(view: StoreView, whole_chain: WholeChain) -> None:
    nodes = [f"tx:{o.maker}" for o in whole_chain.outputs[-5:]]
    told = moved_since(view, made_on(view), nodes)
    assert told["moved"]["blocks"] == 0
    assert not any(told["moved"].values())
    assert (told["touched"], told["gone"]) == ([], [])


def test_later_blocks_touch_what_they_pay_and_spend(
    view: StoreView, whole_chain: WholeChain
) -> None:
    at, height = heights(view, whole_chain), 150
    was = {
        **made_on(view),
        "tip_height": height,
        "tip_hash": format_hash(view.lookup.blocks([height])[0].block_hash),
    }
    early = [o for o in whole_chain.outputs if at[o.maker] <= height and not o.dead]
    nodes = sorted(
        {
            *(f"tx:{o.maker}" for o in early[-60:]),
            *(f"address:{o.address}" for o in early[-60:]),
            *(f"cluster:{o.cluster}" for o in early[-60:]),
            *(f"end:unspent:{o.outpoint}" for o in early[-60:]),
        }
    )
    told = moved_since(view, was, [*nodes, "tx:" + "ab" * 32])
    expected: dict[str, set[str]] = {}
    for node in nodes:
        own = [
            o
            for o in whole_chain.outputs
            if o.is_of(node) or node in (f"tx:{o.maker}", f"end:unspent:{o.outpoint}")
        ]
        why = set()
        if any(o.spender and at[o.spender] > height for o in own):
            why.add("spent")
        if node.startswith("end:") and own[0].spender:
            why.add("spent")
        if node[:2] in ("ad", "cl") and any(at[o.maker] > height for o in own):
            why.add("received")
        if why:
            expected[node] = why
    assert {row["node"]: set(row["by"]) for row in told["touched"]} == expected
    assert len({tuple(sorted(why)) for why in expected.values()}) == 3
    assert told["touched_count"] == len(expected)
    assert told["moved"]["blocks"] == 50
    assert told["gone"] == ["tx:" + "ab" * 32]


def test_another_chain_is_said(view: StoreView, whole_chain: WholeChain) -> None:
    was = {**made_on(view), "tip_height": 150, "tip_hash": "00" * 32}
    told = moved_since(view, was, [f"tx:{whole_chain.outputs[3].maker}"])
    assert told["moved"]["reorganised"] is True
    assert told["touched"] == []
    beyond = moved_since(view, {**was, "tip_height": 10_000}, [])
    assert beyond["moved"]["reorganised"] is True


def test_a_new_tag_touches_its_address_and_cluster(
    view: StoreView, flow_store: Path, whole_chain: WholeChain, tmp_path: Path
) -> None:
    was = made_on(view)
    output = next(o for o in whole_chain.outputs if o.address != o.cluster and not o.dead)
    store = tmp_path / "store"
    shutil.copytree(flow_store, store)
    pack = tmp_path / "tags.csv"
    pack.write_text(f"address,label,source\n{output.address},A shop,https://shop.example\n")
    import_tags([pack], store)
    nodes = [f"address:{output.address}", f"cluster:{output.cluster}", f"tx:{output.maker}"]
    with StoreView(store) as later:
        told = moved_since(later, was, nodes)
    assert [row["stage"] for row in told["moved"]["imports"]] == ["tags"]
    assert told["touched"] == [{"node": n, "by": ["tag"]} for n in nodes[:2]]
