"""The links between scripts as a graph, for chains and cuts."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from peelchain import _core
from peelchain.store.arrays import Int64


@dataclass(frozen=True)
class LinkGraph:
    """Links as graphs: a group of scripts for each transaction and rule, and for each transaction.

    `rules` are the names of the rules that the codes of `by_rule` stand for, in order.
    """

    by_rule: _core.LinkGraph
    by_tx: _core.LinkGraph
    rules: tuple[str, ...]


def link_graph(links: pa.Table) -> LinkGraph:
    """The graph of rows of the table `links`, in any order. Memory is linear in them."""
    rules, codes = _rule_codes(links)
    tx_id, script_a, script_b = (
        np.ascontiguousarray(links[column].to_numpy())
        for column in ("tx_id", "script_a", "script_b")
    )
    by_rule = _core.LinkGraph(tx_id, codes, script_a, script_b, by_rule=True)
    by_tx = by_rule
    if len(rules) > 1:
        by_tx = _core.LinkGraph(tx_id, codes, script_a, script_b, by_rule=False)
    return LinkGraph(by_rule, by_tx, rules)


def links_of_cluster(links: pa.Table, clusters: pa.Table, cluster_id: int) -> pa.Table:
    """The rows of the table `links` within one cluster of the table `clusters`, in their order.

    Both of the same policy, so that links lie within clusters and one end tells.
    """
    inside = clusters["cluster_id"].to_numpy() == cluster_id
    return links_among(links, clusters["script_id"].to_numpy()[inside])


def links_among(links: pa.Table, members: Int64) -> pa.Table:
    """The same for several clusters, given as all their scripts in any order."""
    scripts = np.ascontiguousarray(links["script_a"].to_numpy())
    return links.take(pa.array(_core.rows_within(scripts, np.ascontiguousarray(members))))


def _rule_codes(links: pa.Table) -> tuple[tuple[str, ...], Int64]:
    """The rules' names in order, and each row's place among them."""
    column = links["rule"].combine_chunks()
    if not len(column):
        return (), np.zeros(0, dtype=np.int64)
    # rows of a part of a table may lack a rule that its dictionary has, or have it twice
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    names: list[str] = column.dictionary.to_pylist()
    codes = column.indices.to_numpy(zero_copy_only=False)
    used = np.flatnonzero(np.bincount(codes, minlength=len(names)))
    rules = sorted({names[at] for at in used})
    place = np.zeros(len(names), dtype=np.int64)
    for at in used:
        place[at] = rules.index(names[at])
    return tuple(rules), place[codes]
