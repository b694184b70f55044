"""What a case would find had some tags and links been wrong, and what findings then rest on."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from peelchain.actions.casework.findings import request_of, sources_of
from peelchain.actions.casework.what_if import supposing
from peelchain.actions.tracing.filters import Limits
from peelchain.actions.view import StoreView
from peelchain.case.services import inputs_of, services_at
from peelchain.case.sources import Sources
from peelchain.case.subject import Subject
from peelchain.case.support.overturning import Reason, Reasons
from peelchain.cluster.explain import spanning
from peelchain.cluster.link_graph import links_among
from peelchain.errors import NotInChainError
from peelchain.store.arrays import Int64
from peelchain.tags.circular import drawn_from_clustering
from peelchain.tags.services import Mark
from peelchain.trace.paths import Connection, connections
from peelchain.trace.walk import Direction, Trace, trace

Row = dict[str, Any]

TAG, LINK = "tag", "link"
_HELD = 64


def link(tx_id: int) -> Reason:
    """The reason that a transaction's links are right."""
    return LINK, str(tx_id)


def tag(tag_id: str) -> Reason:
    """The reason that a tag is right."""
    return TAG, tag_id


@dataclass(frozen=True)
class _Claims:
    """The tags of services, one entry each: whom they name, and where they mark a cluster."""

    tag_ids: list[str]
    scripts: Int64
    clusters: Int64
    spreads: npt.NDArray[np.bool_]
    parties: list[str]


@dataclass(frozen=True)
class Supposed:
    """A case derived without some reasons, as far as its findings need.

    None of its parts is there where the seeds never received anything.
    """

    view: StoreView
    sources: Sources
    subject: Subject
    rule: str
    limits: Limits

    @cached_property
    def _traces(self) -> dict[Direction, Trace]:
        found: dict[Direction, Trace] = {}
        directions: tuple[Direction, ...] = ("backward", "forward")
        for direction in directions:
            request = request_of(direction, (self.rule,), self.subject, self.sources, self.limits)
            found[direction] = trace(self.sources.chain, request)
        return found

    @cached_property
    def _rows(self) -> dict[Direction, dict[int, int]]:
        """The rows of a trace's ends at services, by txout_id."""
        return {way: done.reached.ends("service") for way, done in self._traces.items()}

    @cached_property
    def ends(self) -> dict[tuple[Direction, int], tuple[Mark, int]]:
        """The service and the traced satoshis at each end of a trace at a service."""
        found = {}
        for direction, done in self._traces.items():
            table = done.rules[self.rule].terminals
            amounts = dict(
                zip(table["txout_id"].to_pylist(), table["traced_sat"].to_pylist(), strict=True)
            )
            txouts = sorted(self._rows[direction])
            makers = self.sources.chain.outputs(txouts).tx_id.tolist()
            pairs = list(zip(makers, txouts, strict=True))
            marks = services_at(direction, pairs, self.sources.chain, self.sources.services)
            for txout, mark in zip(txouts, marks, strict=True):
                if mark is not None:
                    found[direction, txout] = mark, amounts.get(txout, 0)
        return found

    def rests_on(self, direction: Direction, txout: int, *, whole: bool) -> Reasons:
        """A support of an end at a service: of its being reached, or `whole` of its amount."""
        return self.owned(self._receipts(direction, txout, whole=whole)) | self._named(
            direction, txout
        )

    def owned(self, receipts: Collection[int]) -> Reasons:
        """The links that join the scripts of these receipts to the seeds."""
        there = self.sources.chain.outputs(sorted(receipts)).script_id
        targets = set(there.tolist()) - set(self.subject.anchors.tolist())
        if not targets:
            return frozenset()
        steps = spanning(self._own_links, self.subject.anchors.tolist(), targets)
        chains = steps.chains(targets)
        return frozenset(link(step.tx_id) for chain in chains.values() for step in chain)

    @cached_property
    def _own_links(self) -> pa.Table:
        return links_among(self.sources.links, self.subject.scripts)

    @cached_property
    def _connected(self) -> dict[tuple[Direction, int], Connection]:
        found: dict[tuple[Direction, int], Connection] = {}
        for direction, done in self._traces.items():
            outcome = done.rules[self.rule]
            joined = connections(direction, self.subject.receipts, outcome.hops, outcome.terminals)
            for row, connection in zip(outcome.terminals.to_pylist(), joined, strict=True):
                if row["type"] == "service":
                    found[direction, row["txout_id"]] = connection
        return found

    def _receipts(self, direction: Direction, txout: int, *, whole: bool) -> Collection[int]:
        if whole and (direction, txout) in self._connected:
            return self._connected[direction, txout].seeds
        return [self._traces[direction].reached.path(self._rows[direction][txout])[0]]

    def _named(self, direction: Direction, txout: int) -> Reasons:
        """Why the service is held to be the payee there, or the payer: the shortest of reasons."""
        mark, _ = self.ends[direction, txout]
        there = self.sources.chain.outputs([txout])
        if direction == "backward":
            spent = list(inputs_of(self.sources.chain, int(there.tx_id[0])))
            there = self.sources.chain.outputs(spent)
        scripts = np.unique(there.script_id).tolist()
        marks = self.sources.services.marks_at(scripts)
        own = [s for s, m in zip(scripts, marks, strict=True) if m is not None and m == mark]
        found = [self._tagged(script, mark) for script in own]
        return min(found, key=lambda reasons: (len(reasons), sorted(reasons)))

    @cached_property
    def _claims(self) -> "_Claims":
        attribution, tags = self.view.attribution, self.sources.tags
        rows = attribution.claimed
        scripts = self.sources.tag_script_ids[rows]
        definers = tags["is_cluster_definer"].to_pylist()
        drawn = drawn_from_clustering(tags)
        return _Claims(
            tag_ids=tags["tag_id"].take(pa.array(rows)).to_pylist(),
            scripts=scripts,
            clusters=self.sources.index.cluster_of(scripts),
            spreads=np.array([definers[r] is not False and not drawn[r] for r in rows], bool),
            parties=list(attribution.claimed_parties),
        )

    def _tagged(self, script: int, mark: Mark) -> Reasons:
        """A support of one script's being the service's.

        With nobody else named for it one tag and its chain suffice, else all tags of the service
        there: how many there are is weighed.
        """
        if (script, mark) in self._known:
            return self._known[script, mark]
        claims = self._claims
        cluster = int(self.sources.index.cluster_of(np.array([script], np.int64))[0])
        shared = (claims.clusters == cluster) & claims.spreads
        about = np.flatnonzero(shared | (claims.scripts == script)).tolist()
        own = [at for at in about if claims.parties[at] == mark.party]
        disputed = len(own) < len(about)
        tags_at: dict[int, list[str]] = {}
        for at in own:
            tags_at.setdefault(int(claims.scripts[at]), []).append(claims.tag_ids[at])
        members = np.asarray(self.sources.index.members(cluster), np.int64)
        links = links_among(self.sources.links, members)
        if disputed:
            chains = spanning(links, [script], set(tags_at)).chains(set(tags_at) - {script})
            found = {link(step.tx_id) for chain in chains.values() for step in chain}
            found |= {tag(tag_id) for tags in tags_at.values() for tag_id in tags}
        elif script in tags_at:
            found = {tag(min(tags_at[script]))}
        else:
            chain = spanning(links, tags_at, [script]).chains([script])[script]
            found = {link(step.tx_id) for step in chain}
            found.add(tag(min(tags_at[chain[0].script_a])))
        self._known[script, mark] = frozenset(found)
        return self._known[script, mark]

    @cached_property
    def _known(self) -> dict[tuple[int, Mark], Reasons]:
        return {}


class Suppositions:
    """A case without this or that, each supposition derived once."""

    def __init__(self, view: StoreView, parameters: Row) -> None:
        self.view = view
        self._parameters = parameters
        self._known: dict[Reasons, Supposed | None] = {}

    def without(self, fallen: Reasons) -> Supposed | None:
        """The case without these reasons; None where the seeds then never received anything."""
        if fallen not in self._known:
            if len(self._known) >= _HELD:
                # the first, of nothing fallen, is asked for again and again
                del self._known[list(self._known)[1]]
            self._known[fallen] = self._derived(fallen)
        return self._known[fallen]

    def _derived(self, fallen: Reasons) -> Supposed | None:
        tags = [name for kind, name in fallen if kind == TAG]
        txs = [int(name) for kind, name in fallen if kind == LINK]
        view = supposing(self.view, tags, txs)
        try:
            subject = view.subject_of(self._parameters["seeds"])
        except NotInChainError:
            return None
        limits = Limits(**self._parameters["limits"])
        sources = sources_of(view, subject)
        return Supposed(view, sources, subject, self._parameters["rules"][0], limits)


def same_service(mark: Mark, party: str, label: str) -> bool:
    """Whether a mark is of the service that had this party and label: either is enough."""
    return mark.party == party or mark.label == label
