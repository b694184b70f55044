"""What lies next to a transaction or a party, before it or after it, whole and unshown."""

from dataclasses import dataclass

import numpy as np

from peelchain.actions.flow.coins import made_by, paid_to, spent_by
from peelchain.actions.flow.dealings import payees, payers
from peelchain.actions.flow.known import TAGGED, known_of
from peelchain.actions.flow.nodes import MOST_SCRIPTS
from peelchain.actions.flow.strands import Bundles, Strands, bundled
from peelchain.actions.flow.subjects import Direction, Kind, Subject, members_of, owners_of
from peelchain.actions.view import StoreView
from peelchain.store.arrays import Int64

END = -1
"""Keys of ends: END - txout_id; of a coinbase the transaction's first output stands for it."""


@dataclass(frozen=True)
class Neighbours:
    """The neighbours of one thing on one side.

    Keys of `bundles` are tx_ids, script_ids or cluster_ids by `kind`, or END - txout_id for an end
    of type `ends[txout_id]`. `joint` and `mixed` int64[G] say, between parties, how many of a
    bundle's transactions have several payers, or are taken for CoinJoins. `mined` counts
    the coinbases that paid a party, which no party did, and adds them up. `whole` is false where a
    party has more scripts than were looked at.
    """

    subject: Subject
    direction: Direction
    kind: Kind
    bundles: Bundles
    ends: dict[int, str]
    joint: Int64
    mixed: Int64
    mined: tuple[int, int] = (0, 0)
    whole: bool = True


def neighbours(view: StoreView, subject: Subject, direction: Direction, kind: Kind) -> Neighbours:
    """Every neighbour on one side, as transactions, addresses or clusters."""
    if subject.kind == "tx":
        return _of_transaction(view, subject, direction, kind)
    (members,) = members_of(view, [subject])
    whole = view.in_memory or len(members) <= MOST_SCRIPTS
    paid = paid_to(view, members if whole else members[:MOST_SCRIPTS])
    if direction == "out":
        paid = paid.where(paid.spender >= 0)
    moved_in = paid.spender if direction == "out" else paid.maker
    if kind == "tx":
        found = bundled(Strands(moved_in, moved_in, paid.txout, paid.value_sat))
        return _plain(subject, direction, kind, found, {}, whole)
    if direction == "out":
        dealt = payees(view, subject, kind, np.unique(moved_in))
    else:
        dealt = payers(view, subject, kind, paid)
    return Neighbours(
        subject, direction, kind, dealt.bundles, {}, dealt.joint, dealt.mixed, dealt.mined, whole
    )


def order_of(view: StoreView, found: Neighbours, order: str) -> Int64:
    """The places of the bundles in an order: by value or by time, or the best known first.

    The greatest value first, then the earliest; ends come after all else in order of time. `tag`
    puts services first, then what is tagged, each by value; a transaction counts by whom it deals
    with on its far side.
    """
    b = found.bundles
    by_value = (b.key, b.first_tx, -b.value_sat)
    if order == "time":
        is_end = b.key <= END
        return np.lexsort((np.where(is_end, -b.key, b.key), b.first_tx, is_end))
    if order == "tag":
        return np.lexsort((*by_value, -_told(view, found)))
    return np.lexsort(by_value)


def _told(view: StoreView, found: Neighbours) -> Int64:
    keys = found.bundles.key
    told, known = np.zeros(len(keys), np.int64), known_of(view)
    real = keys > END
    if found.kind != "tx":
        told[real] = known.told_of(found.kind, keys[real])
        return told
    coins = (made_by if found.direction == "out" else spent_by)(view, keys[real])
    said = known.told_of("address", coins.script)
    # a cluster's tags speak for its other scripts too
    shared = known.told_of("cluster", view.clusters.index.cluster_of(coins.script))
    said = np.maximum(said, np.where(shared > 0, TAGGED, 0))
    best = np.zeros(len(keys), np.int64)
    np.maximum.at(best, np.searchsorted(keys, coins.at), said)
    return best


def _of_transaction(
    view: StoreView, subject: Subject, direction: Direction, kind: Kind
) -> Neighbours:
    tx_id = subject.number
    ends: dict[int, str] = {}
    if direction == "in":
        coins = spent_by(view, [tx_id])
        keys = coins.maker if kind == "tx" else owners_of(view, coins.script, kind)
        strands = Strands(keys, coins.at, coins.txout, coins.value_sat)
        if not len(coins) and _is_coinbase(view, tx_id):
            made = made_by(view, [tx_id])
            first = int(made.txout[0])
            ends[first] = "coinbase"
            total = np.array([made.value_sat.sum()], np.int64)
            at = np.array([first], np.int64)
            strands = Strands(END - at, np.array([tx_id], np.int64), at, total)
    else:
        coins = made_by(view, [tx_id])
        is_end = coins.unspendable | ((coins.spender < 0) & (kind == "tx"))
        for txout, dead in zip(
            coins.txout[is_end].tolist(), coins.unspendable[is_end].tolist(), strict=True
        ):
            ends[txout] = "unspendable" if dead else "unspent"
        there = coins.spender if kind == "tx" else owners_of(view, coins.script, kind)
        moved_in = coins.at if kind != "tx" else np.where(is_end, coins.at, coins.spender)
        keys = np.where(is_end, END - coins.txout, there)
        strands = Strands(keys, moved_in, coins.txout, coins.value_sat)
    return _plain(subject, direction, kind, bundled(strands), ends, True)


def _plain(
    subject: Subject,
    direction: Direction,
    kind: Kind,
    found: Bundles,
    ends: dict[int, str],
    whole: bool,
) -> Neighbours:
    none = np.zeros(len(found), np.int64)
    return Neighbours(subject, direction, kind, found, ends, none, none, whole=whole)


def _is_coinbase(view: StoreView, tx_id: int) -> bool:
    row = view.lookup.rows_of("txs", [tx_id], ["tx_index"])[tx_id]
    return bool(row["tx_index"] == 0)
