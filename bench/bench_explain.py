"""Why two addresses are one party: `python -m bench.bench_explain`.

The links of a cluster of a million scripts among those of others, as tables on disk: read, graph,
chain and cut, beside scipy's maximum flow on the same graph; and the whole answer on the demo's
chain. Writes bench/results/explain.json and docs/benchmarks.md. Every cut is checked: its size is
that of the maximum flow, without it the two are parted, and the chain is as long as scipy's.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from bench.measure import BenchError, commit, machine, run, save, sha256_of, spread
from bench.page import write_page
from bench.scale import PEELCHAIN
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from peelchain.actions.clusters import run as cluster_run
from peelchain.actions.explain import explain_link
from peelchain.actions.view import StoreView
from peelchain.cluster.cut import DEFAULT_BOUND, Cut, weakest_cut
from peelchain.cluster.explain import explain
from peelchain.cluster.link_graph import link_graph, links_of_cluster
from peelchain.schema import TABLES
from peelchain.store.arrays import Int64

SEED = 5
DEMO = ("--seed", "7", "--blocks", "1500")
_NEAR = 50
_PLENTY = 1 << 20


@dataclass(frozen=True)
class Input:
    """The cluster's memberships (rows of transaction and script) and the tables on disk."""

    tx: Int64
    script: Int64
    links: Path
    clusters: Path
    cluster_id: int


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed or an answer was wrong."""
    parser = argparse.ArgumentParser(description="Explanations: chains and cuts.")
    parser.add_argument("--scripts", type=int, default=1_000_000, help="in the cluster")
    parser.add_argument("--pairs", type=int, default=16, help="of addresses, in the cluster")
    parser.add_argument("--demo-pairs", type=int, default=300, help="of addresses, in the demo")
    parser.add_argument("--runs", type=int, default=10, help="of the command")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        with TemporaryDirectory(prefix="bench-explain-") as folder:
            result = {
                "benchmark": "explain",
                **commit(),
                "machine": machine(),
                "large": _large(Path(folder), chosen.scripts, chosen.pairs),
                "demo": _demo(Path(folder), chosen.demo_pairs, chosen.runs),
            }
    except BenchError as e:
        print(f"bench_explain: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("explain", result).name)
        print(write_page().name)
    return 0


def _large(folder: Path, scripts: int, pairs: int) -> dict[str, Any]:
    made = _input(folder, scripts)
    peer = _Peer(made)
    rows = []
    for a, b in _pairs(made, pairs):
        row, chain, cut = _asked(made, a, b)
        row |= peer.checked(a, b, chain, cut)
        rows.append(row)
        print(f"  {json.dumps(row)}", file=sys.stderr)
    steps = ("read", "graph", "chain", "cut", "whole", "peer_flow")
    return {
        "scripts": scripts,
        "memberships": len(made.tx),
        "links": pq.read_metadata(made.links).num_rows,
        "sha256": sha256_of([made.links, made.clusters]),
        "pairs": len(rows),
        "cut_sizes": sorted(str(row["cut_size"]) for row in rows),
        "chain_lengths": sorted(row["chain_length"] for row in rows),
        "peer": f"scipy {version('scipy')} maximum_flow",
        "seconds": {step: spread([row[step] for row in rows]) for step in steps},
        "peer_graph_seconds": round(peer.seconds, 3),
    }


def _input(folder: Path, scripts: int) -> Input:
    """A cluster in which each transaction spends a new script, one of the last 50, and any older.

    Half as many scripts more are in clusters of three among it; all are spread over five times as
    many numbers.
    """
    chance = np.random.default_rng(SEED)
    numbers = np.sort(chance.choice(5 * scripts, scripts + scripts // 2, replace=False))
    inside = np.sort(chance.choice(len(numbers), scripts, replace=False))
    others = np.setdiff1d(np.arange(len(numbers)), inside)
    own, other = numbers[inside], numbers[others]
    new = np.arange(2, scripts)
    near = new - 1 - chance.integers(0, np.minimum(new, _NEAR))
    older = (chance.random(len(new)) * new).astype(np.int64)
    spent = np.sort(np.stack([near, older, new], axis=1), axis=1)
    first = np.array([[0, 1, 1]])
    spent = own[np.concatenate([first, spent])]
    apart = np.sort(other[: len(other) // 3 * 3].reshape(-1, 3), axis=1)
    every = np.concatenate([spent, apart])
    # transactions in the order in which their last script came
    order = np.argsort(every[:, 2], kind="stable")
    every, ours = every[order], (order < len(spent))
    tx = np.repeat(np.arange(len(every)), 2)
    a, b = np.repeat(every[:, 0], 2), every[:, 1:].reshape(-1)
    doubled = np.zeros(len(every), dtype=bool)
    doubled[every[:, 1] == every[:, 2]] = True
    keep = (a != b) & ~(doubled[tx] & (np.arange(len(tx)) % 2 == 1))
    links = pa.Table.from_arrays(
        [
            pa.array(tx[keep]),
            pa.array(a[keep]),
            pa.array(b[keep]),
            pa.DictionaryArray.from_arrays(np.zeros(keep.sum(), np.int8), ["multi_input"]),
        ],
        schema=TABLES["links"].schema,
    )
    cluster = np.concatenate([np.full(scripts, own[0]), np.repeat(apart[:, 0], 3)])
    script = np.concatenate([own, apart.reshape(-1)])
    rising = np.argsort(script)
    clusters = pa.Table.from_arrays(
        [pa.array(script[rising]), pa.array(cluster[rising])], schema=TABLES["clusters"].schema
    )
    paths = folder / "links.parquet", folder / "clusters.parquet"
    for table, path in zip((links, clusters), paths, strict=True):
        pq.write_table(table, path)
    members = np.unique(
        np.stack([np.repeat(np.flatnonzero(ours), 3), every[ours].reshape(-1)]), axis=1
    )
    return Input(members[0], members[1], *paths, int(own[0]))


def _pairs(made: Input, count: int) -> list[tuple[int, int]]:
    """Scripts drawn evenly, and the most used ones, which many chains join."""
    chance = np.random.default_rng(SEED + 1)
    scripts, uses = np.unique(made.script, return_counts=True)
    drawn = chance.choice(scripts, (count - 2, 2), replace=False).tolist()
    most = scripts[np.argsort(-uses, kind="stable")[:4]].tolist()
    return [*((a, b) for a, b in drawn), (most[0], most[1]), (most[2], most[3])]


def _asked(made: Input, a: int, b: int) -> tuple[dict[str, Any], int, Cut | None]:
    """What a question costs from the tables on disk on, and its answer."""
    times = [time.perf_counter()]
    links = pq.read_table(made.links, partitioning=None)
    clusters = pq.read_table(made.clusters, partitioning=None)
    inside = links_of_cluster(links, clusters, made.cluster_id)
    times.append(time.perf_counter())
    graph = link_graph(inside)
    times.append(time.perf_counter())
    chain = explain(graph, a, b)
    times.append(time.perf_counter())
    cut = weakest_cut(graph, a, b)
    times.append(time.perf_counter())
    if chain is None:
        raise BenchError(f"{a} and {b} are of one cluster, and no chain was found")
    steps = np.diff(times).round(6).tolist()
    row = dict(zip(("read", "graph", "chain", "cut"), steps, strict=True))
    row |= {"whole": round(times[-1] - times[0], 6), "chain_length": len(chain)}
    return row | {"cut_size": len(cut.transactions) if cut else None}, len(chain), cut


class _Peer:
    """The same graph for scipy: scripts, then the entrance and the exit of each transaction."""

    def __init__(self, made: Input) -> None:
        start = time.perf_counter()
        self.tx_ids, tx = np.unique(made.tx, return_inverse=True)
        self.scripts, script = np.unique(made.script, return_inverse=True)
        first = len(self.scripts)
        entrance, leave = first + 2 * tx, first + 2 * tx + 1
        gates = first + 2 * np.arange(len(self.tx_ids))
        tails = np.concatenate([script, leave, gates]).astype(np.int32)
        heads = np.concatenate([entrance, script, gates + 1]).astype(np.int32)
        room = np.full(len(tails), _PLENTY, dtype=np.int32)
        room[2 * len(tx) :] = 1
        self.nodes = first + 2 * len(self.tx_ids)
        self.graph = csr_array((room, (tails, heads)), shape=(self.nodes, self.nodes))
        self.seconds = time.perf_counter() - start
        self.tx, self.script = tx, script

    def checked(self, a: int, b: int, chain: int, cut: Cut | None) -> dict[str, Any]:
        """What scipy's flow costs. Raises BenchError where it, or the cut, says otherwise."""
        source, sink = np.searchsorted(self.scripts, [a, b]).tolist()
        start = time.perf_counter()
        flow = maximum_flow(self.graph, source, sink).flow_value
        seconds = time.perf_counter() - start
        if flow != len(cut.transactions) if cut else flow <= DEFAULT_BOUND:
            raise BenchError(f"between {a} and {b} scipy sends {flow}, the cut is {cut}")
        _, before = breadth_first_order(self.graph, source, return_predecessors=True)
        steps, at = 0, sink
        while at != source:
            at, steps = int(before[at]), steps + 1
        if steps != 3 * chain:
            raise BenchError(f"between {a} and {b} scipy has {steps} steps, the chain {chain}")
        if cut is not None:
            gone = np.isin(self.tx_ids, [t.tx_id for t in cut.transactions])[self.tx]
            ends = (self.script[~gone], len(self.scripts) + self.tx[~gone])
            shape = (self.nodes, self.nodes)
            joined = csr_array((np.ones(len(ends[0]), dtype=bool), ends), shape=shape)
            _, parts = connected_components(joined, directed=False)
            sizes = np.bincount(parts[: len(self.scripts)])
            sides = (sizes[parts[source]], sizes[parts[sink]])
            if parts[source] == parts[sink] or sides != (cut.scripts_a, cut.scripts_b):
                raise BenchError(f"without the cut of {a} and {b} scipy has sides of {sides}")
        return {"peer_flow": round(seconds, 6)}


def _demo(folder: Path, pairs: int, runs: int) -> dict[str, Any]:
    node, store = folder / "node", folder / "store"
    for command in (
        ["simulate", *DEMO, "--out", str(node)],
        ["chain", "ingest", f"core:{node}", "--store", str(store)],
        ["tags", "import", str(node / "tagpack.yaml"), "--store", str(store)],
    ):
        run([PEELCHAIN, *command])
    cluster_run(store)
    with StoreView(store) as view:
        scripts = view.clusters.table["script_id"].to_numpy()
        owners = view.clusters.table["cluster_id"].to_numpy()
        counts = view.store.manifest.counts
        named, sizes = np.unique(owners, return_counts=True)
        chance = np.random.default_rng(SEED)
        asked: dict[str, list[tuple[int, int]]] = {"joined": [], "apart": []}
        while min(map(len, asked.values())) < pairs // 2:
            # a cluster, then two of its scripts: two scripts drawn from all are seldom joined
            owner = chance.choice(named)
            a, b = chance.choice(scripts[owners == owner], 2, replace=False).tolist()
            asked["joined"].append((a, b))
            asked["apart"].append((a, int(chance.choice(scripts[owners != owner]))))
        names = view.addresses({i for some in asked.values() for pair in some for i in pair})
    told: dict[str, Any] = {
        "what": f"peelchain simulate {' '.join(DEMO)}",
        "txs": counts["txs"],
        "scripts": counts["scripts"],
        "greatest_cluster": int(sizes.max()),
        "pairs": pairs,
    }
    for name, some in asked.items():
        seconds = []
        for a, b in some:
            first, second = names[a], names[b]
            if first is None or second is None:
                continue
            start = time.perf_counter()
            answer = explain_link(first, second, store)
            seconds.append(time.perf_counter() - start)
            if answer["joined"] != (name == "joined"):
                raise BenchError(f"{first} and {second} are not {name}")
        told[name] = spread(seconds[1:])
    a, b = asked["joined"][0]
    command = [PEELCHAIN, "cluster", "explain", str(names[a]), str(names[b])]
    costs = [run([*command, "--store", str(store), "--json"]) for _ in range(runs + 1)][1:]
    return told | {
        "process": spread([c.seconds for c in costs]),
        "peak_rss_bytes": max(c.peak_rss_bytes for c in costs),
    }


if __name__ == "__main__":
    sys.exit(main())
