"""A CoinJoin of one equal sum: each participant's part, and its submission."""

from collections.abc import Sequence
from dataclasses import dataclass

from peelchain.simulate.keys import Kind
from peelchain.simulate.ledger import Ledger, Output
from peelchain.simulate.parties import Party
from peelchain.simulate.transaction import Coin
from peelchain.simulate.truth import shown_txid
from peelchain.simulate.wallet import DUST_SAT, Wallet


@dataclass(frozen=True, slots=True)
class Share:
    """One participant's part: the coins it brings, and where its mixed and change outputs go."""

    party: Party
    coins: list[Coin]
    change_sat: int
    change_to: Wallet


def submit_equal_mix(
    ledger: Ledger,
    design: str,
    shares: Sequence[Share],
    kind: Kind,
    value: int,
    outputs: list[Output],
) -> None:
    """Submit the CoinJoin, inputs and outputs shuffled, and tell the parties afterwards."""
    initiator = shares[-1].party.owner_id
    inputs: list[Coin] = []
    seen = {value}
    for share in shares:
        inputs += share.coins
        outputs.append(Output(share.party.mixed_wallet(kind).address("coinjoin"), value))
        change = share.change_sat
        while change in seen:
            change -= 1
        seen.add(change)
        if change > DUST_SAT:
            address = share.change_to.address("change")
            outputs.append(Output(address, change, is_change=True))
    for share in shares:
        share.change_to.take(share.coins)
        share.party.premix_wallet(kind).take(share.coins)
        share.party.mixed_wallet(kind).take(share.coins)
    ledger.rng.shuffle(inputs)
    ledger.rng.shuffle(outputs)
    receipt = ledger.submit("coinjoin", initiator, inputs, outputs)
    names = sorted(share.party.owner_id for share in shares)
    ledger.truth.coinjoins.add(shown_txid(receipt.txid), design, " ".join(names))
    for share in shares:
        waiting, share.party.when_mixed = share.party.when_mixed, []
        for action in waiting:
            ledger.after(ledger.rng.randint(2, 12), action)


def largest_coins(wallet: Wallet, value_sat: int) -> list[Coin]:
    """The wallet's largest coins of its own type that together reach the value."""
    kind = wallet.habits.kind
    coins = [coin for coin in wallet.spendable() if coin.lock.kind == kind]
    chosen: list[Coin] = []
    total = 0
    for coin in sorted(coins, key=lambda coin: -coin.value_sat):
        if total >= value_sat:
            break
        chosen.append(coin)
        total += coin.value_sat
    return chosen
