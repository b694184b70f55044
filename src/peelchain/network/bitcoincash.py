"""Bitcoin Cash. Source: Bitcoin Cash Node, chainparams.cpp; bchd, chaincfg.

Its first 478,559 blocks, its genesis and the magic of its block files are Bitcoin's; the block at
height 478,559 is the first that differs.
"""

from dataclasses import replace

from peelchain.network.bitcoin import MAINNET, REGTEST
from peelchain.network.chain import Rules

_RULES = Rules(canonical_order=True, token_prefix=True, max_block_bytes=256_000_000)

_SHARED = tuple(point for point in MAINNET.checkpoints if point[0] <= 478_558)

BITCOINCASH = replace(
    MAINNET,
    name="bitcoincash",
    coin="Bitcoin Cash",
    bech32_hrp=None,
    cash_prefix="bitcoincash",
    checkpoints=(
        *_SHARED,
        (478_559, "000000000000000000651ef99cb9fcbe0dadde1d424bd9f15ff20136191a5eec"),
        (556_767, "0000000000000000004626ff6e3b936941d341c5932ece4357eeccac44e6d56c"),
        (661_648, "0000000000000000029e471c41818d24b8b74c911071c4ef0b4a0509f9b5a8ce"),
    ),
    # well below what it was there and ever since, on the lesser chain
    work_floors=tuple(floor for floor in MAINNET.work_floors if floor[0] < 400_000),
    retarget_blocks=1,
    rules=_RULES,
)

BITCOINCASH_REGTEST = replace(
    REGTEST,
    name="bitcoincash-regtest",
    coin="Bitcoin Cash",
    bech32_hrp=None,
    cash_prefix="bchreg",
    rules=_RULES,
)
