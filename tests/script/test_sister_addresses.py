"""Addresses of Litecoin, Dogecoin, Dash and Zcash, held to those their own projects publish."""

import pytest

from peelchain import _core
from peelchain.errors import AddressError
from peelchain.network import NETWORKS
from peelchain.script import address, base58, looks_secret, p2pkh, p2sh, script_pubkey

# chain, address, script or hash: from Litecoin Core's key_io_valid.json, Dogecoin Core's
# base58_keys_valid.json, ltcd's txscript and btcutil tests
VECTORS = [
    (
        "litecoin",
        "LT2KVaAy1ppRuxRgrS5RNU3vBsy7RibPeA",
        "76a914558dbca7118cd5894502767c7b2ffc21a22f54db88ac",
    ),
    (
        "litecoin",
        "MHrYRxAiMNBTku3eoDHwhA1LQGDjUStZW2",
        "a9146d328a5b2a20d943a641c8d29b6cc3c2d2df85d387",
    ),
    (
        "litecoin-testnet4",
        "mwXn5Vhicdav8Av3KMokx4YNuHoGRKxtWs",
        "76a914afa9e672141e283dfbcc1cf28f3793a856d3878488ac",
    ),
    (
        "litecoin-testnet4",
        "QXaUgLHkZcbJb2j5XgMYzY8cF9YM48Y81Z",
        "a9147860667e60a6545e18e541984094b29c9c46991b87",
    ),
    (
        "litecoin",
        "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9",
        "0014751e76e8199196d454941c45d1b3a323f1433bd6",
    ),
    (
        "dogecoin",
        "DD4KSSuBJqcjuTcvUg1CgUKeurPUFeEZkE",
        "76a91456d9b1d684d5abef32134ebc6883d75d3a53e9be88ac",
    ),
    (
        "dogecoin",
        "A7HRQk3GFCW2QasvdZxXuYj8kkQK5QrYLs",
        "a914a2dd71f34fe73314d6e37c44035513f203aa400b87",
    ),
    (
        "dogecoin",
        "DBjW6kna7rUPE4Mj9j4B3oK3xVA1SDHrdt",
        "76a914485290865b407657e0aedbdbb4aa6618310af50d88ac",
    ),
]

# WIF keys of Litecoin, Dogecoin and their test chains, from the same files
KEYS = [
    "6vqpCruyRS9bEY6ZVrL8S9EL5h2MnQZffzzqrpNP9i8YozvXTKs",
    "T5MZ5z9WqJxzVxYyVPecTJUSDkzDWrUYe1JuSX2AqJ9jKmLJrvTE",
    "6K7a8wZW8A1oZxNd7wZz8PhgAAaDxybkzNpD1sGVvmSaBmc3Hg2",
    "QP5rQxpaP8HHPEdCEqxTjiHGWRvsyPvzZJeJ9BCxpfT13FN9VesQ",
    "96MAePnF8ppQm8165ABvzSEShnNy3vgxjmMhcqEkQVZ9FtPV2XL",
    "ckaDjxhDsVyZTHLUF7uoojCXVYcciUGeEk53VFzKUJsKUKhnbUnZ",
]

# of the founders' reward and of a funding stream, from zcashd's chainparams.cpp
ZCASH_P2SH = ["t3Vz22vK5z2LcKEdg16Yv4FFneEL1zg9ojd", "t3dvVE3SQEi7kqNzwrfNePxZ1d4hUyztBA1"]


@pytest.mark.parametrize(("name", "text", "script"), VECTORS)
def test_published_addresses(name: str, text: str, script: str) -> None:
    network = NETWORKS[name]
    assert script_pubkey(text, network).hex() == script
    assert address(bytes.fromhex(script), network) == text


@pytest.mark.parametrize("text", ZCASH_P2SH)
def test_zcash_addresses_have_a_version_of_two_bytes(text: str) -> None:
    zcash = NETWORKS["zcash"]
    script = script_pubkey(text, zcash)
    assert script == p2sh(script[2:22])
    assert address(script, zcash) == text
    assert str(address(p2pkh(script[2:22]), zcash)).startswith("t1")


def test_dash_addresses() -> None:
    dash = NETWORKS["dash"]
    assert str(address(p2pkh(bytes(20)), dash)).startswith("X")
    assert str(address(p2sh(bytes(20)), dash)).startswith("7")


def test_litecoin_reads_its_old_p2sh_form_and_writes_the_new() -> None:
    old = base58.encode_check(b"\x05" + bytes(range(20)))
    script = script_pubkey(old, NETWORKS["litecoin"])
    assert script == p2sh(bytes(range(20)))
    assert str(address(script, NETWORKS["litecoin"])).startswith("M")


@pytest.mark.parametrize("text", KEYS)
def test_exported_keys_are_never_repeated(text: str) -> None:
    assert looks_secret(text)
    assert looks_secret(text[:-1] + ("2" if text[-1] != "2" else "3"))
    for network in NETWORKS.values():
        with pytest.raises(AddressError) as raised:
            script_pubkey(text, network)
        assert text not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("litecoin", VECTORS[5][1], "is a Dogecoin address, not a Litecoin address of litecoin"),
        ("dogecoin", VECTORS[0][1], "is a Litecoin address, not a Dogecoin address of dogecoin"),
        ("litecoin", VECTORS[0][1][:-1] + "B", "its checksum does not match"),
        ("litecoin", VECTORS[4][1][:-1] + "q", "its checksum does not match"),
        ("litecoin", VECTORS[2][1], "is an address of .*litecoin-testnet4"),
        ("zcash", VECTORS[0][1], "is a Litecoin address, not a Zcash address"),
        ("dogecoin", "dogecoin:DD4KSSuBJqcjuTcvUg1CgUKeurPUFeEZkE", "is a payment URI"),
    ],
)
def test_what_is_wrong_is_said(name: str, text: str, why: str) -> None:
    with pytest.raises(AddressError, match=why):
        script_pubkey(text, NETWORKS[name])


def test_the_kernel_reads_them_all() -> None:
    for name, text, script in VECTORS:
        network = NETWORKS[name]
        found = _core.decode_addresses(
            [text, ZCASH_P2SH[0]],
            network.p2pkh_prefixes,
            network.p2sh_prefixes,
            network.bech32_hrp,
            network.cash_prefix,
        )
        assert found == [bytes.fromhex(script), None]
    zcash = NETWORKS["zcash"]
    found = _core.decode_addresses(ZCASH_P2SH, zcash.p2pkh_prefixes, zcash.p2sh_prefixes, None)
    assert found == [script_pubkey(text, zcash) for text in ZCASH_P2SH]
