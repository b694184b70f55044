"""Trades of inscriptions: seller and buyer spend in one transaction.

Source: the two-dummy scheme of the marketplaces' open signer (magiceden-oss/msigner) and the offers
of ord: two dummy coins of 600 sat, the seller's small coin, the buyer's money; outputs are the
dummies joined, the inscription to the buyer, the price to the seller, the marketplace's fee, two
new dummies and the buyer's change, in this order, since satoshis move from inputs to outputs first
in, first out. The seller's signature covers its coin and the price only.
"""

from collections.abc import Sequence

from peelchain.simulate.joint import Part, enough, submit_joint
from peelchain.simulate.ledger import Address, Ledger, Output
from peelchain.simulate.parties import Party
from peelchain.simulate.transaction import FINAL, REPLACEABLE, Coin, vbytes
from peelchain.simulate.wallet import DUST_SAT, Wallet

DUMMY_SAT = 600

_POSTAGE_SAT = (546, 10_000)
_STOCK = 3
_FEE_PERCENT = 2


def trade(ledger: Ledger, users: Sequence[Party], fee_to: Address) -> bool:
    """A sale between two users; whether somebody had something to sell and another the money.

    Who lacks inscriptions or dummies makes some first, which later blocks can trade.
    """
    rng = ledger.rng
    met = rng.sample(users, min(len(users), 16))
    sellers = [party for party in met if _goods(party)]
    buyers = [party for party in met if len(_dummies(party)) >= 2]
    if len(sellers) < 2 or len(buyers) < 2:
        for party in met[:4]:
            _stock_up(party)
    for seller in sellers:
        for buyer in buyers:
            if buyer is not seller and _sell(ledger, seller, buyer, fee_to):
                return True
    return False


def _wallet(party: Party) -> Wallet:
    return party.client("inscriptions", "inscriptions")


def _goods(party: Party) -> list[Coin]:
    # Spendable whatever their fee: the price pays it.
    return [c for c in _ready(party) if c.value_sat in _POSTAGE_SAT]


def _dummies(party: Party) -> list[Coin]:
    return [c for c in _ready(party) if c.value_sat == DUMMY_SAT]


def _ready(party: Party) -> list[Coin]:
    return [c for c in _wallet(party).coins if c.spendable <= party.ledger.height]


def _stock_up(party: Party) -> None:
    """Inscriptions (their making is not simulated) and dummies, out of the main wallet."""
    rng, wallet = party.ledger.rng, _wallet(party)
    if _goods(party) and len(_dummies(party)) >= 2:
        return
    postage = rng.choice(_POSTAGE_SAT)
    values = [postage] * rng.randint(1, _STOCK) + [DUMMY_SAT] * 2
    payments = [(wallet.address("receive", "p2tr"), value) for value in values]
    party.main.pay("hop", payments, keep_equal=True)


def _sell(ledger: Ledger, seller: Party, buyer: Party, fee_to: Address) -> bool:
    rng = ledger.rng
    goods = _goods(seller)[0]
    dummies = _dummies(buyer)[:2]
    price = max(int(rng.lognormvariate(13.5, 1.2)) // 10_000 * 10_000, 20_000)
    fee = max(price * _FEE_PERCENT // 100, DUMMY_SAT)
    rate = max(buyer.main.rate, ledger.fee_rate)
    needed = price + fee + 2 * DUMMY_SAT + int(rate * 900) + 2 * DUST_SAT
    money = enough(buyer.main.spendable(), needed)
    if money is None:
        return False
    own = _wallet(buyer)
    outputs = [
        Output(own.address("receive", "p2tr"), sum(coin.value_sat for coin in dummies)),
        Output(own.address("receive", "p2tr"), goods.value_sat),
        Output(seller.main.address(), price),
        Output(fee_to, fee),
        Output(own.address("receive", "p2tr"), DUMMY_SAT),
        Output(own.address("receive", "p2tr"), DUMMY_SAT),
    ]
    size = vbytes([*dummies, goods, *money], [*(o.script for o in outputs), bytes(34)])
    change = sum(coin.value_sat for coin in money) - price - fee - 2 * DUMMY_SAT
    change -= int(rate * size) + 1
    if change <= DUST_SAT:
        return False
    outputs.append(Output(buyer.main.address("change"), change, is_change=True))
    parts = [Part(own, tuple(dummies)), Part(_wallet(seller), (goods,)), Part(buyer.main, money)]
    submit_joint(
        ledger,
        parts,
        outputs,
        kind="trade",
        shape="trade",
        order="as_given",
        sequence=REPLACEABLE if rng.random() < 0.5 else FINAL,
        offered=len(dummies),
    )
    return True
