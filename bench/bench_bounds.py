"""Maximum flows and bounds: `python -m bench.bench_bounds`.

Networks like those of traces, with merging flows and with long peel chains: the maximum flow to
groups of ends beside OR-tools on the same arrays, every flow compared; and the bounds of fifty
destinations, or of five where there are a million arcs. Writes bench/results/bounds.json and
docs/benchmarks.md.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from bench.bench_ingest import peer_python, peer_version
from bench.measure import ROOT, BenchError, commit, machine, run, save, spread
from bench.networks import destinations, merging, peeling
from bench.page import write_page

from peelchain import _core
from peelchain.trace.bounds import bounds
from peelchain.trace.network import Network

SEED = 17
SHARES = (0.0005, 0.01, 0.1, 0.5, 0.9, 0.99)
"""The parts of all ends that the groups have; the last two are as for a least amount."""
BESIDE: tuple[tuple[str, Callable[[int, int], Network], int], ...] = (
    ("merging", merging, 1_000),
    ("merging", merging, 10_000),
    ("merging", merging, 70_000),
    ("peel chains", peeling, 1_000),
    ("peel chains", peeling, 10_000),
    ("peel chains", peeling, 70_000),
)
ALONE = (*BESIDE[2::3], ("merging", merging, 700_000), ("peel chains", peeling, 700_000))
DESTINATIONS = 50


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed or flows differ."""
    parser = argparse.ArgumentParser(description="Maximum flows and bounds.")
    parser.add_argument("--runs", type=int, default=3, help="of each")
    parser.add_argument("--most", type=int, default=700_000, help="transactions of a network")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        with TemporaryDirectory(prefix="bench-bounds-") as folder:
            result = {
                "benchmark": "bounds",
                **commit(),
                "machine": machine(),
                "runs": chosen.runs,
                "peer": f"OR-tools {peer_version('ortools')}",
                "flows": [
                    _beside(Path(folder), name, make(visits, SEED), chosen.runs)
                    for name, make, visits in BESIDE
                    if visits <= chosen.most
                ],
                "bounds": [
                    _alone(name, make(visits, SEED), chosen.runs)
                    for name, make, visits in ALONE
                    if visits <= chosen.most
                ],
            }
    except BenchError as e:
        print(f"bench_bounds: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("bounds", result).name)
        print(write_page().name)
    return 0


def _beside(folder: Path, name: str, network: Network, runs: int) -> dict[str, Any]:
    """The same flows by both, in turns; a network made once by us, for each flow by the peer."""
    sets = [destinations(network, 1, share, SEED)[0] for share in SHARES]
    columns = _columns(network)
    np.savez(folder / "network.npz", node_count=network.node_count, sets=np.array(sets), **columns)
    ours: list[float] = []
    made: list[float] = []
    theirs: list[float] = []
    solving: list[float] = []
    for _ in range(runs):
        start = time.perf_counter()
        flows = _core.FlowNetwork(network.node_count, *columns.values())
        ready = time.perf_counter()
        found = [flows.most([chosen], None)[0][0] for chosen in sets]
        done = time.perf_counter()
        made.append(ready - start)
        ours.append(done - start)
        peer = str(ROOT / "bench" / "programs" / "ortools_peer.py")
        told = json.loads(run([peer_python(), peer, str(folder / "network.npz")]).stdout)
        if found != [flow["sat"] for flow in told]:
            raise BenchError(f"{name}: flows of {found} and of {told}")
        theirs.append(sum(flow["seconds"] for flow in told))
        solving.append(sum(flow["solving"] for flow in told))
    row = {
        **_counts(name, network),
        "flows": len(sets),
        "seconds": spread(ours),
        "making_seconds": spread(made),
        "peer_seconds": spread(theirs),
        "peer_solving_seconds": spread(solving),
        "times_ours": spread([b / a for a, b in zip(ours, theirs, strict=True)]),
    }
    print(f"  {json.dumps(row)}", file=sys.stderr)
    return row


def _alone(name: str, network: Network, runs: int) -> dict[str, Any]:
    """The bounds of destinations of a hundredth of the ends each, proofs checked as always."""
    count = DESTINATIONS if network.node_count < 100_000 else DESTINATIONS // 10
    groups = destinations(network, count, 0.01, SEED)
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        found = bounds(network, groups)
        seconds.append(time.perf_counter() - start)
    if not all(bound.least_sat <= bound.most_sat for bound in found):
        raise BenchError(f"{name}: a least above the most")
    row = {**_counts(name, network), "destinations": count, "seconds": spread(seconds)}
    print(f"  {json.dumps(row)}", file=sys.stderr)
    return row


def _counts(name: str, network: Network) -> dict[str, Any]:
    return {
        "network": name,
        "nodes": network.node_count,
        "arcs": len(network.tails),
        "ends": len(network.end_nodes),
        "seeds": len(network.seed_nodes),
    }


def _columns(network: Network) -> dict[str, np.ndarray]:
    names = ("tails", "heads", "capacities_sat", "seed_nodes", "seed_sat")
    return {n: getattr(network, n) for n in (*names, "end_nodes", "end_capacities_sat")}


if __name__ == "__main__":
    sys.exit(main())
