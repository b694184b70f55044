"""The services a trace stops at: which scripts are whose, and by which tag."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from peelchain.cluster.members import ClusterIndex
from peelchain.store.chain_rows import ChainRows, Int64
from peelchain.tags.services import Attribution, Mark
from peelchain.trace.walk import Boundaries, Direction, boundaries

ServiceName = tuple[str, str, str]
"""Party, label and category: one service of a report. A party may have several labels."""


def service_name(mark: Mark) -> ServiceName:
    """The service that a mark names."""
    return mark.party, mark.label, mark.category


_NONE: Int64 = np.empty(0, np.int64)


@dataclass(frozen=True)
class Services:
    """The scripts of services, rising, with the index of each one's mark in `marks`.

    Of a long chain a service's scripts are too many to list: those of `clusters`, rising, then have
    the mark of their cluster, unless they are among `scripts` or `exempt`, and `index` finds them.
    """

    scripts: Int64
    mark_of: Int64
    marks: tuple[Mark, ...]
    clusters: Int64 = field(default_factory=lambda: _NONE)
    cluster_mark_of: Int64 = field(default_factory=lambda: _NONE)
    exempt: Int64 = field(default_factory=lambda: _NONE)
    index: ClusterIndex | None = None

    def mark(self, script_id: int) -> Mark | None:
        """The service that a script belongs to, if any."""
        (found,) = self.marks_at([script_id])
        return found

    def marks_at(self, script_ids: Sequence[int]) -> list[Mark | None]:
        """The service that each script belongs to, if any."""
        wanted = np.asarray(script_ids, np.int64)
        found = _looked_up(self.scripts, self.mark_of, wanted)
        if self.index is not None and len(self.clusters):
            open_ = (found < 0) & ~np.isin(wanted, self.exempt)
            owners = self.index.cluster_of(wanted[open_])
            found[open_] = _looked_up(self.clusters, self.cluster_mark_of, owners)
        return [self.marks[at] if at >= 0 else None for at in found.tolist()]

    def of_party(self, party: str) -> Int64:
        """The scripts of one service, rising."""
        return self.of_marks([i for i, mark in enumerate(self.marks) if mark.party == party])

    def of_service(self, service: "ServiceName") -> Int64:
        """The scripts of one service under one label, rising."""
        named = (i for i, mark in enumerate(self.marks) if service_name(mark) == service)
        return self.of_marks(list(named))

    def of_marks(self, chosen: Sequence[int]) -> Int64:
        """The scripts of these marks, rising. Those of clusters are read out for it."""
        listed = self.scripts[np.isin(self.mark_of, chosen)]
        clusters = self.clusters[np.isin(self.cluster_mark_of, chosen)]
        if self.index is None or not len(clusters):
            return listed
        members = np.concatenate(self.index.members_of(clusters.tolist()))
        members = members[~np.isin(members, self.scripts) & ~np.isin(members, self.exempt)]
        return np.union1d(listed, members).astype(np.int64)

    def listed(self) -> "Services":
        """The same services with the scripts of clusters listed, which are read out for it."""
        if self.index is None or not len(self.clusters):
            return self
        members = self.index.members_of(self.clusters.tolist())
        marks = np.repeat(self.cluster_mark_of, [len(scripts) for scripts in members])
        scripts = np.concatenate(members)
        kept = ~np.isin(scripts, self.scripts) & ~np.isin(scripts, self.exempt)
        every = np.concatenate([self.scripts, scripts[kept]])
        order = np.argsort(every, kind="stable")
        mark_of = np.concatenate([self.mark_of, marks[kept]])[order]
        return Services(every[order], mark_of, self.marks)

    def marks_in_use(self) -> list[Mark]:
        """The marks that some script has."""
        used = np.union1d(self.mark_of, self.cluster_mark_of).astype(np.int64)
        return [self.marks[at] for at in used.tolist()]

    def without(self, scripts: Int64) -> "Services":
        """These services less some scripts: the subject's own."""
        kept = ~np.isin(self.scripts, scripts)
        return replace(
            self,
            scripts=self.scripts[kept],
            mark_of=self.mark_of[kept],
            exempt=np.union1d(self.exempt, scripts).astype(np.int64),
        )

    def without_marks(self, passed: Collection[int]) -> "Services":
        """These services less some marks."""
        chosen = sorted(passed)
        left = self.without(self.scripts[np.isin(self.mark_of, chosen)])
        kept = ~np.isin(self.cluster_mark_of, chosen)
        return replace(
            left, clusters=self.clusters[kept], cluster_mark_of=self.cluster_mark_of[kept]
        )


def services(
    attribution: Attribution, index: ClusterIndex, *, by_cluster: bool = False
) -> Services:
    """Every script that the tags hold to be a service's, alone or by its cluster.

    `by_cluster` leaves those of clusters unlisted: only a walk over a StoredChain that was told of
    the same clusters stops at them.
    """
    if by_cluster:
        return Services(
            attribution.script_ids,
            attribution.script_marks,
            attribution.marks,
            attribution.cluster_ids,
            attribution.cluster_marks,
            index=index,
        )
    clusters = index.members_of(attribution.cluster_ids.tolist())
    scripts = np.unique(
        np.concatenate([*clusters, attribution.script_ids, np.empty(0, np.int64)])
    ).astype(np.int64)
    marks = attribution.marks_of(scripts, index.cluster_of(scripts))
    kept = marks >= 0
    return Services(scripts[kept], marks[kept], attribution.marks)


def stops(known: Services, coinjoin_txs: Int64, shielded: npt.ArrayLike = ()) -> Boundaries:
    """The boundaries of a trace: services, mixers, CoinJoins, and scripts of shielded pools."""
    mixing = np.array([mark.kind == "mixer" for mark in known.marks] or [False], dtype=bool)
    is_mixer = mixing[known.mark_of]
    listed = boundaries(
        services=known.scripts[~is_mixer],
        mixers=known.scripts[is_mixer],
        shielded=shielded,
        coinjoin_txs=coinjoin_txs,
    )
    if not len(known.clusters):
        return listed
    is_mixer = mixing[known.cluster_mark_of]
    shared = boundaries(services=known.clusters[~is_mixer], mixers=known.clusters[is_mixer])
    return replace(
        listed,
        clusters=shared.scripts,
        cluster_kinds=shared.kinds,
        exempt_scripts=known.exempt,
    )


def _looked_up(keys: Int64, values: Int64, wanted: Int64) -> Int64:
    """The value of each wanted key among rising keys, -1 where there is none."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], -1)


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
        return known.marks_at(scripts.tolist())
    spent = {tx: list(inputs_of(chain, tx)) for tx in sorted({tx for tx, _ in ends})}
    every = np.unique([prev for prevs in spent.values() for prev in prevs]).astype(np.int64)
    marks = known.marks_at(chain.outputs(every).script_id.tolist())
    mark_of = dict(zip(every.tolist(), marks, strict=True))
    payers = {
        tx: next(filter(None, (mark_of[prev] for prev in prevs)), None)
        for tx, prevs in spent.items()
    }
    return [payers[tx] for tx, _ in ends]
