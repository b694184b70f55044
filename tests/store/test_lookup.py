"""Finding scripts by their keys, outputs by their names, and raw blocks where the files were."""

from pathlib import Path

import pytest
from tests.chain.crafted import COIN, Block, genesis, p2wpkh, pay, transaction, write_files
from tests.chain.stores import answer, assert_refused, command, ingest

from peelchain.errors import NotInChainError, StoreError
from peelchain.network import REGTEST
from peelchain.script import address, hash160, p2pk, p2pkh
from peelchain.store.lookup import Lookup
from peelchain.store.raw_blocks import RawBlocks, transactions
from peelchain.store.reader import Store
from peelchain.units import OutPoint

SHORT, LONG, HYBRID = b"\x02" + b"\7" * 32, b"\x04" + b"\7" * 64, b"\x06" + b"\7" * 64
KEYS = (SHORT, LONG, HYBRID)


@pytest.fixture
def keyed(tmp_path: Path) -> Path:
    """A store in which three keys are paid, and the long one by its hash too."""
    chain = [genesis()]
    for key in KEYS:
        chain = pay(chain, rewards=[(50 * COIN, p2pk(key))])
    spend = transaction([(chain[2].txs[0].txid, 0)], [(20 * COIN, p2pkh(hash160(LONG)))])
    spend_short = transaction([(chain[1].txs[0].txid, 0)], [(49 * COIN, p2wpkh("other"))])
    chain = pay(chain, [spend, spend_short])
    ingest(write_files(tmp_path / "blocks", chain), tmp_path / "keyed")
    return tmp_path / "keyed"


def of_key(key: bytes) -> str:
    encoded = address(p2pkh(hash160(key)), REGTEST)
    assert encoded is not None
    return encoded


def test_scripts_of_a_key_in_all_its_forms(keyed: Path) -> None:
    with Store.open(keyed) as store, Lookup(store) as lookup:
        for key in KEYS:
            script = p2pk(key)
            assert lookup.key_scripts(hash160(key)) == lookup.script_ids([script])
            assert list(lookup.key_scripts(hash160(key))) == [script]
        assert lookup.key_scripts(bytes(20)) == {}


def test_an_address_whose_key_alone_was_paid(keyed: Path) -> None:
    for key in (SHORT, HYBRID):
        told = answer("address", of_key(key), "--store", keyed)
        assert told["address"] == of_key(key)
        assert told["paid_as_key"] == [p2pk(key).hex()]
        assert (told["script_type"], told["received_sat"]) == ("p2pk", 50 * COIN)
    assert answer("address", of_key(SHORT), "--store", keyed)["balance_sat"] == 0


def test_an_address_that_was_paid_and_its_key_too(keyed: Path) -> None:
    told = answer("address", of_key(LONG), "--store", keyed)
    assert (told["script_type"], told["received_sat"]) == ("p2pkh", 20 * COIN)
    assert told["paid_as_key"] == [p2pk(LONG).hex()]
    by_key = answer("address", p2pk(LONG).hex(), "--store", keyed)
    assert (by_key["received_sat"], by_key["paid_as_key"]) == (50 * COIN, [])


def test_an_address_of_a_key_nobody_paid(keyed: Path) -> None:
    other = of_key(b"\x03" + b"\7" * 32)
    assert_refused(command("address", other, "--store", keyed), "never occurs")


def test_outputs_that_are_not_there(store: Path, crafted: list[Block]) -> None:
    txid = crafted[5].txs[0].txid
    with Store.open(store) as opened, Lookup(opened) as lookup:
        assert lookup.txout_ids([OutPoint(txid, 0)])
        with pytest.raises(NotInChainError, match="it has 2 outputs"):
            lookup.txout_ids([OutPoint(txid, 2)])
        with pytest.raises(NotInChainError, match="no such transaction"):
            lookup.txout_ids([OutPoint(bytes(32), 0)])


def test_questions_in_sql_come_beside_the_look_ups(store: Path, crafted: list[Block]) -> None:
    with Store.open(store) as opened, Lookup(opened) as lookup:
        (row,) = lookup.rows("SELECT txid FROM txs WHERE height = ? AND tx_index = 0", [5])
        assert row["txid"] == crafted[5].txs[0].txid
        assert lookup.find_tx_ids(row["txid"]) == [
            r["tx_id"] for r in lookup.rows("SELECT tx_id FROM txs WHERE txid = ?", [row["txid"]])
        ]


def test_raw_blocks_come_from_where_they_lie(store: Path, crafted: list[Block]) -> None:
    with Store.open(store) as opened, Lookup(opened) as lookup:
        raw_blocks = RawBlocks(opened)
        for height in (0, 5, 40):
            (row,) = lookup.blocks([height])
            raw = raw_blocks.block(row)
            assert raw == crafted[height].raw
            txs = transactions(raw, range(len(crafted[height].txs)))
            assert [txs[i] for i in sorted(txs)] == [t.raw for t in crafted[height].txs]


def test_raw_blocks_that_were_moved_changed_or_pruned(crafted: list[Block], tmp_path: Path) -> None:
    blocks = write_files(tmp_path / "blocks", crafted)
    ingest(blocks, tmp_path / "store")
    file = blocks / "blk00000.dat"
    data = file.read_bytes()
    with Store.open(tmp_path / "store") as opened, Lookup(opened) as lookup:
        (row,) = lookup.blocks([30])
        raw_blocks = RawBlocks(opened)
        for damaged in (
            data[: row.file_offset + 100],
            data[: row.file_offset + 100] + b"\x77" + data[row.file_offset + 101 :],
            data[8:],
            b"",
        ):
            file.write_bytes(damaged)
            with pytest.raises(StoreError, match=r"blk00000.dat no longer holds block .*height 30"):
                raw_blocks.block(row)
        file.unlink()
        with pytest.raises(StoreError, match="no longer holds"):
            raw_blocks.block(row)
        blocks.rename(tmp_path / "elsewhere")
        with pytest.raises(StoreError, match="no longer at"):
            RawBlocks(opened)
