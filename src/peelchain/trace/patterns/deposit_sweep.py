"""Deposit sweeps: a service gathers what its customers paid to addresses it gave them.

**Definition.** A transaction, no CoinJoin, all of whose value goes to scripts of one tagged party,
at least one of them a *hot wallet's*: the party pays others from it, in a transaction of two
outputs or more; and of the payments to it at most one in `OUTSIDE_SHARE` comes with change from
somebody else, for at an address that customers pay into sweeping cannot be told from paying. The
*deposits* are the coins it spends from scripts not tagged as the party's, paid by somebody else
than the party (its cold wallet is not), each of which is only ever spent into the party (a
customer's own address is also spent elsewhere). A coin mined is no deposit.

Sources: Victor 2020 (deposit address reuse, there on Ethereum: forwarding addresses that only ever
pay an exchange); Ranshous et al. 2017 (exchange patterns in Bitcoin). An inference, to be
confirmed by the service: a customer who pays an address with no change, from scripts used for
nothing else, looks the same.
"""

from collections.abc import Iterable

import numpy as np

from peelchain.store.chain_rows import Int64
from peelchain.trace.patterns.finding import DEPOSIT_SWEEP, Finding, ordered
from peelchain.trace.patterns.scene import Output, Scene, Transaction

MOST_RECEIPTS = 1_000
"""Payments to one script that are looked at, and what spends these: the first in chain order."""

OUTSIDE_SHARE = 10

_A_FEW = 20


def deposit_sweeps(scene: Scene, tx_ids: Iterable[int]) -> tuple[Finding, ...]:
    """The sweeps among these transactions: `txouts` are the deposits, `aside` the outputs."""
    asked = sorted(set(tx_ids))
    scene.load(asked)
    found = []
    for tx_id in asked:
        tx = scene.tx(tx_id)
        party = _swept_into(scene, tx)
        if party is None:
            continue
        deposits = [coin for coin in tx.inputs if _is_deposit(scene, coin, party)]
        if deposits:
            found.append(_finding(tx, party, deposits))
    return ordered(found)


def credited(scene: Scene, output: Output) -> str | None:
    """The tagged party that an output is paid to: by its script's tag, or as a deposit swept."""
    name = scene.name(output.script_id)
    if name is not None or output.spender < 0 or not output.can_move:
        return name
    party = _swept_into(scene, scene.tx(output.spender))
    return party if party is not None and _is_deposit(scene, output, party) else None


def gathered_by(scene: Scene, tx: Transaction) -> str | None:
    """The one tagged party that all value of a transaction goes to."""
    if tx.tx_id in scene.mixes or not tx.all_known or not tx.movable:
        return None
    paid = {scene.name(output.script_id) for output in tx.movable}
    return paid.pop() if len(paid) == 1 else None


def _swept_into(scene: Scene, tx: Transaction) -> str | None:
    party = gathered_by(scene, tx)
    if party is None or not any(_is_hot(scene, o.script_id, party) for o in tx.movable):
        return None
    return party


def _is_hot(scene: Scene, script: int, party: str) -> bool:
    known = scene.hot.get((script, party))
    if known is None:
        spenders = _spenders(scene, script)
        scene.load(spenders)
        pays = any(_pays_out(scene, scene.tx(spender), party) for spender in spenders)
        known = pays and not _is_paid_by_customers(scene, script, party)
        scene.hot[script, party] = known
    return known


def _pays_out(scene: Scene, tx: Transaction, party: str) -> bool:
    # a sweep may go to a fresh script that no tag covers: one output is no payout
    return len(tx.movable) > 1 and gathered_by(scene, tx) != party


def _is_paid_by_customers(scene: Scene, script: int, party: str) -> bool:
    makers = np.unique(scene.chain.outputs(_receipts(scene, script)).tx_id).tolist()
    scene.load(makers)
    outside = sum(_pays_with_change(scene, scene.tx(maker), party) for maker in makers)
    return outside * OUTSIDE_SHARE > len(makers)


def _pays_with_change(scene: Scene, maker: Transaction, party: str) -> bool:
    own = any(scene.name(coin.script_id) == party for coin in maker.inputs)
    return bool(maker.inputs) and not own and gathered_by(scene, maker) != party


def _is_deposit(scene: Scene, coin: Output, party: str) -> bool:
    maker = scene.tx(coin.tx_id)
    by_party = any(scene.name(spent.script_id) == party for spent in maker.inputs)
    if scene.name(coin.script_id) is not None or not maker.inputs or by_party:
        return False
    spenders = _spenders(scene, coin.script_id)
    for first in range(0, len(spenders), _A_FEW):
        few = spenders[first : first + _A_FEW]
        scene.load(few)
        # one that goes elsewhere is enough, and an address in much use has it early
        if any(gathered_by(scene, scene.tx(spender)) != party for spender in few):
            return False
    return True


def _receipts(scene: Scene, script: int) -> Int64:
    return scene.chain.outputs_of_scripts([script])[:MOST_RECEIPTS]


def _spenders(scene: Scene, script: int) -> list[int]:
    spenders = np.unique(scene.chain.outputs(_receipts(scene, script)).spender)
    return [int(spender) for spender in spenders[spenders >= 0]]


def _finding(tx: Transaction, party: str, deposits: list[Output]) -> Finding:
    reasons = (
        f"all {sum(o.value_sat for o in tx.movable)} sat go to scripts tagged as {party}, one of "
        "which it pays others from",
        f"{len(deposits)} coins come from scripts that are spent into {party} alone",
    )
    return Finding(
        DEPOSIT_SWEEP,
        (tx.tx_id,),
        tuple(coin.txout_id for coin in deposits),
        tuple(output.txout_id for output in tx.movable),
        reasons,
    )
