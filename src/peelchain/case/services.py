"""The services a trace stops at: which scripts are whose, and by which tag."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from peelchain.cluster.members import ClusterIndex
from peelchain.store.chain_rows import ChainRows, Int64
from peelchain.tags.services import Attribution, Mark
from peelchain.trace.walk import Boundaries, Direction, boundaries

ServiceName = tuple[str, str, str]
"""Party, label and category: one service of a report. A party may have several labels."""


def service_name(mark: Mark) -> ServiceName:
    """The service that a mark names."""
    return mark.party, mark.label, mark.category


@dataclass(frozen=True)
class Services:
    """The scripts of services, rising, with the index of each one's mark in `marks`."""

    scripts: Int64
    mark_of: Int64
    marks: tuple[Mark, ...]

    def mark(self, script_id: int) -> Mark | None:
        """The service that a script belongs to, if any."""
        at = int(np.searchsorted(self.scripts, script_id))
        if at == len(self.scripts) or self.scripts[at] != script_id:
            return None
        return self.marks[int(self.mark_of[at])]

    def of_party(self, party: str) -> Int64:
        """The scripts of one service, rising."""
        chosen = [i for i, mark in enumerate(self.marks) if mark.party == party]
        return self.scripts[np.isin(self.mark_of, chosen)]

    def of_service(self, service: "ServiceName") -> Int64:
        """The scripts of one service under one label, rising."""
        chosen = [i for i, mark in enumerate(self.marks) if service_name(mark) == service]
        return self.scripts[np.isin(self.mark_of, chosen)]

    def without(self, scripts: Int64) -> "Services":
        """These services less some scripts: the subject's own."""
        kept = ~np.isin(self.scripts, scripts)
        return Services(self.scripts[kept], self.mark_of[kept], self.marks)


def services(attribution: Attribution, index: ClusterIndex) -> Services:
    """Every script that the tags hold to be a service's, alone or by its cluster."""
    clusters = index.members_of(attribution.cluster_ids.tolist())
    scripts = np.unique(
        np.concatenate([*clusters, attribution.script_ids, np.empty(0, np.int64)])
    ).astype(np.int64)
    marks = attribution.marks_of(scripts, index.cluster_of(scripts))
    kept = marks >= 0
    return Services(scripts[kept], marks[kept], attribution.marks)


def stops(known: Services, coinjoin_txs: Int64) -> Boundaries:
    """The boundaries of a trace: services, mixers and CoinJoins."""
    mixing = np.array([mark.kind == "mixer" for mark in known.marks] or [False], dtype=bool)
    is_mixer = mixing[known.mark_of]
    return boundaries(
        services=known.scripts[~is_mixer],
        mixers=known.scripts[is_mixer],
        coinjoin_txs=coinjoin_txs,
    )


def inputs_of(chain: ChainRows, tx_id: int) -> Iterator[int]:
    """The outputs a transaction spends, in order of its inputs."""
    return (prev for prev in chain.prevouts(tx_id).tolist() if prev >= 0)


def service_at(
    direction: Direction, tx_id: int, txout_id: int, chain: ChainRows, known: Services
) -> Mark | None:
    """Who is paid at a `service` or `mixer` terminal; backward, who paid it out."""
    (found,) = services_at(direction, [(tx_id, txout_id)], chain, known)
    return found


def services_at(
    direction: Direction, ends: Sequence[tuple[int, int]], chain: ChainRows, known: Services
) -> list[Mark | None]:
    """Of each `service` or `mixer` terminal (tx_id, txout_id), who is paid; backward, who paid."""
    if direction == "forward":
        scripts = chain.outputs([txout for _, txout in ends]).script_id
        return [known.mark(script) for script in scripts.tolist()]
    spent = {tx: list(inputs_of(chain, tx)) for tx in sorted({tx for tx, _ in ends})}
    every = np.unique([prev for prevs in spent.values() for prev in prevs]).astype(np.int64)
    script_of = dict(zip(every.tolist(), chain.outputs(every).script_id.tolist(), strict=True))
    payers = {
        tx: next(filter(None, (known.mark(script_of[prev]) for prev in prevs)), None)
        for tx, prevs in spent.items()
    }
    return [payers[tx] for tx, _ in ends]
