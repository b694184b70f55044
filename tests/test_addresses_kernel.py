"""The kernel that decodes addresses by the million says what `script_pubkey` says of each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain import _core
from peelchain.errors import AddressError
from peelchain.network import NETWORKS
from peelchain.script import address, base58, bech32, cashaddr, p2pkh, p2sh, script_pubkey

ALPHABET = st.sampled_from(base58.ALPHABET + bech32.CHARSET + "0OIlb ")


def decoded(texts, network):
    return _core.decode_addresses(
        texts,
        network.p2pkh_prefixes,
        network.p2sh_prefixes,
        network.bech32_hrp,
        network.cash_prefix,
    )


def slowly(text, network):
    try:
        return script_pubkey(text, network)
    except AddressError:
        return None


@pytest.fixture(params=sorted(NETWORKS))
def network(request):
    return NETWORKS[request.param]


@st.composite
def near_addresses(draw):
    """An address of some network, whole or with a few characters changed, cut or recased."""
    network = NETWORKS[draw(st.sampled_from(sorted(NETWORKS)))]
    version = draw(st.integers(0, 17))
    program = draw(st.binary(min_size=0, max_size=42))
    hash20 = draw(st.binary(min_size=20, max_size=20))
    zeros = draw(st.integers(0, 20))
    hash20 = bytes(zeros) + hash20[zeros:]
    text = draw(
        st.sampled_from(
            [
                address(p2pkh(hash20), network),
                address(p2sh(hash20), network),
                base58.encode_check(network.p2pkh_prefixes[0] + hash20[:-1]),
                base58.encode_check(network.p2pkh_prefixes[0] + hash20 + b"\0"),
                base58.encode_check(network.p2sh_prefixes[-1] + hash20),
                bech32.encode(network.bech32_hrp or "bc", version, program),
                cashaddr.encode("bitcoincash", version, hash20 + hash20[:12]),
                cashaddr.encode("bitcoincash", version, hash20).partition(":")[2],
            ]
        )
    )
    assert text is not None
    change = draw(st.sampled_from(["none", "upper", "one", "cut", "one more", "swap"]))
    at = draw(st.integers(0, len(text) - 1))
    if change == "upper":
        return text.upper()
    if change == "one":
        return text[:at] + draw(ALPHABET) + text[at + 1 :]
    if change == "cut":
        return text[:at]
    if change == "one more":
        return text[:at] + draw(ALPHABET) + text[at:]
    if change == "swap":
        return text[:at] + text[at].swapcase() + text[at + 1 :]
    return text


@given(texts=st.lists(near_addresses() | st.text(max_size=100), max_size=20))
def test_the_kernel_agrees_with_the_slow_way(texts):
    for network in NETWORKS.values():
        assert decoded(texts, network) == [slowly(text, network) for text in texts]


def test_real_addresses_decode(network):
    texts = [address(script, network) for script in (p2pkh(b"\1" * 20), p2sh(bytes(20)))]
    assert decoded(texts, network) == [p2pkh(b"\1" * 20), p2sh(bytes(20))]
