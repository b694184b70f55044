"""One transaction, one address."""

from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.open_store import OpenStore
from peelchain.actions.scripts import script_id_or_key
from peelchain.actions.tagging.script_tags import tags_of_script
from peelchain.cluster.policy import DEFAULT_POLICY
from peelchain.errors import MisuseError
from peelchain.script import address, script_type
from peelchain.store.lookup import History, Lookup, Row
from peelchain.units import format_hash, format_time, parse_txid

_TX = ["txid", "height", "tx_index", "version", "locktime", "size_bytes", "weight", "fee_sat"]
_TX += ["first_txin", "txin_count", "first_txout_id", "txout_count"]
_TXOUT = ["vout", "value_sat", "script_id"]


def transaction(txid: str, store: Path) -> dict[str, Any]:
    """A transaction with its inputs' prevouts and its outputs' spenders.

    Of a BIP 30 duplicate the later one is shown; `also_at_heights` names the other.
    """
    with OpenStore(store) as opened:
        lookup, network = opened.lookup, opened.network
        *others, tx_id = lookup.tx_ids(parse_txid(txid))
        rows = lookup.rows_of("txs", [*others, tx_id], _TX)
        row = rows[tx_id]
        (block,) = lookup.blocks([row["height"]])
        first_txin, first_txout = row["first_txin"], row["first_txout_id"]
        txin_rows = range(first_txin, first_txin + row["txin_count"])
        txins = lookup.rows_of("txins", txin_rows, ["vin", "state", "sequence", "prev_txout_id"])
        prev_ids = [i["prev_txout_id"] for i in txins.values() if i["prev_txout_id"] is not None]
        prevouts = lookup.rows_of("txouts", prev_ids, ["tx_id", *_TXOUT])
        txout_ids = range(first_txout, first_txout + row["txout_count"])
        txouts = lookup.rows_of("txouts", txout_ids, [*_TXOUT, "script_type"])
        spenders = dict(zip(txout_ids, lookup.spenders(txout_ids), strict=True))
        txids = lookup.txids(
            [
                *(p["tx_id"] for p in prevouts.values()),
                *(spender[0] for spender in spenders.values() if spender),
            ]
        )
        scripts = lookup.scripts(o["script_id"] for o in (*prevouts.values(), *txouts.values()))

        def spent(i: Row) -> dict[str, Any]:
            prevout = prevouts.get(i["prev_txout_id"])
            if prevout is None:
                return {"prevout": None, "value_sat": None, "address": None, "script_type": None}
            script = scripts[prevout["script_id"]]
            return {
                "prevout": f"{format_hash(txids[prevout['tx_id']])}:{prevout['vout']}",
                "value_sat": prevout["value_sat"],
                "address": address(script, network),
                "script_type": str(script_type(script)),
            }

        def spender_of(txout_id: int) -> str | None:
            spender = spenders[txout_id]
            return f"{format_hash(txids[spender[0]])}:{spender[1]}" if spender else None

        return {
            **opened.tip,
            "txid": format_hash(row["txid"]),
            "height": row["height"],
            "block_hash": format_hash(block.block_hash),
            "time_utc": format_time(block.time_seconds),
            "tx_index": row["tx_index"],
            "version": row["version"],
            "locktime": row["locktime"],
            "size_bytes": row["size_bytes"],
            "weight": row["weight"],
            "fee_sat": row["fee_sat"],
            "also_at_heights": [rows[other]["height"] for other in others],
            "inputs": [
                {"vin": i["vin"], "state": i["state"], **spent(i), "sequence": i["sequence"]}
                for i in txins.values()
            ],
            "outputs": [
                {
                    "vout": o["vout"],
                    "value_sat": o["value_sat"],
                    "address": address(scripts[o["script_id"]], network),
                    "script_type": o["script_type"],
                    "script_pubkey": scripts[o["script_id"]].hex(),
                    "spent_by": spender_of(txout_id),
                }
                for txout_id, o in txouts.items()
            ],
        }


def address_history(
    text: str, store: Path, limit: int = 10_000, as_of: datetime | None = None
) -> dict[str, Any]:
    """Receipts, spends and balance of an address, and its cluster.

    `text` may be a script_pubkey in hex, for scripts that have no address. Sums are over all
    receipts; the lists hold the latest `limit`.

    Explorers show what is paid to a bare public key (P2PK) under the key's P2PKH address.
    `paid_as_key` names such scripts. Where the chain never has the address itself, the answer is
    that of the P2PK script; where it has both, that of the address alone: the scripts are two. None
    says that a long chain was not searched for them, since it has the address itself.

    Where no clustering of the present tip is stored, a short chain is clustered for this answer; of
    a long one `policy`, `run_id`, `cluster_id` and `cluster_scripts` are None.
    """
    if limit < 0:
        raise MisuseError(f"a limit of {limit} rows cannot be; give 0 or more")
    with OpenStore(store) as opened:
        script_id, keys = script_id_or_key(text, opened)
        script = opened.script_of(script_id)
        history = opened.lookup.history(script_id, limit)
        return {
            **opened.tip,
            "address": address(script, opened.network) or (text if keys else None),
            "script_pubkey": script.hex(),
            "script_type": str(script_type(script)),
            "paid_as_key": None if keys is None else [key.hex() for key in keys],
            "received_sat": history.received_sat,
            "sent_sat": history.sent_sat,
            "balance_sat": history.received_sat - history.sent_sat,
            "receipt_count": history.receipt_count,
            "spend_count": history.spend_count,
            "first_seen_utc": format_time(history.times[0]),
            "last_seen_utc": format_time(history.times[1]),
            "first_seen_height": history.heights[0],
            "last_seen_height": history.heights[1],
            **_cluster(script_id, opened),
            "tags": tags_of_script(script, opened, as_of),
            **_listed(history, opened.lookup),
        }


def _listed(history: History, lookup: Lookup) -> dict[str, list[dict[str, Any]]]:
    """The rows of a history by the names that mean something outside the store."""
    txout_ids = {r.txout_id for r in history.receipts} | {s.txout_id for s in history.spends}
    outputs = lookup.rows_of("txouts", txout_ids, ["tx_id", "vout"])
    tx_ids = {o["tx_id"] for o in outputs.values()}
    tx_ids |= {r.spender[0] for r in history.receipts if r.spender}
    tx_ids |= {s.tx_id for s in history.spends}
    txs = lookup.rows_of("txs", tx_ids, ["txid", "height"])
    blocks = lookup.rows_of("blocks", (t["height"] for t in txs.values()), ["time_utc"])

    def shown(tx_id: int) -> str:
        return format_hash(txs[tx_id]["txid"])

    def when(tx_id: int) -> dict[str, Any]:
        height = txs[tx_id]["height"]
        return {"height": height, "time_utc": format_time(blocks[height]["time_utc"] // 1000)}

    receipts = []
    for r in history.receipts:
        tx_id, vout = outputs[r.txout_id]["tx_id"], outputs[r.txout_id]["vout"]
        receipts.append(
            {
                "txid": shown(tx_id),
                "vout": vout,
                "value_sat": r.value_sat,
                **when(tx_id),
                "spent_by": shown(r.spender[0]) if r.spender else None,
            }
        )
    spends = []
    for s in history.spends:
        output = outputs[s.txout_id]
        spends.append(
            {
                "txid": shown(s.tx_id),
                "vin": s.vin,
                "value_sat": s.value_sat,
                **when(s.tx_id),
                "prevout": f"{shown(output['tx_id'])}:{output['vout']}",
            }
        )
    return {"receipts": receipts, "spends": spends}


def _cluster(script_id: int, opened: OpenStore) -> dict[str, Any]:
    run = opened.clustering(DEFAULT_POLICY.name)
    if run is not None:
        cluster_id, members = opened.store.run_rows(run, "clusters").cluster_of(script_id)
    elif opened.is_short:
        cluster_id, members = _cluster_now(script_id, opened)
    else:
        return dict.fromkeys(("policy", "run_id", "cluster_id", "cluster_scripts"))
    return {
        "policy": DEFAULT_POLICY.name,
        "run_id": run.run_id if run else None,
        "cluster_id": cluster_id,
        "cluster_scripts": members,
    }


def _cluster_now(script_id: int, opened: OpenStore) -> tuple[int, int]:
    # Arrow and numpy take longer to load than all other look-ups
    from peelchain.cluster.of_store import computed

    index = computed(opened.lookup, DEFAULT_POLICY).index
    cluster_id = int(index.cluster_of([script_id])[0])
    return cluster_id, len(index.members(cluster_id))
