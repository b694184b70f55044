"""How site users pay: from an exchange, own wallets, a peer, a block they mined, or a CoinJoin."""

from functools import partial

from peelchain.simulate.ledger import Ledger
from peelchain.simulate.mixing import WASABI_SAT, Mixing
from peelchain.simulate.parties import Party
from peelchain.simulate.site import Site, SiteUser
from peelchain.simulate.wallet import Wallet

_ROUTES = ("direct", "wallet", "hops", "peer", "coinjoin")
_SHARES = (24, 30, 24, 10, 12)


def pay_site(
    ledger: Ledger, site: Site, mixing: Mixing, user: SiteUser, users: list[Party]
) -> None:
    """Start one payment of a site user on a route of its own; later blocks finish it."""
    rng = ledger.rng
    route = rng.choices(_ROUTES, _SHARES)[0]
    party, price = user.party, site.price_sat()
    if route == "direct":
        pay_direct(site, user, price)
    elif route == "wallet":
        party.withdraw(
            price * rng.randint(11, 40) // 10 + 60_000,
            paid=lambda _: ledger.after(
                rng.randint(0, 6), partial(_pay, site, user, party.main, price, "wallet")
            ),
        )
    elif route == "hops":
        hop = party.new_wallet()
        party.withdraw(
            price * rng.randint(12, 30) // 10 + 150_000,
            hop.address(),
            lambda _: ledger.after(
                rng.randint(0, 4), partial(_hop, site, user, hop, price, rng.randint(1, 3))
            ),
        )
    elif route == "peer":
        _pay_by_peer(ledger, site, user, price, users)
    else:
        _pay_mixed(mixing, site, user, price)


def pay_direct(site: Site, user: SiteUser, price_sat: int) -> None:
    """An exchange pays the site from the user's account."""
    party = user.party
    party.withdraw(price_sat, user.address, partial(site.received, user, party.owner_id, "direct"))


def pay_mined(site: Site, user: SiteUser, wallet: Wallet) -> bool:
    """Pay with coins the user mined itself; whether it had any."""
    return _pay(site, user, wallet, site.price_sat(), "mined")


def _pay(site: Site, user: SiteUser, wallet: Wallet, price_sat: int, route: str) -> bool:
    receipt = wallet.pay("payment", [(user.address, price_sat)])
    if receipt is None:
        return False
    site.received(user, wallet.owner_id, route, receipt.coin(0))
    return True


def _hop(site: Site, user: SiteUser, wallet: Wallet, price_sat: int, left: int) -> None:
    """Move the money to another wallet of the user, with change or whole, then pay."""
    ledger, rng = wallet.ledger, wallet.ledger.rng
    if left == 0:
        _pay(site, user, wallet, price_sat, "hops")
        return
    onward = user.party.new_wallet()
    to = onward.address()
    free = wallet.balance_sat
    keep = price_sat + 40_000 * left
    if rng.random() < 0.5 and free > keep * 13 // 10:
        moved = wallet.pay("hop", [(to, (keep + free) // 2)])
    else:
        moved = wallet.empty("hop", to)
    if moved is not None:
        ledger.after(rng.randint(0, 4), partial(_hop, site, user, onward, price_sat, left - 1))


def _pay_by_peer(
    ledger: Ledger, site: Site, user: SiteUser, price_sat: int, users: list[Party]
) -> None:
    """Another user sends the money first, as for a thing sold between them."""
    rng, party = ledger.rng, user.party
    value = price_sat * rng.randint(11, 20) // 10 + 60_000
    rich = [peer for peer in users if peer is not party and peer.main.balance_sat > 2 * value]
    if not rich:
        pay_direct(site, user, price_sat)
        return
    wallet = party.new_wallet()
    if rng.choice(rich).main.pay("payment", [(wallet.address(), value)]) is not None:
        ledger.after(rng.randint(0, 5), partial(_pay, site, user, wallet, price_sat, "peer"))


def _pay_mixed(mixing: Mixing, site: Site, user: SiteUser, price_sat: int) -> None:
    """Pay with mixed coins; without any, join the next large round first."""
    party = user.party

    def pay() -> None:
        wallet = party.mixed_coins()
        if wallet is not None:
            _pay(site, user, wallet, min(price_sat, WASABI_SAT // 2), "coinjoin")

    wallet = party.mixed_coins()
    if wallet is not None and wallet.balance_sat > price_sat + 60_000:
        pay()
        return
    party.when_mixed.append(pay)
    mixing.enrol_wasabi(party, WASABI_SAT * 13 // 10)


def first_buys(site: Site, buyers: list[SiteUser]) -> None:
    """Undercover users buy straight from an exchange, small and early."""
    for buyer in buyers:
        pay_direct(site, buyer, site.price_sat())
