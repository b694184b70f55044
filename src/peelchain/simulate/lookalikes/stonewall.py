"""Stonewall: one wallet builds a payment that could be a mix of two people.

Source: Samourai Wallet's STONEWALL spend: two sets of coins of one wallet, two equal outputs (the
payment and a decoy of its own) and two changes, ordered by BIP 69.
"""

from peelchain.simulate.joint import Part, enough, submit_joint
from peelchain.simulate.ledger import Address, Output
from peelchain.simulate.transaction import vbytes
from peelchain.simulate.wallet import DUST_SAT, Wallet


def pay_by_stonewall(wallet: Wallet, to: Address, value_sat: int) -> bool:
    """Pay so; whether the wallet had two sets of coins that each reach the value.

    The decoy counts as change in the truth, since it returns to the spender.
    """
    ledger = wallet.ledger
    reserve = int(wallet.rate * 400) + 2 * DUST_SAT
    first = enough(wallet.spendable(), value_sat + reserve)
    if first is None:
        return False
    left = [coin for coin in wallet.spendable() if coin not in first]
    second = enough(left, value_sat + reserve)
    if second is None:
        return False
    fee = int(wallet.rate * vbytes([*first, *second], [bytes(25)] * 4)) + 2
    parts = [Part(wallet, first), Part(wallet, second)]
    changes = [part.value_sat - value_sat - fee // 2 for part in parts]
    if min(changes) <= DUST_SAT:
        return False
    outputs = [
        Output(to, value_sat),
        Output(wallet.address("change"), value_sat, is_change=True),
        *(Output(wallet.address("change"), change, is_change=True) for change in changes),
    ]
    submit_joint(
        ledger,
        parts,
        outputs,
        kind="payment",
        shape="stonewall",
        order="bip69",
        version=wallet.habits.version,
    )
    return True
