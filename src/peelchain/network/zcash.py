"""Zcash, its transparent part. Source: zcashd, chainparams.cpp; the protocol specification, 7.8.

A header is 140 bytes and an Equihash solution of 1,344. The subsidy rose to 12.5 ZEC over the first
20,000 blocks, which the step does not follow: it is the most a block may make.
"""

from base64 import b64decode

from peelchain.network.chain import Network, Rules
from peelchain.units import COIN

_ROOT = "c4eaa58879081de3c24a7b117ed2b28300e7ec4c4c1dff1d3f1268b7857a4ddb"

_GENESIS_SOLUTION = b64decode(
    "AAqInwCFS4ZlzVVfRlb2gXnTHMrcGx9/sJUnJjE7FpQdo0goTWet1GhhIdTj2TAWDBNI2BkcJfErJnpqnBMbUDHL"
    "+K8fecnVEwdqIW7IftBF+pZuASFO2DygLcF5cnCkVHINMgasfZMaCmgMXF4JkFdZJXDKm99gWDQ5WLMZAfzhoVpP"
    "OP00d1CRLhQATHPf5Yi5A7bAMWZYLurzBSmxQHKnsweeOmhGAbmzAkBUIB90QLDunrGnEg/0P3E3NUlKonsfi6tg"
    "1/OYvKFParsq2/KbBAmRIUOKeXSweKEWNbWU6RcPEIYUC0Fzgi3Wl4lEg+HGtOi43NXLEspJA7xh4QiHHU2RWpCT"
    "wYrJsCtnFs4QE8osEXTjGcGlcCFbyatfdWR2X3viBSTcP9+Ko1b9lNRF4FqxZa2LtKDbCWwJdhjIEJj5FEPHGUFt"
    "OYN69t6FAV3KDeiUYrHYOGdYss+KmeAJU7MIAyrkTDXgXrcYQpIutpeX9ogTtZyvJmy2whNWmuMoBQVCGn46Cjf9"
    "+OLqNU/FQigWZVOUqUVLrFQqkpjxduIRAg1j3uaFLEDeAiZ+L8nV4f8q2TCVBvAqGnGgUBsW0NNvcM39jeeBFsDF"
    "Bu4Ljd/etWGsrfMXRrWp3TLCGTCIQ5f7FoIWTLVlzBTgidZmNaMmGPfrBf4FCCuKP65iBXFmCmuJiG6sU97BCdfL"
    "tpMMppihaPMBqVC+FS2hviueB1FpleILrO6+y1V51828FtCfOlDLPH3/4z8maG1P8/iUbuZHXpjPezz5BitpZug4"
    "+GX/PeX7Bko3oh2nu439JQGinhhPIHyqujZPNvIymndRXctxDin/v3Piu9dz+rH5prAFVnr//2BcEy5OTdafNr0g"
    "EAVFjPvSxlhwHrKnACUc79iGseZ0roFtP3GbrGS+ZJwXK6J6T9VZR9ldU7pMvHPel7ivXtSEC2WTcMVW5zdkV/Ue"
    "XrtmAYhJkj24LByagZ8XPMzbjzMksjlgmjAAGND7CUrfW9fLs4NMaebQs3mAZcUlsg8EDpZeGhYa94/3VhzYdPXx"
    "t1qgvHf3IFieG4EPgx6sUHPm3UbQCieT9w90J/D3mPL1OmfmFeZdNW5m/kBgmpWKBe20wXW8w4PqBTDmfdvkeaiY"
    "lDxuMHTG/MJS1gFN46PSkrA/DYjTEv4iG+e+fjxZ0H+g8vQCnjZPHzVcXQH6U3cNDNdtgr9+YPaQO8G+t3Lm/eSn"
    "C+UdnH4DyNbY37NhojS6R8Rw/mMIILvZIHFWIbn77bSfzuFl6tCHXmwrGvFvULXWFAzJgRIvy898Wk43crNmG2KO"
    "CDgKvFRZV+WfY0cFsbveLwtOBVpexWdthZvnfiCWK2ReBRqID92wGAtFVXieH5NEpDaoTcVXniVT8eX7ClmcE3vj"
    "bKu+0DGYMf6j/d+U3ceXHkvPAs3JMpSpqrPjsT47BYI1tPTsBrpM6qSdZ1tLqAcW87xpdrH7+ci/Hz46TcHNg++c"
    "+BZmf7lPHpI/9j/vBy5qGTIeSBL5bLD/qGTaUK103rdpF6M28x3OA+1fAwOq1eaoNjT5/MNxCW+CiLjwLd3tX/G7"
    "nUkzHkqE2+FUMWRDj96a1x2rAkd53N3gtmArWuCmJlwUuU7dg7N0A/S3j80u1VW1lkAsKO6B2HqQnE6HIrMMcezd"
    "hhsF9h+LEjF5XHatui/e+kUbKDpdUnlVufPeG5go57LnQSPdRwYt3MCbBef6E8siEqb9vGXX6FLOxGPsb9kp9bhI"
    "PPMFIROxPayRtp9J0bfRrsAcSmjkHOFX"
)

_GENESIS_HEADER = (
    (4).to_bytes(4, "little")
    + bytes(32)
    + bytes.fromhex(_ROOT)[::-1]
    + bytes(32)
    + (1477641360).to_bytes(4, "little")
    + (0x1F07FFFF).to_bytes(4, "little")
    + (0x1257).to_bytes(32, "little")
    + b"\xfd\x40\x05"
    + _GENESIS_SOLUTION
)

_BLOSSOM = 653_600
_FIRST_HALVING = 1_046_400
_BETWEEN_HALVINGS = 1_680_000

ZCASH = Network(
    name="zcash",
    coin="Zcash",
    magic=bytes.fromhex("24e92764"),
    genesis_hash="00040fe8ec8471911baa1db1266ea15dd06b4a8a5c453883c000b031973dce08",
    genesis_header=_GENESIS_HEADER,
    p2pkh_prefixes=(b"\x1c\xb8",),
    p2sh_prefixes=(b"\x1c\xbd",),
    bech32_hrp=None,
    subsidy_steps=(
        (0, 25 * COIN // 2),
        (_BLOSSOM, 25 * COIN // 4),
        *((_FIRST_HALVING + _BETWEEN_HALVINGS * n, 25 * COIN >> 3 + n) for n in range(30)),
    ),
    pow_limit=2**243 - 1,
    no_retargeting=False,
    allow_min_difficulty=False,
    enforce_bip94=False,
    folder="",
    bip34_height=1,
    checkpoints=(
        (2_500, "00000006dc968f600be11a86cbfbf7feb61c7577f45caced2e82b6d261d19744"),
        (100_000, "000000001c5c82cd6baccfc0879e3830fd50d5ede17fa2c37a9a253c610eb285"),
        (304_600, "00000000028324e022a45014c4a4dc51e95d41e6bceb6ad554c5b65d5cea3ea5"),
        (525_000, "0000000001a36c500378be8862d9bf1bea8f1616da6e155971b608139cc7e39b"),
    ),
    retarget_blocks=1,
    rules=Rules(work_hash="equihash", tx_form="zcash"),
)
