"""What a bound rests on, in outpoints that anybody can look up: the cuts of the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from peelchain.actions.tracing.destinations import Bounded, Destination, Destinations
from peelchain.actions.tracing.places import Places
from peelchain.store.arrays import Int64
from peelchain.trace.bounds import Cut
from peelchain.trace.network import Network

Row = dict[str, Any]

MOST_PARTS = 200
"""Parts of a cut that are listed, the greatest; all are counted."""

_KINDS = ("seed", "output", "kept", "fee", "held")
_SEED, _OUTPUT, _KEPT, _FEE, _HELD = range(5)


@dataclass(frozen=True)
class _Parts:
    """The parts of a cut, the greatest first: columns int64 of those listed, -1 where none is."""

    sat: int
    count: int
    kinds: Int64
    values_sat: Int64
    txouts: Int64
    txs: Int64
    accounts: Int64


def cuts_told(
    destinations: Destinations,
    bounded: Mapping[Destination, Bounded],
    seed_txouts: Int64 | None,
    most_parts: int | None,
) -> dict[Destination, Row]:
    """Of each destination the cuts of its least and its most, with their greatest parts.

    `most_parts` None lists all. `seed_txouts` are the outputs of the network's seeds in order, None
    where that is not known. A part without value, which carries nothing, is none.
    """
    network = destinations.network
    if seed_txouts is None:
        seed_txouts = np.full(len(network.seed_sat), -1, np.int64)
    every = {
        (of, side): _parts(network, seed_txouts, cut, most_parts)
        for of, one in bounded.items()
        for side, cut in (("least", one.whole.least_cut), ("most", one.whole.most_cut))
        if cut is not None
    }
    places = Places(
        destinations.walked.view,
        {txout for parts in every.values() for txout in parts.txouts.tolist() if txout >= 0},
        {tx for parts in every.values() for tx in parts.txs.tolist() if tx >= 0},
    )
    addresses = destinations.walked.view.addresses(
        {at for parts in every.values() for at in parts.accounts.tolist() if at >= 0}
    )
    told: dict[Destination, Row] = {of: {} for of in bounded}
    for (of, side), parts in every.items():
        told[of][side] = {
            "sat": parts.sat,
            "count": parts.count,
            "parts": _told(parts, places, addresses),
        }
    return told


def _parts(network: Network, seed_txouts: Int64, cut: Cut, most: int | None) -> _Parts:
    seeds, arcs, ends = cut.seeds, cut.arcs, cut.ends
    none = np.full(len(seeds) + len(arcs), -1, np.int64)
    values = np.concatenate(
        [network.seed_sat[seeds], network.capacities_sat[arcs], network.end_capacities_sat[ends]]
    )
    txouts = np.concatenate(
        [seed_txouts[seeds], network.arc_txouts[arcs], network.end_txouts[ends]]
    )
    accounts = np.concatenate([none, network.end_accounts[ends]])
    kinds = np.where(txouts >= 0, _OUTPUT, _KEPT)
    kinds[: len(seeds)] = _SEED
    at_end = np.arange(len(values)) >= len(none)
    kinds[at_end & (txouts < 0)] = _FEE
    kinds[at_end & (accounts >= 0)] = _HELD
    txs = np.where(kinds == _FEE, np.concatenate([none, network.end_txs[ends]]), -1)
    order = np.lexsort((kinds, accounts, txs, txouts, -values))
    order = order[values[order] > 0]
    first = order[:most]
    return _Parts(
        cut.sat,
        len(order),
        *(column[first] for column in (kinds, values, txouts, txs, accounts)),
    )


def _told(parts: _Parts, places: Places, addresses: Mapping[int, str | None]) -> list[Row]:
    columns = (parts.kinds, parts.values_sat, parts.txouts, parts.txs, parts.accounts)
    return [
        {
            "kind": _KINDS[kind],
            "at": places.outpoint(txout) if txout >= 0 else places.txid(tx) if tx >= 0 else None,
            "account": addresses.get(account),
            "value_sat": sat,
        }
        for kind, sat, txout, tx, account in zip(*(c.tolist() for c in columns), strict=True)
    ]


def cuts_rows(rows: Sequence[Row]) -> list[Row]:
    """The table `cuts` of the destinations: a row for each part that is listed."""
    return [
        {"scope": scope, "destination": row["destination"], "label": row["label"], "bound": side}
        | part
        for row in rows
        for scope, sides in row["cuts"].items()
        for side, cut in sides.items()
        for part in cut["parts"]
    ]


def shortened(rows: Sequence[Row]) -> None:
    """Keeps of each cut of the destinations its greatest parts alone."""
    for row in rows:
        for sides in row["cuts"].values():
            for cut in sides.values():
                del cut["parts"][MOST_PARTS:]
