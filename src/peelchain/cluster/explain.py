"""Why two scripts are held to be one party: the shortest chain of transactions that joins them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from peelchain.cluster.link_graph import LinkGraph, link_graph
from peelchain.errors import MisuseError, NotInChainError


@dataclass(frozen=True)
class Step:
    """One step of a chain: by `rule`, transaction `tx_id` joins script_a with script_b.

    Both are scripts that the rule's links of that transaction join, for `multi_input` two scripts
    it spends; the step need not be a row of `links`, which holds a star for each transaction.
    script_a is the one nearer to the start of the chain.
    """

    tx_id: int
    rule: str
    script_a: int
    script_b: int


@dataclass(frozen=True)
class Spanning:
    """Steps that join targets to anchors, sorted by (tx_id, script_a, script_b), each once.

    `unjoined` are the targets that no anchor reaches, rising. No script is the script_b of two
    steps, so every target has one chain.
    """

    steps: tuple[Step, ...]
    unjoined: tuple[int, ...]

    def chains(self, targets: Iterable[int]) -> dict[int, list[Step]]:
        """For each target its chain from an anchor; empty for an anchor.

        Raises NotInChainError for a target that no anchor reaches.
        """
        before = {step.script_b: step for step in self.steps}
        unjoined = set(self.unjoined)
        chains = {}
        for target in targets:
            if target in unjoined:
                raise NotInChainError(
                    f"script {target} is joined to no anchor: add an anchor in its own cluster"
                )
            chain = []
            at = target
            while at in before:
                chain.append(before[at])
                at = before[at].script_a
            chains[target] = chain[::-1]
        return chains


def explain(links: pa.Table | LinkGraph, a: int, b: int) -> list[Step] | None:
    """The shortest chain of transactions that joins scripts a and b; None if none does.

    Reads the table `links`, or those rows of it that lie within the cluster, or their graph.
    The chain runs from a to b and is the same, reversed, from b to a. Of several shortest ones it
    is that with the lowest tx_ids from the lesser script on. Empty where a is b. Raises
    MisuseError for a number that is no script_id.
    """
    for script in (a, b):
        if script < 0:
            raise MisuseError(f"{script} is no script_id: give 0 or more")
    if a == b:
        return []
    start, end = min(a, b), max(a, b)
    spanning_tree = spanning(links, [start], [end])
    if spanning_tree.unjoined:
        return None
    chain = spanning_tree.chains([end])[end]
    if start == a:
        return chain
    return [Step(s.tx_id, s.rule, s.script_b, s.script_a) for s in reversed(chain)]


def spanning(
    links: pa.Table | LinkGraph, anchors: Iterable[int], targets: Iterable[int]
) -> Spanning:
    """Steps that join every target script to the anchor fewest transactions away.

    One breadth-first search from all anchors at once, so chains share their steps; ties go to the
    lower tx_id, then rule, then script. Reads the table `links`. Raises MisuseError without an
    anchor.
    """
    sources = np.array(sorted(set(anchors)), dtype=np.int64)
    wanted = np.array(sorted(set(targets)), dtype=np.int64)
    if not len(sources):
        raise MisuseError("a chain must start somewhere: give at least one anchor script")
    graph = links if isinstance(links, LinkGraph) else link_graph(links)
    near, far, tx, rule, unjoined = graph.by_rule.shortest_steps(sources, wanted)
    rows = zip(tx.tolist(), rule.tolist(), near.tolist(), far.tolist(), strict=True)
    steps = sorted((t, a, b, graph.rules[r]) for t, r, a, b in rows)
    return Spanning(tuple(Step(t, name, a, b) for t, a, b, name in steps), tuple(unjoined.tolist()))
