"""Other explanations of a finding, each looked for in the data; what was not found is not told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from peelchain.case.findings import Findings
from peelchain.case.services import inputs_of
from peelchain.case.sources import Sources
from peelchain.case.support.support import Place, Support
from peelchain.cluster.payjoin import OUTPUTS
from peelchain.store.chain_rows import Int64
from peelchain.trace.paths import is_swept
from peelchain.units import format_hash

Row = dict[str, Any]

KINDS = (
    "batch",
    "change_of_hands",
    "deposit_reused",
    "round_trip",
    "possible_payjoin",
    "coinjoin_lookalike",
    "tag_conflict",
    "supercluster",
)
"""What is looked for; `count` says of what there is how much:

- `batch`: the service's payment paid others too, as a custodian pays for several customers at once:
  other scripts that it paid;
- `change_of_hands`: between the service and the subject the value came to be held by another than
  before, or by nobody knows whom: the transactions by which it did;
- `deposit_reused`: the address that the service was paid at was paid by others too: their payments;
- `round_trip`: the subject had paid this service before: its payments;
- `possible_payjoin`: transactions of the path, or of the chains that say whose its ends are, that
  may join payer and payee;
- `coinjoin_lookalike`: transactions of the path that look like a CoinJoin and are held to be none;
- `tag_conflict`: clusters and scripts of the service that tags hold to be another's too;
- `supercluster`: transactions for which the service's cluster is suspected to hold several parties.
"""

_TXIDS = 20

Steps = Mapping[tuple[int, int], str]
"""For an output and the one made of it, the basis on which the second is held to be somebody's."""

_OTHER_HANDS = ("payment", "unknown")


@dataclass(frozen=True)
class Seen:
    """What alternatives are looked for in, beside the findings.

    `doubts` are the report's; `lookalikes` tx_ids that look like a CoinJoin and are held to be
    none, `reached` the txout_ids of the trace forward, both rising.
    """

    doubts: Row
    steps: Steps
    lookalikes: Int64
    reached: Int64


def alternatives(
    sources: Sources,
    found: Findings,
    placed: Mapping[str, Place],
    held: Mapping[str, Support],
    seen: Seen,
) -> dict[str, list[Row]]:
    """The alternatives of each finding that the data leave open: kind, count, at most 20 txids."""
    look = _Look(sources, found, placed, held, seen)
    return {name: look.at(name, place) for name, place in placed.items()}


class _Look:
    """One look at all findings: what several of them share is asked once."""

    def __init__(
        self,
        sources: Sources,
        found: Findings,
        placed: Mapping[str, Place],
        held: Mapping[str, Support],
        seen: Seen,
    ) -> None:
        self._sources, self._found, self._held, self._seen = sources, found, held, seen
        outputs = np.array(sorted({t for p in placed.values() for t in p.path}), np.int64)
        makers = sources.chain.outputs(outputs).tx_id.tolist()
        self._maker = dict(zip(outputs.tolist(), makers, strict=True))
        self._txid = {t: format_hash(h) for t, h in sources.lookup.txids(set(makers)).items()}
        self._joins = self._possible_payjoins()
        self._paid: dict[str, list[int]] = {}
        for row in found.outflows:
            self._paid.setdefault(row["entity"], []).append(self._maker[placed[row["id"]].txout])
        self._deposits: dict[int, list[int]] = {}
        self._payees: dict[int, int] = {}

    def at(self, name: str, place: Place) -> list[Row]:
        """The alternatives of one finding, in the order of KINDS."""
        held, way = self._held[name], list(dict.fromkeys(self._maker[t] for t in place.path))
        entity = place.row.get("entity")
        rows = []
        if place.direction == "backward":
            rows.append(_row("batch", self._other_payees(place), self._txids(way[:1])))
        hands = self._changes_of_hands(place)
        rows.append(_row("change_of_hands", len(hands), self._txids(hands)))
        if place.direction == "forward":
            others = self._paid_by_others(place)
            rows.append(_row("deposit_reused", len(others), self._txids(others)))
        if place.direction == "backward":
            before = [tx for tx in self._paid.get(str(entity), []) if tx < way[0]]
            rows.append(_row("round_trip", len(before), self._txids(before)))
        relied = [*held.txids, *(txid for _, txid, _ in held.links)]
        joins = list(dict.fromkeys(txid for txid in relied if txid in self._joins))
        rows.append(_row("possible_payjoin", len(joins), joins))
        alike = [tx for tx in way if _has(self._seen.lookalikes, tx)]
        rows.append(_row("coinjoin_lookalike", len(alike), self._txids(alike)))
        doubts = self._seen.doubts
        named = sum(r["count"] for r in doubts["tag_conflicts"] if r["entity"] == entity)
        rows.append(_row("tag_conflict", named, []))
        for one in doubts["superclusters"]:
            if entity in one["entities"]:
                rows.append(_row("supercluster", len(one["txids"]) or 1, one["txids"]))
        return [row for row in rows if row["count"]]

    def _possible_payjoins(self) -> set[str]:
        """Of paths those that spend two scripts or more and have two outputs; of chains as told."""
        chain = self._sources.chain
        tx_ids = np.array(sorted(self._txid), np.int64)
        found = {t for row in self._seen.doubts["possible_payjoins"] for t in row["txids"]}
        for tx in tx_ids[chain.transactions(tx_ids).txout_count == OUTPUTS].tolist():
            spent = chain.outputs(list(inputs_of(chain, tx))).script_id
            if len(np.unique(spent)) > 1:
                found.add(self._txid[tx])
        return found

    def _other_payees(self, place: Place) -> int:
        """The scripts that a withdrawal pays beside the finding's own and its payer's cluster."""
        chain, index = self._sources.chain, self._sources.index
        tx = self._maker[place.path[0]]
        if tx not in self._payees:
            row = chain.transactions([tx])
            first = int(row.first_txout[0])
            made = chain.outputs(np.arange(first, first + int(row.txout_count[0])))
            paid = np.unique(made.script_id[~made.unspendable & (made.value_sat > 0)])
            spent = chain.outputs(list(inputs_of(chain, tx))).script_id
            payers = index.cluster_of(np.unique(spent))
            self._payees[tx] = int((~np.isin(index.cluster_of(paid), payers)).sum())
        return max(0, self._payees[tx] - 1)

    def _changes_of_hands(self, place: Place) -> list[int]:
        """The transactions between the ends by which another came to hold the value.

        The last step pays the subject, or the service: that it changed hands there is the finding.
        """
        between = place.path[1:-1]
        made = [
            self._maker[to]
            for source, to in zip(place.path, between, strict=False)
            if self._seen.steps[source, to] in _OTHER_HANDS
        ]
        return list(dict.fromkeys(made))

    def _paid_by_others(self, place: Place) -> list[int]:
        """The transactions by which others paid a deposit address, rising.

        Everybody pays the address of a hot wallet: only one that is swept is a customer's.
        """
        chain = self._sources.chain
        script = int(chain.outputs([place.txout]).script_id[0])
        if script not in self._deposits:
            party, _, _ = self._found.ends["forward", place.txout]
            others: list[int] = []
            if is_swept(chain, script, self._sources.services.of_party(party)):
                paid = chain.outputs_of_scripts([script])
                by = chain.outputs(paid[~np.isin(paid, self._seen.reached)]).tx_id
                others = np.unique(by).tolist()
            self._deposits[script] = others
        return self._deposits[script]

    def _txids(self, tx_ids: list[int]) -> list[str]:
        some = tx_ids[:_TXIDS]
        unknown = [tx for tx in some if tx not in self._txid]
        found = self._sources.lookup.txids(unknown) if unknown else {}
        self._txid.update({tx: format_hash(txid) for tx, txid in found.items()})
        return [self._txid[tx] for tx in some]


def _row(kind: str, count: int, txids: Iterable[str]) -> Row:
    return {"kind": kind, "count": count, "txids": list(txids)[:_TXIDS]}


def _has(ids: Int64, wanted: int) -> bool:
    at = int(np.searchsorted(ids, wanted))
    return at < len(ids) and int(ids[at]) == wanted
