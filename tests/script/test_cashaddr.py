"""Cash addresses, held to the tables of their specification."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain.errors import AddressError
from peelchain.network import MAINNET, NETWORKS
from peelchain.script import address, cashaddr, p2pkh, p2sh, p2sh32, p2wpkh, script_pubkey
from peelchain.script.mending import mended

BCH = NETWORKS["bitcoincash"]
REGTEST = NETWORKS["bitcoincash-regtest"]

# "Examples of address translation" of the CashAddr specification
TRANSLATED = [
    (
        "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu",
        "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
    ),
    (
        "1KXrWXciRDZUpQwQmuM1DbwsKDLYAYsVLR",
        "bitcoincash:qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy",
    ),
    (
        "16w1D5WRVKJuZUsSRzdLp9w3YGcgoxDXb",
        "bitcoincash:qqq3728yw0y47sqn6l2na30mcw6zm78dzqre909m2r",
    ),
    (
        "3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC",
        "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq",
    ),
    (
        "3LDsS579y7sruadqu11beEJoTjdFiFCdX4",
        "bitcoincash:pr95sy3j9xwd2ap32xkykttr4cvcu7as4yc93ky28e",
    ),
    (
        "31nwvkZwyPdgzjBJZXfDmSWsC4ZLKpYyUw",
        "bitcoincash:pqq3728yw0y47sqn6l2na30mcw6zm78dzq5ucqzc37",
    ),
]

# "Larger test vectors" of the same: type, address, hash
LARGER = [
    (
        0,
        "bitcoincash:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2",
        "F5BF48B397DAE70BE82B3CCA4793F8EB2B6CDAC9",
    ),
    (
        1,
        "bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t",
        "F5BF48B397DAE70BE82B3CCA4793F8EB2B6CDAC9",
    ),
    (
        1,
        "pref:p9adhakpwzztepkpwp5z0dq62m6u5v5xtyj7j3h2khlwwk5v",
        "7ADBF6C17084BC86C1706827B41A56F5CA32865925E946EA",
    ),
    (
        0,
        "bitcoincash:qgagf7w02x4wnz3mkwnchut2vxphjzccwxgjvvjmlsxqwkcw59jxxuz",
        "3A84F9CF51AAE98A3BB3A78BF16A6183790B18719126325BFC0C075B",
    ),
    (
        0,
        "bitcoincash:qvch8mmxy0rtfrlarg7ucrxxfzds5pamg73h7370aa87d80gyhqxq5nlegake",
        "3173EF6623C6B48FFD1A3DCC0CC6489B0A07BB47A37F47CFEF4FE69DE825C060",
    ),
    (
        1,
        "bchtest:pnq8zwpj8cq05n7pytfmskuk9r4gzzel8qtsvwz79zdskftrzxtar994cgutavfklvmgm6ynej",
        "C07138323E00FA4FC122D3B85B9628EA810B3F381706385E289B0B25631197D194B5C238BEB136FB",
    ),
    (
        0,
        "bitcoincash:qlg0x333p4238k0qrc5ej7rzfw5g8e4a4r6vvzyrcy8j3s5k0en7calvclhw46hudk5flttj6y"
        "dvjc0pv3nchp52amk97tqa5zygg96mtky5sv5w",
        "D0F346310D5513D9E01E299978624BA883E6BDA8F4C60883C10F28C2967E67EC"
        "77ECC7EEEAEAFC6DA89FAD72D11AC961E164678B868AEEEC5F2C1DA08884175B",
    ),
]


@pytest.mark.parametrize(("legacy", "cash"), TRANSLATED)
def test_both_forms_of_an_address_pay_to_one_script(legacy: str, cash: str) -> None:
    script = script_pubkey(legacy, MAINNET)
    assert address(script, BCH) == cash
    bare = cash.partition(":")[2]
    for text in (legacy, cash, bare, cash.upper(), bare.upper()):
        assert script_pubkey(text, BCH) == script, text


@pytest.mark.parametrize(("kind", "text", "data"), LARGER)
def test_larger_vectors(kind: int, text: str, data: str) -> None:
    prefix = text.partition(":")[0]
    assert cashaddr.encode(prefix, kind, bytes.fromhex(data)) == text
    assert cashaddr.decode(text, prefix) == (kind, bytes.fromhex(data))
    assert cashaddr.decode(text.partition(":")[2], prefix) == (kind, bytes.fromhex(data))


@given(data=st.binary(min_size=20, max_size=20), key=st.booleans())
def test_an_address_of_a_wallet_that_knows_tokens_pays_to_the_same_script(
    data: bytes, key: bool
) -> None:
    kind = cashaddr.P2PKH if key else cashaddr.P2SH
    text = cashaddr.encode("bitcoincash", kind + cashaddr.TOKENS, data)
    assert text[12] == ("z" if key else "r")
    assert script_pubkey(text, BCH) == (p2pkh(data) if key else p2sh(data))


def test_p2sh_of_32_bytes() -> None:
    script = p2sh32(bytes(range(32)))
    text = address(script, BCH)
    assert text is not None
    assert script_pubkey(text, BCH) == script
    assert address(script, MAINNET) is None


def test_a_chain_without_witnesses_has_no_witness_address() -> None:
    assert address(p2wpkh(bytes(20)), BCH) is None
    with pytest.raises(AddressError, match="is an address of mainnet, not of bitcoincash"):
        script_pubkey("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", BCH)


GOOD = TRANSLATED[0][1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GOOD[:-1] + "q", "its checksum does not match"),
        (GOOD[12:-1] + "q", "its checksum does not match"),
        (GOOD[:20] + GOOD[20:].upper(), "mixes capitals and small letters"),
        (GOOD.replace("bitcoincash:", "bchtest:"), "not with 'bitcoincash:'"),
        (GOOD.replace("bitcoincash:", "bitcoincash:bitcoincash:"), "not with 'bitcoincash:'"),
        (GOOD[:-3] + "b" + GOOD[-2:], "character 52 is 'b', which cash addresses do not use"),
        ("bitcoincash:" + "q" * 200, "more than a cash address"),
        (LARGER[3][1], "no script is made from"),
        ("bitcoincash:qpzry9x8gf2tvdw0s3jn54khce6mua7lcw20ayyn", "no script is made from"),
        (GOOD.replace("bitcoincash:", "bitcoincash: "), "white space"),
    ],
)
def test_what_is_wrong_is_said(text: str, why: str) -> None:
    with pytest.raises(AddressError, match=why):
        script_pubkey(text, BCH)


def test_prefixes_tell_the_chains_apart() -> None:
    text = address(p2pkh(bytes(20)), REGTEST)
    assert text is not None
    assert text.startswith("bchreg:")
    for written in (text, text.partition(":")[2]):
        assert script_pubkey(written, REGTEST) == p2pkh(bytes(20))
        with pytest.raises(AddressError):
            script_pubkey(written, BCH)


def test_bitcoins_refusal_names_the_other_chain() -> None:
    with pytest.raises(AddressError, match="is a Bitcoin Cash address, not a Bitcoin address"):
        script_pubkey(GOOD, MAINNET)


def test_one_wrong_character_is_mended() -> None:
    wrong = GOOD[:30] + ("q" if GOOD[30] != "q" else "p") + GOOD[31:]
    assert [mend.address for mend in mended(wrong, BCH)] == [GOOD]
