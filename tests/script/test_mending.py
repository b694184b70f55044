"""What a mistyped address may have been."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peelchain.network import MAINNET, NETWORKS, Network
from peelchain.script import address, p2pkh, p2sh, p2tr, p2wpkh, p2wsh
from peelchain.script.base58 import ALPHABET
from peelchain.script.bech32 import CHARSET
from peelchain.script.mending import mended

ADDRESSES = st.one_of(
    st.binary(min_size=20, max_size=20).map(p2pkh),
    st.binary(min_size=20, max_size=20).map(p2sh),
    st.binary(min_size=20, max_size=20).map(p2wpkh),
    st.binary(min_size=32, max_size=32).map(p2wsh),
    st.binary(min_size=32, max_size=32).map(p2tr),
).map(lambda script: str(address(script, MAINNET)))


def part(text: str) -> tuple[int, str]:
    """Where what its checksum guards begins, and the characters there."""
    return (3, CHARSET) if text.startswith("bc1") else (0, ALPHABET)


@settings(deadline=None)
@given(text=ADDRESSES, data=st.data())
def test_every_single_slip_is_mended_and_placed(text: str, data: st.DataObject) -> None:
    start, characters = part(text)
    at = data.draw(st.integers(start, len(text) - 1))
    other = data.draw(st.sampled_from([c for c in characters if c != text[at]]))
    how = data.draw(st.sampled_from(["changed", "missing", "extra", "swapped"]))
    if how == "changed":
        typed = text[:at] + other + text[at + 1 :]
    elif how == "missing":
        typed = text[:at] + text[at + 1 :]
    elif how == "extra":
        typed = text[:at] + other + text[at:]
    else:
        at = min(at, len(text) - 2)
        typed = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if typed == text:
        return
    mends = {mend.address: mend for mend in mended(typed, MAINNET)}
    assert text in mends
    mend = mends[text]
    assert typed[: mend.at] + mend.now + typed[mend.at + len(mend.was) :] == text


def test_an_extra_character_is_found_where_chance_points_elsewhere() -> None:
    text = "bc1qhpqd8ndk4gprhjgjk8zz4flkhkng299v8g8vapf2uqln4p74jm2sqm593s"
    typed = text[:60] + "x" + text[60:]
    assert text in {mend.address for mend in mended(typed, MAINNET)}


WITH_BECH32 = [network for network in NETWORKS.values() if network.bech32_hrp]


@pytest.mark.parametrize("network", WITH_BECH32, ids=lambda network: network.name)
def test_capitals_and_spaces_are_mended_on_every_network(network: Network) -> None:
    text = str(address(p2wpkh(b"\7" * 20), network))
    mixed = text[:10].upper() + text[10:]
    assert [m.how for m in mended(mixed, network)] == ["case"]
    assert [m.address for m in mended(f"{text[:9]} {text[9:]}", network)] == [text]


def test_a_foreign_character_is_the_one_to_change() -> None:
    text = str(address(p2pkh(b"\7" * 20), MAINNET))
    typed = text[:12] + "0" + text[13:]
    assert [(m.address, m.at, m.was) for m in mended(typed, MAINNET)] == [(text, 12, "0")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "hello world",
        "x" * 5000,
        "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
        "bc1" + "q" * 95,
        "\ud800" * 30,
        "bc1q\u212aqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
    ],
)
def test_what_is_no_slip_is_not_mended(text: str) -> None:
    assert mended(text, MAINNET) == []
