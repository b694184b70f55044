"""What the parameters make of a private payment: PayJoin, a joint transaction, or a Stonewall."""

from collections.abc import Callable, Sequence

from peelchain.simulate.ledger import Address, Ledger
from peelchain.simulate.lookalikes.stonewall import pay_by_stonewall
from peelchain.simulate.parties import Party
from peelchain.simulate.payjoin import pay_by_payjoin
from peelchain.simulate.protocols.small import stowaway, two_party, unequal

_TRIES = 12


class Customs:
    """The ways in which private people pay otherwise than alone and plainly.

    Draws nothing while the shares are zero, so that the default economy stays what it is. What
    cannot be done with the people met is tried with others, so that the shares are kept.
    """

    def __init__(self, ledger: Ledger, users: Sequence[Party]) -> None:
        self.ledger = ledger
        self.users = users

    def pay_peer(self, party: Party, to: Party, value_sat: int) -> bool:
        """Whether the payment was made in such a way; otherwise it is still to be made."""
        chosen, rng = self.ledger.parameters, self.ledger.rng
        shares = (chosen.payjoin_share, chosen.undetected_mix_share, chosen.stonewall_share)
        if not any(shares):
            return False
        drawn = rng.random()
        if drawn < shares[0]:
            return self._with_others(party, to, lambda peer: self._payjoin(party, peer, value_sat))
        if drawn < sum(shares[:2]):
            return self._joint(party, to, value_sat)
        if drawn < sum(shares):
            return any(
                pay_by_stonewall(payer.main, to.main.address(), value_sat)
                for payer in (party, *self._others())
                if payer is not to
            )
        return False

    def pay_shop(self, party: Party, to: Address, value_sat: int) -> bool:
        """The same for a payment to a service, which knows PayJoin only."""
        share = self.ledger.parameters.payjoin_share
        if not share or self.ledger.rng.random() >= share:
            return False
        payers = (party, *self._others())
        return any(pay_by_payjoin(payer.main, to, value_sat, "deposit") for payer in payers)

    def _payjoin(self, payer: Party, payee: Party, value_sat: int) -> bool:
        to = payee.main.address()
        return pay_by_payjoin(payer.main, to, value_sat, "payment") is not None

    def _joint(self, party: Party, to: Party, value_sat: int) -> bool:
        design = self.ledger.rng.choice((two_party, unequal, stowaway))
        return self._with_others(party, to, lambda peer: design(party, peer, to, value_sat))

    def _with_others(self, party: Party, to: Party, act: Callable[[Party], bool]) -> bool:
        return any(act(peer) for peer in (to, *self._others()) if peer is not party)

    def _others(self) -> list[Party]:
        return self.ledger.rng.sample(self.users, min(len(self.users), _TRIES))
