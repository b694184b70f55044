"""PayJoin: the payee spends coins of its own along with the payer's.

Source: BIP 78. The payer makes a payment with change; the payee adds inputs, preferably of the same
script type, and raises its own output by their value; the payer pays their fee out of its change.
Version, locktime and sequence stay the payer's. Of its coins the payee prefers those that leave no
input unnecessary (the "unnecessary input heuristic" that BIP 78 asks it to mind).
"""

from typing import Literal

from peelchain.simulate.joint import Part, submit_joint
from peelchain.simulate.ledger import Address, Output, Receipt, Shape
from peelchain.simulate.transaction import Coin, output_vbytes, vbytes
from peelchain.simulate.truth import shown_txid
from peelchain.simulate.wallet import DUST_SAT, Wallet

Design = Literal["bip78", "stowaway"]

_TRIED = 12


def pay_by_payjoin(
    payer: Wallet, to: Address, value_sat: int, kind: str, design: Design = "bip78"
) -> Receipt | None:
    """A PayJoin to the address, whose wallet adds coins; None where it cannot be made.

    It cannot without a payee's coin of the payer's script type, nor without change to pay its fee.
    """
    ledger = payer.ledger
    chosen = payer.choose([(to, value_sat)])
    if chosen is None or to.wallet.owner_id == payer.owner_id:
        return None
    kinds = {coin.lock.kind for coin in chosen}
    theirs = [coin for coin in to.wallet.spendable() if coin.lock.kind in kinds]
    if not theirs:
        return None
    coin = _contribution(chosen, ledger.rng.sample(theirs, min(len(theirs), _TRIED)), value_sat)
    change_to = payer.change_address([(to, value_sat)])
    size = vbytes([*chosen, coin], [to.script, change_to.script])
    change = sum(c.value_sat for c in chosen) - value_sat - int(payer.rate * size) - 1
    if change <= DUST_SAT + int(payer.rate * output_vbytes(change_to.script)):
        return None
    locktime, sequence = payer.lock_fields()
    outputs = [Output(to, value_sat + coin.value_sat), Output(change_to, change, is_change=True)]
    shape: Shape = "payjoin" if design == "bip78" else "coinjoin"
    receipt = submit_joint(
        ledger,
        [Part(payer, tuple(chosen)), Part(to.wallet, (coin,))],
        outputs,
        kind=kind,
        shape=shape,
        order="bip69" if payer.habits.position == "sorted" else "shuffled",
        version=payer.habits.version,
        locktime=locktime,
        sequence=sequence,
    )
    ledger.truth.payjoins.add(
        shown_txid(receipt.txid),
        design,
        payer.owner_id,
        to.wallet.owner_id,
        receipt.coin(0).vout,
        value_sat,
        1,
    )
    return receipt


def _contribution(chosen: list[Coin], theirs: list[Coin], value_sat: int) -> Coin:
    """The first of the payee's coins with which every input seems needed, else the first."""
    spent = sum(coin.value_sat for coin in chosen)
    for coin in theirs:
        least = min(c.value_sat for c in (*chosen, coin))
        greatest_out = max(value_sat + coin.value_sat, spent - value_sat)
        if spent + coin.value_sat - least < greatest_out:
            return coin
    return theirs[0]
