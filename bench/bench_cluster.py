"""Clusters from links, and from a store: `python -m bench.bench_cluster`.

The same arrays of transactions' inputs through peelchain's union-find, graphsense-clustering and
scipy's connected_components, in turns; and the clusters of a generated chain from its store, all
that `cluster run` does: CoinJoins judged, links and clusters written. Writes
bench/results/cluster.json and docs/benchmarks.md. All three must find the same clusters.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from bench.bench_ingest import peer_python, peer_version
from bench.generated import generated
from bench.measure import ROOT, BenchError, commit, machine, run, save, spread
from bench.page import write_page
from bench.scale import PEELCHAIN, checked, ingest, scratch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from peelchain import _core
from peelchain.actions.view import StoreView
from peelchain.cluster.of_store import keep
from peelchain.cluster.policy import DEFAULT_POLICY
from peelchain.store.manifest import Run
from peelchain.store.writer import open_for_writing

SEED = 3
_LEAST_INPUTS, _SHARE, _MOST_INPUTS = 2, 0.35, 200

Ids = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Inputs:
    """Transactions' inputs: `ids` of scripts one transaction after the other, `first` of each.

    `a` and `b` are the same as links, from each transaction's first script to its others.
    """

    name: str
    what: str
    scripts: int
    first: npt.NDArray[np.int32]
    ids: Ids
    a: Ids
    b: Ids


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed or two answers differ."""
    parser = argparse.ArgumentParser(description="Clusters from links, and from a store.")
    parser.add_argument("--scripts", type=int, default=8_000_000)
    parser.add_argument("--txs", type=int, default=6_000_000)
    parser.add_argument("--size", default="513M", help="of the chain")
    parser.add_argument("--runs", type=int, default=7, help="of each program")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        result = {
            "benchmark": "cluster",
            **commit(),
            "machine": machine(),
            "runs": chosen.runs,
            "peers": {
                "graphsense-clustering": peer_version("graphsense-clustering"),
                "scipy": version("scipy"),
            },
            "links": [
                _links(inputs, chosen.runs) for inputs in _inputs(chosen.scripts, chosen.txs)
            ],
            "store": _store(chosen.size, chosen.runs),
        }
    except BenchError as e:
        print(f"bench_cluster: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("cluster", result).name)
        print(write_page().name)
    return 0


def _inputs(scripts: int, txs: int) -> list[Inputs]:
    """Two lists of transactions: one that spends mostly what is young, and one that is all chance.

    A chain is the first: an input's script is as a rule not much older than the transaction.
    """
    chance = np.random.default_rng(SEED)
    counts = np.minimum(chance.geometric(_SHARE, txs) + _LEAST_INPUTS - 1, _MOST_INPUTS)
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    at = np.repeat(np.sort(chance.integers(0, scripts, txs)), counts)
    age = (chance.pareto(0.8, len(at)) * 20).astype(np.int64) % scripts
    young = np.clip(at - age, 0, scripts - 1).astype(np.uint32)
    even = chance.integers(0, scripts, len(at)).astype(np.uint32)
    return [
        _as_links("recent", "scripts mostly young, as in a chain", scripts, first, young),
        _as_links("random", "scripts drawn evenly from all", scripts, first, even),
    ]


def _as_links(name: str, what: str, scripts: int, first: npt.NDArray[np.int32], ids: Ids) -> Inputs:
    others = np.ones(len(ids), dtype=np.bool_)
    others[first[:-1]] = False
    a = np.repeat(ids[first[:-1]], np.diff(first) - 1)
    return Inputs(name, what, scripts, first, ids, a, ids[others])


def _links(inputs: Inputs, runs: int) -> dict[str, Any]:
    """Seconds of each program on the same arrays, one run of each a round."""
    seconds: dict[str, list[float]] = {}
    with scratch("cluster") as folder:
        files = folder / "first", folder / "ids"
        inputs.first.tofile(files[0])
        inputs.ids.tofile(files[1])
        for number in range(runs + 1):
            found = {
                "peelchain": _peelchain(inputs, np.uint32),
                "peelchain_int64": _peelchain(inputs, np.int64),
                "graphsense": _graphsense(inputs, *files),
                "scipy": _scipy(inputs),
            }
            if len({answer["sha256"] for answer in found.values()}) != 1:
                raise BenchError(f"{inputs.name}: the programs found different clusters")
            # the first round warms up
            for name, answer in found.items() if number else ():
                seconds.setdefault(name, []).append(answer["seconds"])
                if "joined" in answer:
                    seconds.setdefault(f"{name}_joined", []).append(answer["joined"])
    links = len(inputs.a)
    told = {
        "name": inputs.name,
        "what": inputs.what,
        "scripts": inputs.scripts,
        "txs": len(inputs.first) - 1,
        "links": links,
        "seconds": {name: spread(values) for name, values in seconds.items()},
        "million_links_per_second": {
            name: round(links / spread(values)["median"] / 1e6, 1)
            for name, values in seconds.items()
        },
    }
    print(f"  {inputs.name}: {json.dumps(told['million_links_per_second'])}", file=sys.stderr)
    return told


def _digest(script: npt.NDArray[Any], cluster: npt.NDArray[Any]) -> str:
    digest = hashlib.sha256(script.astype("<u4").tobytes())
    digest.update(cluster.astype("<u4").tobytes())
    return digest.hexdigest()


def _peelchain(inputs: Inputs, kind: type[np.generic]) -> dict[str, Any]:
    a, b = inputs.a.astype(kind), inputs.b.astype(kind)
    start = time.perf_counter()
    script, cluster = _core.merge_links(inputs.scripts, a, b)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "sha256": _digest(script, cluster)}


def _graphsense(inputs: Inputs, first: Path, ids: Path) -> dict[str, Any]:
    program = str(ROOT / "bench" / "programs" / "graphsense_peer.py")
    cost = run([peer_python(), program, str(first), str(ids), str(inputs.scripts)])
    answer: dict[str, Any] = json.loads(cost.stdout)
    return answer


def _scipy(inputs: Inputs) -> dict[str, Any]:
    size = (inputs.scripts, inputs.scripts)
    start = time.perf_counter()
    graph = coo_array((np.ones(len(inputs.a), dtype=np.int8), (inputs.a, inputs.b)), shape=size)
    _, labels = connected_components(graph.tocsr(), directed=False)
    seconds = time.perf_counter() - start
    _, least, counts = np.unique(labels, return_index=True, return_counts=True)
    many = np.flatnonzero(counts[labels] > 1)
    return {"seconds": seconds, "sha256": _digest(many, least[labels[many]])}


def _store(size: str, runs: int) -> dict[str, Any]:
    """Seconds of the clustering of a generated chain, its store on disk and in the page cache."""
    chain = generated(size)
    with scratch("cluster-store") as folder:
        store = folder / "store"
        checked(chain, ingest(chain.blocks, store)[1])
        seconds = []
        for number in range(runs + 1):
            start = time.perf_counter()
            with open_for_writing(store) as writer, StoreView(store, DEFAULT_POLICY) as view:
                made: Run = keep(view.lookup, writer, DEFAULT_POLICY, from_scratch=True)
            if number:
                seconds.append(time.perf_counter() - start)
        command = [PEELCHAIN, "cluster", "run", "--from-scratch", "--store", str(store), "--json"]
        whole = [run(command) for _ in range(runs + 1)][1:]
    told = {
        "chain": {k: chain.summary[k] for k in ("bytes", "blocks", "txs", "txins", "txouts")},
        "scripts": chain.summary["scripts"],
        "links": sum(part.rows for part in made.parts("links")),
        "clustered": made.tables["clusters"].rows,
        "seconds": spread(seconds),
        "process_seconds": spread([cost.seconds for cost in whole]),
        "process_peak_anon_bytes": spread([cost.peak_anon_bytes for cost in whole]),
    }
    print(f"  store: {json.dumps(told['seconds'])}", file=sys.stderr)
    return told


if __name__ == "__main__":
    sys.exit(main())
