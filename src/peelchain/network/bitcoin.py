"""Bitcoin and its test chains. Source: Bitcoin Core, kernel/chainparams.cpp."""

from peelchain.network.chain import Network, genesis_header, halvings

_MERKLE_ROOT = "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
"""Merkle root of all geneses but testnet4's, internal byte order."""

MAINNET = Network(
    name="mainnet",
    coin="Bitcoin",
    magic=bytes.fromhex("f9beb4d9"),
    genesis_hash="000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
    genesis_header=genesis_header(_MERKLE_ROOT, "29ab5f49ffff001d1dac2b7c"),
    p2pkh_prefixes=(b"\x00",),
    p2sh_prefixes=(b"\x05",),
    bech32_hrp="bc",
    subsidy_steps=halvings(210_000),
    pow_limit=2**224 - 1,
    no_retargeting=False,
    allow_min_difficulty=False,
    enforce_bip94=False,
    folder="",
    bip34_height=227_931,
    checkpoints=(
        (11_111, "0000000069e244f73d78e8fd29ba2fd2ed618bd6fa2ee92559f542fdb26e7c1d"),
        (33_333, "000000002dd5588a74784eaa7ab0507a18ad16a236e7b1ce69f00d7ddfb5d0a6"),
        (74_000, "0000000000573993a3c9e41ce34471c079dcf5f52a0e824a81e7f953b8661a20"),
        (105_000, "00000000000291ce28027faea320c8d2b054b2e0fe44a773f3eefb151d6bdc97"),
        (134_444, "00000000000005b12ffd4cd315cd34ffd4a594f430ac814c91184a0d42d2b0fe"),
        (168_000, "000000000000099e61ea72015e79632f216fe6cb33d7899acb35b75c8303b763"),
        (193_000, "000000000000059f452a5f7340de6682a977387c17010ff6e6c3bd83ca8b1317"),
        (210_000, "000000000000048b95347e83192f69cf0366076336c639f9b7228e9ba171342e"),
        (250_000, "000000000000003887df1f29024b06fc2200b55f8af8f35453d7be294df2d214"),
        (279_000, "0000000000000001ae8c72a0b0c301f67e3afca10e819efa9041e458e9bd7e40"),
        (295_000, "00000000000000004d9b4ef50f0f9d686fd69db2e03af35a100370c64632a983"),
        # the first block that Bitcoin Cash, whose files look the same, does not have
        (478_559, "00000000000000000019f112ec0a9982926f1258cdcc558dd7c3b7e5dc7fa148"),
    ),
    # well below what the difficulty was there and ever since
    work_floors=(
        (100_000, 5_000),
        (150_000, 500_000),
        (250_000, 10_000_000),
        (300_000, 4_000_000_000),
        (400_000, 80_000_000_000),
        (500_000, 1_000_000_000_000),
        (600_000, 7_000_000_000_000),
        (750_000, 15_000_000_000_000),
        (800_000, 30_000_000_000_000),
    ),
)

TESTNET3 = Network(
    name="testnet3",
    coin="Bitcoin",
    magic=bytes.fromhex("0b110907"),
    genesis_hash="000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
    genesis_header=genesis_header(_MERKLE_ROOT, "dae5494dffff001d1aa4ae18"),
    p2pkh_prefixes=(b"\x6f",),
    p2sh_prefixes=(b"\xc4",),
    bech32_hrp="tb",
    subsidy_steps=halvings(210_000),
    pow_limit=2**224 - 1,
    no_retargeting=False,
    allow_min_difficulty=True,
    enforce_bip94=False,
    folder="testnet3",
    bip34_height=21_111,
    checkpoints=((546, "000000002a936ca763904c3c35fce2f3556c559c0214345d31b1bcebf76acb70"),),
)

TESTNET4 = Network(
    name="testnet4",
    coin="Bitcoin",
    magic=bytes.fromhex("1c163f28"),
    genesis_hash="00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
    genesis_header=genesis_header(
        "4e7b2b9128fe0291db0693af2ae418b767e657cd407e80cb1434221eaea7a07a",
        "046f3566ffff001dbb0c7817",
    ),
    p2pkh_prefixes=(b"\x6f",),
    p2sh_prefixes=(b"\xc4",),
    bech32_hrp="tb",
    subsidy_steps=halvings(210_000),
    pow_limit=2**224 - 1,
    no_retargeting=False,
    allow_min_difficulty=True,
    enforce_bip94=True,
    folder="testnet4",
    bip34_height=1,
)

SIGNET = Network(
    name="signet",
    coin="Bitcoin",
    magic=bytes.fromhex("0a03cf40"),
    genesis_hash="00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
    genesis_header=genesis_header(_MERKLE_ROOT, "008f4d5fae77031e8ad22203"),
    p2pkh_prefixes=(b"\x6f",),
    p2sh_prefixes=(b"\xc4",),
    bech32_hrp="tb",
    subsidy_steps=halvings(210_000),
    pow_limit=0x377AE << 216,
    no_retargeting=False,
    allow_min_difficulty=False,
    enforce_bip94=False,
    folder="signet",
    bip34_height=1,
)

REGTEST = Network(
    name="regtest",
    coin="Bitcoin",
    magic=bytes.fromhex("fabfb5da"),
    genesis_hash="0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
    genesis_header=genesis_header(_MERKLE_ROOT, "dae5494dffff7f2002000000"),
    p2pkh_prefixes=(b"\x6f",),
    p2sh_prefixes=(b"\xc4",),
    bech32_hrp="bcrt",
    subsidy_steps=halvings(150),
    pow_limit=2**255 - 1,
    no_retargeting=True,
    allow_min_difficulty=True,
    enforce_bip94=False,
    folder="regtest",
    bip34_height=1,
)
