"""Value that changes hands where the chain does not show it, and what only looks so.

Channels: two people pay into a 2-of-2, or into one Taproot key of both, and later close it,
together or one of them alone. Source: BOLT 3, Funding, Commitment and Closing Transaction.
Handed-over coins: a house makes coins of one denomination beforehand and later gives away their
keys. Source: Pakki et al. 2021. Beside them escrows of two keys, and rewards of the same sums.
"""

from collections.abc import Sequence
from functools import partial
from typing import Literal

from peelchain.simulate.habits import Habits
from peelchain.simulate.keys import make_lock, make_two_of_two
from peelchain.simulate.ledger import Address, Ledger, Output
from peelchain.simulate.parties import Party
from peelchain.simulate.services import Service
from peelchain.simulate.transaction import FINAL, REPLACEABLE, Coin
from peelchain.simulate.truth import Owner, shown_txid
from peelchain.simulate.wallet import DUST_SAT, Wallet

Mark = Literal["channel_open", "channel_close", "key_handover"]

DENOMINATIONS_SAT = tuple(100_000 << k for k in range(9))

_CHANNEL_SAT = (2_000_000, 16_000_000)
_OPEN_BLOCKS = (2, 60)
_TAPROOT, _FORCED, _SIMPLE = 0.25, 0.35, 0.3
_CLOSE_VBYTES = 190
_BATCH = (5, 24)
_HANDED_BLOCKS = (1, 60)
_NEVER_SPENT, _KEPT_BACK = 0.15, 0.15


class Channels:
    """Payment channels between users, and escrows that spend like them."""

    def __init__(self, ledger: Ledger, users: Sequence[Party]) -> None:
        self.ledger = ledger
        self.users = users
        self._made = 0

    def open(self) -> bool:
        """Two users open a channel, one of them paying; whether somebody had the coins."""
        rng = self.ledger.rng
        payer, peer = rng.sample(self.users, 2)
        coin = self._funded(payer, "channel", is_taproot=rng.random() < _TAPROOT, rising=True)
        if coin is None:
            return False
        _mark(self.ledger, coin, "channel_open")
        self.ledger.after(rng.randint(*_OPEN_BLOCKS), partial(self._close, payer, peer, coin))
        return True

    def escrow(self) -> bool:
        """A user pays into a 2-of-2 that is later released to another; whether it had the coins."""
        rng = self.ledger.rng
        payer, peer = rng.sample(self.users, 2)
        coin = self._funded(payer, "escrow", is_taproot=False, rising=rng.random() < 0.5)
        if coin is None:
            return False
        self.ledger.after(rng.randint(*_OPEN_BLOCKS), partial(self._release, payer, peer, coin))
        return True

    def _funded(self, payer: Party, purpose: str, *, is_taproot: bool, rising: bool) -> Coin | None:
        ledger = self.ledger
        self._made += 1
        name = f"{purpose}{self._made}"
        path = f"{payer.owner_id}/{name}"
        if is_taproot:
            lock = make_lock("p2tr", ledger.seed, path)
        else:
            lock = make_two_of_two(ledger.seed, path, rising=rising)
        wallet = Wallet(ledger, payer.owner_id, name, Habits("p2wpkh", family=purpose))
        ledger.own(lock.script_pubkey, payer.owner_id, purpose, wallet.wallet_id, purpose)
        value = ledger.amount(*_CHANNEL_SAT)
        receipt = payer.main.pay("payment", [(Address(lock, wallet, purpose), value)])
        if receipt is None:
            return None
        coin = receipt.coin(0)
        wallet.take([coin])
        return coin

    def _close(self, payer: Party, peer: Party, coin: Coin) -> None:
        ledger, rng = self.ledger, self.ledger.rng
        number = rng.getrandbits(48)
        drawn = rng.random()
        locktime, sequence = 0, FINAL
        if drawn < _FORCED:
            locktime = 0x20 << 24 | number & 0xFFFFFF
            sequence = 0x80 << 24 | number >> 24
        elif drawn < _FORCED + _SIMPLE:
            locktime, sequence = ledger.height - 1, REPLACEABLE
        outputs = self._settled(payer, peer, coin, rng.random())
        receipt = ledger.submit(
            "hop", payer.owner_id, [coin], outputs, locktime=locktime, sequence=sequence
        )
        for made in receipt.coins:
            if made is not None:
                _mark(ledger, made, "channel_close")

    def _release(self, payer: Party, peer: Party, coin: Coin) -> None:
        rng = self.ledger.rng
        share = rng.choice((0.0, 0.0, rng.random()))
        locktime, sequence = payer.main.lock_fields()
        self.ledger.submit(
            "hop",
            payer.owner_id,
            [coin],
            self._settled(payer, peer, coin, share),
            version=payer.main.habits.version,
            locktime=locktime,
            sequence=sequence,
        )

    def _settled(self, payer: Party, peer: Party, coin: Coin, share: float) -> list[Output]:
        """What both get, by BIP 69; who would get dust gets nothing."""
        left = coin.value_sat - int(self.ledger.fee_rate * _CLOSE_VBYTES) - 1
        own = int(left * share)
        if left - own <= DUST_SAT:
            own = left
        elif own <= DUST_SAT:
            own = 0
        parts = [(payer, own), (peer, left - own)]
        outputs = [Output(party.main.address(), value) for party, value in parts if value]
        return sorted(outputs, key=lambda output: (output.value_sat, output.script))


class CoinHouse:
    """A house that sells coins whose keys it hands over."""

    def __init__(self, ledger: Ledger, users: Sequence[Party]) -> None:
        self.ledger = ledger
        self.users = users
        owner = ledger.add_owner(Owner("coin-house", "mixer", "Coin House", "ZZ", "p2wpkh"))
        habits = Habits("p2wpkh", position="last", family="service")
        self.wallet = Wallet(ledger, owner.owner_id, "coins", habits)
        self._kept: list[Coin] = []

    def make_batch(self) -> bool:
        """A batch of one denomination, where the house has the money; else a user pays it some."""
        ledger, rng = self.ledger, self.ledger.rng
        value = rng.choice(DENOMINATIONS_SAT)
        count = rng.randint(*_BATCH)
        payments = [(self.wallet.address("coin"), value) for _ in range(count)]
        receipt = self.wallet.pay("internal", payments, keep_equal=True)
        if receipt is None:
            payer = rng.choice(self.users).main
            payer.pay("payment", [(self.wallet.address("deposit"), payer.balance_sat // 2)])
            return False
        coins = [coin for coin in receipt.coins if coin is not None]
        self.wallet.take(coins)
        for coin in coins:
            _mark(ledger, coin, "key_handover")
            if rng.random() >= _NEVER_SPENT:
                ledger.after(rng.randint(*_HANDED_BLOCKS), partial(self._spent, coin))
        return True

    def _spent(self, coin: Coin) -> None:
        """Whoever has the key now moves the coin, now and then with another that it has."""
        rng = self.ledger.rng
        if rng.random() < _KEPT_BACK:
            self._kept.append(coin)
            return
        kept, self._kept = self._kept[:1], self._kept[1:]
        holder = rng.choice(self.users).main
        holder.empty("hop", holder.address(), [coin, *kept])


def pay_rewards(ledger: Ledger, services: Sequence[Service], users: Sequence[Party]) -> bool:
    """A service pays customers one sum of the same denominations; whether one had the coins."""
    rng = ledger.rng
    value = rng.choice(DENOMINATIONS_SAT[:5])
    customers = rng.sample(users, min(len(users), rng.randint(*_BATCH)))
    payments = [(user.main.address(), value) for user in customers]
    for service in rng.sample(services, len(services)):
        if service.hot.pay("payment", payments, keep_equal=True):
            return True
    return False


def _mark(ledger: Ledger, coin: Coin, mark: Mark) -> None:
    ledger.truth.offchain.add(shown_txid(coin.txid), coin.vout, coin.value_sat, mark)
