"""The peer OR-tools; argument: a file of arrays by numpy. Prints flows and seconds of each set.

The network is made anew for each set of ends, as its interface has it; that is in the time, and
given apart.
"""

import json
import sys
import time

import numpy as np
from ortools.graph.python import max_flow


def main() -> None:
    """Prints an answer."""
    given = np.load(sys.argv[1])
    source = int(given["node_count"])
    found = [flow(given, chosen, source) for chosen in given["sets"]]
    print(json.dumps(found))


def flow(given: "np.lib.npyio.NpzFile", chosen: np.ndarray, source: int) -> dict[str, float]:
    """The maximum flow to the chosen ends."""
    ends = np.flatnonzero(chosen)
    seeds = given["seed_nodes"]
    tails = np.concatenate([given["tails"], np.full(len(seeds), source), given["end_nodes"][ends]])
    heads = np.concatenate([given["heads"], seeds, np.full(len(ends), source + 1)])
    sats = np.concatenate(
        [given["capacities_sat"], given["seed_sat"], given["end_capacities_sat"][ends]]
    )
    tails, heads = tails.astype(np.int32), heads.astype(np.int32)
    start = time.perf_counter()
    solver = max_flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(tails, heads, sats)
    made = time.perf_counter()
    if solver.solve(source, source + 1) != solver.OPTIMAL:
        raise SystemExit("no optimum was found")
    done = time.perf_counter()
    return {"sat": solver.optimal_flow(), "seconds": done - start, "solving": done - made}


main()
