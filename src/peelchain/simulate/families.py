"""Wallet families: named sets of habits, as wallet software has them.

Kinds, versions, locktimes, sequences, order and reuse follow published observations of wallets:
Bitcoin Core's CreateTransactionInternal, DiscourageFeeSniping and TransactionChangeType; Electrum's
make_unsigned_transaction (BIP 69 until 4.x, locktime, replaceable); BIP 69; "Wallet Fingerprints:
Detection & Analysis" (Ishaana Misra, 2023, of eight wallets); Kappos et al. 2022 (arXiv
2205.13882), section 4, and Meiklejohn et al. 2013, section 4, on change habits. A family is a
likeness, not a copy of a product; those called odd break a rule that analysts use.
"""

from dataclasses import dataclass
from random import Random

from peelchain.simulate.habits import (
    ChangeKind,
    ChangeStyle,
    Habits,
    InputOrder,
    Position,
    Selection,
    draw_habits,
)
from peelchain.simulate.keys import Kind


@dataclass(frozen=True, kw_only=True)
class Family:
    """How the wallets of one family build transactions.

    Where several values are given, each wallet draws one of them, evenly but for `kinds`, which
    have weights. `likeness` says whose habits these are, or what is odd. The rest is as in Habits.
    """

    likeness: str
    kinds: tuple[tuple[Kind, int], ...]
    positions: tuple[Position, ...]
    selections: tuple[Selection, ...]
    versions: tuple[int, ...] = (2,)
    anti_sniping: bool = False
    replaceable: tuple[bool, ...] = (True,)
    reuse: bool = False
    change: ChangeStyle = "one"
    change_kind: ChangeKind = "own"
    spends_all: bool = False
    input_order: InputOrder = "chosen"
    fee_shares: tuple[float, ...] = (0.8, 1.0, 1.0, 1.3)
    whole_rate: bool = False


FAMILIES = {
    "core": Family(
        likeness="Bitcoin Core: locktime near the tip, change anywhere and of the payee's type",
        kinds=(("p2wpkh", 7), ("p2tr", 2), ("p2sh_p2wpkh", 1)),
        positions=("random",),
        selections=("exact", "random", "largest"),
        anti_sniping=True,
        replaceable=(True, True, False),
        change_kind="match",
        input_order="shuffled",
    ),
    "electrum": Family(
        likeness="Electrum: BIP 69 or shuffled, locktime at the tip, replaceable",
        kinds=(("p2wpkh", 8), ("p2pkh", 2)),
        positions=("sorted", "sorted", "random"),
        selections=("oldest", "random"),
        anti_sniping=True,
    ),
    "legacy_reuse": Family(
        likeness="web wallets of the legacy era: one address, version 1, change last",
        kinds=(("p2pkh", 1),),
        positions=("last",),
        selections=("oldest", "largest"),
        versions=(1,),
        replaceable=(False,),
        reuse=True,
        fee_shares=(0.6, 1.0, 2.0),
        whole_rate=True,
    ),
    "mobile_p2sh": Family(
        likeness="mobile wallets of 2017 to 2020: nested SegWit, change last",
        kinds=(("p2sh_p2wpkh", 1),),
        positions=("last", "last", "random"),
        selections=("largest", "oldest"),
        versions=(1, 2),
        replaceable=(False, True),
        whole_rate=True,
    ),
    "hardware": Family(
        likeness="hardware wallets' suites: change first, last or by BIP 69, version 1 or 2",
        kinds=(("p2wpkh", 6), ("p2sh_p2wpkh", 3), ("p2pkh", 1)),
        positions=("first", "last", "sorted"),
        selections=("oldest", "exact"),
        versions=(1, 2),
        whole_rate=True,
    ),
    "taproot": Family(
        likeness="wallets with Taproot by default: shuffled, replaceable",
        kinds=(("p2tr", 1),),
        positions=("random",),
        selections=("largest", "random"),
        replaceable=(True, True, False),
        input_order="shuffled",
    ),
    "single_address": Family(
        likeness="simple mobile wallets: one SegWit address for receiving and change, change last",
        kinds=(("p2wpkh", 1),),
        positions=("last",),
        selections=("largest", "oldest"),
        versions=(1, 2),
        replaceable=(False,),
        reuse=True,
    ),
    "whole_coins": Family(
        likeness="odd: spends coins whole, as much as they hold, without change",
        kinds=(("p2wpkh", 2), ("p2tr", 1), ("p2sh_p2wpkh", 1)),
        positions=("random",),
        selections=("exact",),
        change="none",
    ),
    "change_first": Family(
        likeness="odd: change always first",
        kinds=(("p2wpkh", 2), ("p2pkh", 1), ("p2sh_p2wpkh", 1)),
        positions=("first",),
        selections=("largest", "random"),
        replaceable=(True, False),
    ),
    "odd_change_type": Family(
        likeness="odd: change of another type than the coins, as in a wallet that was migrated",
        kinds=(("p2pkh", 1), ("p2sh_p2wpkh", 1), ("p2wpkh", 1)),
        positions=("random", "last"),
        selections=("oldest", "random"),
        change_kind="other",
        versions=(1, 2),
        replaceable=(True, False),
    ),
    "round_change": Family(
        likeness="odd: keeps a round remainder and pays the odd sum",
        kinds=(("p2wpkh", 2), ("p2sh_p2wpkh", 1), ("p2pkh", 1)),
        positions=("random", "last"),
        selections=("largest",),
        change="round",
        replaceable=(True, False),
    ),
    "spend_all": Family(
        likeness="odd: joins all its coins in every payment",
        kinds=(("p2wpkh", 2), ("p2pkh", 1)),
        positions=("random", "last"),
        selections=("oldest",),
        spends_all=True,
        replaceable=(True, False),
    ),
    "split_change": Family(
        likeness="odd: splits its change in two",
        kinds=(("p2wpkh", 2), ("p2tr", 1)),
        positions=("random",),
        selections=("largest", "random"),
        change="split",
    ),
}
"""The families that private wallets are drawn from, by name."""

OWN_FAMILIES = ("classic", "service", "mixer", "inscriptions")
"""Families outside the draw: wallets of no family, services', mixing clients', inscriptions'."""

WEIGHTS: tuple[tuple[str, float], ...] = (
    ("core", 18.0),
    ("electrum", 12.0),
    ("legacy_reuse", 8.0),
    ("mobile_p2sh", 13.0),
    ("hardware", 13.0),
    ("taproot", 8.0),
    ("single_address", 10.0),
    ("whole_coins", 3.0),
    ("change_first", 3.0),
    ("odd_change_type", 3.0),
    ("round_change", 3.0),
    ("spend_all", 3.0),
    ("split_change", 3.0),
)
"""Weights of the preset `habits`. Nobody has measured them: they are an assumption."""

_POSITIONS: tuple[Position, ...] = ("random", "last", "first", "sorted")


def wallet_habits(
    rng: Random,
    weights: tuple[tuple[str, float], ...],
    position_noise: float,
    kind: Kind | None = None,
    *,
    reuse: bool | None = None,
) -> Habits:
    """Habits of one private wallet, of a family drawn by weight; a given kind or reuse is kept.

    Without weights the wallet is of no family and each habit is drawn by itself. Where no family
    of the weights has that kind, its coins are of that kind all the same.
    """
    if not weights:
        return draw_habits(rng, kind, reuse=reuse)
    fit = [
        (name, weight)
        for name, weight in weights
        if weight
        and (kind is None or kind in dict(FAMILIES[name].kinds))
        and (reuse is None or FAMILIES[name].reuse == reuse)
    ]
    names = fit or [pair for pair in weights if pair[1]]
    name = rng.choices([n for n, _ in names], [w for _, w in names])[0]
    family = FAMILIES[name]
    drawn = rng.choices([k for k, _ in family.kinds], [w for _, w in family.kinds])[0]
    noisy = rng.random() < position_noise
    return Habits(
        family=name,
        kind=kind or drawn,
        reuse=family.reuse if reuse is None else reuse,
        selection=rng.choice(family.selections),
        position=rng.choice(_POSITIONS if noisy else family.positions),
        anti_sniping=family.anti_sniping,
        version=rng.choice(family.versions),
        replaceable=rng.choice(family.replaceable),
        fee_share=rng.choice(family.fee_shares),
        change=family.change,
        change_kind=family.change_kind,
        spends_all=family.spends_all,
        input_order=family.input_order,
        whole_rate=family.whole_rate,
        backdates=family.anti_sniping,
    )
