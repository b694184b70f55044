"""What can be chosen about an economy: shares, rates and sizes, with named presets."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from peelchain.errors import MisuseError
from peelchain.simulate.families import FAMILIES, WEIGHTS

Weights = tuple[tuple[str, float], ...]
Span = tuple[int, int]

CASES = ("ransomware", "theft", "layering")
"""The cases that an economy can have, see peelchain.simulate.scenarios."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """How the people of an economy behave. The defaults are the default economy's.

    Shares are chances from 0 to 1. What ends in `_per_100_blocks` counts transactions, on the
    average, in a hundred blocks after the first coins matured; a round that finds too few people
    does not come about. Spans are (least, most), both included. Raises MisuseError for a value out
    of range.

    - `preset`: the name it goes by.
    - `blocks_per_user`, `least_users`: one private user for so many blocks, but so many at least.
    - `families`: wallet families with their weights; empty gives each wallet habits of its own.
      A family that is left out or weighs nothing does not occur.
    - `position_noise`: share of wallets that put change elsewhere than their family does.
    - `before_segwit`: all scripts are P2PKH or P2SH multisig, nothing is replaceable, version 1;
      protocols that came later must have no rate.
    - `receive_reuse`: chance that a wallet hands out its last receiving address again.
    - `amount_percent`, `amount_spread`: private payments in percent of the default's median; the
      standard deviation of their logarithm.
    - `rounding`: weights of amounts cut to 1, 10,000, 100,000 and 1,000,000 sat.
    - `fee_log_mean`, `fee_log_spread`, `fee_most`: the going rate in sat/vB is log-normal, 1 at
      least and `fee_most` at most.
    - `payjoin_share`: of private payments to peers and shops, those by PayJoin (BIP 78).
    - `undetected_mix_share`: of private payments to peers, those replaced by a joint transaction
      of two people that no published detector covers.
    - `stonewall_share`: of private payments to peers, those built as a Stonewall by one wallet.
    - `custodian_sweep_share`: of the sweeps of customers' deposits, those that spend coins of the
      hot wallet along with them.
    - `broker`: a service whose customers' coins another exchange holds.
    - `channels_per_100_blocks`, `escrows_per_100_blocks`: payment channels, and two-key escrows
      that spend like them; `handed_coins_per_100_blocks`, `rewards_per_100_blocks`: batches of
      coins whose keys are handed over, and rewards of the same sums.
    - `real_mixes`: mixes have the shapes of their protocols and the rates below; otherwise three
      simplified designs, by a calendar of their own.
    - `case`: a case beside the pay site: one of CASES, or empty for none.
    - `wasabi1_size`, `wasabi1_levels_size`, `joinmarket_size`, `whirlpool_size`: participants;
      `wasabi2_inputs`: inputs of a round.
    """

    preset: str = "default"
    blocks_per_user: float = 5.0
    least_users: int = 60
    families: Weights = ()
    position_noise: float = 0.0
    before_segwit: bool = False
    receive_reuse: float = 0.0
    amount_percent: int = 100
    amount_spread: float = 0.9
    rounding: tuple[int, int, int, int] = (45, 15, 25, 15)
    fee_log_mean: float = 1.6
    fee_log_spread: float = 0.5
    fee_most: float = 25.0
    payjoin_share: float = 0.0
    undetected_mix_share: float = 0.0
    stonewall_share: float = 0.0
    custodian_sweep_share: float = 0.0
    broker: bool = False
    real_mixes: bool = False
    case: str = ""
    wasabi1_per_100_blocks: float = 0.0
    wasabi1_size: Span = (10, 30)
    wasabi1_levels_per_100_blocks: float = 0.0
    wasabi1_levels_size: Span = (12, 40)
    wasabi2_per_100_blocks: float = 0.0
    wasabi2_inputs: Span = (50, 110)
    whirlpool_per_100_blocks: float = 0.0
    whirlpool_size: Span = (5, 8)
    joinmarket_per_100_blocks: float = 0.0
    joinmarket_size: Span = (3, 8)
    equal_batches_per_100_blocks: float = 0.0
    trades_per_100_blocks: float = 0.0
    big_consolidations_per_100_blocks: float = 0.0
    omni_per_100_blocks: float = 0.0
    open_assets_per_100_blocks: float = 0.0
    runes_per_100_blocks: float = 0.0
    channels_per_100_blocks: float = 0.0
    escrows_per_100_blocks: float = 0.0
    handed_coins_per_100_blocks: float = 0.0
    rewards_per_100_blocks: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            _check(field.name, getattr(self, field.name))
        later = [name for name in _SINCE_SEGWIT if getattr(self, name)]
        if self.before_segwit and later:
            raise MisuseError(
                f"before_segwit leaves no room for {', '.join(later)}; set what came later to 0"
            )

    @property
    def keeps_shapes(self) -> bool:
        """Whether mixes, and nothing else, have the shape that the default economy promises."""
        return not (
            self.real_mixes
            or self.undetected_mix_share
            or self.stonewall_share
            or any(getattr(self, name) for name in (*_LOOKALIKES, *_OFFCHAIN))
        )

    @property
    def keeps_owners(self) -> bool:
        """Whether CoinJoins alone have inputs of several owners."""
        return not (
            self.payjoin_share
            or self.undetected_mix_share
            or self.trades_per_100_blocks
            or self.handed_coins_per_100_blocks
        )

    @property
    def has_offchain(self) -> bool:
        """Whether value changes hands, or seems to, where the chain does not show it."""
        return any(getattr(self, name) for name in _OFFCHAIN)

    def as_dict(self) -> dict[str, Any]:
        """All values by name, fit for JSON."""
        return {**asdict(self), "families": dict(self.families)}


_LOOKALIKES = (
    "equal_batches_per_100_blocks",
    "trades_per_100_blocks",
    "big_consolidations_per_100_blocks",
    "omni_per_100_blocks",
    "open_assets_per_100_blocks",
    "runes_per_100_blocks",
)
_OFFCHAIN = (
    "channels_per_100_blocks",
    "escrows_per_100_blocks",
    "handed_coins_per_100_blocks",
    "rewards_per_100_blocks",
)
_SINCE_SEGWIT = (
    "wasabi1_per_100_blocks",
    "wasabi1_levels_per_100_blocks",
    "wasabi2_per_100_blocks",
    "whirlpool_per_100_blocks",
    "trades_per_100_blocks",
    "runes_per_100_blocks",
    "channels_per_100_blocks",
    "escrows_per_100_blocks",
)
_LEAST = {
    "wasabi1_size": 10,
    "wasabi1_levels_size": 10,
    "wasabi2_inputs": 50,
    "whirlpool_size": 5,
    "joinmarket_size": 3,
}
_MOST = {
    "blocks_per_user": (0.1, 1_000.0),
    "least_users": (20, 100_000),
    "amount_percent": (1, 10_000),
    "amount_spread": (0.0, 3.0),
    "fee_log_mean": (0.0, 6.0),
    "fee_log_spread": (0.0, 2.0),
    "fee_most": (1.0, 500.0),
}


def _check(name: str, value: Any) -> None:
    if name.endswith("_share") or name in ("position_noise", "receive_reuse"):
        _within(name, value, 0.0, 1.0)
    elif name.endswith("_per_100_blocks"):
        _within(name, value, 0.0, 1_000.0)
    elif name in _MOST:
        _within(name, value, *_MOST[name])
    elif name in _LEAST:
        least, most = value
        if not _LEAST[name] <= least <= most:
            raise MisuseError(
                f"{name} {least} to {most} is out of range; the protocol asks for "
                f"{_LEAST[name]} at least, and no less at most than at least"
            )
    elif name == "rounding":
        if len(value) != 4 or min(value) < 0 or not sum(value):
            raise MisuseError(f"rounding {value} is not four weights; give 0 or more, not all 0")
    elif name == "families" and value:
        _check_families(value)
    elif name == "case" and value and value not in CASES:
        raise MisuseError(f"no case is called {value!r}; choose from {', '.join(CASES)}")


def _check_families(weights: Weights) -> None:
    for family, weight in weights:
        if family not in FAMILIES:
            raise MisuseError(
                f"no wallet family is called {family!r}; choose from {', '.join(FAMILIES)}"
            )
        if not 0 <= weight < float("inf"):
            raise MisuseError(f"weight {weight} of family {family} is out of range; give 0 or more")
    if len({family for family, _ in weights}) < len(weights):
        raise MisuseError("a wallet family has two weights; name each once")
    if not any(weight for _, weight in weights):
        raise MisuseError("no wallet family has a weight; leave at least one")


def _within(name: str, value: float, least: float, most: float) -> None:
    # Written so that NaN is refused too.
    if not least <= value <= most:
        raise MisuseError(f"{name} {value} is out of range; choose {least:g} to {most:g}")


def without_families(weights: Weights, left_out: tuple[str, ...]) -> Weights:
    """The weights less these families; raises MisuseError for a name that is none."""
    _check_families(tuple((family, 1.0) for family in dict.fromkeys(left_out)) or weights)
    return tuple((family, weight) for family, weight in weights if family not in left_out)


PARAMETERS = {
    "default": Parameters(),
    "habits": Parameters(
        preset="habits",
        blocks_per_user=3.0,
        least_users=120,
        families=WEIGHTS,
        position_noise=0.05,
        receive_reuse=0.1,
        payjoin_share=0.01,
        undetected_mix_share=0.01,
        stonewall_share=0.01,
        custodian_sweep_share=0.3,
        broker=True,
        real_mixes=True,
        wasabi1_per_100_blocks=3.2,
        wasabi1_levels_per_100_blocks=3.2,
        wasabi2_per_100_blocks=3.0,
        whirlpool_per_100_blocks=12.0,
        joinmarket_per_100_blocks=6.0,
        joinmarket_size=(3, 10),
        equal_batches_per_100_blocks=6.0,
        trades_per_100_blocks=12.0,
        big_consolidations_per_100_blocks=5.0,
        omni_per_100_blocks=8.0,
        open_assets_per_100_blocks=5.0,
        runes_per_100_blocks=10.0,
    ),
    "early": Parameters(
        preset="early",
        blocks_per_user=3.0,
        least_users=120,
        families=(
            ("core", 22.0),
            ("electrum", 12.0),
            ("legacy_reuse", 24.0),
            ("mobile_p2sh", 10.0),
            ("hardware", 6.0),
            ("single_address", 10.0),
            ("whole_coins", 4.0),
            ("change_first", 4.0),
            ("round_change", 3.0),
            ("spend_all", 3.0),
            ("split_change", 2.0),
        ),
        position_noise=0.05,
        before_segwit=True,
        receive_reuse=0.3,
        rounding=(30, 15, 30, 25),
        fee_log_mean=2.3,
        custodian_sweep_share=0.5,
        broker=True,
        real_mixes=True,
        joinmarket_per_100_blocks=6.0,
        joinmarket_size=(3, 8),
        equal_batches_per_100_blocks=6.0,
        big_consolidations_per_100_blocks=5.0,
        omni_per_100_blocks=10.0,
        open_assets_per_100_blocks=10.0,
    ),
    "shifted": Parameters(
        preset="shifted",
        blocks_per_user=3.0,
        least_users=120,
        families=(
            ("core", 4.0),
            ("electrum", 16.0),
            ("legacy_reuse", 3.0),
            ("mobile_p2sh", 6.0),
            ("hardware", 10.0),
            ("taproot", 20.0),
            ("single_address", 8.0),
            ("whole_coins", 6.0),
            ("change_first", 8.0),
            ("odd_change_type", 7.0),
            ("round_change", 6.0),
            ("spend_all", 3.0),
            ("split_change", 3.0),
        ),
        position_noise=0.25,
        receive_reuse=0.3,
        amount_percent=40,
        amount_spread=1.4,
        rounding=(20, 5, 25, 50),
        fee_log_mean=2.9,
        fee_log_spread=0.9,
        fee_most=120.0,
        payjoin_share=0.02,
        undetected_mix_share=0.02,
        stonewall_share=0.03,
        custodian_sweep_share=0.7,
        broker=True,
        real_mixes=True,
        wasabi1_per_100_blocks=3.0,
        wasabi1_size=(10, 16),
        wasabi1_levels_per_100_blocks=3.0,
        wasabi1_levels_size=(20, 60),
        wasabi2_per_100_blocks=2.6,
        wasabi2_inputs=(80, 160),
        whirlpool_per_100_blocks=8.0,
        whirlpool_size=(5, 10),
        joinmarket_per_100_blocks=6.0,
        joinmarket_size=(4, 14),
        equal_batches_per_100_blocks=12.0,
        trades_per_100_blocks=20.0,
        big_consolidations_per_100_blocks=8.0,
        omni_per_100_blocks=5.0,
        open_assets_per_100_blocks=8.0,
        runes_per_100_blocks=20.0,
    ),
}
"""The named presets: the default, all habits at base rates, those before SegWit, all shifted."""


def preset(name: str) -> Parameters:
    """The preset of that name; raises MisuseError for another."""
    if name not in PARAMETERS:
        raise MisuseError(f"no preset is called {name!r}; choose from {', '.join(PARAMETERS)}")
    return PARAMETERS[name]
