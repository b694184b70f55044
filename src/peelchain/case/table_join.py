"""A table of users and addresses joined with the chain: what each user paid, and what in all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peelchain.store.chain_rows import ChainRows, Int64
from peelchain.store.lookup import Lookup

NOBODY = -1
"""In place of a user: the address is several users' or the script is not in the chain."""


@dataclass(frozen=True)
class Joined:
    """A table joined with the chain, N scripts of it and their M receipts in chain order.

    `script_ids` int64[N] rising, of the table's scripts that the chain has, and `user_of` int64[N]
    the place of each one's user, NOBODY where several have it. Of the receipts: `txouts` rising,
    `tx_ids`, `heights`, `values` in satoshis and `users`, the place of the user or NOBODY, int64[M]
    each. `internal_count` and `internal_sat` are what came from within: from transactions that
    spend what the party or the table has.
    """

    script_ids: Int64
    user_of: Int64
    txouts: Int64
    tx_ids: Int64
    heights: Int64
    values: Int64
    users: Int64
    receipt_scripts: Int64
    internal_count: int
    internal_sat: int


@dataclass(frozen=True)
class Payers:
    """The users who paid, P of them by their place, rising: receipts, sums, first and last.

    `first` and `last` are rows of the receipts.
    """

    users: Int64
    counts: Int64
    values: Int64
    first: Int64
    last: Int64


def join_table(
    chain: ChainRows,
    lookup: Lookup,
    scripts: Sequence[bytes],
    owners: Sequence[int],
    party: npt.ArrayLike,
    last_height: int | None = None,
) -> Joined:
    """The receipts of a table's scripts; `owners` is the place of the user of each.

    Outputs of no value are left out, and so is what a transaction pays that spends outputs of the
    `party` (script_ids) or of the table: change and transfers within. Blocks above `last_height`
    count for nothing.
    """
    owner_of: dict[bytes, int] = {}
    for script, owner in zip(scripts, owners, strict=True):
        known_owner = owner_of.setdefault(script, owner)
        if known_owner != owner:
            owner_of[script] = NOBODY
    known = lookup.script_ids(owner_of)
    ids = np.fromiter(known.values(), np.int64, len(known))
    users = np.fromiter((owner_of[script] for script in known), np.int64, len(known))
    order = np.argsort(ids, kind="stable")
    ids, users = ids[order], users[order]
    within = np.union1d(np.asarray(party, np.int64), ids)
    spenders = np.unique(chain.outputs(chain.outputs_of_scripts(within)).spender)
    spenders = spenders[spenders >= 0]
    paid = chain.outputs_of_scripts(ids)
    if last_height is not None:
        _, end = chain.txs_of_heights(0, last_height)
        paid = paid[chain.outputs(paid).tx_id < end]
    found = chain.outputs(paid)
    is_internal = np.isin(found.tx_id, spenders)
    counts = found.value_sat > 0
    taken = counts & ~is_internal
    tx_ids = found.tx_id[taken]
    return Joined(
        script_ids=ids,
        user_of=users,
        txouts=paid[taken],
        tx_ids=tx_ids,
        heights=chain.transactions(tx_ids).height.astype(np.int64),
        values=found.value_sat[taken],
        users=users[np.searchsorted(ids, found.script_id[taken])],
        receipt_scripts=found.script_id[taken],
        internal_count=int((counts & is_internal).sum()),
        internal_sat=sum_sat(found.value_sat[counts & is_internal]),
    )


def payers(joined: Joined) -> Payers:
    """The users who paid; what came to addresses of several users is nobody's."""
    rows = np.flatnonzero(joined.users != NOBODY)
    rows = rows[np.argsort(joined.users[rows], kind="stable")]
    users, starts, counts = np.unique(joined.users[rows], return_index=True, return_counts=True)
    if not len(users):
        none = np.empty(0, np.int64)
        return Payers(none, none, none, none, none)
    return Payers(
        users=users,
        counts=counts.astype(np.int64),
        values=np.add.reduceat(joined.values[rows], starts),
        # rows of one user stay in chain order
        first=rows[starts],
        last=rows[starts + counts - 1],
    )


def sum_sat(values: Int64) -> int:
    """The sum of amounts, which 64 bits could not hold for a great many."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def block_times(lookup: Lookup, heights: Int64) -> Int64:
    """The time of the block at each height, in seconds since 1970."""
    unique, places = np.unique(heights, return_inverse=True)
    rows = lookup.rows_of("blocks", unique.tolist(), ["time_utc"])
    times = np.array([rows[h]["time_utc"] // 1000 for h in unique.tolist()], np.int64)
    return times[places] if len(heights) else np.empty(0, np.int64)
