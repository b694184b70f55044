"""Coinbases whose txid occurs twice (BIP 30): the later takes the older one's unspent outputs."""

import json
from pathlib import Path

import numpy as np
import pytest
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
from tests.chain.stores import answer, assert_ingested_up_to, content, cut_small, ingest

from peelchain import _core
from peelchain.store import arrays
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store
from peelchain.units import OutPoint

TWIN = coinbase(b"\x51twin", [(50 * COIN, p2wpkh("twin")), (0, b"\x6a")])


def spend(name: str) -> list[Block]:
    """Twins at heights 3 and 6; the coins of which are spent, by name, before, between or after."""
    chain = grow([genesis()], 2)
    chain = pay(chain, first=TWIN)
    payment = transaction([(TWIN.txid, 0)], [(49 * COIN, p2wpkh("heir"))])
    chain = pay(chain, [payment] if name in ("first", "both") else [])
    chain = pay(chain)
    chain = pay(chain, first=TWIN)
    if name in ("second", "both"):
        other = transaction([(TWIN.txid, 0)], [(48 * COIN, p2wpkh("other heir"))])
        chain = pay(chain, [other])
    else:
        chain = pay(chain)
    return grow(chain, 3, "after")


@pytest.fixture(params=["neither", "first", "second", "both"])
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_each_twin_has_its_own_row_and_spends_go_to_the_one_that_was_there(
    case: str, tmp_path: Path
) -> None:
    ingest(write_files(tmp_path / "blocks", spend(case)), tmp_path / "store")
    with Store.open(tmp_path / "store") as store, Lookup(store) as lookup:
        older, later = lookup.tx_ids(TWIN.txid)
        chain = arrays.load(store)
        first = chain.tx_first_txout[[older, later]]
        spent = chain.txout_spender[first] >= 0
        assert spent.tolist() == [case in ("first", "both"), case in ("second", "both")]
        # an unspent output that was overwritten is not unspent: nobody can spend it
        assert chain.txout_unspendable[first].tolist() == [case not in ("first", "both"), False]
        assert chain.txout_unspendable[first + 1].tolist() == [True, True]
        assert lookup.txout_ids([OutPoint(TWIN.txid, 0)]) == [first[1]]
        assert np.array_equal(chain.tx_height[[older, later]], [3, 6])


def test_the_commands_show_the_later_and_name_the_other(tmp_path: Path) -> None:
    store = tmp_path / "store"
    ingest(write_files(tmp_path / "blocks", spend("second")), store)
    shown = answer("tx", TWIN.shown, "--store", store)
    assert (shown["height"], shown["also_at_heights"]) == (6, [3])
    assert shown["outputs"][0]["spent_by"] is not None
    address = answer("address", p2wpkh("twin").hex(), "--store", store)
    assert [(r["height"], bool(r["spent_by"])) for r in address["receipts"]] == [
        (3, False),
        (6, True),
    ]
    assert answer("chain", "verify", "--store", store)["ok"]


def test_a_coin_that_a_twin_overwrote_cannot_be_spent_twice(tmp_path: Path) -> None:
    chain = spend("second")
    again = transaction([(TWIN.txid, 0)], [(1, p2wpkh("thief"))])
    blocks = write_files(tmp_path / "blocks", pay(chain, [again]))
    words = ("blk00000.dat", "offset", "no unspent output")
    assert_ingested_up_to(blocks, tmp_path / "store", grow(chain, 2), len(chain) - 1, *words)


def test_going_on_from_a_store_knows_the_twins_as_a_fresh_ingest_does(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_small(monkeypatch, DAY_BLOCKS=2, WEEK_BLOCKS=4, HEAD_BLOCKS=1, LEVELS=(2, 4, 8))
    chain = spend(case)
    blocks = tmp_path / "blocks"
    ingest(write_files(blocks, chain), tmp_path / "fresh")
    for length in range(1, len(chain) + 1):
        ingest(write_files(blocks, chain[:length]), tmp_path / "store")
    assert content(tmp_path / "store") == content(tmp_path / "fresh")
    thief = transaction([(TWIN.txid, 0)], [(1, p2wpkh("thief"))])
    stolen = pay(chain, [thief])
    if case in ("second", "both"):
        done = ingest(write_files(blocks, stolen), tmp_path / "store")
        assert "no unspent output" in done.damage[0]
        assert (done.added_blocks, done.tip_height) == (0, len(chain) - 1)
        assert content(tmp_path / "store") == content(tmp_path / "fresh")
    else:
        assert ingest(write_files(blocks, stolen), tmp_path / "store").added_blocks == 1


def test_the_real_twin_has_its_txid(shared_data: Path) -> None:
    (file,) = (shared_data / "bip30").glob("rpc_response_getrawtransaction_*.json")
    given = json.loads(file.read_text(encoding="utf-8"))
    raw = bytes.fromhex(given["hex"])
    (listed,) = json.loads(
        next((shared_data / "bip30").glob("rpc_response_getblock_*.json")).read_text("utf-8")
    )["tx"]
    assert _core.without_witness(raw) == raw
    from tests.chain.crafted import sha256d

    assert sha256d(raw)[::-1].hex() == given["txid"] == listed
