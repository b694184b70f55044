"""Slow, plain versions of the clustering kernels, written from their definitions.

A chain here is a list of transactions, each a list of inputs and a list of outputs given as
(value_sat, script_id); inputs are None for a coinbase.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

Coin = tuple[int, int]
Tx = tuple[list[Coin] | None, list[Coin]]
Link = tuple[int, int, int]


def multi_input_links(chain: Sequence[Tx], excluded: Iterable[int] = ()) -> list[Link]:
    """(tx_id, script_a, script_b) of every transaction not excluded."""
    links = []
    for tx_id, (inputs, _) in enumerate(chain):
        if inputs is not None and tx_id not in set(excluded):
            least, *others = sorted({script for _, script in inputs})
            links += [(tx_id, least, other) for other in others]
    return links


def clusters(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The least script of the cluster of every script that is linked to another."""
    neighbours = defaultdict(set)
    for a, b in pairs:
        if a != b:
            neighbours[a].add(b)
            neighbours[b].add(a)
    label: dict[int, int] = {}
    for script in sorted(neighbours):
        if script in label:
            continue
        label[script] = script
        waiting = [script]
        while waiting:
            for other in neighbours[waiting.pop()]:
                if other not in label:
                    label[other] = script
                    waiting.append(other)
    return label


def distances(links: Iterable[Link], sources: Iterable[int]) -> dict[int, int]:
    """The fewest transactions between any source and every script that a source reaches."""
    links = list(links)
    scripts_of: dict[int, set[int]] = defaultdict(set)
    txs_of: dict[int, set[int]] = defaultdict(set)
    for tx, a, b in links:
        scripts_of[tx] |= {a, b}
        txs_of[a].add(tx)
        txs_of[b].add(tx)
    distance = dict.fromkeys(sources, 0)
    queue = deque(distance)
    while queue:
        here = queue.popleft()
        for tx in txs_of[here]:
            for script in scripts_of[tx]:
                if script not in distance:
                    distance[script] = distance[here] + 1
                    queue.append(script)
    return distance


def least_shortest_path(links: Iterable[Link], start: int, end: int) -> list[Link] | None:
    """Of all shortest paths, as (tx, script, script) steps, that least by (tx, script) in turn."""
    links = list(links)
    distance = distances(links, [end])
    if start not in distance:
        return None
    path: list[Link] = []
    here = start
    while here != end:
        scripts_of: dict[int, set[int]] = defaultdict(set)
        for tx, a, b in links:
            scripts_of[tx] |= {a, b}
        tx, there = min(
            (tx, script)
            for tx, scripts in scripts_of.items()
            if here in scripts
            for script in scripts
            if distance.get(script) == distance[here] - 1
        )
        path.append((tx, here, there))
        here = there
    return path


def possible_payjoins(chain: Sequence[Tx], links: Iterable[tuple[int, str]]) -> list[int]:
    """Those of the linked transactions, as (tx_id, rule), that may join a payer with a payee."""
    linked = {tx_id for tx_id, rule in links if rule == "multi_input"}
    return [
        tx_id
        for tx_id, (inputs, outputs) in enumerate(chain)
        if tx_id in linked and len({script for _, script in inputs or []}) > 1 and len(outputs) == 2
    ]
