"""Transactions in Esplora's form, many at once."""

from collections.abc import Sequence
from typing import Any

from peelchain.actions.esplora.raws import Placed, raw_transactions
from peelchain.actions.esplora.view import EsploraView, hash_of, tx_id_of
from peelchain.chain.esplora_form import UNCONFIRMED, status_form, transaction_form
from peelchain.errors import NotInChainError, SourceError
from peelchain.raw_tx import RawTx, TxOutput, parsed

Row = dict[str, Any]

WITHOUT_WITNESSES = "this server's store was made from a dump that gives no witnesses"

_TX = ["txid", "height", "tx_index", "size_bytes", "weight", "fee_sat", "first_txin", "txin_count"]


def transaction(txid: str, view: EsploraView) -> Row:
    """A transaction by its txid in display hex. Raises MisuseError, NotInChainError, StoreError."""
    return transaction_forms([tx_id_of(txid, view)], view)[0]


def transaction_forms(tx_ids: Sequence[int], view: EsploraView) -> list[Row]:
    """The transactions of these tx_ids, in the order asked.

    Raises as `raw_transactions` does.
    """
    rows = view.lookup.rows_of("txs", tx_ids, _TX)
    raws = raw_transactions([_placed(i, rows[i]) for i in rows], view)
    parts = {tx_id: _parsed(raw, view) for tx_id, raw in raws.items()}
    prevouts = _prevouts(parts, rows, view)
    statuses = statuses_at({row["height"] for row in rows.values()}, view)
    return [
        transaction_form(
            parts[tx_id],
            prevouts[tx_id],
            view.network,
            txid=rows[tx_id]["txid"],
            size=rows[tx_id]["size_bytes"],
            weight=rows[tx_id]["weight"],
            fee=rows[tx_id]["fee_sat"],
            status=statuses[rows[tx_id]["height"]],
        )
        for tx_id in tx_ids
    ]


def raw_transaction(txid: str, view: EsploraView) -> bytes:
    """The raw bytes, with witnesses. Raises as `transaction` does.

    NotInChainError too where the store was made from a dump that gives no witnesses.
    """
    tx_id = tx_id_of(txid, view)
    rows = view.lookup.rows_of("txs", [tx_id], _TX)
    raw = raw_transactions([_placed(tx_id, rows[tx_id])], view)[tx_id]
    if len(raw) != rows[tx_id]["size_bytes"]:
        raise NotInChainError(f"Transaction not here whole: {WITHOUT_WITNESSES}")
    return raw


def transaction_status(txid: str, view: EsploraView) -> Row:
    """In which block a transaction is; one that no block has is not confirmed.

    Raises NotInChainError for one that a partial store does not have.
    """
    if not view.is_partial and not view.lookup.find_tx_ids(hash_of(txid)):
        return UNCONFIRMED
    tx_id = tx_id_of(txid, view)
    height = view.lookup.rows_of("txs", [tx_id], ["height"])[tx_id]["height"]
    return statuses_at({height}, view)[height]


def statuses_at(heights: set[int], view: EsploraView) -> dict[int, Row]:
    """The status of the transactions of each height, without what a partial store was not told."""
    partial = view.store.manifest.partial
    rows = view.lookup.rows_of("blocks", heights, ["block_hash", "time_utc"])
    return {
        height: status_form(
            # where nobody told a height, the table's own counts the blocks that are known
            None if partial is not None and partial.ranks else height,
            row["block_hash"],
            None if row["time_utc"] is None else row["time_utc"] // 1000,
        )
        for height, row in rows.items()
    }


def _parsed(raw: bytes, view: EsploraView) -> RawTx:
    try:
        return parsed(raw, view.network.rules)
    except SourceError:
        raise NotInChainError(
            f"Transaction not told: the Esplora API has no words for its parts, which only "
            f"{view.network.coin} has; /raw gives its bytes"
        ) from None


def _placed(tx_id: int, row: Row) -> Placed:
    return Placed(tx_id, row["txid"], row["height"], row["tx_index"], row["size_bytes"])


def _prevouts(
    parts: dict[int, RawTx], rows: dict[int, Row], view: EsploraView
) -> dict[int, list[TxOutput | None]]:
    """What the inputs of each transaction spend, in their order."""
    spans = {
        i: range(rows[i]["first_txin"], rows[i]["first_txin"] + rows[i]["txin_count"])
        for i in parts
    }
    numbers = sorted(number for span in spans.values() for number in span)
    ids = view.lookup.columns_of("txins", numbers, ["prev_txout_id"])["prev_txout_id"]
    prev_of = dict(zip(numbers, ids, strict=True))
    outs = outputs_of({i for i in ids if i is not None}, view)
    return {
        i: [outs.get(prev_of[number]) if prev_of[number] is not None else None for number in span]
        for i, span in spans.items()
    }


def outputs_of(txout_ids: set[int], view: EsploraView) -> dict[int, TxOutput]:
    """Satoshis and script of each output."""
    wanted = sorted(txout_ids)
    found = view.lookup.columns_of("txouts", wanted, ["value_sat", "script_id"])
    scripts = view.lookup.scripts(found["script_id"])
    return {
        txout_id: TxOutput(value_sat, scripts[script_id])
        for txout_id, value_sat, script_id in zip(
            wanted, found["value_sat"], found["script_id"], strict=True
        )
    }
