"""Which clusters and scripts are services, where a trace stops: tags weighed by one stated rule.

A tag whose category is a service (INTERPOL's entity taxonomy, as GraphSense's TagPacks use it)
marks the whole cluster of its script, unless it says that it is no cluster definer: then it marks
its own script alone. Tags on people (users, CoinJoin participants, perpetrators) mark nothing,
whatever they say of clusters: the users of a mixer are not one party. A tag that was itself drawn
from a clustering (`tags.circular`) marks its own script alone: it supports no cluster.

**Rule for conflicts.** Tags name the same party when they share an actor, or a label that carries
that one actor or none. Where tags of one cluster name several parties, the party wins whose best
tag has, in this order: the higher confidence class; more tagged scripts in the cluster; the later
date of change; the lesser tag_id. A script marked on its own is weighed against its cluster's
winner by confidence, date and tag_id. A tag whose own script is so marked as another's, by a
stronger one, does not spread. Every party that lost is in `conflicts`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from peelchain.tags.actors import jurisdictions
from peelchain.tags.circular import drawn_from_clustering

Int64 = npt.NDArray[np.int64]
Kind = Literal["service", "mixer"]
ClusterOf = Callable[[Int64], Int64]

_SERVICES = frozenset(
    {
        "service",
        "exchange",
        "wallet_service",
        "escrow_wallet",
        "ico_wallet",
        "payment_processor",
        "atm",
        "faucet",
        "miner",
        "mining_service",
        "gambling",
        "market",
        "shop",
        "hosting",
        "vpn",
        "filesharing",
        "index",
        "messaging_service",
        "search_engine",
        "defi",
        "defi_bridge",
        "defi_derivative",
        "defi_derivatives",
        "defi_dex",
        "defi_lending",
    }
)

_SYNONYMS = {
    "bitcoin_atm": "atm",
    "bridge": "defi_bridge",
    "casino": "gambling",
    "cex": "exchange",
    "crypto_exchange": "exchange",
    "custodian": "wallet_service",
    "darknet_market": "market",
    "hosted_wallet": "wallet_service",
    "marketplace": "market",
    "mining": "miner",
    "mining_pool": "miner",
    "mixer": "mixing_service",
    "mixing": "mixing_service",
    "payment": "payment_processor",
    "payment_service": "payment_processor",
    "tumbler": "mixing_service",
    "wallet": "wallet_service",
}

_CONFIDENCE = {
    "override": 100,
    "ownership": 100,
    "manual_transaction": 90,
    "service_api": 70,
    "authority_data": 60,
    "forensic": 50,
    "service_data": 50,
    "trusted_provider": 50,
    "untrusted_transaction": 40,
    "web_crawl": 20,
    "heuristic": 10,
    "unknown": 5,
}
"""Levels of GraphSense's confidence classes; a class not listed, or none, is 0."""


@dataclass(frozen=True)
class Mark:
    """What a cluster or script is held to be, and the tag that says so.

    `party` is the name under which marks of one service are summed: its actor, or its label
    without capitals and punctuation. `jurisdictions` are ISO 3166 codes, those that an actor pack
    gives its actor.
    """

    kind: Kind
    party: str
    label: str
    category: str
    actor: str | None
    tag_id: str
    jurisdictions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """Several parties named for one cluster, or for one script of it (`script_id`)."""

    cluster_id: int
    script_id: int | None
    winner: Mark
    others: tuple[Mark, ...]


@dataclass(frozen=True)
class Attribution:
    """The clusters and single scripts that are services.

    `cluster_ids` int64[C] ascending, `cluster_marks` int64[C] indexes into `marks`; likewise for
    `script_ids`: scripts whose own tag prevails over, or stands without, their cluster's.
    `claimed` int64[T] are the rows of the tags that name a service on a script of the chain, by
    tag_id, `claimed_parties` the party that each names.
    """

    marks: tuple[Mark, ...]
    cluster_ids: Int64
    cluster_marks: Int64
    script_ids: Int64
    script_marks: Int64
    conflicts: tuple[Conflict, ...]
    claimed: Int64 = field(default_factory=lambda: np.empty(0, np.int64))
    claimed_parties: tuple[str, ...] = ()

    def marks_of(self, script_ids: Int64, cluster_ids: Int64) -> Int64:
        """Index into `marks` for each script and its cluster, int64[N]; -1 for no service."""
        own = _looked_up(self.script_ids, self.script_marks, script_ids)
        shared = _looked_up(self.cluster_ids, self.cluster_marks, cluster_ids)
        return np.where(own >= 0, own, shared)


def service_kind(category: str | None) -> Kind | None:
    """`mixer` or `service` for a category that takes customers' money, else None.

    `coinjoin` is None: those addresses are the participants', not a service's.
    """
    concept = _concept(category)
    if concept == "mixing_service":
        return "mixer"
    return "service" if concept in _SERVICES else None


def confidence_level(name: str | None) -> int:
    """The level of one of GraphSense's confidence classes, 0 to 100; 0 for none, or another."""
    return _CONFIDENCE.get(name or "", 0)


def cluster_lookup(script_ids: Int64, cluster_ids: Int64) -> ClusterOf:
    """The cluster of each script, from the `clusters` table's columns, sorted by script_id.

    A script that is not in the table is its own cluster.
    """

    def cluster_of(wanted: Int64) -> Int64:
        found = _looked_up(script_ids, cluster_ids, wanted)
        return np.where(found >= 0, found, wanted)

    return cluster_of


def attribute(
    tags: pa.Table,
    tag_script_ids: Int64,
    cluster_of: ClusterOf,
    actors: pa.Table | None = None,
) -> Attribution:
    """The services among the clusters, as the tags have it; see the module for the rule.

    `tags` has the schema of the `tags` table; `tag_script_ids` int64[rows] is the script_id of
    each tag's script, -1 where the chain does not have it. Order of rows makes no difference.
    `actors` is the table of that name, each actor once.
    """
    if len(tag_script_ids) != tags.num_rows:
        raise ValueError(f"{len(tag_script_ids)} script_ids for {tags.num_rows} tags")
    claims = _claims(tags, np.asarray(tag_script_ids, dtype=np.int64), cluster_of)
    marks = _Marks(tags, claims, actors)
    winners: dict[int, int] = {}
    conflicts: list[Conflict] = []
    alone = list(_contests(claims, claims.scripts, ~claims.spreads))
    lost = _outranked(claims, alone)
    spreads = claims.spreads.copy()
    spreads[[at for entries in lost.values() for at in entries]] = False
    for contest in _contests(claims, claims.clusters, spreads):
        best, *others = contest.entries
        winners[contest.subject] = best
        if others:
            conflicts.append(Conflict(contest.subject, None, marks.of(best), marks.all_of(others)))
    own: dict[int, int] = {}
    for contest in alone:
        entries = contest.entries
        cluster = int(claims.clusters[entries[0]])
        shared = winners.get(cluster)
        if shared is not None:
            party = claims.parties[shared]
            entries = [at for at in entries if claims.parties[at] != party] + [shared]
            entries.sort(key=claims.rank)
        best, *others = entries
        named = {int(claims.parties[at]) for at in entries}
        for at in sorted(lost.get(contest.subject, ()), key=claims.rank):
            if int(claims.parties[at]) not in named:
                named.add(int(claims.parties[at]))
                others.append(at)
        if others:
            conflicts.append(
                Conflict(cluster, contest.subject, marks.of(best), marks.all_of(others))
            )
        if best != shared:
            own[contest.subject] = best
    conflicts.sort(key=lambda c: (c.cluster_id, -1 if c.script_id is None else c.script_id))
    scripts = sorted(own)
    entries = [*winners.values(), *(own[script] for script in scripts)]
    return Attribution(
        marks=marks.all_of(entries),
        cluster_ids=np.array(list(winners), dtype=np.int64),
        cluster_marks=np.arange(len(winners), dtype=np.int64),
        script_ids=np.array(scripts, dtype=np.int64),
        script_marks=np.arange(len(winners), len(entries), dtype=np.int64),
        conflicts=tuple(conflicts),
        claimed=claims.rows,
        claimed_parties=tuple(claims.names[at] for at in claims.parties.tolist()),
    )


@dataclass(frozen=True)
class _Claims:
    """The tags that name a service on a script of the chain, one entry each, by ascending tag_id.

    `rows` are their rows in the tags table; `parties` indexes `names`.
    """

    rows: Int64
    scripts: Int64
    clusters: Int64
    spreads: npt.NDArray[np.bool_]
    parties: Int64
    names: list[str]
    levels: Int64
    dates: Int64

    def rank(self, at: int) -> tuple[int, int, int]:
        """Less is stronger: confidence, date, tag_id (the entries' own order)."""
        return (-int(self.levels[at]), -int(self.dates[at]), at)


@dataclass(frozen=True)
class _Contest:
    """The best entry of each party named for one subject, the winner first."""

    subject: int
    entries: list[int]


class _Marks:
    """Marks of entries of the claims."""

    def __init__(self, tags: pa.Table, claims: _Claims, actors: pa.Table | None) -> None:
        chosen = tags.select(["label", "category", "actor", "tag_id"]).take(pa.array(claims.rows))
        self._cells = chosen.to_pydict()
        self._claims = claims
        self._laws = {} if actors is None else jurisdictions(actors)

    def of(self, at: int) -> Mark:
        cells = {name: values[at] for name, values in self._cells.items()}
        kind = service_kind(cells["category"])
        if kind is None:
            raise AssertionError("only services are claimed")
        party = self._claims.names[int(self._claims.parties[at])]
        return Mark(kind=kind, party=party, jurisdictions=self._laws.get(party, ()), **cells)

    def all_of(self, entries: list[int]) -> tuple[Mark, ...]:
        return tuple(self.of(at) for at in entries)


def _claims(tags: pa.Table, script_ids: Int64, cluster_of: ClusterOf) -> _Claims:
    categories = tags.column("category").to_pylist()
    kinds = {category: service_kind(category) for category in set(categories)}
    ids = tags.column("tag_id").to_pylist()
    labels = tags.column("label").to_pylist()
    actors = tags.column("actor").to_pylist()
    definers = tags.column("is_cluster_definer").to_pylist()
    confidences = tags.column("confidence").to_pylist()
    dates = tags.column("lastmod").to_pylist()
    entries = sorted(
        (
            row
            for row, category in enumerate(categories)
            if kinds[category] is not None and script_ids[row] >= 0
        ),
        key=ids.__getitem__,
    )
    names = parties([labels[row] for row in entries], [actors[row] for row in entries])
    rows = np.array(entries, dtype=np.int64)
    scripts = script_ids[rows]
    distinct = sorted(set(names))
    number = {name: at for at, name in enumerate(distinct)}
    return _Claims(
        rows=rows,
        scripts=scripts,
        clusters=np.asarray(cluster_of(scripts), dtype=np.int64),
        spreads=np.array([definers[row] is not False for row in entries], dtype=np.bool_)
        & ~drawn_from_clustering(tags)[rows],
        parties=np.array([number[name] for name in names], dtype=np.int64),
        names=distinct,
        levels=np.array([confidence_level(confidences[row]) for row in entries], dtype=np.int64),
        dates=np.array([_day_number(dates[row]) for row in entries], dtype=np.int64),
    )


def _contests(
    claims: _Claims, subjects: Int64, chosen: npt.NDArray[np.bool_]
) -> Iterator[_Contest]:
    """One contest for each subject named by a chosen entry, subjects ascending."""
    at = np.flatnonzero(chosen)
    if not len(at):
        return
    at = at[np.lexsort((claims.scripts[at], claims.parties[at], subjects[at]))]
    starts = _starts(subjects[at], claims.parties[at])
    fresh = np.zeros(len(at), dtype=np.int64)
    fresh[_starts(subjects[at], claims.parties[at], claims.scripts[at])] = 1
    support = np.add.reduceat(fresh, starts)
    strongest = np.lexsort(
        (at, -claims.dates[at], -claims.levels[at], claims.parties[at], subjects[at])
    )
    best = at[strongest][starts]
    best = best[
        np.lexsort((best, -claims.dates[best], -support, -claims.levels[best], subjects[best]))
    ]
    edges = [*_starts(subjects[best]).tolist(), len(best)]
    entries = best.tolist()
    for first, end in pairwise(edges):
        yield _Contest(int(subjects[entries[first]]), entries[first:end])


def _outranked(claims: _Claims, alone: list[_Contest]) -> dict[int, list[int]]:
    """By script, the entries that lose it to another party's stronger tag for that script alone.

    They say nothing of its cluster: what they would spread from is held to be another's.
    """
    rivals = {contest.subject: contest.entries for contest in alone}
    contested = np.isin(claims.scripts, np.array(list(rivals), dtype=np.int64))
    lost: dict[int, list[int]] = {}
    for at in np.flatnonzero(claims.spreads & contested).tolist():
        script = int(claims.scripts[at])
        if any(
            claims.parties[rival] != claims.parties[at] and claims.rank(rival) < claims.rank(at)
            for rival in rivals[script]
        ):
            lost.setdefault(script, []).append(at)
    return lost


def _starts(*keys: Int64) -> Int64:
    """Where a run of equal keys begins, in arrays sorted by them."""
    changed = np.zeros(len(keys[0]) - 1, dtype=np.bool_)
    for key in keys:
        changed |= key[1:] != key[:-1]
    return np.flatnonzero(np.concatenate(([True], changed))).astype(np.int64)


def parties(labels: list[str], actors: list[str | None]) -> list[str]:
    """The party each entry names: its actor, the one actor its label goes with, or its label."""
    actors_of: dict[str, set[str]] = {}
    plain = [_plain(label) for label in labels]
    for label, actor in zip(plain, actors, strict=True):
        if actor:
            actors_of.setdefault(label, set()).add(actor)
    parties = []
    for label, actor in zip(plain, actors, strict=True):
        known = actors_of.get(label, set())
        parties.append(actor or (min(known) if len(known) == 1 else label))
    return parties


def _plain(label: str) -> str:
    kept = re.sub(r"[\W_]+", "", label.casefold())
    return kept or label


def _concept(category: str | None) -> str:
    if category is None:
        return ""
    concept = re.sub(r"[\s/-]+", "_", category.strip().lower())
    return _SYNONYMS.get(concept, concept)


def _day_number(day: str | None) -> int:
    return int(day.replace("-", "")) if day else 0


def _looked_up(keys: Int64, values: Int64, wanted: Int64) -> Int64:
    """The value of each wanted key among ascending keys, -1 where there is none."""
    if not len(keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], -1)
