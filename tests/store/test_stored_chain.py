"""The chain read from files against the chain in memory, id by id, in stores of every shape."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.chain.crafted import (
    COIN,
    Block,
    coinbase,
    genesis,
    grow,
    p2wpkh,
    pay,
    transaction,
    write_files,
)
from tests.chain.stores import cut_small, ingest

from peelchain.errors import StoreError
from peelchain.store import arrays
from peelchain.store.arrays import ChainArrays
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store
from peelchain.store.stored_chain import CACHE_BYTES, StoredChain

CACHES = (0, 5_000, CACHE_BYTES)
"""No page is kept; a few; all."""

TWIN = coinbase(b"\x51twin", [(50 * COIN, p2wpkh("twin")), (0, b"\x6a"), (0, b"\x51")])


def odd_chain() -> list[Block]:
    """Twin coinbases, spent and not, and scripts that can never be spent, or could be."""
    odd = [b"\x6a\x4c", b"\x6a\x01\x07", b"", b"\x51" * 10_000, b"\x51" * 10_001, b"\x6a" * 12_000]
    chain = pay(grow([genesis()], 2), first=TWIN)
    chain = pay(chain, rewards=[(COIN, script) for script in odd])
    spend = transaction([(TWIN.txid, 2)], [(0, p2wpkh("other")), (0, odd[0])])
    chain = pay(chain, [spend])
    chain = pay(chain, first=TWIN)
    again = transaction([(TWIN.txid, 0)], [(20 * COIN, p2wpkh("heir")), (0, p2wpkh("twin"))])
    return grow(pay(chain, [again]), 30, "after")


@pytest.fixture(params=["crafted", "odd", "simulated", "early"])
def lookup(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lookup]:
    """Look-ups in a store; the first two are cut into many small segments."""
    path = tmp_path / "store"
    match request.param:
        case "crafted":
            cut_small(monkeypatch)
            ingest(request.getfixturevalue("crafted_blocks"), path)
        case "odd":
            cut_small(monkeypatch)
            ingest(write_files(tmp_path / "blocks", odd_chain()), path)
        case "simulated":
            ingest(request.getfixturevalue("node") / "regtest" / "blocks", path)
        case _:
            ingest(request.getfixturevalue("shared_data") / "early_chain", path)
    with Store.open(path) as store, Lookup(store) as opened:
        yield opened


def assert_same(chain: StoredChain, flat: ChainArrays, seed: int, most: int | None = None) -> None:
    """That both tell the same of every id, or of so many, asked in an order of its own."""
    order = np.random.default_rng(seed)
    txouts = order.permutation(flat.txout_count)[:most]
    txs = order.permutation(flat.tx_count)[:most]
    for asked, found, expected in (
        (txouts, chain.outputs(txouts), flat.outputs(txouts)),
        (txs, chain.transactions(txs), flat.transactions(txs)),
    ):
        for name, column in vars(expected).items():
            told = getattr(found, name)
            assert told.dtype == column.dtype
            assert np.array_equal(told, column), (name, asked[told != column][:5])
    for tx in txs.tolist():
        assert np.array_equal(chain.prevouts(tx), flat.prevouts(tx))


@pytest.mark.parametrize("cache_bytes", CACHES)
def test_every_id_is_told_as_in_memory(lookup: Lookup, cache_bytes: int) -> None:
    flat = arrays.load(lookup.store)
    chain = StoredChain(lookup, cache_bytes)
    assert (chain.tx_count, chain.txout_count) == (flat.tx_count, flat.txout_count)
    # without a cache each question reads pages
    most = None if cache_bytes == CACHE_BYTES else 400
    assert_same(chain, flat, cache_bytes, most)
    # again, with what the first pass left in the cache
    assert_same(chain, flat, cache_bytes + 1, most)


def test_outputs_of_scripts_and_heights_are_told_as_in_memory(lookup: Lookup) -> None:
    flat, chain = arrays.load(lookup.store), StoredChain(lookup)
    scripts = int(flat.txout_script.max()) + 1
    order = np.random.default_rng(7)
    for count in (0, 1, 5, 100):
        asked = order.integers(-3, scripts + 3, count)
        assert np.array_equal(chain.outputs_of_scripts(asked), flat.outputs_of_scripts(asked))
    tip = lookup.store.manifest.tip_height
    for first, last in [(0, 0), (0, tip), (-2, tip + 5), (3, 7), (tip, tip), (tip + 1, tip + 9)]:
        assert chain.txs_of_heights(first, last) == flat.txs_of_heights(first, last)


def test_a_walk_in_chain_order_reads_each_page_once(lookup: Lookup) -> None:
    chain = StoredChain(lookup)
    txouts = np.arange(chain.txout_count)
    chain.outputs(txouts)
    read = chain.core.pages_read
    columns = {"txouts": 4, "txs": 2, "scripts": 1, "blocks": 2}
    files = sum(count * len(lookup.store.files(table)) for table, count in columns.items())
    assert 0 < read <= files + sum(columns.values()) * (chain.txout_count // 4096)
    chain.outputs(txouts)
    assert chain.core.pages_read == read


@settings(max_examples=50, deadline=None)
@given(at=st.integers(), beyond=st.sampled_from(["below", "above"]))
def test_ids_beyond_the_chain_are_refused(odd: Lookup, at: int, beyond: str) -> None:
    chain, flat = StoredChain(odd), arrays.load(odd.store)
    at = abs(at) % 2**62
    for asked, count in (
        (lambda chain, i: chain.outputs([0, i]), chain.txout_count),
        (lambda chain, i: chain.transactions([0, i]), chain.tx_count),
        (lambda chain, i: chain.prevouts(i), chain.tx_count),
    ):
        number = -1 - at if beyond == "below" else count + at
        for one in (chain, flat):
            with pytest.raises(StoreError, match=f"{number} is not among {count}"):
                asked(one, number)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lookup]:
    """Look-ups in a store of `odd_chain`; read it, do not write it."""
    folder = tmp_path_factory.mktemp("odd")
    ingest(write_files(folder / "blocks", odd_chain()), folder / "store")
    with Store.open(folder / "store") as store, Lookup(store) as opened:
        yield opened


@pytest.mark.parametrize("table", ["txs", "txins", "txouts", "scripts"])
def test_damaged_files_are_named(store: Path, table: str) -> None:
    with Store.open(store) as opened, Lookup(opened) as lookup:
        (path, *_) = opened.files(table)
        whole = path.read_bytes()
        told = arrays.load(opened)
        rng = np.random.default_rng(5)
        damages = [b"", whole[: len(whole) // 2], whole[:-1], b"PAR1" + whole]
        for _ in range(60):
            harmed = bytearray(whole)
            first = int(rng.integers(4, len(whole) - 4))
            harmed[first : first + 4] = rng.bytes(4)
            damages.append(bytes(harmed))
        refused = 0
        for damaged in damages:
            path.write_bytes(damaged)
            chain = StoredChain(lookup)
            try:
                chain.outputs(np.arange(chain.txout_count))
                chain.transactions(np.arange(chain.tx_count))
                for tx in range(told.tx_count):
                    chain.prevouts(tx)
            except StoreError as refusal:
                refused += 1
                assert path.name in str(refusal) or table in str(refusal)
                assert "chain verify" in str(refusal)
        assert refused >= 4
        path.unlink()
        with pytest.raises(StoreError, match=path.name):
            assert_same(StoredChain(lookup), told, 1)


@pytest.mark.parametrize("kind", ["spenders", "receipts", "txids"])
def test_a_look_up_cut_short_is_named(store: Path, kind: str) -> None:
    with Store.open(store) as opened, Lookup(opened) as lookup:
        (run, *_) = opened.manifest.runs_of(kind)
        path = store / run.run.file
        path.write_bytes(path.read_bytes()[:-7])
        with pytest.raises(StoreError, match=path.name):
            StoredChain(lookup)
