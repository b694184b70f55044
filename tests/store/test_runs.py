"""Look-ups against a slow oracle, the tables themselves; and look-ups that were damaged."""

import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.chain.crafted import COIN, coinbase, genesis, grow, p2wpkh, pay, transaction, write_files
from tests.chain.stores import cut_small, ingest

from peelchain.errors import NotInChainError, StoreError
from peelchain.store import manifest as manifests
from peelchain.store.lookup import History, Lookup, Receipt, Spend
from peelchain.store.manifest import RUN_KINDS
from peelchain.store.reader import Store
from peelchain.store.runs import check_runs
from peelchain.units import OutPoint, format_hash

TWIN = coinbase(b"\x51twin", [(50 * COIN, p2wpkh("twin")), (0, b"\x6a")])
MANY = 10**6


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of crafted blocks in many segments, and a head; BIP 30 twins in two of them."""
    folder = tmp_path_factory.mktemp("twins")
    chain = pay(grow([genesis()], 6), first=TWIN)
    chain = pay(grow(chain, 20, "between"), first=TWIN)
    heir = transaction([(TWIN.txid, 0)], [(49 * COIN, p2wpkh("heir"))])
    chain = grow(pay(chain, [heir]), 14, "after")
    with pytest.MonkeyPatch.context() as patch:
        cut_small(patch)
        ingest(write_files(folder / "blocks", chain), folder / "store")
    return folder / "store"


@pytest.fixture(scope="module")
def simulated(node: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of a simulated chain, cut likewise."""
    store = tmp_path_factory.mktemp("runs") / "store"
    with pytest.MonkeyPatch.context() as patch:
        cut_small(patch, DAY_BLOCKS=20, WEEK_BLOCKS=80, HEAD_BLOCKS=10, LEVELS=(20, 80, 160))
        ingest(node / "regtest" / "blocks", store)
    return store


@pytest.fixture(params=["twins", "simulated"])
def several(request: pytest.FixtureRequest) -> Path:
    """A store of several segments and a head."""
    store: Path = request.getfixturevalue(request.param)
    manifest = manifests.read(store)
    assert -1 < manifest.sealed_height < manifest.tip_height
    assert len(manifest.segments) > 3
    assert 1 < len(manifest.runs_of("txids")) < len(manifest.segments)
    return store


@contextmanager
def opened(store: Path) -> Iterator[Lookup]:
    with Store.open(store) as held, Lookup(held) as lookup:
        yield lookup


class Oracle:
    """The same answers from the tables, read whole."""

    def __init__(self, lookup: Lookup) -> None:
        rows: dict[str, list[dict[str, Any]]] = {
            table: lookup.store.read(table).to_pylist()
            for table in ("blocks", "txs", "txouts", "txins", "scripts")
        }
        self.blocks, self.txs, self.txouts = rows["blocks"], rows["txs"], rows["txouts"]
        self.scripts = [row["script_pubkey"] for row in rows["scripts"]]
        self.tx_ids: dict[bytes, list[int]] = defaultdict(list)
        for tx in self.txs:
            self.tx_ids[tx["txid"]].append(tx["tx_id"])
        self.spenders = {
            i["prev_txout_id"]: (i["tx_id"], i["vin"])
            for i in rows["txins"]
            if i["prev_txout_id"] is not None
        }

    def history(self, script_id: int, limit: int) -> History:
        mine = [o for o in self.txouts if o["script_id"] == script_id]
        receipts = [
            Receipt(o["txout_id"], o["value_sat"], self.spenders.get(o["txout_id"])) for o in mine
        ]
        spends = sorted(
            (Spend(*r.spender, r.txout_id, r.value_sat) for r in receipts if r.spender),
            key=lambda s: (s.tx_id, s.vin),
        )
        tx_ids = [o["tx_id"] for o in mine] + [s.tx_id for s in spends]
        heights = [self.txs[i]["height"] for i in tx_ids]
        times = [int(self.blocks[h]["time_utc"].timestamp()) for h in heights]
        return History(
            receipt_count=len(receipts),
            spend_count=len(spends),
            received_sat=sum(r.value_sat for r in receipts),
            sent_sat=sum(s.value_sat for s in spends),
            heights=(min(heights), max(heights)),
            times=(min(times), max(times)),
            receipts=tuple(receipts[max(0, len(receipts) - limit) :]),
            spends=tuple(spends[max(0, len(spends) - limit) :]),
        )


def test_every_txid_leads_to_its_transactions(several: Path) -> None:
    with opened(several) as lookup:
        oracle = Oracle(lookup)
        for txid, tx_ids in oracle.tx_ids.items():
            assert lookup.tx_ids(txid) == tx_ids
            assert lookup.txids(tx_ids) == dict.fromkeys(tx_ids, txid)
        if "twins" in str(several):
            assert len(oracle.tx_ids[TWIN.txid]) == 2


def test_every_outpoint_leads_to_its_output_of_twins_to_the_later(several: Path) -> None:
    with opened(several) as lookup:
        oracle = Oracle(lookup)
        later = {i for ids in oracle.tx_ids.values() for i in ids[:-1]}
        mine = [o for o in oracle.txouts if o["tx_id"] not in later]
        outpoints = [OutPoint(oracle.txs[o["tx_id"]]["txid"], o["vout"]) for o in mine]
        assert lookup.txout_ids(outpoints) == [o["txout_id"] for o in mine]


def test_every_script_leads_to_its_id_and_back(several: Path) -> None:
    with opened(several) as lookup:
        oracle = Oracle(lookup)
        ids = {script: script_id for script_id, script in enumerate(oracle.scripts)}
        assert lookup.script_ids(oracle.scripts) == ids
        assert lookup.scripts(ids.values()) == dict(enumerate(oracle.scripts))
        firsts: dict[int, str] = {}
        for o in oracle.txouts:
            name = str(OutPoint(oracle.txs[o["tx_id"]]["txid"], o["vout"]))
            firsts.setdefault(o["script_id"], name)
        assert lookup.first_outpoints(ids.values()) == [firsts[i] for i in sorted(firsts)]
        for script, script_id in ids.items():
            assert lookup.script_ids([script]) == {script: script_id}


def test_every_output_leads_to_the_input_that_spends_it(several: Path) -> None:
    with opened(several) as lookup:
        oracle = Oracle(lookup)
        outputs = range(len(oracle.txouts))
        assert lookup.spenders(outputs) == [oracle.spenders.get(i) for i in outputs]
        assert lookup.spenders([len(outputs)]) == [None]


@pytest.mark.parametrize("limit", [0, 2, MANY])
def test_every_script_leads_to_what_it_received_and_spent(several: Path, limit: int) -> None:
    with opened(several) as lookup:
        oracle = Oracle(lookup)
        step = max(1, len(oracle.scripts) // 400)
        for script_id in range(0, len(oracle.scripts), step):
            assert lookup.history(script_id, limit) == oracle.history(script_id, limit)


def test_blocks_are_those_of_the_heights(several: Path) -> None:
    with opened(several) as lookup:
        oracle = Oracle(lookup)
        found = lookup.blocks([*range(len(oracle.blocks)), -1, len(oracle.blocks)])
        assert [b.block_hash for b in found] == [b["block_hash"] for b in oracle.blocks]
        assert [b.time_seconds for b in found] == [
            int(b["time_utc"].timestamp()) for b in oracle.blocks
        ]


def test_what_is_nearly_there_is_not_there(several: Path) -> None:
    with opened(several) as lookup:
        oracle = Oracle(lookup)
        for txid in oracle.tx_ids:
            near = bytes([txid[0] ^ 1]) + txid[1:]
            assert lookup.find_tx_ids(near) == []
        near = txid[:-1] + bytes([txid[-1] ^ 1])
        with pytest.raises(NotInChainError, match=format_hash(near)):
            lookup.tx_ids(near)
        assert lookup.script_ids(script + b"\0" for script in oracle.scripts if script) == {}
        with pytest.raises(StoreError, match="none of number"):
            lookup.scripts([len(oracle.scripts)])


def test_a_row_that_another_look_up_would_name_is_refused_by_its_whole_key(twins: Path) -> None:
    """A store whose secret was changed: every keyed look-up leads nowhere, never astray."""
    text = manifests.read_text(twins)
    try:
        key = manifests.read(twins).key
        (twins / manifests.NAME).write_bytes(text.replace(key.encode(), b"00" * 16))
        with opened(twins) as lookup:
            oracle = Oracle(lookup)
            assert not any(lookup.find_tx_ids(txid) for txid in oracle.tx_ids)
            assert lookup.script_ids(oracle.scripts) == {}
    finally:
        (twins / manifests.NAME).write_bytes(text)


@pytest.fixture
def copied(twins: Path, tmp_path: Path) -> Path:
    shutil.copytree(twins, tmp_path / "store")
    return tmp_path / "store"


def ask(lookup: Lookup, kind: str) -> None:
    """A question that needs the look-ups of this kind."""
    if kind == "txids":
        lookup.find_tx_ids(TWIN.txid)
    elif kind == "scripts":
        lookup.script_ids([p2wpkh("twin")])
    elif kind == "spenders":
        lookup.spenders([0])
    else:
        lookup.history(0, MANY)


@pytest.mark.parametrize("kind", ["txids", "scripts", "spenders", "receipts"])
def test_a_look_up_cut_short_or_gone_is_refused_before_it_is_used(kind: str, copied: Path) -> None:
    for run in manifests.read(copied).runs_of(kind):
        for stored in (run.run, run.filter):
            if stored is None:
                continue
            file = copied / stored.file
            whole = file.read_bytes()
            for damaged in (whole[: len(whole) // 2], whole[:-1], b"", whole + b"\0"):
                file.write_bytes(damaged)
                with opened(copied) as lookup, pytest.raises(StoreError) as refused:
                    ask(lookup, kind)
                assert str(file) in str(refused.value)
                assert "peelchain chain reindex" in str(refused.value)
            file.unlink()
            with (
                opened(copied) as lookup,
                pytest.raises(StoreError, match=r"No such file.*chain reindex"),
            ):
                ask(lookup, kind)
            file.write_bytes(whole)
    with opened(copied) as lookup:
        ask(lookup, kind)


@pytest.mark.parametrize("kind", RUN_KINDS)
def test_look_ups_that_leave_out_heights_are_refused(kind: str, twins: Path) -> None:
    manifest = manifests.read(twins)
    check_runs(twins, manifest, RUN_KINDS)
    for lost in manifest.runs_of(kind):
        kept = tuple(r for r in manifest.sorted_runs if r != lost)
        partial = replace(manifest, sorted_runs=kept)
        # the last of the coins tells which segments are sealed, so that one is not missed
        if kind == "coins" and lost == manifest.runs_of(kind)[-1]:
            continue
        with pytest.raises(StoreError, match=rf"no look-up {kind} from height \d+ on; run"):
            check_runs(twins, partial, [kind])


def test_bytes_changed_within_a_look_up_never_end_the_process_or_name_another(copied: Path) -> None:
    chance = random.Random(4)
    with opened(copied) as lookup:
        oracle = Oracle(lookup)
    kinds = ("txids", "scripts", "spenders", "receipts")
    files = [copied / r.run.file for k in kinds for r in manifests.read(copied).runs_of(k)]
    files += [
        copied / r.filter.file for r in manifests.read(copied).sorted_runs if r.filter is not None
    ]
    refused = 0
    for file in files:
        whole = file.read_bytes()
        for _ in range(6):
            damaged = bytearray(whole)
            for _ in range(chance.choice([1, 3, 40])):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            file.write_bytes(damaged)
            with opened(copied) as lookup:
                for txid, tx_ids in oracle.tx_ids.items():
                    try:
                        assert set(lookup.find_tx_ids(txid)) <= set(tx_ids)
                    except StoreError:
                        refused += 1
                for script_id, script in enumerate(oracle.scripts):
                    try:
                        assert lookup.script_ids([script]) in ({}, {script: script_id})
                        found = lookup.history(script_id, MANY)
                        mine = oracle.history(script_id, MANY).receipts
                        assert {r.txout_id for r in found.receipts} <= {r.txout_id for r in mine}
                    except StoreError:
                        refused += 1
        file.write_bytes(whole)
    assert refused


def test_a_table_damaged_where_a_look_up_leads_is_refused(copied: Path) -> None:
    chance = random.Random(5)
    refused = 0
    for segment in manifests.read(copied).segments:
        for table in ("blocks", "txs", "txouts", "scripts"):
            file = copied / segment.files[table].file
            whole = file.read_bytes()
            for damage in range(4):
                damaged = bytearray(whole)
                for _ in range(30):
                    damaged[chance.randrange(len(damaged))] = chance.randrange(256)
                file.write_bytes(damaged if damage else whole[: len(whole) // 2])
                with opened(copied) as lookup:
                    try:
                        for txid in {o.txid for o in _outpoints(lookup)}:
                            lookup.find_tx_ids(txid)
                    except StoreError as e:
                        refused += 1
                        assert "peelchain chain" in str(e)
            file.write_bytes(whole)
    assert refused


def _outpoints(lookup: Lookup) -> Iterator[OutPoint]:
    for name in lookup.first_outpoints(range(lookup.store.manifest.counts["scripts"])):
        yield OutPoint.parse(name)
