"""JoinMarket: a taker pays makers to mix an amount of its choice with it.

Sources: JoinMarket's documentation of its order book; Möser and Böhme 2017 ("The price of
anonymity"). n equal outputs, at most one change each; the taker pays the makers' fees, a share of
the amount each, and the network's. All coins are of one script type. No output goes to a
coordinator, for there is none.
"""

from collections.abc import Sequence

from peelchain.simulate.equal_mix import Share, largest_coins, submit_equal_mix
from peelchain.simulate.keys import Kind
from peelchain.simulate.ledger import Ledger
from peelchain.simulate.parties import Party
from peelchain.simulate.transaction import vbytes
from peelchain.simulate.wallet import Wallet

_KINDS: tuple[Kind, ...] = ("p2sh_p2wpkh", "p2wpkh", "p2pkh")


def join_market(ledger: Ledger, taker: Party, makers: Sequence[Party], wanted_sat: int) -> bool:
    """A taker pays some makers to mix the amount with it; whether it came about.

    The taker pays the makers' fees and the network's; makers keep their change.
    """
    rng = ledger.rng
    least, most = ledger.parameters.joinmarket_size
    for kind in rng.sample(_KINDS, len(_KINDS)):
        source = _source(taker, kind)
        if source is None or _held(source) < wanted_sat * 11 // 10 + 100_000:
            continue
        willing = [
            maker
            for maker in makers
            if maker is not taker
            and (wallet := _source(maker, kind)) is not None
            and _held(wallet) > wanted_sat + 20_000
        ]
        if len(willing) < least - 1:
            continue
        chosen = rng.sample(willing, min(len(willing), rng.randint(least - 1, most - 1)))
        return _join(ledger, taker, source, chosen, kind, wanted_sat)
    return False


def _source(party: Party, kind: Kind) -> Wallet | None:
    """The wallet a party joins from, the richer of main and premix; None where it has none."""
    main = party.main
    wallets = [main] if main.habits.kind == kind and not main.habits.reuse else []
    if kind in party.premix:
        wallets.append(party.premix[kind])
    return max(wallets, key=_held, default=None)


def _held(wallet: Wallet) -> int:
    """Its spendable coins of the type that the wallet receives on, in satoshis."""
    kind = wallet.habits.kind
    return sum(coin.value_sat for coin in wallet.spendable() if coin.lock.kind == kind)


def _join(
    ledger: Ledger, taker: Party, source: Wallet, makers: list[Party], kind: Kind, value: int
) -> bool:
    rng = ledger.rng
    shares, paid = [], 0
    for maker in makers:
        wallet = _source(maker, kind)
        assert wallet is not None, "makers were chosen for having one"
        coins = largest_coins(wallet, value + 20_000)
        earned = value * rng.randint(2, 30) // 100_000 + rng.randrange(500)
        paid += earned
        change = sum(coin.value_sat for coin in coins) - value + earned
        shares.append(Share(maker, coins, change, wallet))
    coins = largest_coins(source, value + paid + 60_000)
    inputs = [coin for share in shares for coin in share.coins] + coins
    outputs = 2 * len(makers) + 2
    network = int(ledger.fee_rate * vbytes(inputs, [bytes(25)] * outputs))
    change = sum(coin.value_sat for coin in coins) - value - paid - network
    if change < 0:
        return False
    shares.append(Share(taker, coins, change, source))
    submit_equal_mix(ledger, "joinmarket", shares, kind, value, [])
    return True
