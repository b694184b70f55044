"""One transaction, one address."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from peelchain.actions.scripts import script_id_or_key
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError
from peelchain.script import address, script_type
from peelchain.units import format_hash, format_time, parse_txid


def transaction(txid: str, store: Path) -> dict[str, Any]:
    """A transaction with its inputs' prevouts and its outputs' spenders.

    Of a BIP 30 duplicate the later one is shown; `also_at_heights` names the other.
    """
    with StoreView(store) as view:
        ids = view.lookup.tx_ids(parse_txid(txid))
        tx_id = ids[-1]
        row = view.lookup.rows(
            "SELECT t.*, b.block_hash, epoch(b.time_utc)::BIGINT AS seconds FROM txs t "
            "JOIN blocks b USING (height) WHERE tx_id = ?",
            [tx_id],
        )[0]
        inputs = view.lookup.rows(
            "SELECT i.vin, i.state, i.sequence, p.txid AS prev_txid, o.vout, o.value_sat, "
            "s.script_pubkey FROM txins i "
            "LEFT JOIN txouts o ON o.txout_id = i.prev_txout_id "
            "LEFT JOIN txs p ON p.tx_id = o.tx_id "
            "LEFT JOIN scripts s ON s.script_id = o.script_id "
            "WHERE i.tx_id = ? ORDER BY i.vin",
            [tx_id],
        )
        outputs = view.lookup.rows(
            "SELECT o.vout, o.value_sat, o.script_type, s.script_pubkey, x.txid AS spent_by, i.vin "
            "FROM txouts o JOIN scripts s USING (script_id) "
            "LEFT JOIN txins i ON i.prev_txout_id = o.txout_id "
            "LEFT JOIN txs x ON x.tx_id = i.tx_id "
            "WHERE o.tx_id = ? ORDER BY o.vout",
            [tx_id],
        )
        others = [
            r["height"]
            for r in view.lookup.rows(
                "SELECT height FROM txs WHERE tx_id IN (SELECT unnest(?)) ORDER BY height",
                [ids[:-1]],
            )
        ]
        network = view.network
        return {
            **view.tip,
            "txid": format_hash(row["txid"]),
            "height": row["height"],
            "block_hash": format_hash(row["block_hash"]),
            "time_utc": format_time(row["seconds"]),
            "tx_index": row["tx_index"],
            "version": row["version"],
            "locktime": row["locktime"],
            "size_bytes": row["size_bytes"],
            "weight": row["weight"],
            "fee_sat": row["fee_sat"],
            "also_at_heights": others,
            "inputs": [
                {
                    "vin": i["vin"],
                    "state": i["state"],
                    "prevout": f"{format_hash(i['prev_txid'])}:{i['vout']}"
                    if i["prev_txid"]
                    else None,
                    "value_sat": i["value_sat"],
                    "address": address(i["script_pubkey"], network) if i["script_pubkey"] else None,
                    "script_type": str(script_type(i["script_pubkey"]))
                    if i["script_pubkey"]
                    else None,
                    "sequence": i["sequence"],
                }
                for i in inputs
            ],
            "outputs": [
                {
                    "vout": o["vout"],
                    "value_sat": o["value_sat"],
                    "address": address(o["script_pubkey"], network),
                    "script_type": o["script_type"],
                    "script_pubkey": o["script_pubkey"].hex(),
                    "spent_by": f"{format_hash(o['spent_by'])}:{o['vin']}"
                    if o["spent_by"]
                    else None,
                }
                for o in outputs
            ],
        }


def address_history(text: str, store: Path, limit: int = 10_000) -> dict[str, Any]:
    """Receipts, spends and balance of an address, and its cluster.

    `text` may be a script_pubkey in hex, for scripts that have no address. Sums are over all
    receipts; the lists hold the latest `limit`.

    Explorers show what is paid to a bare public key (P2PK) under the key's P2PKH address.
    `paid_as_key` names such scripts. Where the chain never has the address itself, the answer is
    that of the P2PK script; where it has both, that of the address alone: the scripts are two.
    """
    if limit < 0:
        raise MisuseError(f"a limit of {limit} rows cannot be; give 0 or more")
    with StoreView(store) as view:
        script_id, keys = script_id_or_key(text, view)
        script = view.script_of(script_id)
        view.lookup.sql.execute(
            "CREATE TEMP TABLE mine AS SELECT o.txout_id, o.tx_id, o.vout, o.value_sat, "
            "i.tx_id AS spender, i.vin FROM txouts o "
            "LEFT JOIN txins i ON i.prev_txout_id = o.txout_id WHERE o.script_id = ?",
            [script_id],
        )
        sums = view.lookup.rows(
            "SELECT count(*) AS receipts, count(spender) AS spends, "
            "sum(value_sat)::BIGINT AS received, "
            "coalesce(sum(value_sat) FILTER (spender IS NOT NULL), 0)::BIGINT AS sent FROM mine"
        )[0]
        seen = view.lookup.rows(
            "SELECT epoch(min(b.time_utc))::BIGINT AS a, epoch(max(b.time_utc))::BIGINT AS z, "
            "min(t.height) AS low, max(t.height) AS high FROM "
            "(SELECT tx_id FROM mine UNION SELECT spender FROM mine WHERE spender IS NOT NULL) m "
            "JOIN txs t USING (tx_id) JOIN blocks b USING (height)"
        )[0]
        receipts = view.lookup.rows(
            "SELECT t.txid, m.vout, m.value_sat, t.height, epoch(b.time_utc)::BIGINT AS seconds, "
            "x.txid AS spent_by FROM mine m JOIN txs t USING (tx_id) JOIN blocks b USING (height) "
            "LEFT JOIN txs x ON x.tx_id = m.spender ORDER BY m.txout_id DESC LIMIT ?",
            [limit],
        )
        spends = view.lookup.rows(
            "SELECT t.txid, m.vin, m.value_sat, t.height, epoch(b.time_utc)::BIGINT AS seconds, "
            "p.txid AS prev_txid, m.vout FROM mine m JOIN txs t ON t.tx_id = m.spender "
            "JOIN blocks b USING (height) JOIN txs p ON p.tx_id = m.tx_id "
            "ORDER BY m.spender DESC, m.vin DESC LIMIT ?",
            [limit],
        )
        cluster_id = int(view.clusters.index.cluster_of([script_id])[0])
        own = view.tags.filter(pc.equal(view.tags["script_pubkey"], pa.scalar(script)))
        tagged = own.select(["label", "category", "actor", "source"]).to_pylist()
        return {
            **view.tip,
            "address": address(script, view.network) or (text if keys else None),
            "script_pubkey": script.hex(),
            "script_type": str(script_type(script)),
            "paid_as_key": [key.hex() for key in keys],
            "received_sat": sums["received"],
            "sent_sat": sums["sent"],
            "balance_sat": sums["received"] - sums["sent"],
            "receipt_count": sums["receipts"],
            "spend_count": sums["spends"],
            "first_seen_utc": format_time(seen["a"]),
            "last_seen_utc": format_time(seen["z"]),
            "first_seen_height": seen["low"],
            "last_seen_height": seen["high"],
            "policy": view.clusters.policy,
            "run_id": view.clusters.run_id,
            "cluster_id": cluster_id,
            "cluster_scripts": len(view.clusters.index.members(cluster_id)),
            "tags": tagged,
            "receipts": [
                {
                    "txid": format_hash(r["txid"]),
                    "vout": r["vout"],
                    "value_sat": r["value_sat"],
                    "height": r["height"],
                    "time_utc": format_time(r["seconds"]),
                    "spent_by": format_hash(r["spent_by"]) if r["spent_by"] else None,
                }
                for r in receipts[::-1]
            ],
            "spends": [
                {
                    "txid": format_hash(r["txid"]),
                    "vin": r["vin"],
                    "value_sat": r["value_sat"],
                    "height": r["height"],
                    "time_utc": format_time(r["seconds"]),
                    "prevout": f"{format_hash(r['prev_txid'])}:{r['vout']}",
                }
                for r in spends[::-1]
            ],
        }
