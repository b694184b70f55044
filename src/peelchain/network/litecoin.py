"""Litecoin and its test chains. Source: Litecoin Core, chainparams.cpp; ltcd, chaincfg.

Scripts of witness version 8 hold what is in MimbleWimble extension blocks, those of version 9 pay
into them (LIP 2 and LIP 3). Each block's last transaction, the HogEx, spends the one and the other.
"""

from peelchain.network.chain import Network, Rules, first_header, halvings
from peelchain.units import COIN

_ROOT = "97ddfbbae6be97fd6cdf3e7ca13232a3afff2353e29badfab7f73011edd4ced9"

_RULES = Rules(
    work_hash="scrypt",
    tx_form="mweb",
    max_block_bytes=8_000_000,
    max_money=84_000_000 * COIN,
    shielded_scripts=(b"\x58\x20", b"\x59\x20"),
)

LITECOIN = Network(
    name="litecoin",
    coin="Litecoin",
    magic=bytes.fromhex("fbc0b6db"),
    genesis_hash="12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2",
    genesis_header=first_header(_ROOT, 1317972665, 0x1E0FFFF0, 2084524493),
    p2pkh_prefixes=(b"\x30",),
    p2sh_prefixes=(b"\x32", b"\x05"),
    bech32_hrp="ltc",
    subsidy_steps=halvings(840_000),
    pow_limit=2**236 - 1,
    no_retargeting=False,
    allow_min_difficulty=False,
    enforce_bip94=False,
    folder="",
    bip34_height=710_000,
    checkpoints=(
        (1_500, "841a2965955dd288cfa707a755d05a54e45f8bd476835ec9af4402a2b59a2967"),
        (80_000, "4fcb7c02f676a300503f49c764a89955a8f920b46a8cbecb4867182ecdb2e90a"),
        (240_000, "7140d1c4b4c2157ca217ee7636f24c9c73db39c4590c4e6eab2e3ea1555088aa"),
        (456_000, "bf34f71cc6366cd487930d06be22f897e34ca6a40501ac7d401be32456372004"),
        (721_000, "198a7b4de1df9478e2463bd99d75b714eab235a2e63e741641dc8a759a9840e5"),
    ),
    rules=_RULES,
)

LITECOIN_TESTNET4 = Network(
    name="litecoin-testnet4",
    coin="Litecoin",
    magic=bytes.fromhex("fdd2c8f1"),
    genesis_hash="4966625a4b2851d9fdee139e56211a0d88575f59ed816ff5e6a63deb4e3e29a0",
    genesis_header=first_header(_ROOT, 1486949366, 0x1E0FFFF0, 293345),
    p2pkh_prefixes=(b"\x6f",),
    p2sh_prefixes=(b"\x3a", b"\xc4"),
    bech32_hrp="tltc",
    subsidy_steps=halvings(840_000),
    pow_limit=2**236 - 1,
    no_retargeting=False,
    allow_min_difficulty=True,
    enforce_bip94=False,
    folder="testnet4",
    bip34_height=76,
    checkpoints=(
        (26_115, "817d5b509e91ab5e439652eee2f59271bbc7ba85021d720cdb6da6565b43c14f"),
        (2_394_367, "bc5829f4973d0797755efee11313687b3c63ee2f70b60b62eebcd10283534327"),
    ),
    rules=_RULES,
)

LITECOIN_REGTEST = Network(
    name="litecoin-regtest",
    coin="Litecoin",
    magic=bytes.fromhex("fabfb5da"),
    genesis_hash="530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9",
    genesis_header=first_header(_ROOT, 1296688602, 0x207FFFFF, 0),
    p2pkh_prefixes=(b"\x6f",),
    p2sh_prefixes=(b"\x3a", b"\xc4"),
    bech32_hrp="rltc",
    subsidy_steps=halvings(150),
    pow_limit=2**255 - 1,
    no_retargeting=True,
    allow_min_difficulty=True,
    enforce_bip94=False,
    folder="regtest",
    bip34_height=500,
    rules=_RULES,
)
