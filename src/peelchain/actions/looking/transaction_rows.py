"""A transaction's rows, and as all answers tell it: by names that mean something elsewhere."""

from dataclasses import dataclass
from typing import Any

from peelchain.actions.open_store import OpenStore
from peelchain.script import address, script_type
from peelchain.store.lookup import BlockRow, Row
from peelchain.units import format_hash, format_time, parse_txid

_TX = ["txid", "height", "tx_index", "version", "locktime", "size_bytes", "weight", "fee_sat"]
_TX += ["first_txin", "txin_count", "first_txout_id", "txout_count"]
_TXOUT = ["vout", "value_sat", "script_id"]


@dataclass(frozen=True)
class Some:
    """Which of a transaction's inputs or outputs: `count` from `first` on, None for all."""

    first: int = 0
    count: int | None = None

    def of(self, start: int, there: int) -> range:
        """The rows from `start` on, of which `there` are."""
        first = min(self.first, there)
        end = there if self.count is None else min(there, first + self.count)
        return range(start + first, start + end)


ALL = Some()


@dataclass(frozen=True)
class TransactionRows:
    """A transaction with the inputs and outputs asked for.

    `row` has the columns of `txs`; `inputs` and `outputs` are rows of `txins` and `txouts` in
    order, `prevouts` rows of `txouts` by txout_id; `spenders` are tx_id and vin by txout_id, None
    for unspent; `txids` and `scripts` name what these lead to. `twins` are the heights of BIP 30
    duplicates.
    """

    tx_id: int
    row: Row
    twins: tuple[int, ...]
    block: BlockRow
    inputs: list[Row]
    prevouts: dict[int, Row]
    outputs: dict[int, Row]
    spenders: dict[int, tuple[int, int] | None]
    txids: dict[int, bytes]
    scripts: dict[int, bytes]

    def prevout_script(self, txin: Row) -> int | None:
        """The script_id of what an input spends, None for a coinbase or one not known."""
        prevout = self.prevouts.get(txin["prev_txout_id"])
        return None if prevout is None else int(prevout["script_id"])


def transaction_rows(
    txid: str, opened: OpenStore, inputs: Some = ALL, outputs: Some = ALL
) -> TransactionRows:
    """The rows of a transaction; of a BIP 30 duplicate the later one's.

    Raises MisuseError for no txid, NotInChainError for one that is not there.
    """
    lookup = opened.lookup
    *others, tx_id = lookup.tx_ids(parse_txid(txid))
    rows = lookup.rows_of("txs", [*others, tx_id], _TX)
    row = rows[tx_id]
    (block,) = lookup.blocks([row["height"]])
    txin_rows = inputs.of(row["first_txin"], row["txin_count"])
    txins = lookup.rows_of("txins", txin_rows, ["vin", "state", "sequence", "prev_txout_id"])
    prev_ids = [i["prev_txout_id"] for i in txins.values() if i["prev_txout_id"] is not None]
    prevouts = lookup.rows_of("txouts", prev_ids, ["tx_id", *_TXOUT])
    txout_ids = outputs.of(row["first_txout_id"], row["txout_count"])
    txouts = lookup.rows_of("txouts", txout_ids, [*_TXOUT, "script_type"])
    spenders = dict(zip(txout_ids, lookup.spenders(txout_ids), strict=True))
    makers = (p["tx_id"] for p in prevouts.values())
    txids = lookup.txids([*makers, *(spent[0] for spent in spenders.values() if spent)])
    scripts = lookup.scripts(o["script_id"] for o in (*prevouts.values(), *txouts.values()))
    return TransactionRows(
        tx_id=tx_id,
        row=row,
        twins=tuple(rows[other]["height"] for other in others),
        block=block,
        inputs=list(txins.values()),
        prevouts=prevouts,
        outputs=txouts,
        spenders=spenders,
        txids=txids,
        scripts=scripts,
    )


def transaction_told(found: TransactionRows, opened: OpenStore) -> dict[str, Any]:
    """A transaction with its inputs' prevouts and its outputs' spenders, as JSON."""
    row, network = found.row, opened.network

    def spent(i: Row) -> dict[str, Any]:
        prevout = found.prevouts.get(i["prev_txout_id"])
        if prevout is None:
            return {"prevout": None, "value_sat": None, "address": None, "script_type": None}
        script = found.scripts[prevout["script_id"]]
        return {
            "prevout": f"{format_hash(found.txids[prevout['tx_id']])}:{prevout['vout']}",
            "value_sat": prevout["value_sat"],
            "address": address(script, network),
            "script_type": str(script_type(script)),
        }

    def spender_of(txout_id: int) -> str | None:
        spender = found.spenders[txout_id]
        return f"{format_hash(found.txids[spender[0]])}:{spender[1]}" if spender else None

    states = opened.lookup.spend_states(found.spenders)
    return {
        **opened.tip,
        "txid": format_hash(row["txid"]),
        "height": row["height"],
        "block_hash": format_hash(found.block.block_hash),
        "time_utc": format_time(found.block.time_seconds),
        "tx_index": row["tx_index"],
        "version": row["version"],
        "locktime": row["locktime"],
        "size_bytes": row["size_bytes"],
        "weight": row["weight"],
        "fee_sat": row["fee_sat"],
        "also_at_heights": list(found.twins),
        "inputs": [
            {"vin": i["vin"], "state": i["state"], **spent(i), "sequence": i["sequence"]}
            for i in found.inputs
        ],
        "outputs": [
            {
                "vout": o["vout"],
                "value_sat": o["value_sat"],
                "address": address(found.scripts[o["script_id"]], network),
                "script_type": o["script_type"],
                "script_pubkey": found.scripts[o["script_id"]].hex(),
                "spent_by": spender_of(txout_id),
                "spend": states[txout_id],
            }
            for txout_id, o in found.outputs.items()
        ],
    }
