"""Script types, and addresses of every type and network, both ways."""

import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain.errors import AddressError
from peelchain.network import MAINNET, NETWORKS, REGTEST, SIGNET, TESTNET3, TESTNET4, Network
from peelchain.script import (
    ScriptType,
    address,
    base58,
    hash160,
    is_unspendable,
    op_return,
    p2pk,
    p2pkh,
    p2sh,
    p2tr,
    p2wpkh,
    p2wsh,
    script_pubkey,
    script_type,
    witness_program,
)
from peelchain.script.ripemd160 import ripemd160

KEY33 = b"\x02" + bytes(32)
KEY65 = b"\x04" + bytes(64)

CORE_CHAINS = {
    "main": MAINNET,
    "test": TESTNET3,
    "testnet4": TESTNET4,
    "signet": SIGNET,
    "regtest": REGTEST,
}


def multisig(required: bytes, keys: list[bytes], total: bytes) -> bytes:
    pushes = b"".join(bytes([len(key)]) + key for key in keys)
    return required + pushes + total + b"\xae"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (p2pk(KEY33), "p2pk"),
        (p2pk(KEY65), "p2pk"),
        (b"\x41\x06" + bytes(64) + b"\xac", "p2pk"),
        (b"\x21\x04" + bytes(32) + b"\xac", "nonstandard"),
        (b"\x4c\x21" + KEY33 + b"\xac", "nonstandard"),
        (p2pkh(bytes(20)), "p2pkh"),
        (p2sh(bytes(20)), "p2sh"),
        (p2wpkh(bytes(20)), "p2wpkh"),
        (p2wsh(bytes(32)), "p2wsh"),
        (b"\x00\x15" + bytes(21), "nonstandard"),
        (p2tr(bytes(32)), "p2tr"),
        (b"\x51\x21" + bytes(33), "witness_unknown"),
        (b"\x52\x20" + bytes(32), "witness_unknown"),
        (b"\x60\x02" + bytes(2), "witness_unknown"),
        (b"\x60\x28" + bytes(40), "witness_unknown"),
        (b"\x60\x29" + bytes(41), "nonstandard"),
        (b"\x60\x01\x00", "nonstandard"),
        (b"\x51\x02\x4e\x73", "p2a"),
        (b"\x51\x02\x4e\x74", "witness_unknown"),
        (b"\x52\x02\x4e\x73", "witness_unknown"),
        (b"\x6a", "op_return"),
        (op_return(b"omni"), "op_return"),
        (b"\x6a\x4d\xff\xff" + bytes(65535), "op_return"),
        (b"\x6a\x50\x60", "op_return"),
        (b"\x6a\x61", "nonstandard"),
        (b"\x6a\x05\x00", "nonstandard"),
        (b"", "nonstandard"),
        (b"\x51", "nonstandard"),
        (b"\xae", "nonstandard"),
        (multisig(b"\x51", [KEY33], b"\x51"), "multisig"),
        (multisig(b"\x52", [KEY33, KEY65, KEY33], b"\x53"), "multisig"),
        (multisig(b"\x51", [KEY33] * 17, b"\x01\x11"), "multisig"),
        (multisig(b"\x01\x14", [KEY33] * 20, b"\x01\x14"), "multisig"),
        (multisig(b"\x51", [KEY33] * 21, b"\x01\x15"), "nonstandard"),
        (multisig(b"\x51", [KEY33] * 16, b"\x01\x10"), "nonstandard"),
        (multisig(b"\x51", [KEY33] * 17, b"\x4c\x01\x11"), "nonstandard"),
        (multisig(b"\x53", [KEY33] * 2, b"\x52"), "nonstandard"),
        (multisig(b"\x51", [KEY33] * 2, b"\x53"), "nonstandard"),
        (multisig(b"\x00", [KEY33], b"\x51"), "nonstandard"),
        (multisig(b"\x51", [b"\x05" + bytes(32)], b"\x51"), "nonstandard"),
        (multisig(b"\x51", [KEY33], b"\x51") + b"\xae", "nonstandard"),
        (multisig(b"\x51", [KEY33], b"\x51") + b"\x4c\xae", "nonstandard"),
        (b"\x51" + b"\x4c\x21" + KEY33 + b"\x51\xae", "multisig"),
    ],
)
def test_types_are_those_of_bitcoin_cores_solver(script, expected):
    assert script_type(script) == expected


@given(st.binary(max_size=200))
def test_any_bytes_have_a_type_and_an_address_only_if_it_pays_back(script):
    kind = script_type(script)
    text = address(script, MAINNET)
    assert (text is None) == (kind in ("p2pk", "multisig", "op_return", "nonstandard"))
    if text is not None:
        assert script_pubkey(text, MAINNET) == script


def test_unspendable_scripts():
    assert is_unspendable(b"\x6a")
    assert is_unspendable(b"\x6a\x61")
    assert not is_unspendable(b"\x51" + bytes(9_999))
    assert is_unspendable(b"\x51" + bytes(10_000))
    assert not is_unspendable(b"")


@pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda network: network.name)
@given(
    script=st.one_of(
        st.binary(min_size=20, max_size=20).flatmap(
            lambda h: st.sampled_from([p2pkh(h), p2sh(h), p2wpkh(h)])
        ),
        st.binary(min_size=32, max_size=32).flatmap(lambda h: st.sampled_from([p2wsh(h), p2tr(h)])),
        st.builds(
            lambda version, program: bytes([0x50 + version, len(program)]) + program,
            st.integers(1, 16),
            st.binary(min_size=2, max_size=40),
        ),
    )
)
def test_addresses_survive_the_round_trip(network, script):
    text = address(script, network)
    if text is None:
        assert network.bech32_hrp is None
        assert witness_program(script)
        return
    assert script_pubkey(text, network) == script
    if ":" in text or text.startswith(f"{network.bech32_hrp}1"):
        assert script_pubkey(text.upper(), network) == script


ADDRESSES = [
    "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
    "3LRW7jeCvQCRdPF8S3yUCfRAx4eqXFmdcr",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    "bc1pfeessrawgf",
]


@pytest.mark.parametrize("text", ADDRESSES)
def test_every_change_of_one_character_is_refused(text):
    letters = base58.ALPHABET + "0OIl -é"
    for at, right in enumerate(text):
        for wrong in letters:
            if wrong != right:
                with pytest.raises(AddressError):
                    script_pubkey(text[:at] + wrong + text[at + 1 :], MAINNET)


@pytest.mark.parametrize("text", ADDRESSES)
def test_a_lost_or_doubled_or_swapped_character_is_refused(text):
    changed = {text[:at] + text[at + 1 :] for at in range(len(text))}
    changed |= {text[:at] + text[at] + text[at:] for at in range(len(text))}
    changed |= {text[:at] + text[at + 1] + text[at] + text[at + 2 :] for at in range(len(text) - 1)}
    for wrong in changed - {text}:
        with pytest.raises(AddressError):
            script_pubkey(wrong, MAINNET)


@given(st.data())
def test_the_place_of_one_or_two_mistyped_bech32_characters_is_told(data):
    text = data.draw(st.sampled_from([t for t in ADDRESSES if t.startswith("bc1")]))
    # The fourth character is the version, which also says which checksum is meant.
    places = data.draw(st.lists(st.integers(4, len(text) - 1), min_size=1, max_size=2, unique=True))
    characters = list(text)
    for at in places:
        characters[at] = data.draw(
            st.sampled_from([c for c in "qpzry9x8gf2tvdw0s3jn54khce6mua7l" if c != characters[at]])
        )
    with pytest.raises(AddressError) as refused:
        script_pubkey("".join(characters), MAINNET)
    told = [int(number) for number in re.findall(r"(\d+) \('", str(refused.value))]
    assert told == sorted(at + 1 for at in places)


@pytest.mark.parametrize(
    ("text", "network", "reason"),
    [
        ("", MAINNET, "is empty"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", MAINNET, r"character 42 \('5'\)"),
        ("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMJ", MAINNET, "checksum does not match"),
        ("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAM0", MAINNET, "character 34 is '0'"),
        ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", MAINNET, "of testnet3, testnet4 or signet"),
        ("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", REGTEST, "of mainnet, not of regtest"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", REGTEST, "of mainnet, not of regtest"),
        ("bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", MAINNET, "mixes capitals"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", MAINNET, "takes bech32 "),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", MAINNET, "bech32m"),
        ("bc1pw5dgrnzv", MAINNET, "has 1 bytes"),
        ("BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", MAINNET, "20 or 32 bytes, this one 16"),
        ("BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", MAINNET, "version 17"),
        ("bc1gmk9yu", MAINNET, "too short"),
        (" 1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", MAINNET, "white space"),
        ("bitcoin:1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", MAINNET, "payment URI"),
        ("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SАMH", MAINNET, r"character 32 is '\\u0410'"),
        ("\x1b[2J", MAINNET, r"character 1 is '\\x1b'"),
        ("0x52908400098527886E0F7030069857D2E4169EE7", MAINNET, "Ethereum"),
        ("TJCnKsPa7y5okkXvQAidZBzqx3QyQ6sxMW", MAINNET, "Tron"),
        ("MCZjFcwYJwwYqXAbd3bbnxaCVGs81cp43Z", MAINNET, "Litecoin"),
        ("D" + "x" * 5, MAINNET, "26 to 35"),
        ("02" + "ab" * 32, MAINNET, "a public key"),
        ("x" * 5000, MAINNET, "5,000 characters"),
        ("bc1" + "q" * 5000, MAINNET, "5,003 characters"),
    ],
)
def test_a_refusal_says_what_is_wrong(text, network, reason):
    with pytest.raises(AddressError, match=reason) as refused:
        script_pubkey(text, network)
    assert str(refused.value).isascii()
    assert str(refused.value).isprintable()


WIF = base58.encode_check(b"\x80" + hashlib.sha256(b"not a real key").digest())


@pytest.mark.parametrize(
    "secret",
    [
        WIF,
        base58.encode_check(b"\xef" + bytes(range(32)) + b"\x01"),
        WIF[:-1] + ("2" if WIF[-1] != "2" else "3"),
        "S6c56bnXQiBjk9mqSYE7ykVQ7NzrRy",
        "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNN",
        "6PRVWUbkzzsbcVac2qwfssoUJAN1Xhrg6bNk8J7Nzm5H7kxEbn2Nh2ZoGg",
        "ab" * 32,
        " ".join(["abandon"] * 11 + ["about"]),
    ],
)
def test_a_secret_is_refused_and_never_repeated(secret):
    for text in (secret, f" {secret}\n"):
        with pytest.raises(AddressError, match="not repeated") as refused:
            script_pubkey(text, MAINNET)
        assert secret[5:15] not in str(refused.value)


@given(st.text(max_size=120))
def test_any_text_is_an_address_or_refused_in_printable_words(text):
    try:
        script = script_pubkey(text, MAINNET)
    except AddressError as refused:
        assert str(refused).isprintable()
        assert str(refused).isascii()
    else:
        assert address(script, MAINNET) is not None


def test_look_alike_letters_beyond_ascii_do_not_pass_for_bech32():
    kelvin = "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4".replace("K", "\N{KELVIN SIGN}")
    with pytest.raises(AddressError):
        script_pubkey(kelvin, MAINNET)


@given(st.binary(max_size=200))
def test_own_ripemd160_agrees_with_openssl(data):
    try:
        reference = hashlib.new("ripemd160", data, usedforsecurity=False)
    except ValueError:
        pytest.skip("this OpenSSL has no RIPEMD-160 to compare with")
    assert ripemd160(data) == reference.digest()


def test_ripemd160_published_vectors():
    assert ripemd160(b"").hex() == "9c1185a5c5e9fc54612808977ee8f548b2258d31"
    assert ripemd160(b"abc").hex() == "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"
    assert ripemd160(b"a" * 1_000_000).hex() == "52783243c1697bdbe16d37f97f68f08325dc1528"


def test_hash160_of_the_generator_point_is_its_known_address():
    key = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    assert address(p2pkh(hash160(key)), MAINNET) == ADDRESSES[0]


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_bitcoin_cores_valid_addresses(shared_data):
    checked = 0
    for text, script, about in load(shared_data / "vectors/bitcoin-core/key_io_valid.json"):
        network = CORE_CHAINS[about["chain"]]
        if about["isPrivkey"]:
            with pytest.raises(AddressError, match="private key") as refused:
                script_pubkey(text, network)
            assert text not in str(refused.value)
            continue
        assert script_pubkey(text, network).hex() == script
        assert address(bytes.fromhex(script), network) == text
        if about.get("tryCaseFlip"):
            assert script_pubkey(text.swapcase(), network).hex() == script
        checked += 1
    assert checked > 40


def test_bitcoin_cores_invalid_addresses_are_refused_in_every_network(shared_data):
    texts = [row[0] for row in load(shared_data / "vectors/bitcoin-core/key_io_invalid.json")]
    assert len(texts) > 60
    for text in texts:
        for network in (n for n in NETWORKS.values() if n.is_bitcoin):
            with pytest.raises(AddressError):
                script_pubkey(text, network)


def test_base58_vectors(shared_data):
    for data, text in load(shared_data / "vectors/bitcoin-core/base58_encode_decode.json"):
        assert base58.encode(bytes.fromhex(data)) == text
        if len(text) <= base58.MAX_LENGTH:
            assert base58.decode(text) == bytes.fromhex(data)
    for text, payload, about in load(shared_data / "vectors/base58_keys_valid.json"):
        network = TESTNET3 if about["isTestnet"] else MAINNET
        if about["isPrivkey"]:
            with pytest.raises(AddressError, match="private key"):
                script_pubkey(text, network)
        else:
            make = {"pubkey": p2pkh, "script": p2sh}[about["addrType"]]
            assert script_pubkey(text, network) == make(bytes.fromhex(payload))


def network_of_prefix(text: str) -> Network:
    return MAINNET if text.lower().startswith("bc") else TESTNET3


@pytest.mark.parametrize("bip", ["bip-0173", "bip-0350"])
def test_vectors_of_the_bips(shared_data, bip):
    page = (shared_data / "vectors" / f"{bip}.mediawiki").read_text(encoding="utf-8")
    valid = re.findall(r"^\* <tt>(\w+)</tt>: <tt>([0-9a-f]+)</tt>$", page, re.MULTILINE)
    invalid = re.findall(r"^\* <tt>(\w+)</tt>: [A-Za-z]", page, re.MULTILINE)
    assert len(valid) >= 6
    assert len(invalid) >= 10
    for text, script in valid:
        # BIP 350 took these BIP 173 checksums away from versions above 0.
        if bip == "bip-0173" and not script.startswith("00"):
            with pytest.raises(AddressError, match="bech32m"):
                script_pubkey(text, network_of_prefix(text))
        else:
            assert script_pubkey(text, network_of_prefix(text)).hex() == script
            assert address(bytes.fromhex(script), network_of_prefix(text)) == text.lower()
    for text in invalid:
        for network in (n for n in NETWORKS.values() if n.is_bitcoin):
            with pytest.raises(AddressError):
                script_pubkey(text, network)


def test_vectors_of_bitcoinjs(shared_data):
    networks = {"bitcoin": MAINNET, "testnet": TESTNET3, "regtest": REGTEST}
    vectors = load(shared_data / "vectors/bitcoinjs_address.json")
    for row in vectors["standard"]:
        text = row["bech32"] if "bech32" in row else row["base58check"]
        if row["network"] not in networks:
            with pytest.raises(AddressError, match="Litecoin"):
                script_pubkey(text, MAINNET)
            continue
        network = networks[row["network"]]
        script = script_pubkey(text, network)
        if "bech32" in row:
            assert witness_program(script) == (row["version"], bytes.fromhex(row["data"]))
            assert address(script, network) == text.lower()
        else:
            make = p2pkh if row["version"] in (0, 111) else p2sh
            assert script == make(bytes.fromhex(row["hash"]))
            assert address(script, network) == text
    for row in vectors["bech32"]:
        program = witness_program(script_pubkey(row["address"], network_of_prefix(row["address"])))
        assert program == (row["version"], bytes.fromhex(row["data"]))
    for row in vectors["invalid"]["bech32"] + vectors["invalid"]["fromBase58Check"]:
        with pytest.raises(AddressError):
            script_pubkey(row["address"], MAINNET)


def test_real_outputs_of_coinjoins_have_the_types_their_finder_gave(shared_data):
    names = {
        "TxWitnessV0Keyhash": {"p2wpkh"},
        "TxWitnessV0Scripthash": {"p2wsh"},
        "TxScripthash": {"p2sh"},
        "TxPubkeyhash": {"p2pkh"},
        "TxNullData": {"op_return"},
        # The finder's library of the day did not know Taproot.
        "Unknown": {"p2tr"},
    }
    seen: set[ScriptType] = set()
    for path in sorted((shared_data / "coinjoins").rglob("*.txt")):
        with path.open(encoding="ascii") as lines:
            for _, line in zip(range(40), lines, strict=False):
                for script, name in re.findall(r"\+([0-9a-f]+)\+(\w+)", line):
                    kind = script_type(bytes.fromhex(script))
                    assert kind in names[name], script
                    seen.add(kind)
    assert len(seen) >= 5
