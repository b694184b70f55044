"""Pro-rata taint by networkx; argument GRAPH, a folder of int64 files, the fields of FlowGraph.

Prints the seconds that making the graph and carrying the taint over it take, and the file of the
satoshis at each output. The amounts are exact, shared by largest remainder.
"""

import json
import sys
import time
from array import array
from pathlib import Path

import networkx as nx


def main() -> None:
    """Prints an answer."""
    folder = Path(sys.argv[1])
    start = time.perf_counter()
    graph = made(folder)
    ready = time.perf_counter()
    amounts = carried(graph, ints(folder / "seed_sat"), len(ints(folder / "node_value_sat")))
    done = time.perf_counter()
    (folder / "amounts").write_bytes(array("q", amounts).tobytes())
    answer = {"made": ready - start, "seconds": done - ready, "amounts": str(folder / "amounts")}
    print(json.dumps(answer))


def ints(file: Path) -> "array[int]":
    """A file of int64."""
    return array("q", file.read_bytes())


def made(folder: Path) -> nx.DiGraph:
    """Outputs as 0 and up, transactions as -1 and down, the fee with each transaction."""
    value = ints(folder / "node_value_sat")
    entering, leaving = ints(folder / "first_entering"), ints(folder / "first_leaving")
    inputs = ints(folder / "entering")
    graph = nx.DiGraph()
    for visit, fee in enumerate(ints(folder / "visit_fee_sat")):
        tx = -1 - visit
        graph.add_node(tx, fee=fee)
        graph.add_edges_from((o, tx) for o in inputs[entering[visit] : entering[visit + 1]])
        for output in range(leaving[visit], leaving[visit + 1]):
            graph.add_edge(tx, output, value=value[output])
    return graph


def carried(graph: nx.DiGraph, seeds: "array[int]", outputs: int) -> list[int]:
    """The traced satoshis of each output."""
    amounts = [*seeds, *[0] * (outputs - len(seeds))]
    for tx in nx.topological_sort(graph):
        if tx >= 0:
            continue
        total = sum(amounts[output] for output in graph.predecessors(tx))
        paid = graph[tx]
        weights = [edge["value"] for edge in paid.values()] + [graph.nodes[tx]["fee"]]
        for output, share in zip(paid, shared(total, weights), strict=False):
            amounts[output] = share
    return amounts


def shared(total: int, weights: list[int]) -> list[int]:
    """Shares by largest remainder, ties to the lower position."""
    whole = sum(weights)
    products = [divmod(total * weight, whole) for weight in weights]
    shares = [share for share, _ in products]
    left = total - sum(shares)
    if left:
        for at in sorted(range(len(weights)), key=lambda at: (-products[at][1], at))[:left]:
            shares[at] += 1
    return shares


if __name__ == "__main__":
    main()
