"""Everybody in the economy, and what they do in each block."""

from collections.abc import Callable
from functools import partial
from random import Random

from peelchain.network import REGTEST
from peelchain.script import op_return
from peelchain.simulate.blocks import COINBASE_MATURITY, Node, genesis_hash, mine
from peelchain.simulate.customs import Customs
from peelchain.simulate.habits import Habits
from peelchain.simulate.ledger import Address, Ledger, Output
from peelchain.simulate.mixing import WASABI_SAT, Mixing
from peelchain.simulate.occasions import Occasions
from peelchain.simulate.parties import Party, make_users
from peelchain.simulate.payers import first_buys, pay_mined, pay_site
from peelchain.simulate.protocols.rounds import Rounds
from peelchain.simulate.scenarios.cast import enter
from peelchain.simulate.scenarios.stage import Stage
from peelchain.simulate.services import BROKER, EXCHANGES, OTHERS, POOLS, Service
from peelchain.simulate.site import Operator, Site, SiteUser
from peelchain.simulate.truth import Owner
from peelchain.simulate.wallet import Wallet
from peelchain.units import COIN, format_hash

START = COINBASE_MATURITY + 2
"""Height of the first block with transactions: the first coins have matured."""

_SOLO_MINERS = 4
_TEST_BUYERS = 4
_GENESIS_SCRIPT = bytes.fromhex(
    "4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6"
    "49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac"
)


class Society:
    """Everybody in it, and what they do in each block."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        rng = ledger.rng
        exchanges = EXCHANGES[: 4 if ledger.blocks < 600 else 5]
        self.exchanges = [Service(ledger, profile) for profile in exchanges]
        if ledger.parameters.broker:
            self.exchanges.append(Service(ledger, BROKER, custodian=self.exchanges[1]))
        self.others = [Service(ledger, profile) for profile in OTHERS]
        self.pools = [Service(ledger, profile) for profile in POOLS]
        self.services = [*self.exchanges, *self.others, *self.pools]
        count = max(
            ledger.parameters.least_users, int(ledger.blocks / ledger.parameters.blocks_per_user)
        )
        self.users = make_users(ledger, count, self.exchanges)
        self.mixing = Mixing(ledger)
        self.customs = Customs(ledger, self.users)
        self.occasions = Occasions(ledger, self.users, self.services)
        self.site = Site(ledger)
        self.operator = Operator(ledger, self.site, self.mixing, self.exchanges)
        self.faucet = Party(
            ledger,
            Owner("faucet", "faucet", "Drip Faucet", "EE", "p2wpkh"),
            Habits("p2wpkh", position="last"),
            self.exchanges[:1],
        )
        self.solo = [
            (party, Wallet(ledger, party.owner_id, "mining", Habits("p2pkh", position="last")))
            for party in self.users[:_SOLO_MINERS]
        ]
        genesis = ledger.add_owner(Owner("genesis", "genesis", "Genesis", "ZZ", ""))
        ledger.own(_GENESIS_SCRIPT, genesis.owner_id, "genesis")
        ledger.appear(_GENESIS_SCRIPT)
        ledger.truth.blocks.add(0, format_hash(genesis_hash()), genesis.owner_id)
        self._span = ledger.blocks - START
        self._plan(ledger, rng)
        stage = Stage(ledger, self.users, self.exchanges, self.mixing, self._at)
        enter(ledger.parameters.case, stage)

    # The calendar

    def _at(self, share: float, action: Callable[[], object]) -> None:
        """Call the action once that share of the economy's life is over."""
        self.ledger.after(START + int(self._span * share), action)

    def _plan(self, ledger: Ledger, rng: Random) -> None:
        """Enter in the calendar what must happen in every economy, however short."""
        for user in self.users:
            self._at(rng.uniform(0.02, 0.25), partial(self._top_up, user))
        buyers = [self._test_buyer(number) for number in range(1, _TEST_BUYERS + 1)]
        for share in (0.10, 0.22):
            self._at(share, partial(first_buys, self.site, buyers))
        self._plan_payments(rng)
        step = max(4 / self._span, 0.025)
        share = 0.17
        while share < 0.99:
            self._at(share, self.site.sweep)
            share += step * rng.uniform(0.8, 1.2)
        for number in range(max(8, self._span // 50)):
            share = 0.34 + 0.6 * number / max(8, self._span // 50)
            self._at(share, partial(self.operator.cash_out, self.users))
        if ledger.parameters.real_mixes:
            rounds = Rounds(ledger, self.mixing, self.users)
            rounds.plan(START + self._span // 25, START + self._span * 97 // 100)
        else:
            self._plan_mixing(rng)

    def _plan_payments(self, rng: Random) -> None:
        for party in self.users:
            if rng.random() < 0.75:
                for _ in range(rng.choice((1, 1, 1, 2))):
                    first = rng.uniform(0.1, 0.8)
                    self._at(first, partial(self._join_site, party, first))
        for party, wallet in self.solo:
            self._at(0.12, partial(self._mined_payer, party, wallet))

    def _plan_mixing(self, rng: Random) -> None:
        rounds = max(2, self._span // 110)
        for number in range(rounds):
            share = 0.3 + 0.62 * number / rounds
            self._at(share - 0.06, self._enrol_wasabi)
            self._at(share, self._hold_wasabi)
        for _ in range(max(4, self._span // 30)):
            self._at(rng.uniform(0.2, 0.97), self._join_market)
        for _ in range(max(8, self._span // 25)):
            self._at(rng.uniform(0.2, 0.8), self._enrol_pool)
        for number in range(max(6, self._span // 25)):
            share = 0.45 + 0.53 * number / max(6, self._span // 25)
            self._at(share, partial(self._retry, self.mixing.whirlpool, 3))

    # Payers

    def _test_buyer(self, number: int) -> SiteUser:
        owner = Owner(f"buyer-{number}", "user", f"Test Buyer {number}", "DE", "p2wpkh")
        party = Party(self.ledger, owner, Habits("p2wpkh"), [self.exchanges[number % 2]])
        return self.site.register(party)

    def _join_site(self, party: Party, share: float) -> None:
        rng = self.ledger.rng
        user = self.site.register(party)
        if rng.random() < 0.06:
            return
        payments = rng.choices((1, 2, 3, 5), (58, 22, 12, 8))[0]
        self._pay_site(user)
        for _ in range(payments - 1):
            later = int(self._span * rng.uniform(0.01, 0.95 - share))
            self.ledger.after(max(1, later), partial(self._pay_site, user))

    def _pay_site(self, user: SiteUser) -> None:
        pay_site(self.ledger, self.site, self.mixing, user, self.users)

    def _mined_payer(self, party: Party, wallet: Wallet) -> None:
        user = self.site.register(party)
        for _ in range(self.ledger.rng.randint(1, 3)):
            later = int(self._span * self.ledger.rng.uniform(0.0, 0.75))
            pay = partial(pay_mined, self.site, user, wallet)
            self.ledger.after(later, partial(self._retry, pay, 3))

    def _retry(self, action: Callable[[], bool], left: int) -> None:
        """Try until it comes about, some blocks apart."""
        if not action() and left:
            self.ledger.after(self.ledger.rng.randint(1, 5), partial(self._retry, action, left - 1))

    # Mixers

    def _enrol_wasabi(self) -> None:
        rng = self.ledger.rng
        for party in rng.sample(self.users, min(len(self.users), rng.randint(14, 34))):
            self.mixing.enrol_wasabi(party, WASABI_SAT * rng.randint(12, 45) // 10)

    def _hold_wasabi(self) -> None:
        self._retry(self.mixing.wasabi, 4)

    def _join_market(self) -> None:
        rng = self.ledger.rng
        wanted = rng.randrange(1_000_000, 30_000_000)
        self._retry(lambda: self.mixing.join_market(rng.choice(self.users), self.users, wanted), 6)

    def _enrol_pool(self) -> None:
        self._retry(lambda: self.mixing.enrol_pool(self.ledger.rng.choice(self.users)), 6)

    # Daily life

    def live(self) -> None:
        """Fill the block: what is due, what people happen to do, what services do."""
        self.ledger.draw_fee_rate()
        self.ledger.run_due()
        for pool in self.pools:
            self._sell(pool)
        for _ in range(self._events()):
            self._event()
        self.occasions.live()
        for service in self.services:
            service.work()
        if self.ledger.height == self.ledger.blocks - 5:
            self.site.sweep()

    def _events(self) -> int:
        mean = min(6 + self.ledger.blocks / 180, 15)
        return int(mean * self.ledger.rng.uniform(0.3, 1.7))

    def _someone(self) -> Party:
        """A user; the first in the list are the busiest."""
        return self.users[int(len(self.users) * self.ledger.rng.random() ** 1.6)]

    def _event(self) -> None:
        rng = self.ledger.rng
        action = rng.choices(
            (
                self._pay_peer,
                self._top_up,
                self._deposit,
                self._shop,
                self._win,
                self._consolidate,
                self._spend_mixed,
                self._drip,
            ),
            (36, 24, 15, 9, 7, 3, 3, 1),
        )[0]
        action(self._someone())

    def _pay_peer(self, party: Party) -> None:
        """Pay another user, at times two, at times with data or all of a wallet."""
        rng = self.ledger.rng
        free = party.main.balance_sat
        if free < 200_000:
            self._top_up(party)
            return
        to = self._someone()
        if to is party:
            return
        if rng.random() < 0.08:
            party.main.empty("payment", to.main.address())
            return
        value = self.ledger.amount(min(free // 6, 30_000_000), free * 8 // 10)
        payments: list[tuple[Address | bytes, int]] = [(to.main.address(), value)]
        other = self._someone()
        if other is not party and rng.random() < 0.06:
            payments.append((other.main.address(), self.ledger.amount(value // 3, value)))
        if rng.random() < 0.03:
            payments.append((op_return(rng.randbytes(20)), 0))
        if len(payments) > 1 or not self.customs.pay_peer(party, to, value):
            party.main.pay("payment", payments)

    def _top_up(self, party: Party) -> None:
        rng = self.ledger.rng
        value = self.ledger.amount(25_000_000, 3 * COIN)
        if rng.random() < 0.25:
            # Round amounts that several customers ask for at once are no CoinJoin.
            value = rng.choice((10_000_000, 10_000_000, 50_000_000))
        party.withdraw(value)

    def _deposit(self, party: Party) -> None:
        rng = self.ledger.rng
        free = party.main.balance_sat
        if free < 2_000_000 or not party.services:
            self._top_up(party)
            return
        to = rng.choice(party.services).deposit_address(party.owner_id)
        if rng.random() < 0.25:
            party.main.empty("deposit", to)
        else:
            party.main.pay("deposit", [(to, self.ledger.amount(free // 3, free * 9 // 10))])

    def _shop(self, party: Party) -> None:
        rng = self.ledger.rng
        free = party.main.balance_sat
        if free > 400_000:
            service = rng.choice(self.others)
            to = service.deposit_address(party.owner_id)
            value = self.ledger.amount(min(free // 8, 10_000_000), free // 2)
            if not self.customs.pay_shop(party, to, value):
                party.main.pay("deposit", [(to, value)])

    def _win(self, party: Party) -> None:
        """A market, casino, processor or pool pays out, where it has the money."""
        rng = self.ledger.rng
        service = rng.choice((*self.others, *self.pools))
        value = self.ledger.amount(8_000_000, COIN)
        if service.hot.balance_sat > 4 * value:
            service.request(party.owner_id, party.main.address(), value)

    def _consolidate(self, party: Party) -> None:
        coins = party.main.spendable()
        if len(coins) >= 5:
            chosen = self.ledger.rng.sample(coins, min(len(coins), 12))
            party.main.empty("consolidation", party.main.address(), chosen)

    def _spend_mixed(self, party: Party) -> None:
        wallet = party.mixed_coins()
        if wallet is None:
            return
        rng = self.ledger.rng
        free = wallet.balance_sat
        if party.services and rng.random() < 0.4:
            to = rng.choice(party.services).deposit_address(party.owner_id)
        else:
            to = self._someone().main.address()
        wallet.pay("payment", [(to, self.ledger.amount(free // 4, free * 8 // 10))])

    def _drip(self, _: Party) -> None:
        """The faucet sends next to nothing to many addresses in use."""
        rng, wallet = self.ledger.rng, self.faucet.main
        if wallet.balance_sat < 500_000:
            if not self.exchanges[0].queue:
                self.faucet.withdraw(5_000_000)
            return
        known = [party.main.used for party in self.users if party.main.used]
        chosen = rng.sample(known, min(len(known), rng.randint(8, 25)))
        wallet.pay("dust", [(rng.choice(used), rng.randrange(700, 6_000)) for used in chosen])

    def _sell(self, pool: Service) -> None:
        """A pool sells to an exchange; the first sales are what the exchanges start with."""
        rng, height = self.ledger.rng, self.ledger.height
        early = height < START + 12
        if not early and rng.random() > 0.08:
            return
        free = pool.hot.balance_sat
        if free < 30 * COIN:
            return
        exchange = self.exchanges[height % len(self.exchanges)] if early else rng.choice(
            self.exchanges
        )  # fmt: skip
        value = min(free * (70 if early else 40) // 100, 800 * COIN)
        pool.hot.pay(
            "deposit",
            [(exchange.deposit_address(pool.owner.owner_id), value - rng.randrange(COIN))],
            change_to=lambda: pool.static[0],
        )

    # Blocks

    def mine_block(self, node: Node, previous: bytes) -> bytes:
        """Mine and connect the block; its hash."""
        ledger, rng = self.ledger, self.ledger.rng
        pool = rng.choices(self.pools, (65, 35))[0]
        owner, note = pool.owner.owner_id, f"/{pool.profile.name}/"
        to = pool.static[0]
        if rng.random() < 0.05:
            party, wallet = rng.choice(self.solo)
            owner, note, to = party.owner_id, "/solo/", wallet.address("coinbase")
        value = REGTEST.subsidy(ledger.height) + ledger.fees_sat
        reward = Output(to, value)
        block = mine(
            height=ledger.height,
            time=ledger.times[ledger.height],
            previous=previous,
            transactions=ledger.pending,
            rewards=((reward.script, value),),
            note=note.encode(),
        )
        node.connect(block, ledger.height)
        ledger.mined(block.coinbase_txid, [reward], ledger.height + COINBASE_MATURITY)
        for script, _ in block.coinbase_outputs[1:]:
            ledger.own(script, owner, "op_return")
            ledger.appear(script)
        ledger.truth.blocks.add(ledger.height, format_hash(block.block_hash), owner)
        ledger.pending, ledger.fees_sat = [], 0
        return block.block_hash
