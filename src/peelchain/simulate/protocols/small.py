"""Joint transactions of two people, which have no three equal outputs.

Sources: the two-party mixes of Samourai's Cahoots, "STONEWALLx2" (two equal outputs, of which one
pays a third person, and two changes) and "Stowaway" (a PayJoin between two people); for unequal
sums, Maurer, Neudecker and Florian 2017 ("Anonymous CoinJoin transactions with arbitrary values"),
section III. No published detector covers them: with n = 2 a payment to two people has that shape.
"""

from peelchain.simulate.joint import Part, enough, submit_mix
from peelchain.simulate.ledger import Output
from peelchain.simulate.parties import Party
from peelchain.simulate.payjoin import pay_by_payjoin
from peelchain.simulate.transaction import vbytes
from peelchain.simulate.truth import shown_txid
from peelchain.simulate.wallet import DUST_SAT

_OUTPUT_SCRIPT = bytes(25)


def two_party(payer: Party, helper: Party, payee: Party, value_sat: int) -> bool:
    """A payment hidden among two equal outputs, the second the helper's own; whether it came.

    Payer and helper halve the fee. Where payee and helper are one, both equal outputs are theirs,
    one of them paid.
    """
    ledger = payer.ledger
    rate = max(payer.main.rate, helper.main.rate)
    reserve = int(rate * 400) + 2 * DUST_SAT
    ours = enough(payer.main.spendable(), value_sat + reserve)
    theirs = enough(helper.main.spendable(), value_sat + reserve)
    if ours is None or theirs is None:
        return False
    parts = [Part(payer.main, ours), Part(helper.main, theirs)]
    fee = int(rate * vbytes([*ours, *theirs], [_OUTPUT_SCRIPT] * 4)) + 2
    changes = [part.value_sat - value_sat - fee // 2 for part in parts]
    if min(changes) <= DUST_SAT or changes[0] == changes[1]:
        return False
    outputs = [
        Output(payee.main.address(), value_sat),
        Output(helper.main.address("coinjoin"), value_sat),
        Output(payer.main.address("change"), changes[0], is_change=True),
        Output(helper.main.address("change"), changes[1], is_change=True),
    ]
    submit_mix(ledger, "two_party", parts, outputs, "bip69")
    return True


def unequal(payer: Party, helper: Party, payee: Party, value_sat: int) -> bool:
    """Two payments of different sums made in one transaction, each with its change."""
    ledger, rng = payer.ledger, payer.ledger.rng
    other_sat = value_sat * rng.randint(30, 170) // 100 + 1
    rate = max(payer.main.rate, helper.main.rate)
    reserve = int(rate * 400) + 2 * DUST_SAT
    ours = enough(payer.main.spendable(), value_sat + reserve)
    theirs = enough(helper.main.spendable(), other_sat + reserve)
    if ours is None or theirs is None or other_sat == value_sat or helper is payee:
        return False
    parts = [Part(payer.main, ours), Part(helper.main, theirs)]
    fee = int(rate * vbytes([*ours, *theirs], [_OUTPUT_SCRIPT] * 4)) + 2
    changes = [
        part.value_sat - paid - fee // 2
        for part, paid in zip(parts, (value_sat, other_sat), strict=True)
    ]
    if min(changes) <= DUST_SAT:
        return False
    outputs = [
        Output(payee.main.address(), value_sat),
        Output(helper.services[0].deposit_address(helper.owner_id), other_sat),
        Output(payer.main.address("change"), changes[0], is_change=True),
        Output(helper.main.address("change"), changes[1], is_change=True),
    ]
    submit_mix(ledger, "unequal", parts, outputs, "shuffled")
    return True


def stowaway(payer: Party, helper: Party, payee: Party, value_sat: int) -> bool:
    """A PayJoin between two people, the helper being the payee."""
    receipt = pay_by_payjoin(
        payer.main, helper.main.address(), value_sat, "coinjoin", design="stowaway"
    )
    if receipt is None:
        return False
    names = " ".join(sorted((payer.owner_id, helper.owner_id)))
    payer.ledger.truth.coinjoins.add(shown_txid(receipt.txid), "stowaway", names)
    return True
