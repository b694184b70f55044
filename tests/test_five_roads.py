"""One chain by five roads: core files, a node's RPC, two dumps, and walked through servers.

The tables are the same by natural keys, where the road brings all of them, and so is every trace.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests import btcd, electrum_server
from tests.cli.running import peelchain
from tests.electrum_server import ServedChain, blocks_of
from tests.esplora_server import serving_esplora
from tests.natural_keys import RAW_PLACES, WITNESSES, assert_same_rows, rows_by_natural_keys
from tests.oracle.ground_flow import seeds_of

from peelchain.store.lookup import Lookup
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.reader import Store
from peelchain.trace.walk import RULES

BLOCKS = 200
SEED = 3
ROADS = ("rpc", "etl", "esplora-lines")
OF_TRANSACTIONS = tuple(rule.replace("_", "-") for rule in RULES)
"""A partial store has no account's books, which the other rules read."""
ABOUT_THE_STORE = {"run_id", "policy", "partial_store", "fetching", "tip_height", "tip_hash"}
"""What an answer says of the store that gave it, not of the chain."""


@dataclass(frozen=True)
class Chain:
    """The simulated node and its store, made from its files."""

    folder: Path
    node: Path
    store: Path

    @property
    def seeds(self) -> list[str]:
        """The outputs that the simulated case begins at."""
        return [f"{txid}:{vout}" for txid, vout in seeds_of(self.node)]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    folder = tmp_path_factory.mktemp("roads")
    node, store = folder / "node", folder / "core"
    made = peelchain(
        *("simulate", "--seed", SEED, "--blocks", BLOCKS, "--case", "theft", "--out", node)
    )
    assert made.code == 0, made.err
    ingest(f"core:{node}", store)
    return Chain(folder, node, store)


@pytest.fixture(scope="module")
def by_road(chain: Chain) -> dict[str, Path]:
    """The store that each road made, by its name; of a node only where there is btcd."""
    return {}


def ingest(source: str, store: Path, *options: object) -> None:
    done = peelchain("chain", "ingest", source, "--store", store, *options, "--json")
    assert done.code == 0, done.err


@contextmanager
def node_of(chain: Chain) -> Iterator[btcd.Btcd]:
    """A real node with the blocks of the chain."""
    with btcd.running(chain.folder / "btcd") as node:
        with Store.open(chain.store) as opened, Lookup(opened) as lookup:
            raw = RawBlocks(opened)
            node.submit([raw.block(row) for row in lookup.blocks(range(1, BLOCKS + 1))])
        yield node


def made(road: str, chain: Chain, by_road: dict[str, Path]) -> Path:
    """The store that a road makes of the chain, made once."""
    if road not in by_road:
        store = chain.folder / road
        if road == "rpc":
            with node_of(chain) as node:
                password = ("--rpc-auth", node.password_file())
                ingest(f"rpc:{node.url}", store, "--network", "regtest", *password)
        else:
            dump = chain.folder / f"{road} dump"
            done = peelchain("chain", "export", road, "-o", dump, "--store", chain.store)
            assert done.code == 0, done.err
            ingest(f"{road}:{dump}", store, "--network", "regtest")
        by_road[road] = store
    return by_road[road]


def traced(
    store: Path, way: str, seed: str, *options: object, rules: Sequence[str] = ("all",)
) -> dict[str, Any]:
    """What a trace answers, less what it says of the store."""
    asked = [word for rule in rules for word in ("--rule", rule)]
    answer = peelchain(
        *("trace", way, "--seed", seed, *asked, "--hops", "--store", store, "--json"), *options
    ).answer
    return {name: value for name, value in answer.items() if name not in ABOUT_THE_STORE}


@pytest.mark.slow
@pytest.mark.parametrize("road", ROADS)
def test_tables_are_the_same_by_natural_keys(
    chain: Chain, by_road: dict[str, Path], road: str
) -> None:
    store = made(road, chain, by_road)
    unknown = WITNESSES if road == "etl" else ()
    assert_same_rows(store, chain.store, without=(*RAW_PLACES, *unknown))
    assert peelchain("chain", "verify", "--store", store, "--json").answer["ok"]


@pytest.mark.slow
@pytest.mark.parametrize("road", ROADS)
def test_traces_are_the_same(chain: Chain, by_road: dict[str, Path], road: str) -> None:
    store = made(road, chain, by_road)
    for seed in chain.seeds:
        wanted = traced(chain.store, "forward", seed)
        assert wanted["terminals"]
        assert traced(store, "forward", seed) == wanted
        for end in [t for t in wanted["terminals"] if t["type"] != "fee"][:2]:
            back = f"{end['txid']}:{end['vout']}"
            assert traced(store, "backward", back) == traced(chain.store, "backward", back)


def facts_of(answer: dict[str, Any]) -> dict[str, Any]:
    """A trace less whose the ends of its hops are held to be.

    That is predicted from the histories of scripts, and a walk does not fetch all of these.
    """
    hops = [{n: v for n, v in hop.items() if n != "control"} for hop in answer["hops"]]
    return {**answer, "hops": hops}


@contextmanager
def serving(kind: str, chain: Chain) -> Iterator[str]:
    """A server of the chain; gives KIND:PLACE."""
    if kind == "esplora":
        with serving_esplora(chain.store) as esplora:
            yield f"esplora:{esplora.origin}"
    else:
        with electrum_server.serving(ServedChain(blocks_of(chain.node))) as electrum:
            yield f"electrum:{electrum.place}"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["esplora", "electrum"])
def test_a_walk_through_a_server_ends_where_the_chain_says(chain: Chain, kind: str) -> None:
    walked = chain.folder / f"walked by {kind}"
    with serving(kind, chain) as source:
        asking = ("--source", source, "--network", "regtest", "--yes")
        for seed in chain.seeds:
            wanted = facts_of(traced(chain.store, "forward", seed, rules=OF_TRANSACTIONS))
            assert wanted["terminals"]
            found = traced(walked, "forward", seed, *asking, rules=OF_TRANSACTIONS)
            assert facts_of(found) == wanted
    # once fetched, the same is said without the server
    assert facts_of(traced(walked, "forward", seed, rules=OF_TRANSACTIONS)) == wanted
    known = {row["txid"]: row for row in rows_by_natural_keys(chain.store)["txs"]}
    for row in rows_by_natural_keys(walked)["txs"]:
        true = known[row["txid"]]
        assert {n: v for n, v in row.items() if v is not None}.items() <= true.items()
