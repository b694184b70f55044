"""Dash. Source: Dash Core, chainparams.cpp and validation.cpp (GetBlockSubsidyInner).

The subsidy depends on the difficulty: the step is the most it can be. From year to year it falls by
a fourteenth. Superblocks pay a budget on top, which no step counts.
"""

from peelchain.network.chain import Network, Rules, first_header
from peelchain.units import COIN

_YEAR = 210_240
_ROOT = "e0028eb9648db56b1ac77cf090b99048a8007e2bb64b68f092c03c7f56a662c7"


def _steps() -> tuple[tuple[int, int], ...]:
    steps = [(0, 500 * COIN), (24_001, 25 * COIN)]
    while steps[-1][1] >= 14:
        steps.append((_YEAR * (len(steps) - 1) + 1, steps[-1][1] - steps[-1][1] // 14))
    return tuple(steps)


DASH = Network(
    name="dash",
    coin="Dash",
    magic=bytes.fromhex("bf0c6bbd"),
    genesis_hash="00000ffd590b1485b3caadc19b22e6379c733355108f107a430458cdf3407ab6",
    genesis_header=first_header(_ROOT, 1390095618, 0x1E0FFFF0, 28917698),
    p2pkh_prefixes=(b"\x4c",),
    p2sh_prefixes=(b"\x10",),
    bech32_hrp=None,
    subsidy_steps=_steps(),
    pow_limit=2**236 - 1,
    no_retargeting=False,
    allow_min_difficulty=False,
    enforce_bip94=False,
    folder="",
    bip34_height=951,
    retarget_blocks=1,
    rules=Rules(work_hash="x11", tx_form="special"),
)
