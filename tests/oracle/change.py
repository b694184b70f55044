"""The change rules in plain Python, an output at a time, over transactions as dictionaries.

A transaction has the keys of one row of `Transactions` without prefix (tx_id, height, version,
locktime, fee_sat, weight, is_coinbase, is_mix), `inputs` with value, script, type, tx, peels and
sequence (None where not known), and `outputs` with id, value, script, type, fresh,
receipts_before, self_change, next_receipt (None), and spender (None), which is a dictionary of
tx_id, version, locktime, height, fee_sat, weight, inputs, outputs, sequence, type (None: several).
"""

from typing import Any

Tx = dict[str, Any]
Said = tuple[bool, list[bool]]
"""Whether the rule speaks, and of each output whether it may be change."""


def could_be_change(out: Tx) -> bool:
    return out["type"] not in ("op_return", "p2a") and out["value"] > 0


def in_question(tx: Tx) -> bool:
    if tx["is_coinbase"] or tx["is_mix"]:
        return False
    if any(i["script"] is None for i in tx["inputs"]):
        return False
    return sum(could_be_change(o) for o in tx["outputs"]) >= 2


def said(tx: Tx, possible: list[bool], speaks: bool = True) -> Said:
    if not (speaks and in_question(tx)):
        return False, [False] * len(tx["outputs"])
    return True, [p and could_be_change(o) for p, o in zip(possible, tx["outputs"], strict=True)]


def usable(tx: Tx) -> list[Tx]:
    return [o for o in tx["outputs"] if could_be_change(o)]


def one_type(tx: Tx) -> str | None:
    types = {i["type"] for i in tx["inputs"]}
    return types.pop() if len(types) == 1 else None


def address_type(tx: Tx) -> Said:
    own = one_type(tx)
    return said(tx, [o["type"] == own for o in tx["outputs"]], own is not None)


def optimal_change(tx: Tx) -> Said:
    values = [-1 if i["value"] is None else i["value"] for i in tx["inputs"]]
    return said(tx, [o["value"] < min(values) for o in tx["outputs"]], len(values) > 1)


def is_round(value: int) -> bool:
    return str(value).endswith("00000") or value == 0


def round_value(tx: Tx) -> Said:
    found = {is_round(o["value"]) for o in usable(tx)}
    return said(tx, [not is_round(o["value"]) for o in tx["outputs"]], found == {True, False})


def pays_back(tx: Tx) -> list[bool]:
    spent = {i["script"] for i in tx["inputs"]}
    return [o["script"] in spent for o in tx["outputs"]]


def address_reuse(tx: Tx) -> Said:
    back = pays_back(tx)
    some = any(b and could_be_change(o) for b, o in zip(back, tx["outputs"], strict=True))
    return said(tx, back, some)


def fresh_address(tx: Tx) -> Said:
    return said(tx, [o["fresh"] for o in tx["outputs"]])


def one_time_change(tx: Tx, wait: int = 1008) -> Said:
    new = [o for o in usable(tx) if o["fresh"]]
    speaks = len(new) == 1
    for back, out in zip(pays_back(tx), tx["outputs"], strict=True):
        if not could_be_change(out):
            continue
        if back or out["receipts_before"] == 1 or out["self_change"]:
            speaks = False
        if out["fresh"] and out["next_receipt"] is not None:
            speaks = speaks and out["next_receipt"] > tx["height"] + wait
    return said(tx, [o in new for o in tx["outputs"]], speaks)


def shadow_address(tx: Tx) -> Said:
    new = [o["fresh"] and could_be_change(o) for o in tx["outputs"]]
    return said(tx, new, len(new) == 2 and sum(new) == 1)


def locktime_class(locktime: int, height: int) -> str:
    if locktime == 0:
        return "none"
    if locktime >= 500_000_000:
        return "time"
    return "of late" if height - 100 <= locktime <= height else "height"


def sequence_class(sequence: int) -> str:
    return {0xFFFFFFFF: "final", 0xFFFFFFFE: "locktime"}.get(sequence, "replaceable")


def least_sequence(tx: Tx) -> int:
    return int(min(i["sequence"] for i in tx["inputs"]))


def like(tx: Tx, alike: Any, speaks: bool = True) -> Said:
    """Outputs unspent, or whose spender is alike; silent where none is spent."""
    spent = any(o["spender"] is not None for o in usable(tx))
    possible = [o["spender"] is None or alike(o["spender"]) for o in tx["outputs"]]
    return said(tx, possible, speaks and spent)


def spender_locktime(tx: Tx) -> Said:
    own = locktime_class(tx["locktime"], tx["height"])
    return like(tx, lambda s: locktime_class(s["locktime"], s["height"]) == own)


def spender_version(tx: Tx) -> Said:
    return like(tx, lambda s: s["version"] == tx["version"])


def spender_sequence(tx: Tx) -> Said:
    own = sequence_class(least_sequence(tx))
    return like(tx, lambda s: sequence_class(s["sequence"]) == own)


def rate(tx: Tx) -> int:
    vsize = (tx["weight"] + 3) // 4
    return int(tx["fee_sat"] * 1000 // vsize)


def spender_fee_rate(tx: Tx) -> Said:
    same = any(o["spender"] is not None and rate(o["spender"]) == rate(tx) for o in usable(tx))
    possible = [o["spender"] is None or rate(o["spender"]) == rate(tx) for o in tx["outputs"]]
    # as the array version: an unspent output stays possible beside one of the same rate
    return said(tx, possible, same)


def spender_type(tx: Tx) -> Said:
    own = one_type(tx)
    return like(tx, lambda s: s["type"] == own, own is not None)


def spender_outputs(tx: Tx) -> Said:
    return like(tx, lambda s: s["outputs"] <= 2, len(tx["outputs"]) <= 2)


def peeling_chain(tx: Tx) -> Said:
    def goes_on(out: Tx) -> bool:
        s = out["spender"]
        return s is not None and s["inputs"] == 1 and s["outputs"] == 2

    own = len(tx["inputs"]) == 1 and len(tx["outputs"]) == 2
    around = tx["inputs"][0]["peels"] or any(goes_on(o) for o in usable(tx))
    return said(
        tx, [o["spender"] is None or goes_on(o) for o in tx["outputs"]], bool(own and around)
    )


def kind_of(version: int, locktime: int, height: int, sequence: int) -> tuple[Any, ...]:
    known = version if version in (1, 2) else 0
    return known, sequence_class(sequence), locktime_class(locktime, height)


def own_kind(tx: Tx) -> tuple[Any, ...]:
    return kind_of(tx["version"], tx["locktime"], tx["height"], least_sequence(tx))


def owner(tx: Tx, cluster: Any) -> int | None:
    script = tx["inputs"][0]["script"]
    return None if script is None else cluster(script)


def cluster_fingerprint(tx: Tx, chain: list[Tx], cluster: Any) -> Said:
    """Reads the chain for all transactions of the cluster."""
    me = owner(tx, cluster)
    kinds = {own_kind(t) for t in chain if not t["is_mix"] and owner(t, cluster) == me}
    if me is None:
        kinds = set()

    def fits(out: Tx) -> bool:
        s = out["spender"]
        if s is None or cluster(out["script"]) == me:
            return True
        return kind_of(s["version"], s["locktime"], s["height"], s["sequence"]) in kinds

    spent = any(o["spender"] is not None for o in usable(tx))
    return said(tx, [fits(o) for o in tx["outputs"]], spent and bool(kinds))


RULES = {
    rule.__name__: rule
    for rule in (
        address_reuse,
        address_type,
        fresh_address,
        one_time_change,
        optimal_change,
        peeling_chain,
        round_value,
        shadow_address,
        spender_fee_rate,
        spender_locktime,
        spender_outputs,
        spender_sequence,
        spender_type,
        spender_version,
    )
}


def chain_as_told(tables: dict[str, list[Tx]], as_of_height: int, looked_at: int) -> list[Tx]:
    """Every transaction up to a height, from the rows of a store's tables, in the form above.

    Spends and receipts above the height are left out. `is_mix` is False of all.
    """
    txs = [tx for tx in tables["txs"] if tx["height"] <= as_of_height]
    outs = tables["txouts"]
    ins: dict[int, list[Tx]] = {}
    for row in tables["txins"]:
        ins.setdefault(row["tx_id"], []).append(row)
    spent_in = {
        row["prev_txout_id"]: row["tx_id"]
        for row in tables["txins"]
        if row["prev_txout_id"] is not None and row["tx_id"] < len(txs)
    }
    receipts: dict[int, list[Tx]] = {}
    for out in outs:
        if out["tx_id"] < len(txs):
            receipts.setdefault(out["script_id"], []).append(out)

    def pays_itself(tx_id: int, script: int) -> bool:
        spent = [i["prev_txout_id"] for i in ins[tx_id]]
        return any(p is not None and outs[p]["script_id"] == script for p in spent)

    def spender_of(txout_id: int) -> Tx | None:
        if txout_id not in spent_in:
            return None
        tx = tables["txs"][spent_in[txout_id]]
        own = ins[tx["tx_id"]]
        types = {outs[i["prev_txout_id"]]["script_type"] for i in own}
        kept = ("tx_id", "version", "locktime", "height", "fee_sat", "weight")
        return {
            **{name: tx[name] for name in kept},
            "inputs": len(own),
            "outputs": tx["txout_count"],
            "sequence": min(i["sequence"] for i in own),
            "type": types.pop() if len(types) == 1 else None,
        }

    def made(out: Tx) -> Tx:
        same = receipts[out["script_id"]]
        before = [r for r in same if r["tx_id"] < out["tx_id"]]
        after = [r for r in same if r["tx_id"] > out["tx_id"]]
        return {
            "id": out["txout_id"],
            "value": out["value_sat"],
            "script": out["script_id"],
            "type": out["script_type"],
            "fresh": not before,
            "receipts_before": min(len(before), 2),
            "self_change": any(
                pays_itself(r["tx_id"], out["script_id"]) for r in before[-looked_at:]
            ),
            "next_receipt": tables["txs"][after[0]["tx_id"]]["height"] if after else None,
            "spender": spender_of(out["txout_id"]),
        }

    def spent(txin: Tx) -> Tx:
        found: Tx = dict.fromkeys(("value", "script", "type", "tx"))
        found |= {"peels": False, "sequence": txin["sequence"]}
        if txin["prev_txout_id"] is not None:
            out = outs[txin["prev_txout_id"]]
            maker = tables["txs"][out["tx_id"]]
            found |= {
                "value": out["value_sat"],
                "script": out["script_id"],
                "type": out["script_type"],
                "tx": out["tx_id"],
                "peels": maker["txin_count"] == 1 and maker["txout_count"] == 2,
            }
        return found

    kept = ("tx_id", "height", "version", "locktime", "fee_sat", "weight")
    told = []
    for tx in txs:
        first = tx["first_txout_id"]
        told.append(
            {
                **{name: tx[name] for name in kept},
                "is_coinbase": tx["tx_index"] == 0,
                "is_mix": False,
                "inputs": [spent(i) for i in ins[tx["tx_id"]]],
                "outputs": [made(o) for o in outs[first : first + tx["txout_count"]]],
            }
        )
    return told
