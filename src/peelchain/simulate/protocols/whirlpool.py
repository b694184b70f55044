"""Whirlpool: Tx0 cuts coins to a pool's size, mixes take one coin from each of five or more.

Sources: Samourai's Whirlpool documentation (THEORY, Tx0) and Stütz et al. 2022 (arXiv 2109.10229),
section 3: pools of 0.001, 0.01, 0.05 and 0.5 BTC, each with a flat coordinator's fee; a Tx0 has a
data output, the fee, up to 70 equal premix outputs of the pool's size and a little more for
miners, and change; a mix has as many inputs as outputs, all outputs of the pool's size, new coins
that pay the miners and mixed ones that come again free. Five participants, up to eight or ten in
later years. Lists are ordered as BIP 69 says. Never two inputs from one earlier mix.

Seen in those of March 2024 that PEELCHAIN_DATA holds, and kept here: two new coins a mix, seldom
three; a quarter of the Tx0s have one premix output, half three or fewer; nearly all have change.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from peelchain.simulate.joint import Part, enough, submit_joint, submit_mix
from peelchain.simulate.ledger import Address, Ledger, Output
from peelchain.simulate.parties import Party
from peelchain.simulate.transaction import Coin, data_script, vbytes
from peelchain.simulate.wallet import DUST_SAT, Wallet


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool's size, its flat fee, and how much of the traffic it has."""

    value_sat: int
    fee_sat: int
    weight: int


POOLS = (
    Pool(100_000, 5_000, 4),
    Pool(1_000_000, 50_000, 5),
    Pool(5_000_000, 175_000, 3),
    Pool(50_000_000, 1_750_000, 1),
)

_MOST_PREMIX = 70
_MOST_EXCESS_SAT = 15_000
_MIX_VBYTES = 99
_PAYLOADS = (64, 80)


def deposit_wallet(party: Party) -> Wallet:
    """The client's account that coins come to before they are cut."""
    return party.client("whirlpool")


def cut_tx0(ledger: Ledger, party: Party, pool: Pool, pieces: int, fee_to: Address) -> bool:
    """A Tx0 with so many premix outputs or as many as the account can pay; whether any."""
    rng = ledger.rng
    wallet, premix = deposit_wallet(party), party.client("whirlpool-premix")
    excess = min(int(ledger.fee_rate * _MIX_VBYTES * rng.uniform(2.5, 4.0)) + 1, _MOST_EXCESS_SAT)
    piece = pool.value_sat + excess
    coins = wallet.spendable()
    held = sum(coin.value_sat for coin in coins)
    pieces = min(pieces, _MOST_PREMIX, (held - pool.fee_sat - 30_000) // piece)
    if pieces < 1:
        return False
    size = int(ledger.fee_rate * vbytes(coins, [bytes(83), *[bytes(22)] * (pieces + 2)])) + 1
    needed = pieces * piece + pool.fee_sat + size
    chosen = enough(coins, needed, most=len(coins))
    if chosen is None:
        return False
    change = sum(coin.value_sat for coin in chosen) - needed
    outputs = [
        Output(data_script(rng.randbytes(rng.choice(_PAYLOADS))), 0),
        Output(fee_to, pool.fee_sat),
        *(Output(premix.address("premix"), piece) for _ in range(pieces)),
    ]
    if change > DUST_SAT:
        outputs.append(Output(wallet.address("change"), change, is_change=True))
    submit_joint(ledger, [Part(wallet, chosen)], outputs, kind="premix", shape="tx0", order="bip69")
    return True


def mix_whirlpool(
    ledger: Ledger, parties: Sequence[Party], pool: Pool, size: tuple[int, int]
) -> list[Party]:
    """A mix of one coin of each of several parties; who took part, nobody where too few could.

    All but two or three come again where there are so many; the first mixes have new coins only.
    """
    rng = ledger.rng
    new: list[tuple[Party, Wallet, Coin]] = []
    again: list[tuple[Party, Wallet, Coin]] = []
    clients = [party for party in parties if "whirlpool-premix" in party.clients]
    for party in rng.sample(clients, len(clients)):
        wallet = party.client("whirlpool-premix")
        for coin in wallet.spendable():
            if pool.value_sat < coin.value_sat <= pool.value_sat + _MOST_EXCESS_SAT:
                new.append((party, wallet, coin))
                break
        mixed = party.client("whirlpool-mixed")
        coins = [coin for coin in mixed.spendable() if coin.value_sat == pool.value_sat]
        if coins:
            again.append((party, mixed, rng.choice(coins)))
    # Some are of the least size, as all were before the larger ones came.
    wanted = size[0] if rng.random() < 0.3 else rng.randint(*size)
    entrants = 2 if rng.random() < 0.95 else 3
    seats = _distinct(new, entrants)
    seats += _distinct(again, wanted - len(seats), seats)
    seats += _distinct(new, wanted - len(seats), seats)
    paid = sum(coin.value_sat for _, _, coin in seats) - len(seats) * pool.value_sat
    if len(seats) < size[0] or paid < len(seats) * _MIX_VBYTES:
        return []
    parts = [Part(wallet, (coin,)) for _, wallet, coin in seats]
    outputs = [
        Output(party.client("whirlpool-mixed").address("coinjoin"), pool.value_sat)
        for party, _, _ in seats
    ]
    submit_mix(ledger, "whirlpool", parts, outputs, "bip69")
    return [party for party, _, _ in seats]


def _distinct(
    offers: list[tuple[Party, Wallet, Coin]],
    most: int,
    seated: Sequence[tuple[Party, Wallet, Coin]] = (),
) -> list[tuple[Party, Wallet, Coin]]:
    """The first offers of parties not yet seated and of transactions not yet spent from."""
    parties = {party.owner_id for party, _, _ in seated}
    sources = {coin.txid for _, _, coin in seated}
    chosen: list[tuple[Party, Wallet, Coin]] = []
    for party, wallet, coin in offers:
        if len(chosen) >= most:
            break
        if party.owner_id not in parties and coin.txid not in sources:
            parties.add(party.owner_id)
            sources.add(coin.txid)
            chosen.append((party, wallet, coin))
    return chosen
