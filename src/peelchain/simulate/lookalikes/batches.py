"""Services that pay many equal sums out of many coins, and wallets that join many coins in one."""

from collections.abc import Sequence

from peelchain.simulate.ledger import Ledger
from peelchain.simulate.parties import Party
from peelchain.simulate.services import Service
from peelchain.simulate.wallet import Wallet

_BATCH = (3, 15)
_LEAST_JOINED, _MOST_JOINED = 15, 120


def pay_equal_batch(ledger: Ledger, services: Sequence[Service], users: Sequence[Party]) -> bool:
    """A service pays some customers the same sum out of at least as many deposits.

    As with refunds or rewards. The sum lies near the median of the coins, so that it could be a
    CoinJoin for all that the shape says; whether a service had the coins.
    """
    rng = ledger.rng
    count = rng.randint(*_BATCH)
    customers = rng.sample(users, min(len(users), count))
    for service in rng.sample(services, len(services)):
        if service.pay_equal([(user.owner_id, user.main.address()) for user in customers]):
            return True
    return False


def consolidate_many(ledger: Ledger, services: Sequence[Service], users: Sequence[Party]) -> bool:
    """Whoever of some has the most coins joins them in one or two; whether there were enough."""
    rng = ledger.rng
    wallets: list[Wallet] = [user.main for user in rng.sample(users, min(len(users), 20))]
    if rng.random() < 0.5:
        wallets = [service.hot for service in services]
    wallet = max(wallets, key=lambda wallet: len(wallet.coins))
    coins = wallet.spendable()
    if len(coins) < _LEAST_JOINED:
        return False
    chosen = rng.sample(coins, min(len(coins), rng.randint(_LEAST_JOINED, _MOST_JOINED)))
    kind = "internal" if wallet.habits.family == "service" else "consolidation"
    if rng.random() < 0.7:
        return wallet.empty(kind, wallet.address("receive"), chosen) is not None
    # In two halves, as some do to keep a coin at hand.
    half = sum(coin.value_sat for coin in chosen) // 2
    payments = [(wallet.address("receive"), half)]
    return wallet.pay(kind, payments, coins=chosen, required=chosen) is not None
