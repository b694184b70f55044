"""The tables of a partial store beside those of the whole chain that it was fetched from."""

import random
import sqlite3

import pyarrow as pa
import pytest
from tests.chain.partial.fetched import SERVER, fill, tell_the_unspent

from peelchain.actions.status import status
from peelchain.chain.partial.records import Input, Output, Place, Prevout, Transaction, of_raw
from peelchain.chain.partial.snapshot import rebuild
from peelchain.chain.partial.source import Tip
from peelchain.chain.partial.vault import NAME, Vault
from peelchain.chain.verify import verify_store
from peelchain.errors import MisuseError, SourceError
from peelchain.network import MAINNET, REGTEST
from peelchain.schema import CHAIN_TABLES
from peelchain.store.arrays import load
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store
from peelchain.store.writer import open_for_writing
from peelchain.units import OutPoint

OF_FILES = {"size_bytes", "weight", "file_number", "file_offset"}
"""What only whole blocks say of a block."""

INPUTS = (
    "SELECT t.txid, i.vin, i.state, i.sequence, i.witness_items, p.txid AS prev_txid, o.vout "
    "FROM txins i JOIN txs t USING (tx_id) LEFT JOIN txouts o ON o.txout_id = i.prev_txout_id "
    "LEFT JOIN txs p ON p.tx_id = o.tx_id ORDER BY t.txid, t.height, i.vin"
)


def filled(folder, facts, wanted=bool):
    with Vault.open(folder, REGTEST) as vault:
        fill(vault, facts, wanted)
        return rebuild(folder, vault)


def some(facts, share):
    chosen = {f.txid for f in random.Random(3).sample(facts, int(len(facts) * share))}
    return lambda fact: fact.txid in chosen


def rows(store, query):
    with Store.open(store) as opened, Lookup(opened) as lookup:
        return lookup.rows(query)


def test_all_of_a_chain_gives_the_tables_of_the_chain(tmp_path, whole, facts):
    done = filled(tmp_path, facts)
    assert (done.txs, done.stubs, done.not_fetched) == (len(facts), 0, 0)
    with Store.open(whole) as ours, Store.open(tmp_path) as theirs:
        for name in CHAIN_TABLES:
            a, b = ours.read(name), theirs.read(name)
            for column in a.column_names:
                if name != "blocks" or column not in OF_FILES:
                    flat = [_plain(t[column]) for t in (a, b)]
                    assert flat[0].equals(flat[1]), (name, column)
        assert ours.manifest.tip_hash == theirs.manifest.tip_hash
        assert ours.manifest.chainwork == theirs.manifest.chainwork
        assert verify_store(theirs).ok


def _plain(column):
    kind = column.type
    return column.cast(kind.value_type if pa.types.is_dictionary(kind) else kind).combine_chunks()


def test_some_of_a_chain_has_the_same_rows_and_says_what_it_lacks(tmp_path, whole, facts):
    wanted = some(facts, 0.7)
    filled(tmp_path, facts, wanted)
    chosen = {f.txid for f in facts if wanted(f)}
    known = {(r["txid"], r["vin"]): r for r in rows(whole, INPUTS)}
    ours = rows(tmp_path, INPUTS)
    assert {r["txid"] for r in ours} == chosen
    holes = set()
    for row in ours:
        true = known[row["txid"], row["vin"]]
        if true["state"] == "spent" and true["prev_txid"] not in chosen:
            assert row == {**true, "state": "not_fetched", "prev_txid": None, "vout": None}
            holes.add((row["txid"], row["vin"], true["prev_txid"], true["vout"]))
        else:
            assert row == true
    query = "SELECT t.txid, n.* FROM not_fetched n JOIN txs t USING (tx_id)"
    said = rows(tmp_path, query)
    assert {(r["txid"], r["vin"], r["prev_txid"], r["prev_vout"]) for r in said} == holes
    assert holes
    fees = "SELECT txid, height, fee_sat FROM txs"
    true = {(r["txid"], r["height"]): r["fee_sat"] for r in rows(whole, fees)}
    lacking = {txid for txid, *_ in holes}
    for row in rows(tmp_path, fees):
        fee = true[row["txid"], row["height"]]
        assert row["fee_sat"] == (None if row["txid"] in lacking else fee)


def test_an_output_is_unspent_only_where_a_server_said_so(tmp_path, whole, facts):
    wanted = some(facts, 0.7)
    filled(tmp_path, facts, wanted)
    with Store.open(tmp_path) as opened:
        unknown = load(opened).txout_spender
    assert -1 not in unknown
    with Vault.open(tmp_path, REGTEST) as vault:
        tell_the_unspent(vault, whole)
        rebuild(tmp_path, vault)
    with Store.open(tmp_path) as opened:
        known = load(opened).txout_spender
    assert (known == -1).any() and (known == -2).any()
    assert ((known == unknown) | (known == -1)).all()


def test_outputs_known_by_their_spender_stand_in_stubs(tmp_path):
    parent, child, script = b"\1" * 32, b"\2" * 32, b"\x51"
    tx = Transaction(
        child,
        None,
        None,
        None,
        None,
        (Input(Prevout(OutPoint(parent, 9))), Input(Prevout(OutPoint(parent, 4)))),
        (Output(70, script),),
    )
    with Vault.open(tmp_path, MAINNET) as vault:
        vault.add_told(tx, "lines")
        vault.tell_place(child, Place(None, b"\7" * 32, 1_500_000_000, None), "lines")
        told = [Prevout(OutPoint(parent, 9), 50, script), Prevout(OutPoint(parent, 4), 25, script)]
        vault.tell_prevouts(told, "lines")
        vault.commit()
        done = rebuild(tmp_path, vault)
    assert (done.txs, done.told, done.stubs, done.not_fetched) == (1, 1, 1, 0)
    assert done.ranks
    with Store.open(tmp_path) as opened, Lookup(opened) as lookup:
        ids = lookup.txout_ids([OutPoint(parent, 9), OutPoint(parent, 4), OutPoint(child, 0)])
        vouts = lookup.vouts(ids)
        assert [vouts[i] for i in ids] == [9, 4, 0]
        chain = load(opened)
        assert chain.txout_value[ids].tolist() == [50, 25, 70]
        assert chain.txout_spender[ids].tolist() == [1, 1, -2]
        assert chain.txin_prev_txout.tolist() == [-2, *ids[:2]]
        assert opened.read("txs", ["fee_sat"])["fee_sat"].to_pylist() == [None, 5]
        assert opened.read("provenance")["checked"].to_pylist() == ["stub", "told"]


def told_chain(folder, links, places):
    """A vault of told transactions: by number what each spends from, and where it is told to be."""

    def txid(number):
        return bytes([number + 1]) * 32

    with Vault.open(folder, MAINNET) as vault:
        for number, parents in links.items():
            inputs = tuple(Input(Prevout(OutPoint(txid(p), number))) for p in parents)
            outputs = tuple(Output(0, b"\x51") for _ in range(20))
            tx = Transaction(
                txid(number), None, None, None, None, inputs or (Input(None),), outputs
            )
            vault.add_told(tx, "lines")
            height, position = places[number]
            block = None if height is None else bytes([height + 100]) * 32
            vault.tell_place(txid(number), Place(height, block, 1_500_000_000, position), "lines")
        vault.commit()
        rebuild(folder, vault)
    with Store.open(folder) as opened:
        return [t[0] - 1 for t in opened.read("txs", ["txid"])["txid"].to_pylist()]


def test_parents_come_first_where_no_position_is_told(tmp_path):
    links: dict[int, list[int]] = {5: [], 4: [5], 3: [4], 2: [], 1: [3, 2]}
    places = dict.fromkeys(links, (9, None))
    order = told_chain(tmp_path, links, places)
    assert all(order.index(p) < order.index(c) for c, parents in links.items() for p in parents)


def test_positions_that_are_told_hold(tmp_path):
    links: dict[int, list[int]] = {1: [], 2: [], 3: [], 4: []}
    order = told_chain(tmp_path, links, {1: (9, 3), 2: (9, 0), 3: (8, 7), 4: (9, 2)})
    assert order == [3, 2, 4, 1]


@pytest.mark.parametrize(
    ("links", "places", "fault"),
    [
        ({1: [2], 2: [1]}, {1: (9, None), 2: (9, None)}, "spend from each other"),
        ({1: [], 2: [1]}, {1: (9, None), 2: (8, None)}, "places\nlater".replace("\n", " ")),
        ({1: [], 2: []}, {1: (9, 4), 2: (9, 4)}, "both at position 4"),
    ],
)
def test_places_that_cannot_be_are_refused(tmp_path, links, places, fault):
    with pytest.raises(SourceError, match=fault):
        told_chain(tmp_path, links, places)
    assert not (tmp_path / "manifest.json").exists()


def test_two_that_spend_the_same_are_refused(tmp_path, facts):
    spender = next(f for f in facts if of_raw(f.raw).inputs[0].prevout is not None)
    prevout = of_raw(spender.raw).inputs[0].prevout
    double = Transaction(
        b"\5" * 32, None, None, None, None, (Input(prevout),), (Output(1, b"\x51"),)
    )
    with Vault.open(tmp_path, REGTEST) as vault:
        fill(vault, facts)
        vault.add_told(double, "lines")
        vault.tell_place(double.txid, Place(150, None, None, 99), "lines")
        vault.commit()
        with pytest.raises(SourceError, match="no chain has both"):
            rebuild(tmp_path, vault)


def test_the_same_vault_gives_the_same_store_and_changes_nothing(tmp_path, facts):
    first = filled(tmp_path / "a", facts, some(facts, 0.5))
    filled(tmp_path / "b", list(facts), some(facts, 0.5))
    with Store.open(tmp_path / "a") as a, Store.open(tmp_path / "b") as b:
        assert a.manifest.partial == b.manifest.partial
        generation = a.manifest.generation
    with Vault.open(tmp_path / "a", REGTEST) as vault:
        again = rebuild(tmp_path / "a", vault)
    assert (first.changed, again.changed) == (True, False)
    with Store.open(tmp_path / "a") as a:
        assert a.manifest.generation == generation


def test_what_was_inferred_falls_with_the_ids_it_was_inferred_from(tmp_path, facts):
    filled(tmp_path, facts, some(facts, 0.5))
    with open_for_writing(tmp_path) as writer:
        writer.add_run("cluster", {}, parameters={"policy": "x"}, inputs={})
        writer.add_run("tags", {}, parameters={}, inputs={}, on_chain=False)
    with Vault.open(tmp_path, REGTEST) as vault:
        fill(vault, facts, some(facts, 0.8))
        rebuild(tmp_path, vault)
    with Store.open(tmp_path) as opened:
        assert [run.stage for run in opened.manifest.runs] == ["tags"]


def test_a_vault_without_a_placed_transaction_makes_no_store(tmp_path, facts):
    with Vault.open(tmp_path, REGTEST) as vault:
        vault.add_raw(facts[0].raw, SERVER)
        with pytest.raises(MisuseError, match="no transaction in a known block"):
            rebuild(tmp_path, vault)
    assert not (tmp_path / "manifest.json").exists()


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE txs SET raw = (SELECT raw FROM txs WHERE txid = ?2) WHERE txid = ?1", "txid"),
        ("UPDATE places SET branch = zeroblob(32) WHERE txid = ?1 AND ?2 != ?1", "Merkle branch"),
        ("UPDATE headers SET header = zeroblob(80) WHERE height = 3 AND ?1 != ?2", "header"),
        ("DELETE FROM txs WHERE txid = ?1 AND ?2 != ?1", "other things"),
    ],
)
def test_verify_finds_a_vault_that_was_changed(tmp_path, facts, statement, fault):
    filled(tmp_path, facts)
    with sqlite3.connect(tmp_path / NAME) as database:
        done = database.execute(statement, (facts[-1].txid, facts[-2].txid))
        assert done.rowcount == 1
    with Store.open(tmp_path) as opened:
        found = verify_store(opened)
    assert any(fault in failure for failure in found.failures), found.failures


def test_its_status_says_that_it_is_partial(tmp_path, whole, facts):
    filled(tmp_path, facts, some(facts, 0.5))
    told = status(tmp_path)
    assert told["partial_store"]["txs"] == told["counts"]["txs"] == len(facts) // 2
    assert "partial_store" not in status(whole)


def test_the_tip_is_the_last_header_known(tmp_path, facts):
    done = filled(tmp_path, facts, lambda fact: fact.inclusion.height < 20)
    assert done.tip_height == facts[-1].inclusion.height
    with Vault.open(tmp_path, REGTEST) as vault:
        vault.tell_history(b"\x51", Tip(200, bytes(32)), txs=4, complete=False, source=SERVER)
        vault.commit()
        assert rebuild(tmp_path, vault).changed
    (row,) = rows(tmp_path, "SELECT * FROM histories")
    assert (row["tx_count"], row["complete"]) == (4, False)
