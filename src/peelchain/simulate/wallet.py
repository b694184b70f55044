"""Wallets: coins, addresses, and the habits by which each kind builds its transactions."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from peelchain.simulate.keys import Kind, make_lock
from peelchain.simulate.ledger import Address, Ledger, Output, Receipt
from peelchain.simulate.transaction import (
    FINAL,
    LOCKTIME_ON,
    REPLACEABLE,
    Coin,
    output_vbytes,
    vbytes,
)

Selection = Literal["largest", "oldest", "random", "exact"]
Position = Literal["random", "last", "first", "sorted"]

DUST_SAT = 1_000
_EXACT_SLACK_SAT = 3_000


@dataclass(frozen=True, slots=True)
class Habits:
    """How a wallet builds transactions.

    `reuse` keeps one address for everything; `anti_sniping` sets the locktime to the tip's height
    (Bitcoin Core); `position` is where change goes (`sorted` is BIP 69); `fee_share` scales the
    going fee rate.
    """

    kind: Kind
    reuse: bool = False
    selection: Selection = "largest"
    position: Position = "random"
    anti_sniping: bool = False
    version: int = 2
    replaceable: bool = False
    fee_share: float = 1.0


def draw_habits(rng: Random, kind: Kind | None = None, *, reuse: bool | None = None) -> Habits:
    """Habits of one user's wallet. A given kind or reuse is kept."""
    drawn: tuple[Kind, bool] = rng.choices(
        (
            ("p2pkh", True),
            ("p2pkh", False),
            ("p2sh_p2wpkh", False),
            ("p2wpkh", False),
            ("p2tr", False),
        ),
        (18, 18, 24, 28, 12),
    )[0]
    if kind is not None:
        drawn = (kind, False)
    old = drawn[0] == "p2pkh"
    selection: Selection = rng.choice(("largest", "oldest", "random", "exact"))
    position: Position = rng.choice(("random", "last", "first", "sorted"))
    return Habits(
        kind=drawn[0],
        reuse=drawn[1] if reuse is None else reuse,
        selection="oldest" if old and rng.random() < 0.5 else selection,
        position="last" if old and rng.random() < 0.5 else position,
        anti_sniping=rng.random() < 0.35,
        version=1 if rng.random() < (0.7 if old else 0.3) else 2,
        replaceable=not old and rng.random() < 0.5,
        fee_share=rng.choice((0.6, 0.8, 1.0, 1.0, 1.3, 2.0)),
    )


class Wallet:
    """One wallet of one owner: its coins, and the next address it will give."""

    def __init__(self, ledger: Ledger, owner_id: str, name: str, habits: Habits) -> None:
        self.ledger = ledger
        self.owner_id = owner_id
        self.name = name
        self.habits = habits
        self.coins: list[Coin] = []
        self.used: list[Address] = []
        self._count = 0

    def address(self, purpose: str = "receive", kind: Kind | None = None) -> Address:
        """A fresh address, or the only one where the wallet reuses it."""
        if self.habits.reuse and self.used:
            return self.used[0]
        path = f"{self.owner_id}/{self.name}/{self._count}"
        self._count += 1
        lock = make_lock(kind or self.habits.kind, self.ledger.seed, path)
        self.ledger.own(lock.script_pubkey, self.owner_id, purpose)
        address = Address(lock, self, purpose)
        self.used.append(address)
        return address

    def spendable(self) -> list[Coin]:
        """Coins that can go into the block being filled and are worth their input's fee."""
        rate, height = self.rate, self.ledger.height
        return [
            coin
            for coin in self.coins
            if coin.spendable <= height and coin.value_sat > coin.lock.input_vbytes * rate
        ]

    @property
    def rate(self) -> float:
        """Satoshis a virtual byte this wallet pays."""
        return self.ledger.fee_rate * self.habits.fee_share

    @property
    def balance_sat(self) -> int:
        """Sum of the spendable coins."""
        return sum(coin.value_sat for coin in self.spendable())

    def take(self, coins: Sequence[Coin]) -> None:
        """Remove coins that are about to be spent."""
        gone = {id(coin) for coin in coins}
        self.coins = [coin for coin in self.coins if id(coin) not in gone]

    def pay(
        self,
        kind: str,
        payments: Sequence[tuple[Address | bytes, int]],
        *,
        coins: Sequence[Coin] | None = None,
        required: Sequence[Coin] = (),
        change_to: Callable[[], Address] | None = None,
        keep_equal: bool = False,
    ) -> Receipt | None:
        """Pay, with change where it is worth having; None where the coins do not suffice.

        The receipt's coins are those of the payments, in the order given. Coins are chosen from
        `coins` (default: all spendable), always with `required`. Three equal payments are made to
        differ by some satoshis; `keep_equal` leaves them where nobody could take it for a CoinJoin.
        """
        if not keep_equal:
            payments = _spread(payments)
        chosen = self._choose(payments, self.spendable() if coins is None else coins, required)
        if chosen is None:
            return None
        if keep_equal and _could_pass_for_mix(chosen, payments):
            payments = _spread(payments)
        outputs = [Output(to, value) for to, value in payments]
        excess = self._excess(chosen, payments)
        change_cost = int(self.rate * output_vbytes(bytes(34)))
        if excess > change_cost + DUST_SAT:
            change = excess - change_cost
            while any(change == value for _, value in payments):
                change -= 1
            address = change_to() if change_to else self.address("change")
            outputs.append(Output(address, change, is_change=True))
        return self._submit(kind, chosen, outputs, len(payments))

    def empty(self, kind: str, to: Address, coins: Sequence[Coin] | None = None) -> Receipt | None:
        """Send the coins (default: all spendable) whole, without change; None if fees eat them."""
        chosen = self.spendable() if coins is None else list(coins)
        excess = self._excess(chosen, [(to, 0)]) if chosen else 0
        if excess <= DUST_SAT:
            return None
        return self._submit(kind, chosen, [Output(to, excess)], 1)

    def _choose(
        self,
        payments: Sequence[tuple[Address | bytes, int]],
        coins: Sequence[Coin],
        required: Sequence[Coin],
    ) -> list[Coin] | None:
        rng = self.ledger.rng
        held = {id(coin) for coin in required}
        free = [coin for coin in coins if id(coin) not in held]
        selection = self.habits.selection
        if selection == "exact" and not required:
            for coin in free:
                if 0 <= self._excess([coin], payments) <= _EXACT_SLACK_SAT:
                    return [coin]
        if selection == "random":
            rng.shuffle(free)
        elif selection != "oldest":
            free.sort(key=lambda coin: -coin.value_sat)
        chosen = list(required)
        excess = self._excess(chosen, payments)
        for coin in free:
            if excess >= 0 and chosen:
                break
            chosen.append(coin)
            excess += coin.value_sat - int(self.rate * coin.lock.input_vbytes) - 1
        if excess < 0 or not chosen:
            return None
        return chosen if self._excess(chosen, payments) >= 0 else None

    def _excess(
        self, coins: Sequence[Coin], payments: Sequence[tuple[Address | bytes, int]]
    ) -> int:
        """What is left of the coins after the payments and their fee, without change."""
        scripts = [to if isinstance(to, bytes) else to.script for to, _ in payments]
        fee = int(self.rate * vbytes(list(coins), scripts)) + 1
        return sum(c.value_sat for c in coins) - sum(value for _, value in payments) - fee

    def _submit(
        self, kind: str, coins: list[Coin], outputs: list[Output], payments: int
    ) -> Receipt:
        """Order inputs and outputs by habit, submit, and put the receipt back in payment order."""
        habits, rng = self.habits, self.ledger.rng
        order = list(range(len(outputs)))
        if habits.position == "random":
            rng.shuffle(order)
        elif habits.position == "sorted":
            order.sort(key=lambda i: (outputs[i].value_sat, outputs[i].script))
            coins = sorted(coins, key=lambda coin: (coin.txid[::-1], coin.vout))
        elif habits.position == "first":
            order = order[payments:] + order[:payments]
        locktime, sequence = 0, FINAL
        if habits.anti_sniping:
            locktime, sequence = self.ledger.height - 1, LOCKTIME_ON
        if habits.replaceable:
            sequence = REPLACEABLE
        self.take(coins)
        receipt = self.ledger.submit(
            kind,
            self.owner_id,
            coins,
            [outputs[i] for i in order],
            version=habits.version,
            locktime=locktime,
            sequence=sequence,
        )
        return Receipt(receipt.txid, tuple(receipt.coins[order.index(i)] for i in range(payments)))


def _could_pass_for_mix(
    coins: Sequence[Coin], payments: Sequence[tuple[Address | bytes, int]]
) -> bool:
    equal = max(Counter(value for _, value in payments).values())
    return equal >= 3 and len({coin.lock.script_pubkey for coin in coins}) >= equal


def _spread(
    payments: Sequence[tuple[Address | bytes, int]],
) -> list[tuple[Address | bytes, int]]:
    """The payments, all values distinct: a repeated one loses a few satoshis."""
    seen: set[int] = set()
    spread: list[tuple[Address | bytes, int]] = []
    for to, value in payments:
        while value in seen and value > 7:
            value -= 7
        seen.add(value)
        spread.append((to, value))
    return spread
