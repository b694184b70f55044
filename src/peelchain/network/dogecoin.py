"""Dogecoin. Source: Dogecoin Core, chainparams.cpp and dogecoin.cpp.

Until height 145,000 a block's subsidy was drawn by lot: the step is the most it could be. There is
no last coin: from height 600,000 each block makes 10,000.
"""

from peelchain.network.chain import Network, Rules, first_header
from peelchain.units import COIN

_ROOT = "5b2a3f53f605d62c53e62932dac6925e3d74afa5a4b459745c36d42d0ed26a69"

_RULES = Rules(work_hash="scrypt", auxpow_chain_id=0x62, max_money=10_000_000_000 * COIN)

DOGECOIN = Network(
    name="dogecoin",
    coin="Dogecoin",
    magic=bytes.fromhex("c0c0c0c0"),
    genesis_hash="1a91e3dace36e2be3bf030a65679fe821aa1d6ef92e7c9902eb318182c355691",
    genesis_header=first_header(_ROOT, 1386325540, 0x1E0FFFF0, 99943),
    p2pkh_prefixes=(b"\x1e",),
    p2sh_prefixes=(b"\x16",),
    bech32_hrp=None,
    subsidy_steps=(
        (0, 1_000_000 * COIN),
        (100_000, 500_000 * COIN),
        (145_000, 250_000 * COIN),
        (200_000, 125_000 * COIN),
        (300_000, 62_500 * COIN),
        (400_000, 31_250 * COIN),
        (500_000, 15_625 * COIN),
        (600_000, 10_000 * COIN),
    ),
    pow_limit=2**236 - 1,
    no_retargeting=False,
    allow_min_difficulty=False,
    enforce_bip94=False,
    folder="",
    bip34_height=1_034_383,
    checkpoints=(
        (104_679, "35eb87ae90d44b98898fec8c39577b76cb1eb08e1261cfc10706c8ce9a1d01cf"),
        (145_000, "cc47cae70d7c5c92828d3214a266331dde59087d4a39071fa76ddfff9b7bde72"),
        (371_337, "60323982f9c5ff1b5a954eac9dc1269352835f47c2c5222691d80f0d50dcf053"),
        (450_000, "d279277f8f846a224d776450aa04da3cf978991a182c6f3075db4c48b173bbd7"),
        (1_000_000, "6aae55bea74235f0c80bd066349d4440c31f2d0f27d54265ecd484d8c1d11b47"),
        (1_750_000, "5c8e7327984f0d6f59447d89d143e5f6eafc524c82ad95d176c5cec082ae2001"),
    ),
    retarget_blocks=1,
    rules=_RULES,
)

DOGECOIN_REGTEST = Network(
    name="dogecoin-regtest",
    coin="Dogecoin",
    magic=bytes.fromhex("fabfb5da"),
    genesis_hash="3d2160a3b5dc4a9d62e7e66a295f70313ac808440ef7400d6c0772171ce973a5",
    genesis_header=first_header(_ROOT, 1296688602, 0x207FFFFF, 2),
    p2pkh_prefixes=(b"\x6f",),
    p2sh_prefixes=(b"\xc4",),
    bech32_hrp=None,
    subsidy_steps=(
        *((150 * n, 500_000 * COIN >> n) for n in range(6)),
        (900, 10_000 * COIN),
    ),
    pow_limit=2**255 - 1,
    no_retargeting=True,
    allow_min_difficulty=True,
    enforce_bip94=False,
    folder="regtest",
    bip34_height=10_000,
    retarget_blocks=1,
    rules=_RULES,
)
