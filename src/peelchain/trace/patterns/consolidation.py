"""Consolidations: many coins of one owner made into one.

**Definition.** A transaction, no CoinJoin, that spends at least `LEAST_INPUTS` coins, all known,
and makes one output of value that is held to stay with the spender, on one of these grounds, the
first that holds: `co-spend`, it is in the cluster of an input; `tag`, one party has the output and
an input; `fingerprint`, no tag names the output's owner and it is of the type of all inputs and is
spent later, by no CoinJoin, with the same version, locktime and sequence habit.

Sources: the consolidation flag of mempool.space (five inputs an output or more), which asks for no
ground: but who empties a wallet to pay another makes the same shape. The grounds are those of
Kappos et al. 2022 for change.
"""

from collections.abc import Iterable

from peelchain.trace.patterns.finding import CONSOLIDATION, Finding, ordered
from peelchain.trace.patterns.scene import Output, Scene, Transaction

LEAST_INPUTS = 5

CO_SPEND = "co-spend"
TAG = "tag"
FINGERPRINT = "fingerprint"


def consolidations(scene: Scene, tx_ids: Iterable[int]) -> tuple[Finding, ...]:
    """The consolidations among these transactions: `txouts` are the coins, `aside` the output."""
    asked = sorted(set(tx_ids))
    scene.load(asked)
    return ordered(
        _finding(scene.tx(tx), why) for tx in asked if (why := ground(scene, scene.tx(tx)))
    )


def ground(scene: Scene, tx: Transaction) -> str:
    """On what a transaction is held to be one; empty where it is not."""
    if tx.tx_id in scene.mixes or not tx.all_known or len(tx.inputs) < LEAST_INPUTS:
        return ""
    if len(tx.movable) != 1:
        return ""
    (output,) = tx.movable
    if scene.cluster(output.script_id) in {scene.cluster(coin.script_id) for coin in tx.inputs}:
        return CO_SPEND
    party = scene.name(output.script_id)
    if party is not None:
        return TAG if party in {scene.name(coin.script_id) for coin in tx.inputs} else ""
    return FINGERPRINT if _is_spent_alike(scene, tx, output) else ""


def _is_spent_alike(scene: Scene, tx: Transaction, output: Output) -> bool:
    if output.spender < 0 or output.spender in scene.mixes:
        return False
    habits, theirs = tx.fingerprint, scene.tx(output.spender).fingerprint
    return habits[:-1] == theirs[:-1] and habits.script_type == output.script_type


def _finding(tx: Transaction, why: str) -> Finding:
    (output,) = tx.movable
    scripts = {coin.script_id for coin in tx.inputs}
    reasons = [
        f"{len(tx.inputs)} coins on {len(scripts)} scripts become one output of "
        f"{output.value_sat} sat",
        f"held to stay with the spender by {why}",
    ]
    return Finding(
        CONSOLIDATION,
        (tx.tx_id,),
        tuple(coin.txout_id for coin in tx.inputs),
        (output.txout_id,),
        tuple(reasons),
        stratum=f"ground:{why}",
    )
