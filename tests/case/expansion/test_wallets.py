"""Wallet exports as programs write them."""

import json

import pytest
from tests.case.expansion.test_vectors import BIP_44, BIP_49_PRIVATE, BIP_84, COMPRESSED, A, B

from peelchain import _core
from peelchain.case.expansion.wallets import wallet_of_file, wallet_of_row, wallet_of_text
from peelchain.errors import MisuseError, SourceError
from peelchain.network import MAINNET, REGTEST
from peelchain.script import address, script_pubkey

FIRST = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
WORDS = " ".join(["abandon"] * 11 + ["about"])
WIF = "L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1"
XPRV = (
    "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3"
    "LqFtT2emdEXVYsCzC2U"
)


def read(made, network=MAINNET):
    text = made if isinstance(made, str) else json.dumps(made)
    wallet = wallet_of_file(text.encode(), network)
    assert wallet_of_row(wallet.row()).row() == wallet.row()
    return wallet


def first(wallet, at=0):
    (script,) = _core.descriptor_scripts(wallet.branches[at].descriptor, 0, 1)
    return address(script, MAINNET)


def test_bitcoin_core():
    checked = _core.descriptor_checksum(f"wpkh({A}/0/*)")
    wallet = read(
        {
            "wallet_name": "",
            "descriptors": [
                {"desc": checked, "active": True, "internal": False, "next_index": 57},
                {"desc": f"wpkh({A}/1/*)", "internal": True, "next": 3},
                {"desc": f"addr({FIRST})"},
            ],
        }
    )
    assert wallet.form == "Bitcoin Core descriptors"
    assert [(b.kind, b.role, b.until) for b in wallet.branches] == [
        ("wpkh", "receive", 56),
        ("wpkh", "change", 2),
    ]
    assert wallet.scripts == (script_pubkey(FIRST, MAINNET),)


def test_electrum():
    keystore: dict[str, str | None] = {"type": "bip32", "xpub": BIP_84, "xprv": None}
    made = {
        "wallet_type": "standard",
        "keystore": keystore,
        "addresses": {"receiving": [FIRST] * 30, "change": []},
    }
    wallet = read(made)
    assert first(wallet) == FIRST
    assert [(b.role, b.until) for b in wallet.branches] == [("receive", 29), ("change", None)]
    assert wallet.notes == ()
    keystore["seed"] = WORDS
    wallet = read(made)
    assert "neither read nor kept" in wallet.notes[0]
    assert WORDS not in json.dumps(wallet.row())
    shared = read({"wallet_type": "2of2", "x1/": {"xpub": A}, "x2/": {"xpub": B}})
    assert [b.kind for b in shared.branches] == ["sh-sortedmulti", "sh-sortedmulti"]
    listed = read(f"address,balance\n{FIRST},0.5\nnonsense,1\n")
    assert (listed.form, len(listed.scripts), listed.rejected[0][0]) == ("CSV", 1, 3)


def test_sparrow_specter_and_bluewallet():
    sparrow = read(
        {
            "scriptType": "P2WSH",
            "defaultPolicy": {"miniscript": {"script": "wsh(sortedmulti(2,a,b))"}},
            "keystores": [{"extendedPublicKey": A}, {"extendedPublicKey": B}],
        }
    )
    assert [(b.kind, b.role) for b in sparrow.branches] == [
        ("wsh-sortedmulti", "receive"),
        ("wsh-sortedmulti", "change"),
    ]
    specter = read({"label": "x", "descriptor": f"wpkh([aabbccdd/84h/0h/0h]{A}/0/*)"})
    assert specter.branches[0].kind == "wpkh"
    assert first(read({"ExtPubKey": BIP_84, "MasterFingerprint": "aa"})) == FIRST
    unknown = read({"some": {"wallet": [{"key": BIP_84}]}})
    assert "unknown make" in unknown.notes[-1]
    with_words = read({"wallets": [{"secret": WORDS, "_xpub": BIP_84}]})
    assert first(with_words) == FIRST
    assert "neither read nor kept" in with_words.notes[-1]
    assert "abandon" not in json.dumps(with_words.row())


def test_lists():
    wallet = read(f"# mine\n{FIRST}\n\n{BIP_84}\nwpkh({A}/<0;1>/*)\nnot one\n{WIF}\n")
    assert (len(wallet.scripts), len(wallet.branches)) == (1, 4)
    assert [line for line, _ in wallet.rejected] == [6, 7]
    assert WIF not in str(wallet.rejected)
    assert "private key" in wallet.rejected[1][1]


def test_an_address_of_another_network_is_told():
    with pytest.raises(SourceError, match="no public key, descriptor or address"):
        read(f"{FIRST}\n", REGTEST)


@pytest.mark.parametrize(
    "given",
    [
        WIF,
        XPRV,
        BIP_49_PRIVATE,
        WORDS,
        f"wpkh({WIF})",
        f"wpkh({XPRV}/0/*)",
        f"tr({A}/0/*,pk({WIF}))",
        f"wpkh({XPRV[:-1]}Z/0/*)",
        f"raw({COMPRESSED})#{WIF}",
    ],
)
def test_nothing_private_is_read_or_repeated(given):
    for refused in (
        lambda: wallet_of_text(given, MAINNET),
        lambda: wallet_of_file(json.dumps([{"desc": given}]).encode(), MAINNET),
    ):
        with pytest.raises(MisuseError) as error:
            refused()
        said = str(error.value)
        assert "private key" in said
        assert not any(part in said for part in (WIF, XPRV[:20], "tprv8gRr", "abandon"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"SQLite format 3\0", "listdescriptors"),
        (b"BIE1abcdef", "encrypted"),
        (b"{broken", "line 1"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"", "no public key"),
        (b'{"keystore": {"type": "old"}}', "master public key"),
    ],
)
def test_what_cannot_be_read_is_told(content, why):
    with pytest.raises(SourceError, match=why):
        wallet_of_file(content, MAINNET)


def test_a_bare_key_says_that_its_script_type_is_open():
    assert "all four" in wallet_of_text(BIP_44, MAINNET).notes[0]
