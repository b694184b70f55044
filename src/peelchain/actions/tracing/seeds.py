"""The outputs that a trace starts from, as a user names them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.scripts import script_id_of
from peelchain.actions.tracing.filters import Limits
from peelchain.actions.tracing.places import Places
from peelchain.actions.tracing.seed_file import SeedRow, parse_claim, parse_seed, read_seed_file
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError, NotInChainError
from peelchain.store.arrays import Int64
from peelchain.trace.seeds import receipts
from peelchain.trace.walk import Direction
from peelchain.units import OutPoint, shown

_NONE: Int64 = np.empty(0, np.int64)


@dataclass(frozen=True)
class SeedsAsked:
    """Seeds in a user's words.

    `outpoints` as `TXID:VOUT` or `TXID:VOUT=SATOSHIS`; `addresses` and `clusters` (an address of
    each) stand together for one party, which is traced from its receipts; `claims` as
    `NAME=TXID:VOUT,...`; `files` are CSV with the columns outpoint, satoshis, claimant.
    """

    outpoints: Sequence[str] = ()
    addresses: Sequence[str] = ()
    clusters: Sequence[str] = ()
    claims: Sequence[str] = ()
    files: Sequence[Path] = ()


@dataclass(frozen=True)
class Receipts:
    """What a party was paid, and what of that is not traced: transfers within it, other periods."""

    count: int
    received_sat: int
    internal_count: int
    internal_sat: int
    left_out_count: int
    left_out_sat: int


@dataclass(frozen=True)
class Seeds:
    """What a trace starts from.

    `txouts`, `sat` and, with several claimants, `claimant_of` (index into `claimants`) are int64
    of one length. `scripts` are the party's own, rising, which are no boundary; `basis` is
    `inference` where a cluster says which they are, else `fact`. `receipts` None: no party.
    """

    txouts: Int64
    sat: Int64
    claimants: tuple[str, ...] = ()
    claimant_of: Int64 | None = None
    scripts: Int64 = field(default_factory=lambda: _NONE)
    basis: str = "fact"
    receipts: Receipts | None = None


def seeds_of(asked: SeedsAsked, direction: Direction, limits: Limits, view: StoreView) -> Seeds:
    """The seeds that are meant. Receipts of a party follow the outpoints, in chain order.

    A party's receipts outside of the period are left out and counted; an outpoint named outright
    is refused there. Raises MisuseError, SourceError or NotInChainError naming the seed.
    """
    rows = [parse_seed(seed) for seed in asked.outpoints]
    rows += [row for claim in asked.claims for row in parse_claim(claim)]
    rows += [row for file in asked.files for row in read_seed_file(file)]
    party = bool(asked.addresses or asked.clusters)
    if not rows and not party:
        raise MisuseError(
            "there is nothing to trace; give --seed TXID:VOUT, --address, --cluster, --claimant or "
            "--seeds FILE"
        )
    claimants = _claimants(rows, party=party)
    txouts = np.array(view.lookup.txout_ids([row.outpoint for row in rows]), np.int64)
    values = view.chain.outputs(txouts).value_sat.tolist()
    amounts = _amounts(rows, values)
    refuse_outside(txouts, direction, limits, view)
    scripts = _party(asked, view) if party else _NONE
    taken, told = receipts_of(scripts, direction, limits, view) if party else (_NONE, None)
    twice = np.isin(txouts, taken)
    if twice.any():
        raise MisuseError(
            f"seed {rows[int(np.argmax(twice))].outpoint} is a receipt of the address or cluster "
            "too; name it once"
        )
    traced = [*amounts, *view.chain.outputs(taken).value_sat.tolist()]
    every = np.concatenate([txouts, taken])
    if not len(every):
        raise NotInChainError(
            "the address or cluster received nothing that is moved in the period asked; widen the "
            "period, or give other addresses"
            if told and told.left_out_count
            else "the address or cluster never received anything; give one that did"
        )
    return Seeds(
        txouts=every,
        sat=np.array(traced, np.int64),
        claimants=claimants,
        claimant_of=np.array([claimants.index(str(row.claimant)) for row in rows], np.int64)
        if claimants
        else None,
        scripts=scripts,
        basis="inference" if asked.clusters else "fact",
        receipts=told,
    )


def scripts_of_cluster(address: str, view: StoreView) -> Int64:
    """The scripts held to be one party with an address, rising."""
    index = view.clusters.index
    cluster = int(index.cluster_of(np.array([script_id_of(address, view)], np.int64))[0])
    return np.asarray(index.members(cluster), np.int64)


def _party(asked: SeedsAsked, view: StoreView) -> Int64:
    own = np.array([script_id_of(address, view) for address in asked.addresses], np.int64)
    return np.unique(np.concatenate([own, *(scripts_of_cluster(a, view) for a in asked.clusters)]))


def _claimants(rows: list[SeedRow], *, party: bool) -> tuple[str, ...]:
    """The claimants in order of first mention; none where nobody is named."""
    seen: dict[tuple[str | None, OutPoint], SeedRow] = {}
    for row in rows:
        if seen.setdefault((row.claimant, row.outpoint), row) is not row:
            by = f" by claimant {shown(row.claimant)}" if row.claimant else ""
            raise MisuseError(
                f"seed {row.outpoint} is given twice{by}; give it once, with its whole amount"
            )
    names = list(dict.fromkeys(row.claimant for row in rows))
    if names in ([], [None]):
        return ()
    if party or None in names:
        nobody = next((row.where for row in rows if row.claimant is None), "the address or cluster")
        raise MisuseError(
            f"{nobody} has no claimant, others have; give every seed one, or none of them"
        )
    return tuple(str(name) for name in names)


def _amounts(rows: list[SeedRow], values: list[int]) -> list[int]:
    """The satoshis to trace of each seed: those asked for, or all."""
    amounts = []
    claimed: dict[OutPoint, int] = {}
    for row, value in zip(rows, values, strict=True):
        if value == 0:
            raise MisuseError(f"seed {row.outpoint} has no value; there is nothing to trace")
        if row.sat is not None and not 1 <= row.sat <= value:
            raise MisuseError(
                f"seed {row.outpoint} holds {value} sat, {row.sat} were asked for; give 1 to "
                f"{value}"
            )
        amounts.append(value if row.sat is None else row.sat)
        claimed[row.outpoint] = claimed.get(row.outpoint, 0) + amounts[-1]
        if claimed[row.outpoint] > value:
            raise MisuseError(
                f"the claimants of {row.outpoint} ask for {claimed[row.outpoint]} sat together, it "
                f"holds {value}; give each a part, as TXID:VOUT=SATOSHIS"
            )
    return amounts


def refuse_outside(txouts: Int64, direction: Direction, limits: Limits, view: StoreView) -> None:
    """Raises MisuseError for an output that moved before the period asked, or came after it."""
    moved = _moved_outside(txouts, direction, limits, view)
    if not (moved >= 0).any():
        return
    at = int(np.argmax(moved >= 0))
    name = Places(view, [int(txouts[at])]).outpoint(int(txouts[at]))
    if direction == "forward":
        raise MisuseError(
            f"seed {name} was spent at height {moved[at]}, before the period asked, which begins "
            f"at {limits.min_height}; begin earlier, or trace from what became of it"
        )
    raise MisuseError(
        f"seed {name} was made at height {moved[at]}, after the period asked, which ends at "
        f"{limits.max_height}; end later, or trace from an earlier output"
    )


def _moved_outside(txouts: Int64, direction: Direction, limits: Limits, view: StoreView) -> Int64:
    """The height at which each output was spent before, or made after, the period; -1 within."""
    found = np.full(len(txouts), -1, np.int64)
    limit = limits.min_height if direction == "forward" else limits.max_height
    if limit is None or not len(txouts):
        return found
    outputs = view.chain.outputs(txouts)
    txs = outputs.spender if direction == "forward" else outputs.tx_id
    there = np.flatnonzero(txs >= 0)
    heights = view.chain.transactions(txs[there]).height.astype(np.int64)
    outside = heights < limit if direction == "forward" else heights > limit
    found[there[outside]] = heights[outside]
    return found


def receipts_of(
    scripts: Int64, direction: Direction, limits: Limits, view: StoreView
) -> tuple[Int64, Receipts]:
    """The receipts of a party that are moved within the period, rising, and the sums of all."""
    taken = receipts(view.chain, scripts)
    inside = _moved_outside(taken.txouts, direction, limits, view) < 0
    kept = taken.txouts[inside]
    left_out = view.chain.outputs(taken.txouts[~inside]).value_sat.tolist()
    return kept, Receipts(
        count=len(kept),
        received_sat=taken.received_sat - sum(left_out),
        internal_count=len(taken.internal),
        internal_sat=taken.internal_sat,
        left_out_count=len(left_out),
        left_out_sat=sum(left_out),
    )


def told(receipts_: Receipts | None) -> dict[str, Any] | None:
    """The receipts for an answer."""
    return None if receipts_ is None else vars(receipts_)
