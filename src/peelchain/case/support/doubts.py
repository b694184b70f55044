"""What is in doubt among the parties of a case: how far each hangs on links that may be wrong.

Three doubts are told. A transaction that joins a party may be a PayJoin (`cluster.payjoin`); its
cluster may have grown as no party's should (`cluster.superclusters`); tags may name it otherwise.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from peelchain.case.entities import SUBJECT, Entities, anchor_tags
from peelchain.case.findings import Findings
from peelchain.case.sources import Sources
from peelchain.case.subject import Subject
from peelchain.cluster.link_graph import links_among
from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.merge import merge_links
from peelchain.cluster.payjoin import possible_payjoins
from peelchain.store.arrays import Int64
from peelchain.tags.services import Attribution
from peelchain.units import format_hash

Row = dict[str, Any]

_TXIDS = 100


@dataclass(frozen=True)
class Party:
    """A party of a case: its scripts, rising, and those that a seed or a tag names as its own."""

    entity: str
    scripts: Int64
    anchors: Int64


def parties(sources: Sources, subject: Subject, found: Findings, owned: Entities) -> list[Party]:
    """The subject, then each service and mixer that the findings name, in order of entity.

    Of a service the clusters that the findings rely on: those of the scripts that `owned` gives.
    """
    relied = {e["entity"]: [bytes.fromhex(s["script_pubkey"]) for s in e["scripts"]]
              for e in owned.entities}  # fmt: skip
    others = []
    for name, entity in found.entity_of.items():
        scripts = sources.services.of_service(name)
        used = list(sources.lookup.script_ids(relied[entity]).values())
        clusters = sources.index.cluster_of(scripts)
        named = np.isin(clusters, sources.index.cluster_of(used))
        anchors = np.unique(sources.tag_script_ids[anchor_tags(sources, name)])
        others.append(Party(entity, scripts[named], anchors))
    return [Party(SUBJECT, subject.scripts, subject.anchors), *others]


def clusters_of(sources: Sources, party: Party) -> list[int]:
    """The clusters that a party consists of, rising.

    Where a tag names one script of a cluster alone, the party is not the cluster.
    """
    named, counts = np.unique(sources.index.cluster_of(party.scripts), return_counts=True)
    clusters: list[int] = named[counts > 1].tolist()
    return clusters


def doubts(
    sources: Sources,
    subject: Subject,
    cast: list[Party],
    owned: Entities,
    attribution: Attribution,
    suspected: Iterable[Mapping[str, Any]],
) -> Row:
    """The part `doubts` of report.json (docs/evidence-format.md), without its sentences.

    `suspected` are the suspected superclusters among the clusters of `cast`, each with cluster_id,
    address, scripts, services, jump_count, jumps and ties.
    """
    relied = {e["entity"]: {link["txid"] for link in e["links"]} for e in owned.entities}
    entities: dict[int, list[str]] = {}
    for party in cast:
        for cluster in clusters_of(sources, party):
            entities.setdefault(cluster, []).append(party.entity)
    return {
        "possible_payjoins": [
            _possible_payjoins(sources, subject, party, relied[party.entity]) for party in cast
        ],
        "superclusters": [
            _supercluster(one, entities[one["cluster_id"]])
            for one in suspected
            if one["cluster_id"] in entities
        ],
        "tag_conflicts": _tag_conflicts(attribution, cast, entities),
        "subject_tags": _subject_tags(sources, attribution, cast[0]),
    }


def _possible_payjoins(sources: Sources, subject: Subject, party: Party, relied: set[str]) -> Row:
    links = links_among(sources.links, party.scripts)
    links = links.filter(pa.array(np.isin(links["script_b"].to_numpy(), party.scripts)))
    found = possible_payjoins(links, lambda tx_ids: sources.chain.transactions(tx_ids).txout_count)
    txids = [format_hash(t) for _, t in sorted(sources.lookup.txids(found.tolist()).items())]
    named = [t for t in txids if t in relied]
    others = [t for t in txids if t not in relied]
    kept = _joined_without(links, found, party)
    received = None
    if party.entity == SUBJECT:
        paid = sources.chain.outputs(subject.receipts)
        received = int(paid.value_sat[np.isin(paid.script_id, kept)].sum())
    return {
        "entity": party.entity,
        "transactions": len(found),
        "links": pc.count_distinct(links["tx_id"]).as_py(),
        "relied_on": len(named),
        "txids": [*named, *others][:_TXIDS],
        "scripts": len(party.scripts),
        "scripts_without": len(kept),
        "received_sat_without": received,
    }


def _joined_without(links: pa.Table, tx_ids: Int64, party: Party) -> Int64:
    """The scripts that stay joined to an anchor when the links of these transactions fall."""
    left = links.filter(pc.invert(pc.is_in(links["tx_id"], pa.array(tx_ids))))
    # by their place among the party's own: a store has more scripts than memory for each case
    columns = ("script_a", "script_b")
    dense = {c: np.searchsorted(party.scripts, left[c].to_numpy()) for c in columns}
    index = ClusterIndex(merge_links(pa.table(dense)))
    owner = index.cluster_of(np.arange(len(party.scripts)))
    anchors = owner[np.isin(party.scripts, party.anchors)]
    kept: Int64 = party.scripts[np.isin(owner, anchors)]
    return kept


def _supercluster(one: Mapping[str, Any], entities: list[str]) -> Row:
    txids = [jump["txid"] for jump in one["jumps"]]
    txids += [t["txid"] for tie in one["ties"] for t in tie["transactions"]]
    return {
        "entities": entities,
        "address": one["address"],
        "scripts": one["scripts"],
        "services": list(one["services"]),
        "jumps": one["jump_count"],
        "txids": list(dict.fromkeys(txids))[:_TXIDS],
    }


def _tag_conflicts(
    attribution: Attribution, cast: list[Party], entities: Mapping[int, list[str]]
) -> list[Row]:
    """The contradictions of tags on these clusters, and on single scripts of the parties."""
    told: Counter[tuple[str, str, tuple[str, ...]]] = Counter()
    for conflict in attribution.conflicts:
        others = tuple(mark.label for mark in conflict.others)
        if conflict.script_id is None:
            on = entities.get(conflict.cluster_id, [])
        else:
            on = [p.entity for p in cast if _has(p, conflict.script_id)]
        told.update((entity, conflict.winner.label, others) for entity in on)
    order = [party.entity for party in cast]
    rows = sorted(told.items(), key=lambda item: (order.index(item[0][0]), item[0]))
    return [
        {"entity": entity, "label": label, "others": list(others), "count": count}
        for (entity, label, others), count in rows
    ]


def _has(party: Party, script_id: int) -> bool:
    at = int(np.searchsorted(party.scripts, script_id))
    return at < len(party.scripts) and int(party.scripts[at]) == script_id


def _subject_tags(sources: Sources, attribution: Attribution, party: Party) -> list[Row]:
    """The services that tags hold the subject's own scripts to be."""
    marks = attribution.marks_of(party.scripts, sources.index.cluster_of(party.scripts))
    found, counts = np.unique(marks[marks >= 0], return_counts=True)
    told: Counter[tuple[str, str]] = Counter()
    for at, count in zip(found.tolist(), counts.tolist(), strict=True):
        mark = attribution.marks[at]
        told[mark.label, mark.category] += count
    return [
        {"label": label, "category": category, "scripts": count}
        for (label, category), count in sorted(told.items())
    ]
