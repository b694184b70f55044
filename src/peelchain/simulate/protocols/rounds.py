"""When the rounds of each protocol are held, and how people come to have coins in them."""

from collections.abc import Callable, Sequence
from functools import partial

from peelchain.simulate.ledger import Ledger
from peelchain.simulate.mixing import Mixing
from peelchain.simulate.parties import Party
from peelchain.simulate.protocols.wasabi1 import BASE_SAT, hold_wasabi1, next_base
from peelchain.simulate.protocols.wasabi2 import fresh_wallet, hold_wasabi2
from peelchain.simulate.protocols.whirlpool import (
    POOLS,
    Pool,
    cut_tx0,
    deposit_wallet,
    mix_whirlpool,
)
from peelchain.simulate.wallet import Wallet
from peelchain.units import COIN

_RETRIES = 6
_NOTICE = (8, 14)
_TX0_A_MIX = 0.65
_OWN_MONEY_SHARE = 0.3


class Rounds:
    """The calendar of the mixes of an economy with `real_mixes`."""

    def __init__(self, ledger: Ledger, mixing: Mixing, users: Sequence[Party]) -> None:
        self.ledger = ledger
        self.mixing = mixing
        self.users = users
        self.fee_to = mixing.wallet.address("fee")
        self.base_sat = BASE_SAT

    def plan(self, first: int, last: int) -> None:
        """Enter all rounds between these heights in the calendar."""
        chosen = self.ledger.parameters
        self._spread(chosen.wasabi1_per_100_blocks, first, last, partial(self._wasabi1, False))
        self._spread(
            chosen.wasabi1_levels_per_100_blocks, first, last, partial(self._wasabi1, True)
        )
        self._spread(chosen.wasabi2_per_100_blocks, first, last, self._wasabi2)
        self._spread(chosen.whirlpool_per_100_blocks * _TX0_A_MIX, first, last, self._tx0)
        self._spread(chosen.whirlpool_per_100_blocks, first, last, self._whirlpool)
        self._spread(chosen.joinmarket_per_100_blocks, first, last, self._joinmarket)

    def _spread(
        self, per_100_blocks: float, first: int, last: int, action: Callable[[], object]
    ) -> None:
        rng = self.ledger.rng
        count = int((last - first) * per_100_blocks / 100 + rng.random())
        step = (last - first) / max(count, 1)
        for number in range(count):
            height = int(first + step * (number + rng.random()))
            self.ledger.after(height - self.ledger.height, action)

    def _retry(self, action: Callable[[], object], left: int = _RETRIES) -> None:
        if not action() and left:
            blocks = self.ledger.rng.randint(1, 4)
            self.ledger.after(blocks, partial(self._retry, action, left - 1))

    def _later(self, action: Callable[[], object]) -> None:
        self.ledger.after(self.ledger.rng.randint(*_NOTICE), partial(self._retry, action))

    # Each announces a round, which is held some blocks later

    def _wasabi1(self, levels: bool) -> None:
        rng, chosen = self.ledger.rng, self.ledger.parameters
        size = chosen.wasabi1_levels_size if levels else chosen.wasabi1_size
        wanted = rng.randint(*size)
        wanted = max(wanted + 4 - len(self.mixing.waiting), wanted // 2)
        for party in rng.sample(self.users, min(len(self.users), wanted)):
            # Most bring little more than they can mix, some many times as much.
            times = min(max(rng.lognormvariate(0.55, 1.2), 1.15), 60.0 if levels else 8.0)
            self.mixing.enrol_wasabi(party, 0)
            pieces = rng.choice((1, 1, 2, 2, 3))
            for _ in range(pieces):
                part = int(BASE_SAT * times * rng.uniform(0.7, 1.3)) // pieces
                self._fund(party, party.premix_wallet("p2wpkh"), part)
        self._later(partial(self._hold_wasabi1, levels, size))

    def _hold_wasabi1(self, levels: bool, size: tuple[int, int]) -> bool:
        fee_to = self.mixing.wallet.address("fee") if levels else self.fee_to
        base = next_base(self.ledger, self.base_sat)
        waiting = self.mixing.waiting
        came = hold_wasabi1(self.ledger, waiting, self.users, size, base, fee_to, levels=levels)
        if came:
            self.base_sat = base
        self.mixing.leave_wasabi(came)
        return self._mixed(came)

    def _wasabi2(self) -> None:
        rng, chosen = self.ledger.rng, self.ledger.parameters
        coins = sum(
            len(party.client(name).coins)
            for party in self.users
            for name in ("wasabi2", "wasabi2-mixed")
        )
        missing = chosen.wasabi2_inputs[1] + 30 - coins // 3
        while missing > 0:
            party = rng.choice(self.users)
            pieces = rng.randint(1, 6)
            for _ in range(pieces):
                value = min(int(rng.lognormvariate(15.4, 1.3)), 10 * COIN)
                self._fund(party, fresh_wallet(party), max(value, 60_000))
            missing -= pieces
        self._later(partial(self._hold_wasabi2))

    def _hold_wasabi2(self) -> bool:
        chosen = self.ledger.parameters
        fee_to = self.mixing.wallet.address("fee")
        return self._mixed(hold_wasabi2(self.ledger, self.users, chosen.wasabi2_inputs, fee_to))

    def _tx0(self) -> None:
        rng = self.ledger.rng
        party, pieces = rng.choice(self.users), min(int(rng.expovariate(0.25)) + 1, 70)
        pool = rng.choices(POOLS, [pool.weight for pool in POOLS])[0]
        value = pieces * pool.value_sat + pool.fee_sat
        for part in (60, 60) if rng.random() < 0.3 else (120,):
            self._fund(party, deposit_wallet(party), value * part // 100 + 100_000)
        self._later(partial(self._cut, party, pool, pieces))

    def _cut(self, party: Party, pool: Pool, pieces: int) -> bool:
        return cut_tx0(self.ledger, party, pool, pieces, self.mixing.wallet.address("fee"))

    def _whirlpool(self) -> None:
        self._retry(self._mix_whirlpool)

    def _mix_whirlpool(self) -> bool:
        """A mix in one of the pools, by their traffic, else in any that has the people."""
        rng, size = self.ledger.rng, self.ledger.parameters.whirlpool_size
        first = rng.choices(POOLS, [pool.weight for pool in POOLS])[0]
        for pool in (first, *(pool for pool in POOLS if pool is not first)):
            if self._mixed(mix_whirlpool(self.ledger, self.users, pool, size)):
                return True
        return False

    def _joinmarket(self) -> None:
        rng = self.ledger.rng
        wanted = int(min(rng.lognormvariate(15.6, 0.9), 1.5 * COIN))
        self._retry(lambda: self.mixing.join_market(rng.choice(self.users), self.users, wanted), 10)

    def _fund(self, party: Party, wallet: Wallet, value_sat: int) -> None:
        """Bring money to a client's wallet, out of the main wallet or from an exchange."""
        to = wallet.address("premix")
        if self.ledger.rng.random() < _OWN_MONEY_SHARE and party.main.balance_sat > 3 * value_sat:
            party.main.pay("hop", [(to, value_sat)])
        else:
            party.withdraw(value_sat, to)

    def _mixed(self, parties: Sequence[Party]) -> bool:
        """Tell those who waited for it that they have mixed; whether there were any."""
        for party in parties:
            waiting, party.when_mixed = party.when_mixed, []
            for action in waiting:
                self.ledger.after(self.ledger.rng.randint(2, 12), action)
        return bool(parties)
