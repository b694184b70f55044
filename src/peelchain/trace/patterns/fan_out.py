"""Fan-outs: one owner pays many in one transaction.

**Definition.** A transaction, no CoinJoin, all of whose inputs are known and counted to one holder
(a tagged party, else a cluster), that pays at least `LEAST_PAYEES` scripts which are counted to
others and no two of which are counted to one. Outputs of less than `LEAST_SAT` pay nobody: near
the dust limit they carry data and assets, often back to their owner.

Sources: the batch-payment flag of mempool.space (one input for five outputs or more: here it is the
payees that count, since a service may need many coins for a batch); Bitcoin Optech, "payment
batching". A wallet that splits its coins over fresh addresses of its own looks the same.
"""

from collections.abc import Iterable

from peelchain.trace.patterns.finding import FAN_OUT, Finding, ordered
from peelchain.trace.patterns.scene import Output, Scene, Transaction

LEAST_PAYEES = 5
LEAST_SAT = 1_000


def fan_outs(scene: Scene, tx_ids: Iterable[int]) -> tuple[Finding, ...]:
    """The fan-outs among these: `txouts` are what others are paid, `aside` the rest."""
    asked = sorted(set(tx_ids))
    scene.load(asked)
    found = []
    for tx in asked:
        paid = payees(scene, scene.tx(tx))
        if len(paid) >= LEAST_PAYEES:
            found.append(_finding(scene, scene.tx(tx), paid))
    return ordered(found)


def payees(scene: Scene, tx: Transaction) -> dict[int | str, list[Output]]:
    """What a transaction of one holder pays others, by payee; nothing where it has several."""
    holders = {scene.holder(coin.script_id) for coin in tx.inputs}
    if tx.tx_id in scene.mixes or not tx.all_known or len(holders) != 1:
        return {}
    paid: dict[int | str, list[Output]] = {}
    for output in tx.movable:
        holder = scene.holder(output.script_id)
        if holder not in holders and output.value_sat >= LEAST_SAT:
            paid.setdefault(holder, []).append(output)
    return paid


def _finding(scene: Scene, tx: Transaction, paid: dict[int | str, list[Output]]) -> Finding:
    outputs = sorted(output.txout_id for some in paid.values() for output in some)
    values = sorted(output.value_sat for some in paid.values() for output in some)
    reasons = [
        f"pays {len(paid)} payees {sum(values)} sat in {len(outputs)} outputs of {values[0]} to "
        f"{values[-1]} sat, from {len(tx.inputs)} coins of one holder"
    ]
    payer = scene.name(tx.inputs[0].script_id)
    if payer is not None:
        reasons.append(f"the payer is tagged as {payer}")
    rest = tuple(o.txout_id for o in tx.movable if o.txout_id not in set(outputs))
    return Finding(FAN_OUT, (tx.tx_id,), tuple(outputs), rest, tuple(reasons))
