"""Who spends the outputs of a transaction."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from peelchain.actions.esplora.transactions import statuses_at
from peelchain.actions.esplora.view import EsploraView, number_of, tx_id_of
from peelchain.errors import NotInChainError
from peelchain.units import format_hash

Row = dict[str, Any]

UNSPENT: Row = {"spent": False}


def outspend(txid: str, vout: str, view: EsploraView) -> Row:
    """Who spends one output. Raises MisuseError, and NotInChainError where that is not known."""
    number = number_of(vout)
    outputs = _outputs(txid, view)
    txout_id = outputs.get(number)
    if txout_id is None:
        raise NotInChainError(f"Output not found: the transaction has {len(outputs)} outputs")
    told = spends_of([txout_id], view)[0]
    if told is None:
        raise NotInChainError(_UNKNOWN)
    return told


def outspends(txid: str, view: EsploraView) -> list[Row]:
    """Who spends each output, in order.

    Raises MisuseError, and NotInChainError where it is not known of one: no entry can say so.
    """
    found = spends_of(list(_outputs(txid, view).values()), view)
    unknown = [vout for vout, told in enumerate(found) if told is None]
    if unknown:
        raise NotInChainError(f"{_UNKNOWN}, for output {unknown[0]} and {len(unknown) - 1} others")
    return [told for told in found if told is not None]


def spends_of(txout_ids: Sequence[int], view: EsploraView) -> list[Row | None]:
    """The spend of each output in Esplora's form, in order; None where it is not known.

    That is the case in a partial store only: no spender was fetched, and no server has said that
    there is none.
    """
    spenders = view.lookup.spenders(txout_ids)
    txs = view.lookup.rows_of("txs", (s[0] for s in spenders if s), ["txid", "height"])
    statuses = statuses_at({row["height"] for row in txs.values()}, view)
    return [
        {
            "spent": True,
            "txid": format_hash(txs[spender[0]]["txid"]),
            "vin": spender[1],
            "status": statuses[txs[spender[0]]["height"]],
        }
        if spender
        else (UNSPENT if is_unspent(txout_id, view) else None)
        for txout_id, spender in zip(txout_ids, spenders, strict=True)
    ]


def is_unspent(txout_id: int, view: EsploraView) -> bool:
    """Whether an output without a known spender is known to have none."""
    if not view.is_partial:
        return True
    known = view.absent_spenders
    at = int(np.searchsorted(known, txout_id))
    return at < len(known) and int(known[at]) == txout_id


_UNKNOWN = "Spender not fetched: this server has a partial store, and cannot say if it is unspent"


def _outputs(txid: str, view: EsploraView) -> dict[int, int]:
    """The txout_id of each vout of a transaction, rising."""
    tx_id = tx_id_of(txid, view)
    row = view.lookup.rows_of("txs", [tx_id], ["first_txout_id", "txout_count"])[tx_id]
    return dict(enumerate(range(row["first_txout_id"], row["first_txout_id"] + row["txout_count"])))
