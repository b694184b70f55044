"""Blocks with what mempool.space adds to them, as far as the chain says it."""

from typing import Any

from peelchain.actions.esplora.blocks import block_forms
from peelchain.actions.esplora.view import (
    EsploraView,
    block_at,
    number_of,
    tx_ids_of,
    whole_block_of,
)
from peelchain.store.lookup import BlockRow
from peelchain.units import format_hash

Row = dict[str, Any]

_PAGE_BLOCKS = 15
_TX = ["fee_sat", "size_bytes", "weight", "txin_count", "txout_count"]


def block_with_extras(block_hash: str, view: EsploraView) -> Row:
    """A block. Raises MisuseError for no hash, NotInChainError."""
    return _with_extras([whole_block_of(block_hash, view)], view)[0]


def blocks_with_extras(start_height: str | None, view: EsploraView) -> list[Row]:
    """The fifteen blocks up to the tip, or up to a height; the newest first."""
    last = view.tip_height if start_height is None else number_of(start_height)
    whole_block_of(format_hash(block_at(last, view).block_hash), view)
    rows = view.lookup.blocks(range(max(0, last - _PAGE_BLOCKS + 1), last + 1))
    return _with_extras(rows, view)[::-1]


def _with_extras(rows: list[BlockRow], view: EsploraView) -> list[Row]:
    return [
        {**form, "extras": _extras(block, view)}
        for block, form in zip(rows, block_forms(rows, view), strict=True)
    ]


def _extras(block: BlockRow, view: EsploraView) -> Row:
    """Fees and counts, by mempool.space's names; averages as Bitcoin Core's getblockstats.

    `reward` is what the coinbase pays; averages leave the coinbase out. Fees are in satoshis, the
    rate of them by virtual byte.
    """
    coinbase, *others = tx_ids_of(block, view)
    first = view.lookup.rows_of("txs", [coinbase], ["first_txout_id", "txout_count"])[coinbase]
    made = range(first["first_txout_id"], first["first_txout_id"] + first["txout_count"])
    paid = view.lookup.columns_of("txouts", made, ["value_sat"])["value_sat"]
    sums = {
        name: sum(column)
        for name, column in view.lookup.columns_of("txs", sorted(others), _TX).items()
    }
    count, fees = len(others), sums.get("fee_sat", 0)
    return {
        "totalFees": fees,
        "reward": sum(paid),
        "avgFee": fees // count if count else 0,
        "avgFeeRate": 4 * fees // sums["weight"] if count else 0,
        "avgTxSize": sums["size_bytes"] // count if count else 0,
        "totalInputs": sums.get("txin_count", 0),
        "totalOutputs": sums.get("txout_count", 0) + first["txout_count"],
    }
