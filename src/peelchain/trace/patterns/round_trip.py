"""Round trips: value that comes back to whom it left.

**Definition.** A party (tagged, else a cluster) pays an output to another; from there it goes on
from output to output, within `MOST_TXS` transactions after the payment and `MOST_BLOCKS` blocks,
each output of at least `LEAST_SHARE` and at most all of the value that left; and an output pays the
party again, at a script counted to it or at an address that is swept into it. No CoinJoin and no
other tagged party lies between, nor does the party itself. A way of one transaction does not count
where that pays the party alone at scripts counted to it: so do cold wallets. Of several ways back
one of the fewest transactions counts, of these the first in chain order; an output that left is
looked at for at most `MOST_LOOKED_AT` others.

Sources: FATF 2020, "Virtual Assets: Red Flag Indicators of Money Laundering and Terrorist
Financing", transaction patterns (in at a service and out again without a use for it). Definition
and limits are this program's. Two people who deal with one service make the same shape, since
between two outputs only the value hangs together.
"""

from collections.abc import Iterable

from peelchain.trace.patterns.deposit_sweep import credited
from peelchain.trace.patterns.finding import ROUND_TRIP, Finding, ordered
from peelchain.trace.patterns.scene import Output, Scene, Transaction

MOST_TXS = 6
MOST_BLOCKS = 1_008
LEAST_SHARE = (1, 2)
MOST_LOOKED_AT = 500

DIRECT = "way:direct"
FURTHER = "way:further"


def round_trips(scene: Scene, tx_ids: Iterable[int]) -> tuple[Finding, ...]:
    """The round trips that leave by one of these transactions.

    `txouts` are the way, from the output that left to the one that came back; `txs` made them.
    """
    asked = sorted(set(tx_ids))
    scene.load(asked)
    scene.load(o.spender for tx in asked for o in scene.tx(tx).outputs if o.spender >= 0)
    found = []
    for tx_id in asked:
        tx = scene.tx(tx_id)
        holder = _payer(scene, tx)
        if holder is None:
            continue
        for output in tx.movable:
            way = _way_back(scene, tx, output, holder)
            if way:
                found.append(_finding(scene, tx, way, holder))
    return ordered(found)


def _payer(scene: Scene, tx: Transaction) -> int | str | None:
    if tx.tx_id in scene.mixes or not tx.all_known or not tx.inputs:
        return None
    holders = {scene.holder(coin.script_id) for coin in tx.inputs}
    return holders.pop() if len(holders) == 1 else None


def _held_by(scene: Scene, output: Output) -> int | str:
    return credited(scene, output) or scene.cluster(output.script_id)


def _way_back(scene: Scene, tx: Transaction, left: Output, holder: int | str) -> tuple[Output, ...]:
    if _held_by(scene, left) == holder:
        return ()
    top, share = LEAST_SHARE
    level: list[tuple[Output, ...]] = [(left,)]
    seen = {left.txout_id}
    for _ in range(MOST_TXS):
        further: list[tuple[Output, ...]] = []
        for way in sorted(level, key=lambda w: w[-1].txout_id):
            for output in _onward(scene, tx, way[-1], holder):
                enough = output.value_sat * share >= left.value_sat * top
                if output.txout_id in seen or not enough or output.value_sat > left.value_sat:
                    continue
                if _held_by(scene, output) == holder:
                    if len(way) > 1 or not _is_all_back(scene, output, holder):
                        return (*way, output)
                    continue
                seen.add(output.txout_id)
                if len(seen) > MOST_LOOKED_AT:
                    return ()
                further.append((*way, output))
        level = further
    return ()


def _is_all_back(scene: Scene, output: Output, holder: int | str) -> bool:
    paid = scene.tx(output.tx_id).movable
    return all(scene.holder(other.script_id) == holder for other in paid)


def _onward(
    scene: Scene, start: Transaction, output: Output, holder: int | str
) -> tuple[Output, ...]:
    """What the spender of an output makes, unless the way ends there."""
    if output.spender < 0 or output.spender in scene.mixes:
        return ()
    if isinstance(_held_by(scene, output), str):
        return ()
    spender = scene.tx(output.spender)
    if not spender.all_known or spender.height - start.height > MOST_BLOCKS:
        return ()
    if any(scene.holder(coin.script_id) == holder for coin in spender.inputs):
        return ()
    return spender.movable


def _finding(scene: Scene, tx: Transaction, way: tuple[Output, ...], holder: int | str) -> Finding:
    last = scene.tx(way[-1].tx_id)
    who = f"{holder}, as tagged," if isinstance(holder, str) else "one cluster"
    percent = way[-1].value_sat * 100 // way[0].value_sat
    reasons = [
        f"{who} paid {way[0].value_sat} sat and was paid {way[-1].value_sat} sat, {percent}%, "
        f"{len(way) - 1} transactions and {last.height - tx.height} blocks later",
    ]
    between = {scene.cluster(output.script_id) for output in way[:-1]}
    if len(between) == 1:
        reasons.append("one cluster held it in between")
    if scene.name(way[-1].script_id) is None and isinstance(holder, str):
        reasons.append(f"the address it came back to is swept into {holder}")
    return Finding(
        ROUND_TRIP,
        tuple(output.tx_id for output in way),
        tuple(output.txout_id for output in way),
        (),
        tuple(reasons),
        stratum=DIRECT if len(way) == 2 else FURTHER,
    )
