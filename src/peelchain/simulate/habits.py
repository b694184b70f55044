"""Habits: how a wallet chooses coins and places, types and values its change."""

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from peelchain.simulate.keys import Kind

Selection = Literal["largest", "oldest", "random", "exact"]
Position = Literal["random", "last", "first", "sorted"]
ChangeStyle = Literal["one", "none", "round", "split"]
ChangeKind = Literal["own", "match", "other"]
InputOrder = Literal["chosen", "shuffled"]


@dataclass(frozen=True, slots=True)
class Habits:
    """How a wallet builds transactions.

    `reuse` keeps one address for everything. `anti_sniping` sets the locktime to the tip's height
    (Bitcoin Core), `backdates` at times to some blocks before it. `position` is where change goes
    (`sorted` is BIP 69). `fee_share` scales the going fee rate, `whole_rate` rounds it up to whole
    satoshis. `family` is the wallet family.

    `change`: `one` output where worth having; `none` pays coins whole where it may; `round` keeps
    a round sum and pays the rest; `split` makes two. `change_kind`: the wallet's own, the payee's
    (`match`), or another than the wallet's. `spends_all` joins every coin in each payment.
    """

    kind: Kind
    reuse: bool = False
    selection: Selection = "largest"
    position: Position = "random"
    anti_sniping: bool = False
    version: int = 2
    replaceable: bool = False
    fee_share: float = 1.0
    family: str = "classic"
    change: ChangeStyle = "one"
    change_kind: ChangeKind = "own"
    spends_all: bool = False
    input_order: InputOrder = "chosen"
    whole_rate: bool = False
    backdates: bool = False


_LEGACY_KINDS: dict[Kind, Kind] = {
    "p2sh_p2wpkh": "p2pkh",
    "p2wpkh": "p2pkh",
    "p2tr": "p2pkh",
    "p2wsh_multisig": "p2sh_multisig",
}


def legacy_kind(kind: Kind) -> Kind:
    """The kind that served for this one before SegWit."""
    return _LEGACY_KINDS.get(kind, kind)


def legacy_habits(habits: Habits) -> Habits:
    """The habits as they could be before SegWit (2017) and replaceable payments (2016)."""
    return replace(
        habits, kind=legacy_kind(habits.kind), change_kind="own", version=1, replaceable=False
    )


def draw_habits(rng: Random, kind: Kind | None = None, *, reuse: bool | None = None) -> Habits:
    """Habits of one user's wallet of no family. A given kind or reuse is kept."""
    drawn: tuple[Kind, bool] = rng.choices(
        (
            ("p2pkh", True),
            ("p2pkh", False),
            ("p2sh_p2wpkh", False),
            ("p2wpkh", False),
            ("p2tr", False),
        ),
        (18, 18, 24, 28, 12),
    )[0]
    if kind is not None:
        drawn = (kind, False)
    old = drawn[0] == "p2pkh"
    selection: Selection = rng.choice(("largest", "oldest", "random", "exact"))
    position: Position = rng.choice(("random", "last", "first", "sorted"))
    return Habits(
        kind=drawn[0],
        reuse=drawn[1] if reuse is None else reuse,
        selection="oldest" if old and rng.random() < 0.5 else selection,
        position="last" if old and rng.random() < 0.5 else position,
        anti_sniping=rng.random() < 0.35,
        version=1 if rng.random() < (0.7 if old else 0.3) else 2,
        replaceable=not old and rng.random() < 0.5,
        fee_share=rng.choice((0.6, 0.8, 1.0, 1.0, 1.3, 2.0)),
    )
