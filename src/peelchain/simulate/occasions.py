"""What happens now and then under the parameters: lookalikes and more, each at its rate."""

from collections.abc import Callable, Sequence
from functools import partial

from peelchain.simulate.habits import Habits
from peelchain.simulate.ledger import Ledger
from peelchain.simulate.lookalikes.assets import send_omni, send_open_assets, send_runes
from peelchain.simulate.lookalikes.batches import consolidate_many, pay_equal_batch
from peelchain.simulate.lookalikes.trades import trade
from peelchain.simulate.offchain import Channels, CoinHouse, pay_rewards
from peelchain.simulate.parties import Party
from peelchain.simulate.services import Service
from peelchain.simulate.truth import Owner
from peelchain.simulate.wallet import Wallet

_TRIES = 8


class Occasions:
    """The lookalikes of an economy. Draws nothing while all rates are zero."""

    def __init__(self, ledger: Ledger, users: Sequence[Party], services: Sequence[Service]) -> None:
        self.ledger = ledger
        self.users = users
        chosen = ledger.parameters
        rates: list[tuple[float, Callable[[], bool]]] = [
            (
                chosen.equal_batches_per_100_blocks,
                partial(pay_equal_batch, ledger, services, users),
            ),
            (
                chosen.big_consolidations_per_100_blocks,
                partial(consolidate_many, ledger, services, users),
            ),
            (chosen.omni_per_100_blocks, self._omni),
            (chosen.open_assets_per_100_blocks, self._open_assets),
            (chosen.runes_per_100_blocks, self._runes),
        ]
        if chosen.trades_per_100_blocks:
            owner = Owner("marketplace", "marketplace", "Inscription Fair", "HK", "p2wpkh")
            ledger.add_owner(owner)
            fees = Wallet(ledger, owner.owner_id, "fees", Habits("p2wpkh", family="service"))
            fee_to = fees.address("fee")
            rates.append((chosen.trades_per_100_blocks, lambda: trade(ledger, users, fee_to)))
        channels = Channels(ledger, users)
        rates += [
            (chosen.channels_per_100_blocks, channels.open),
            (chosen.escrows_per_100_blocks, channels.escrow),
            (chosen.rewards_per_100_blocks, partial(pay_rewards, ledger, services, users)),
        ]
        if chosen.handed_coins_per_100_blocks:
            house = CoinHouse(ledger, users)
            rates.append((chosen.handed_coins_per_100_blocks, house.make_batch))
        self._rates = [(rate, action) for rate, action in rates if rate]
        self._owed = [0.0] * len(self._rates)

    def live(self) -> None:
        """Let happen what is due in this block; what fails is tried again in the next."""
        for index, (rate, action) in enumerate(self._rates):
            self._owed[index] += rate / 100 * self.ledger.rng.uniform(0.0, 2.0)
            while self._owed[index] >= 1 and action():
                self._owed[index] -= 1

    def _someone(self) -> Wallet:
        return self.ledger.rng.choice(self.users).main

    def _omni(self) -> bool:
        return self._try(lambda wallet: send_omni(wallet, self._someone().address()))

    def _open_assets(self) -> bool:
        rng = self.ledger.rng
        to = [self._someone().address() for _ in range(rng.choice((1, 2, 2, 3, 5, 8)))]
        issues = rng.random() < 0.3
        return self._try(lambda wallet: send_open_assets(wallet, to, issues=issues))

    def _runes(self) -> bool:
        rng = self.ledger.rng
        to = [self._someone().address() for _ in range(rng.choice((1, 1, 2, 3, 6, 15)))]
        return self._try(lambda wallet: send_runes(wallet, to))

    def _try(self, send: Callable[[Wallet], bool]) -> bool:
        """Have one of a few people do it, whoever can."""
        return any(send(self._someone()) for _ in range(_TRIES))
