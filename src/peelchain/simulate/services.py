"""Services: deposit accounts, sweeps, hot and cold wallets, and batched withdrawals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from peelchain.simulate.habits import Habits, Position
from peelchain.simulate.keys import Kind
from peelchain.simulate.ledger import Address, Ledger, Receipt
from peelchain.simulate.transaction import Coin
from peelchain.simulate.truth import Owner, shown_txid
from peelchain.simulate.wallet import Wallet
from peelchain.units import COIN

HotPolicy = Literal["static", "fresh", "pool"]

_POOL_ADDRESSES = 10
_POOL_TIED_FROM = 100
_MOST_SWEPT = 60
_LEAST_EQUAL = 3
_HOT_HIGH_SAT = 600 * COIN
_HOT_LOW_SAT = 60 * COIN


@dataclass(frozen=True, slots=True)
class Profile:
    """What a service is and how it works.

    `deposit_reuse` keeps one deposit address an account, else each deposit gets a fresh one.
    `hot_policy`: `static` keeps a few addresses, change included; `fresh` takes fresh change and
    has sweeps paid to tagged addresses; `pool` rotates through ten addresses. `joins_hot` spends a
    hot coin along with swept deposits. Withdrawals go out every `batch_every` blocks, at most
    `batch_most` in a transaction. `house` is a service whose deposit address is its hot address.
    """

    owner_id: str
    role: str
    name: str
    country: str
    category: str
    deposit_kind: Kind
    deposit_reuse: bool
    hot_kind: Kind
    hot_policy: HotPolicy
    hot_addresses: int
    tagged: int
    sweep_every: int
    batch_every: int
    batch_most: int
    joins_hot: bool = False
    house: bool = False


EXCHANGES = (
    Profile(
        "exchange-north", "exchange", "Exchange North", "SE", "exchange", "p2sh_multisig", True,
        "p2pkh", "static", 1, 1, 4, 1, 12,
    ),
    Profile(
        "exchange-east", "exchange", "Exchange East", "JP", "exchange", "p2wpkh", True,
        "p2wpkh", "fresh", 2, 2, 3, 5, 30, joins_hot=True,
    ),
    Profile(
        "exchange-south", "exchange", "Exchange South", "BR", "exchange", "p2wsh_multisig", False,
        "p2wsh_multisig", "pool", _POOL_ADDRESSES, 2, 5, 8, 40,
    ),
    Profile(
        "exchange-west", "exchange", "Exchange West", "US", "exchange", "p2sh_p2wpkh", False,
        "p2sh_multisig", "static", 3, 2, 6, 1, 1,
    ),
    Profile(
        "exchange-harbour", "exchange", "Exchange Harbour", "SC", "exchange", "p2pkh", True,
        "p2sh_p2wpkh", "fresh", 2, 1, 7, 12, 50,
    ),
)  # fmt: skip

BROKER = Profile(
    "broker", "exchange", "Quick Broker", "LT", "exchange", "p2wpkh", True,
    "p2wpkh", "fresh", 0, 0, 0, 1, 1,
)  # fmt: skip
"""A service whose customers' coins an exchange holds for it."""

OTHERS = (
    Profile(
        "market", "market", "Bazaar Market", "ZZ", "market", "p2sh_p2wpkh", False,
        "p2sh_p2wpkh", "fresh", 2, 2, 6, 3, 10, joins_hot=True,
    ),
    Profile(
        "gambling", "gambling", "Seven Dice", "CW", "gambling", "p2pkh", True,
        "p2pkh", "static", 1, 1, 0, 1, 4, house=True,
    ),
    Profile(
        "processor", "processor", "Invoice Gateway", "NL", "payment_processor", "p2wpkh", False,
        "p2wpkh", "static", 2, 2, 4, 5, 20,
    ),
)  # fmt: skip

POOLS = (
    Profile(
        "pool-granite", "pool", "Granite Pool", "IS", "miner", "p2pkh", True,
        "p2pkh", "static", 1, 1, 0, 6, 30, house=True,
    ),
    Profile(
        "pool-basalt", "pool", "Basalt Pool", "KZ", "miner", "p2wpkh", True,
        "p2wpkh", "static", 1, 1, 0, 9, 20, house=True,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """A withdrawal a customer asked for; `paid` is told the coin once it is on its way."""

    service_id: str
    account: str
    customer_id: str
    to: Address
    value_sat: int
    paid: Callable[[Coin], None] | None


class Service:
    """One service at work.

    Every withdrawal has an input that co-spending ties to a tagged address: `static` and `fresh`
    services always spend at least one coin on a script already so tied (`_tied`); a `pool`
    service once spends all its addresses together (`_rebalance`).
    """

    def __init__(
        self, ledger: Ledger, profile: Profile, custodian: "Service | None" = None
    ) -> None:
        self.ledger = ledger
        self.profile = profile
        self.custodian = custodian
        self.owner = ledger.add_owner(
            Owner(
                profile.owner_id,
                profile.role,
                profile.name,
                profile.country,
                profile.hot_kind,
                profile.name,
            )
        )
        habits = _hot_habits(ledger, profile.hot_kind)
        self.queue: list[Request] = []
        self._accounts: dict[str, str] = {}
        self._addresses: dict[str, Address] = {}
        if custodian is not None:
            self._share(custodian)
            return
        self.hot = Wallet(ledger, profile.owner_id, "hot", habits)
        self.deposits = Wallet(ledger, profile.owner_id, "deposits", _habits(profile.deposit_kind))
        self.cold = Wallet(ledger, profile.owner_id, "cold", _habits("p2wsh_multisig"))
        self.static = tuple(self.hot.address("hot") for _ in range(profile.hot_addresses))
        self.tagged = self.static[: profile.tagged]
        self._tied = {address.script for address in self.tagged}
        self._is_whole = profile.hot_policy != "pool"

    def _share(self, custodian: "Service") -> None:
        """Keep everything in the custodian's wallets; a deposit address of its own is tagged."""
        self.hot, self.deposits, self.cold = custodian.hot, custodian.deposits, custodian.cold
        self.static = custodian.static
        self._tied, self._is_whole = custodian._tied, True
        self.tagged = (self.deposit_address(self.owner.owner_id),)

    def account(self, customer_id: str) -> str:
        """The customer's account here, opened when first asked for."""
        number = len(self._accounts) + 1
        return self._accounts.setdefault(customer_id, f"{self.profile.owner_id}-{number:05d}")

    def deposit_address(self, customer_id: str) -> Address:
        """An address at which a deposit is credited to the customer's account."""
        account = self.account(customer_id)
        if self.profile.house:
            return self.static[0]
        known = self._addresses.get(customer_id)
        if known is not None and self.profile.deposit_reuse:
            return known
        address = self.deposits.address("deposit")
        self._addresses[customer_id] = address
        self.ledger.truth.accounts.add(self.owner.owner_id, account, customer_id, address.text)
        if self.custodian is not None:
            self.ledger.truth.custody.add(
                address.text, self.custodian.owner.owner_id, self.owner.owner_id
            )
        return address

    def request(
        self,
        customer_id: str,
        to: Address,
        value_sat: int,
        paid: Callable[[Coin], None] | None = None,
    ) -> None:
        """Queue a withdrawal from the customer's account."""
        account = self.account(customer_id)
        payer = self.custodian or self
        payer.queue.append(Request(self.owner.owner_id, account, customer_id, to, value_sat, paid))

    def work(self) -> None:
        """Do what this block asks for: sweep, balance hot and cold, pay out.

        Where a custodian holds the coins, it does all that.
        """
        if self.custodian is not None:
            return
        height, profile = self.ledger.height, self.profile
        if not self._is_whole and height >= self._rebalance_from:
            self._rebalance()
        closing = height >= self.ledger.blocks - 2
        if profile.sweep_every and (closing or height % profile.sweep_every == 0):
            self.sweep(leave=0.02 if closing else 0.08)
        if height % 10 == 0:
            self._balance()
        if self.queue and (closing or height % profile.batch_every == 0):
            self._pay_out()

    @property
    def _rebalance_from(self) -> int:
        return _POOL_TIED_FROM + (self.ledger.blocks - _POOL_TIED_FROM) * 2 // 5

    def sweep(self, leave: float) -> None:
        """Move deposits into the hot wallet, each left behind with the given chance."""
        rng = self.ledger.rng
        coins = [coin for coin in self.deposits.spendable() if rng.random() >= leave]
        while coins:
            batch, coins = coins[:_MOST_SWEPT], coins[_MOST_SWEPT:]
            lent = self._lend_hot()
            batch += lent
            if self.deposits.empty("sweep", self._funding_address(), batch) is None:
                continue
            self._tie(batch)
            self.hot.take(lent)

    def _lend_hot(self) -> list[Coin]:
        """Hot coins that go along with a sweep, the first of them tied; often none."""
        rng, share = self.ledger.rng, self.ledger.parameters.custodian_sweep_share
        consolidates = bool(share) and rng.random() < share
        tied = self._tied_coin() if self.profile.joins_hot or consolidates else None
        if tied is None:
            return []
        others = [coin for coin in self.hot.spendable() if coin is not tied]
        return [tied, *(rng.sample(others, min(len(others), 5)) if consolidates else ())]

    def pay_equal(self, customers: Sequence[tuple[str, Address]]) -> bool:
        """Pay each customer the same sum, out of deposits and a tied hot coin; whether it could.

        The coins lie on more scripts than there are payments, and the sum is near their median. Of
        the customers the first ones are paid, as many as there are coins for, three at least.
        """
        if self.custodian is not None or self.profile.house or self.profile.hot_policy == "pool":
            return False
        rng = self.ledger.rng
        deposits = self.deposits.spendable()
        rng.shuffle(deposits)
        distinct = {coin.lock.script_pubkey: coin for coin in deposits}
        coins = list(distinct.values())[: len(customers) + rng.randint(1, 6)]
        customers = customers[: len(coins)]
        tied = self._tied_coin() if len(customers) >= _LEAST_EQUAL else None
        if tied is None:
            return False
        values = sorted(coin.value_sat for coin in coins)
        value = values[len(values) // 2]
        step = 10 ** max(len(str(value)) - 2, 0)
        value = value // step * step
        coins.append(tied)
        requests = [
            Request(self.owner.owner_id, self.account(customer), customer, to, value, None)
            for customer, to in customers
        ]
        receipt = self.hot.pay(
            "withdrawal",
            [(request.to, value) for request in requests],
            coins=(),
            required=coins,
            change_to=self._change_address,
            keep_equal=True,
        )
        if receipt is None:
            return False
        self.deposits.take(coins)
        self._tie(coins)
        self._enter(requests, receipt)
        return True

    def _funding_address(self) -> Address:
        pool = self.static if self.profile.hot_policy != "fresh" else self.tagged
        return self.ledger.rng.choice(pool)

    def _change_address(self) -> Address:
        policy, rng = self.profile.hot_policy, self.ledger.rng
        if policy == "static" or (policy == "fresh" and rng.random() < 0.4):
            return self.tagged[0]
        if policy == "pool":
            return rng.choice(self.static)
        return self.hot.address("hot")

    def _tie(self, coins: list[Coin]) -> None:
        """Co-spending carries the tie to a tagged address over to every script of the inputs."""
        scripts = {coin.lock.script_pubkey for coin in coins}
        if scripts & self._tied:
            self._tied |= scripts

    def _tied_coin(self) -> Coin | None:
        """A hot coin tied to a tagged address, made by an internal transfer where there is none."""
        coins = self.hot.spendable()
        tied = [coin for coin in coins if coin.lock.script_pubkey in self._tied]
        if tied:
            return self.ledger.rng.choice(tied)
        if not coins:
            return None
        largest = max(coins, key=lambda coin: coin.value_sat)
        moved = self.hot.empty("internal", self.tagged[0], [largest])
        return None if moved is None else moved.coin(0)

    def _pay_out(self) -> None:
        most = self.profile.batch_most
        waiting, self.queue = self.queue, []
        for start in range(0, len(waiting), most):
            batch = waiting[start : start + most]
            if not self._pay_batch(batch):
                # Short of money: pay whom it can, the others wait for a sweep or a refill.
                self.queue += [request for request in batch if not self._pay_batch([request])]

    def _pay_batch(self, batch: list[Request]) -> bool:
        payments = [(request.to, request.value_sat) for request in batch]
        receipt = self._pay_from_hot("withdrawal", payments)
        if receipt is None:
            return False
        self._enter(batch, receipt)
        return True

    def lose(self, to: Address, value_sat: int) -> Coin | None:
        """The coin that somebody with its keys takes out of the hot wallet; None: it has less."""
        receipt = self._pay_from_hot("theft", [(to, value_sat)])
        return None if receipt is None else receipt.coin(0)

    def _pay_from_hot(self, kind: str, payments: Sequence[tuple[Address, int]]) -> Receipt | None:
        required = []
        if self.profile.hot_policy != "pool":
            tied = self._tied_coin()
            if tied is None:
                return None
            required = [tied]
        before = {id(coin): coin for coin in self.hot.coins}
        receipt = self.hot.pay(
            kind,
            payments,
            required=required,
            change_to=self._change_address,
            keep_equal=True,
        )
        if receipt is None:
            return None
        left = {id(coin) for coin in self.hot.coins}
        self._tie([coin for key, coin in before.items() if key not in left])
        return receipt

    def _enter(self, batch: Sequence[Request], receipt: Receipt) -> None:
        """Enter the withdrawals in the truth, and tell who waits for them."""
        for index, request in enumerate(batch):
            coin = receipt.coin(index)
            self.ledger.truth.withdrawals.add(
                request.service_id,
                request.account,
                shown_txid(receipt.txid),
                coin.vout,
                coin.value_sat,
                request.customer_id,
            )
            if request.paid is not None:
                request.paid(coin)

    def _balance(self) -> None:
        """Send a surplus to cold storage; refill from it when the hot wallet runs low."""
        rng = self.ledger.rng
        hot = self.hot.balance_sat
        if hot > _HOT_HIGH_SAT:
            amount = (hot - _HOT_HIGH_SAT // 2) // COIN * COIN + rng.randrange(COIN)
            self.hot.pay(
                "internal", [(self.cold.address("cold"), amount)], change_to=self._change_address
            )
        elif hot < _HOT_LOW_SAT:
            coins = self.cold.spendable()
            if coins:
                self.cold.empty("internal", self._funding_address(), [rng.choice(coins)])

    def _rebalance(self) -> None:
        """Put a coin on every address of the pool, then spend one of each together."""
        coins = self.hot.spendable()
        if sum(coin.value_sat for coin in coins) < COIN:
            return
        rng = self.ledger.rng
        parts = [(address, rng.randrange(2_000_000, 6_000_000)) for address in self.static]
        receipt = self.hot.pay("internal", parts, change_to=self._change_address)
        if receipt is None:
            return
        placed = [receipt.coin(index) for index in range(len(parts))]
        if self.hot.empty("internal", self.tagged[0], placed) is not None:
            self._is_whole = True


def _hot_habits(ledger: Ledger, kind: Kind) -> Habits:
    """How a hot wallet builds: as ever, or each in its own way where wallets have families."""
    habits = Habits(kind, selection="oldest", position="random", family="service")
    if not ledger.parameters.families:
        return habits
    rng = ledger.rng
    positions: tuple[Position, ...] = ("random", "random", "first", "last", "sorted")
    return replace(
        habits,
        position=rng.choice(positions),
        version=rng.choice((1, 2, 2)),
        replaceable=rng.random() < 0.4,
        anti_sniping=rng.random() < 0.2,
        fee_share=rng.choice((0.8, 1.0, 1.3, 2.0)),
        whole_rate=rng.random() < 0.5,
    )


def _habits(kind: Kind) -> Habits:
    return Habits(kind, position="last", family="service")
