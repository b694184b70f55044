"""What two scripts' being one party hangs on: the fewest transactions that hold them together."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from peelchain.cluster.link_graph import LinkGraph, link_graph
from peelchain.errors import MisuseError

DEFAULT_BOUND = 16
"""Transactions above which a cut is not looked for: so many independent reasons part nobody."""


@dataclass(frozen=True)
class CutTransaction:
    """A transaction of a cut, and how many of its scripts of the cluster go where without the cut.

    `scripts_a` stay with the first script, `scripts_b` with the second, `scripts_apart` with
    neither.
    """

    tx_id: int
    scripts_a: int
    scripts_b: int
    scripts_apart: int


@dataclass(frozen=True)
class Cut:
    """The fewest transactions whose exclusion parts two scripts, by tx_id, and what is left then.

    Of several such sets it is that nearest to the lesser script; `only` says that there is no
    other. `alone` are all transactions each of which parts them by itself, on the way from the
    first script to the second; empty where one is not enough. The counts are the scripts of the
    cluster that stay with the first script, with the second, and with neither.
    """

    transactions: tuple[CutTransaction, ...]
    only: bool
    alone: tuple[int, ...]
    scripts_a: int
    scripts_b: int
    scripts_apart: int


def weakest_cut(
    links: pa.Table | LinkGraph,
    a: int | Iterable[int],
    b: int | Iterable[int],
    bound: int = DEFAULT_BOUND,
) -> Cut | None:
    """The fewest transactions whose exclusion parts a from b; None where more than `bound` are.

    a and b are scripts, or sets of scripts that are to be parted from one another; the answer for
    (b, a) is the same with sides changed. Reads the rows of the table `links` that lie within the
    cluster, or their graph. The work is linear in the links for each transaction of the cut.
    Without any transaction where they are not joined. Raises MisuseError for a number that is no
    script_id, a script on both sides, an empty side, or a bound below 1.

    A minimum vertex cut in the graph of scripts and transactions, where a transaction counts 1 and
    scripts cannot be cut: Menger 1927; Ford and Fulkerson 1956.
    """
    side_a, side_b = ({side} if isinstance(side, int) else set(side) for side in (a, b))
    if bound < 1:
        raise MisuseError(f"a bound of {bound} transactions cannot be; give 1 or more")
    for side in (side_a, side_b):
        if not side:
            raise MisuseError("a cut has two sides: give at least one script for each")
        if min(side) < 0:
            raise MisuseError(f"{min(side)} is no script_id: give 0 or more")
    if both := side_a & side_b:
        raise MisuseError(f"script {min(both)} is on both sides, and nothing parts it from itself")
    turned = min(side_b) < min(side_a)
    sources, targets = (
        np.array(sorted(side), dtype=np.int64)
        for side in ((side_b, side_a) if turned else (side_a, side_b))
    )
    graph = links if isinstance(links, LinkGraph) else link_graph(links)
    found = graph.by_tx.weakest_cut(sources, targets, bound)
    if found is None:
        return None
    rows, (near, far, apart), only, alone = found
    if turned:
        rows = [(tx_id, there, here, neither) for tx_id, here, there, neither in rows]
        near, far, alone = far, near, alone[::-1]
    return Cut(tuple(CutTransaction(*row) for row in rows), only, tuple(alone), near, far, apart)
