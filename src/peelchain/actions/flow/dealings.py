"""Whom a party pays and who pays it, over all its transactions.

A payment is what the payee gets in a transaction that the payer spends in. Where several spend in
it, each counts as its payer, and the transaction as joint: nothing says whose coins went where.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peelchain.actions.flow.coins import Coins, made_by, spans, spent_by
from peelchain.actions.flow.known import known_of
from peelchain.actions.flow.strands import Bundles, Strands, bundled
from peelchain.actions.flow.subjects import Kind, Subject, owners_of
from peelchain.actions.view import StoreView
from peelchain.store.arrays import Int64

_ITSELF = -1


@dataclass(frozen=True)
class Dealings:
    """A party's payments by counterpart; `joint`, `mixed` and `mined` as in Neighbours."""

    bundles: Bundles
    joint: Int64
    mixed: Int64
    mined: tuple[int, int] = (0, 0)


def payees(view: StoreView, party: Subject, kind: Kind, spends: Int64) -> Dealings:
    """Whom a party pays in the transactions that it spends in, itself left out."""
    made = made_by(view, spends)
    others: npt.NDArray[np.bool_] = ~_own(view, party, made.script) & ~made.unspendable
    made = made.where(others)
    keys = owners_of(view, made.script, kind)
    found = bundled(Strands(keys, made.at, made.txout, made.value_sat))
    return _dealings(view, found, _paying(view, party, kind, spends))


def payers(view: StoreView, party: Subject, kind: Kind, paid: Coins) -> Dealings:
    """Who spends in the transactions that pay a party, itself left out; `paid` are its receipts."""
    receipts = np.unique(paid.at)
    paying = _paying(view, party, kind, receipts)
    tx_ids, keys = paying[paying[:, 1] != _ITSELF].T
    # each payer of a transaction beside each output by which it pays the party; they lie by tx
    low = np.searchsorted(paid.at, tx_ids, "left")
    count = np.searchsorted(paid.at, tx_ids, "right") - low
    rows = spans(low.astype(np.int64), count.astype(np.int64))
    strands = Strands(np.repeat(keys, count), paid.at[rows], paid.txout[rows], paid.value_sat[rows])
    mined = _coinbases(view, receipts[~np.isin(receipts, paying[:, 0])])
    from_mining = np.isin(paid.at, mined)
    return _dealings(
        view, bundled(strands), paying, (len(mined), int(paid.value_sat[from_mining].sum()))
    )


def _paying(view: StoreView, party: Subject, kind: Kind, tx_ids: Int64) -> Int64:
    """Rows of a transaction and one who spends in it, each once; _ITSELF for the party."""
    spent = spent_by(view, tx_ids)
    payer = np.where(_own(view, party, spent.script), _ITSELF, owners_of(view, spent.script, kind))
    return np.unique(np.stack([spent.at, payer], axis=1), axis=0)


def _dealings(
    view: StoreView, found: Bundles, paying: Int64, mined: tuple[int, int] = (0, 0)
) -> Dealings:
    tx_ids, counts = np.unique(paying[:, 0], return_counts=True)
    joint = _counted(found, tx_ids[counts > 1])
    return Dealings(found, joint, _counted(found, known_of(view).coinjoins), mined)


def _counted(found: Bundles, tx_ids: Int64) -> Int64:
    """Of each bundle, how many of its transactions are among these."""
    s = found.strands
    new = np.ones(len(s.key), bool)
    new[1:] = (s.key[1:] != s.key[:-1]) | (s.tx[1:] != s.tx[:-1])
    of = np.searchsorted(found.key, s.key[new & np.isin(s.tx, tx_ids)])
    return np.bincount(of, minlength=len(found)).astype(np.int64)


def _own(view: StoreView, party: Subject, scripts: Int64) -> npt.NDArray[np.bool_]:
    owns: npt.NDArray[np.bool_] = owners_of(view, scripts, party.kind) == party.number
    return owns


def _coinbases(view: StoreView, tx_ids: Int64) -> Int64:
    rows = view.lookup.rows_of("txs", tx_ids.tolist(), ["tx_index"])
    return np.array([i for i, row in rows.items() if row["tx_index"] == 0], np.int64)
