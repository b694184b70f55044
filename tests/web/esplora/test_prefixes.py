"""Addresses by how they begin: those that the chain has, held against all of them."""

import random
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peelchain.actions.esplora import prefixes
from peelchain.actions.esplora.prefixes import ranges_of
from peelchain.actions.esplora.view import EsploraView
from peelchain.errors import MisuseError
from peelchain.network import NETWORKS
from peelchain.script import address, p2pkh, p2sh, p2tr, p2wpkh, p2wsh, script_type
from peelchain.store.lookup import Lookup


@pytest.fixture(scope="module")
def addresses(lookup: Lookup) -> list[str]:
    """Every address of the simulated chain."""
    rows = lookup.rows("SELECT script_pubkey FROM scripts")
    named = (address(row["script_pubkey"], lookup.store.network) for row in rows)
    return sorted(name for name in named if name)


def test_the_addresses_that_begin_so_are_found(ask: httpx.Client, addresses: list[str]) -> None:
    chance = random.Random(7)
    prefixes = {"m", "n", "2", "bcrt1", "bcrt1q", "bcrt1p", "b", "bcr", "mz", "2N", "bcrt1qq"}
    for name in chance.sample(addresses, 40):
        prefixes |= {name[: chance.randrange(2, 12)], name}
    several = 0
    for prefix in sorted(prefixes):
        expected = {name for name in addresses if name.startswith(prefix)}
        told = ask.get(f"/address-prefix/{prefix}").json()
        assert told == sorted(told)
        assert set(told) <= expected
        assert len(told) == min(10, len(expected)), prefix
        several += len(expected) > 10
    assert several


@pytest.mark.parametrize(
    "prefix", ["1A1zP1", "bc1q", "0", "bcrt1b", "bcrt1qb", "BCRT1", "%20", "m0", "1" * 60, "z" * 70]
)
def test_what_begins_no_address_finds_none(ask: httpx.Client, prefix: str) -> None:
    got = ask.get(f"/address-prefix/{prefix}")
    assert (got.status_code, got.json()) == (200, [])


MAKERS = (p2pkh, p2sh, p2wpkh)
LONG_MAKERS = (p2wsh, p2tr)


@given(
    st.sampled_from(sorted(n for n, network in NETWORKS.items() if network.bech32_hrp)),
    st.one_of(
        st.tuples(st.sampled_from(MAKERS), st.binary(min_size=20, max_size=20)),
        # many leading zeros, and so many ones
        st.tuples(
            st.sampled_from(MAKERS),
            st.integers(0, 20).flatmap(
                lambda zeros: st.binary(min_size=20 - zeros, max_size=20 - zeros).map(
                    lambda rest: bytes(20 - len(rest)) + rest
                )
            ),
        ),
        st.tuples(st.sampled_from(LONG_MAKERS), st.binary(min_size=32, max_size=32)),
    ),
    st.integers(1, 64),
)
@settings(max_examples=400, deadline=None)
def test_the_ranges_of_a_beginning_hold_every_address_that_begins_so(
    name: str, made: tuple[Callable[[bytes], bytes], bytes], length: int
) -> None:
    maker, payload = made
    script = maker(payload)
    text = address(script, NETWORKS[name])
    assert text is not None
    key = int.from_bytes(payload[:8], "big")
    ranges = [r for r in ranges_of(text[:length], NETWORKS[name]) if r.kind == script_type(script)]
    assert any(r.low <= key <= r.high for r in ranges)
    assert all(0 <= r.low <= r.high < 1 << 64 for r in ranges)


def test_a_long_chain_is_not_searched(monkeypatch: pytest.MonkeyPatch, chain_store: Path) -> None:
    monkeypatch.setattr(prefixes, "MOST_SCRIPTS", 10)
    with EsploraView(chain_store) as view, pytest.raises(MisuseError, match="search disabled"):
        prefixes.addresses_beginning("m", view)
