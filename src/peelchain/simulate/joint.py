"""Transactions that several wallets fund and sign together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from peelchain.simulate.ledger import Ledger, Output, Receipt, Shape
from peelchain.simulate.transaction import FINAL, Coin
from peelchain.simulate.truth import shown_txid
from peelchain.simulate.wallet import Wallet

Order = Literal["shuffled", "bip69", "ascending", "descending", "as_given"]


@dataclass(frozen=True, slots=True)
class Part:
    """What one owner brings: coins of one wallet."""

    wallet: Wallet
    coins: tuple[Coin, ...]

    @property
    def value_sat(self) -> int:
        """Sum of its coins."""
        return sum(coin.value_sat for coin in self.coins)


def submit_joint(
    ledger: Ledger,
    parts: Sequence[Part],
    outputs: Sequence[Output],
    *,
    kind: str,
    shape: Shape,
    order: Order,
    version: int = 2,
    locktime: int = 0,
    sequence: int = FINAL,
    offered: int | None = None,
) -> Receipt:
    """Take the coins out of their wallets and submit them as one transaction, in that order.

    The first part's owner started it. `offered` is as in Draft, for coins that stay as given. The
    receipt's coins are in the order of `outputs`.
    """
    for part in parts:
        part.wallet.take(part.coins)
    coins = [coin for part in parts for coin in part.coins]
    places = list(range(len(outputs)))
    if order == "shuffled":
        ledger.rng.shuffle(coins)
        ledger.rng.shuffle(places)
    elif order == "bip69":
        coins.sort(key=lambda coin: (coin.txid[::-1], coin.vout))
        places.sort(key=lambda i: (outputs[i].value_sat, outputs[i].script))
    elif order != "as_given":
        sign = 1 if order == "ascending" else -1
        coins.sort(key=lambda coin: (sign * coin.value_sat, coin.txid, coin.vout))
        places.sort(key=lambda i: (sign * outputs[i].value_sat, outputs[i].script))
    receipt = ledger.submit(
        kind,
        parts[0].wallet.owner_id,
        coins,
        [outputs[i] for i in places],
        version=version,
        locktime=locktime,
        sequence=sequence,
        shape=shape,
        offered=offered,
    )
    made = tuple(receipt.coins[places.index(i)] for i in range(len(outputs)))
    return Receipt(receipt.txid, made)


def submit_mix(
    ledger: Ledger,
    design: str,
    parts: Sequence[Part],
    outputs: Sequence[Output],
    order: Order,
    participants: Sequence[str] = (),
) -> Receipt:
    """Submit a CoinJoin of that design and enter it in the truth.

    `participants` are owner_ids where they are not just those of the parts.
    """
    receipt = submit_joint(ledger, parts, outputs, kind="coinjoin", shape="coinjoin", order=order)
    names = sorted({*participants, *(part.wallet.owner_id for part in parts)})
    ledger.truth.coinjoins.add(shown_txid(receipt.txid), design, " ".join(names))
    return receipt


def enough(coins: Sequence[Coin], value_sat: int, most: int = 10) -> tuple[Coin, ...] | None:
    """The largest coins that together reach the value, at most so many; None where they do not."""
    chosen: list[Coin] = []
    total = 0
    for coin in sorted(coins, key=lambda coin: -coin.value_sat)[:most]:
        if total >= value_sat:
            break
        chosen.append(coin)
        total += coin.value_sat
    return tuple(chosen) if total >= value_sat else None
