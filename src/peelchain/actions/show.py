"""One transaction, one address."""

from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.looking.transaction_rows import transaction_rows, transaction_told
from peelchain.actions.open_store import OpenStore
from peelchain.actions.scripts import script_id_or_key
from peelchain.actions.tagging.script_tags import tags_of_script
from peelchain.cluster.policy import DEFAULT_POLICY
from peelchain.errors import MisuseError
from peelchain.script import address, script_type
from peelchain.store.lookup import History, Lookup
from peelchain.units import format_hash, format_time


def transaction(txid: str, store: Path) -> dict[str, Any]:
    """A transaction with its inputs' prevouts and its outputs' spenders.

    Of a BIP 30 duplicate the later one is shown; `also_at_heights` names the other.
    """
    with OpenStore(store) as opened:
        return transaction_told(transaction_rows(txid, opened), opened)


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

    Of a partial store `history` is what a server told of the address's transactions, None where
    none was asked, and `balance_sat` is None unless it told all.

    Where no clustering of the present tip is stored, a short chain is clustered for this answer; of
    a long one `policy`, `run_id`, `cluster_id` and `cluster_scripts` are None.
    """
    with OpenStore(store) as opened:
        return history_told(text, opened, limit, as_of)


def history_told(
    text: str, opened: OpenStore, limit: int, as_of: datetime | None = None
) -> dict[str, Any]:
    """What `address_history` gives, of an open store."""
    if limit < 0:
        raise MisuseError(f"a limit of {limit} rows cannot be; give 0 or more")
    script_id, keys = script_id_or_key(text, opened)
    script = opened.script_of(script_id)
    history = opened.lookup.history(script_id, limit)
    partial = opened.store.manifest.partial is not None
    told = opened.lookup.history_told(script) if partial else None
    known = not partial or (told is not None and told["complete"])
    return {
        **opened.tip,
        "address": address(script, opened.network) or (text if keys else None),
        "script_pubkey": script.hex(),
        "script_type": str(script_type(script)),
        "paid_as_key": None if keys is None else [key.hex() for key in keys],
        "received_sat": history.received_sat,
        "sent_sat": history.sent_sat,
        "balance_sat": history.received_sat - history.sent_sat if known else None,
        **({"history": told} if partial else {}),
        "receipt_count": history.receipt_count,
        "spend_count": history.spend_count,
        "first_seen_utc": format_time(history.times[0]),
        "last_seen_utc": format_time(history.times[1]),
        "first_seen_height": history.heights[0],
        "last_seen_height": history.heights[1],
        **_cluster(script_id, opened),
        "tags": tags_of_script(script, opened, as_of),
        **history_rows(history, opened.lookup),
    }


def history_rows(history: History, lookup: Lookup) -> dict[str, list[dict[str, Any]]]:
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

    states = lookup.spend_states({r.txout_id: r.spender for r in history.receipts})
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
                "spend": states[r.txout_id],
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
