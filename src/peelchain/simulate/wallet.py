"""Wallets: coins, addresses, and transactions built by the habits of each."""

from collections import Counter
from collections.abc import Callable, Sequence
from math import ceil

from peelchain.simulate.change import change_kind, change_values, whole_coin
from peelchain.simulate.habits import Habits, legacy_habits, legacy_kind
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

DUST_SAT = 1_000
_EXACT_SLACK_SAT = 3_000
_MOST_JOINED = 30
_BACKDATED = 0.1
_PRIVATE = ("payment", "deposit")


class Wallet:
    """One wallet of one owner: its coins, and the next address it will give."""

    def __init__(self, ledger: Ledger, owner_id: str, name: str, habits: Habits) -> None:
        if ledger.parameters.before_segwit:
            habits = legacy_habits(habits)
        self.ledger = ledger
        self.owner_id = owner_id
        self.name = name
        self.habits = habits
        self.coins: list[Coin] = []
        self.used: list[Address] = []
        self._count = 0
        self._received: Address | None = None
        ledger.truth.wallets.add(
            self.wallet_id,
            owner_id,
            habits.family,
            habits.kind,
            habits.position,
            habits.change,
            habits.change_kind,
            int(habits.reuse),
        )

    @property
    def wallet_id(self) -> str:
        """Its name in the truth, unique."""
        return f"{self.owner_id}/{self.name}"

    def address(self, purpose: str = "receive", kind: Kind | None = None) -> Address:
        """A fresh address, or the only one where the wallet reuses it."""
        if self.habits.reuse and self.used:
            return self.used[0]
        again = self.ledger.parameters.receive_reuse if purpose == "receive" else 0.0
        if again and self._received and self.ledger.rng.random() < again:
            return self._received
        path = f"{self.owner_id}/{self.name}/{self._count}"
        self._count += 1
        kind = kind or self.habits.kind
        if self.ledger.parameters.before_segwit:
            kind = legacy_kind(kind)
        lock = make_lock(kind, self.ledger.seed, path)
        self.ledger.own(
            lock.script_pubkey, self.owner_id, purpose, self.wallet_id, self.habits.family
        )
        address = Address(lock, self, purpose)
        self.used.append(address)
        if purpose == "receive":
            self._received = address
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
        rate = self.ledger.fee_rate * self.habits.fee_share
        return float(ceil(rate)) if self.habits.whole_rate else rate

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
        `coins` (default: all spendable), always with `required`. Equal payments are made to differ
        by some satoshis; `keep_equal` leaves them so where nobody could take it for a CoinJoin, or
        where the economy may hold such lookalikes. A wallet that pays coins whole, or keeps a round
        remainder, pays somewhat more or less than it was asked to.
        """
        habits = self.habits
        if not keep_equal:
            payments = _spread(payments)
        if habits.change == "none" and kind in _PRIVATE and len(payments) == 1 and not required:
            to, value = payments[0]
            coin = whole_coin(self.spendable() if coins is None else coins, value)
            if coin is not None and not isinstance(to, bytes):
                return self.empty(kind, to, [coin])
        chosen = self._choose(payments, self.spendable() if coins is None else coins, required)
        if chosen is None:
            return None
        lookalikes = not self.ledger.parameters.keeps_shapes
        if keep_equal and not lookalikes and _could_pass_for_mix(chosen, payments):
            payments = _spread(payments)
        outputs = [Output(to, value) for to, value in payments]
        excess = self.excess(chosen, payments)
        change_cost = int(self.rate * output_vbytes(bytes(34)))
        if excess > change_cost + DUST_SAT:
            change = excess - change_cost
            while any(change == value for _, value in payments):
                change -= 1
            if habits.change == "round" and kind in _PRIVATE:
                change, outputs[0] = _round_change(change, outputs[0])
            parts = change_values(habits.change, self.ledger.rng, change, change_cost)
            for part in parts:
                address = change_to() if change_to else self.change_address(payments)
                outputs.append(Output(address, part, is_change=True))
        return self._submit(kind, chosen, outputs, len(payments))

    def change_address(self, payments: Sequence[tuple[Address | bytes, int]]) -> Address:
        """A fresh address for change, of the type that suits these payments by habit."""
        kinds = [to.lock.kind for to, _ in payments if not isinstance(to, bytes)]
        return self.address("change", change_kind(self.habits, kinds))

    def empty(self, kind: str, to: Address, coins: Sequence[Coin] | None = None) -> Receipt | None:
        """Send the coins (default: all spendable) whole, without change; None if fees eat them."""
        chosen = self.spendable() if coins is None else list(coins)
        excess = self.excess(chosen, [(to, 0)]) if chosen else 0
        if excess <= DUST_SAT:
            return None
        return self._submit(kind, chosen, [Output(to, excess)], 1)

    def choose(self, payments: Sequence[tuple[Address | bytes, int]]) -> list[Coin] | None:
        """The coins it would pay these from, fee included; None where they do not suffice."""
        return self._choose(payments, self.spendable(), ())

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
        if self.habits.spends_all:
            required = [*required, *free[: _MOST_JOINED - len(required)]]
            free = [coin for coin in free if coin not in required]
        if selection == "exact" and not required:
            for coin in free:
                if 0 <= self.excess([coin], payments) <= _EXACT_SLACK_SAT:
                    return [coin]
        if selection == "random":
            rng.shuffle(free)
        elif selection != "oldest":
            free.sort(key=lambda coin: -coin.value_sat)
        chosen = list(required)
        excess = self.excess(chosen, payments)
        for coin in free:
            if excess >= 0 and chosen:
                break
            chosen.append(coin)
            excess += coin.value_sat - int(self.rate * coin.lock.input_vbytes) - 1
        if excess < 0 or not chosen:
            return None
        return chosen if self.excess(chosen, payments) >= 0 else None

    def excess(self, coins: Sequence[Coin], payments: Sequence[tuple[Address | bytes, int]]) -> int:
        """What is left of the coins after the payments and their fee, without change."""
        scripts = [to if isinstance(to, bytes) else to.script for to, _ in payments]
        fee = int(self.rate * vbytes(list(coins), scripts)) + 1
        return sum(c.value_sat for c in coins) - sum(value for _, value in payments) - fee

    def lock_fields(self) -> tuple[int, int]:
        """Locktime and sequence that this wallet gives a transaction now."""
        habits, height = self.habits, self.ledger.height
        locktime, sequence = 0, FINAL
        if habits.anti_sniping:
            locktime, sequence = height - 1, LOCKTIME_ON
        if habits.backdates and self.ledger.rng.random() < _BACKDATED:
            locktime = max(locktime - self.ledger.rng.randrange(100), 1)
        if habits.replaceable:
            sequence = REPLACEABLE
        return locktime, sequence

    def _submit(
        self, kind: str, coins: list[Coin], outputs: list[Output], payments: int
    ) -> Receipt:
        """Order inputs and outputs by habit, submit, and put the receipt back in payment order."""
        habits, rng = self.habits, self.ledger.rng
        order = list(range(len(outputs)))
        if habits.input_order == "shuffled":
            coins = rng.sample(coins, len(coins))
        if habits.position == "random":
            rng.shuffle(order)
        elif habits.position == "sorted":
            order.sort(key=lambda i: (outputs[i].value_sat, outputs[i].script))
            coins = sorted(coins, key=lambda coin: (coin.txid[::-1], coin.vout))
        elif habits.position == "first":
            order = order[payments:] + order[:payments]
        locktime, sequence = self.lock_fields()
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


def _round_change(change: int, payment: Output) -> tuple[int, Output]:
    """The change cut to a round sum, and the payment with what was cut off."""
    for step in (1_000_000, 100_000, 10_000):
        cut = change % step
        if change > step and cut < payment.value_sat // 4:
            return change - cut, Output(payment.to, payment.value_sat + cut)
    return change, payment


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
