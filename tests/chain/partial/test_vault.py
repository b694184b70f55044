"""What a vault takes, and that no lie gets into it."""

import sqlite3
from dataclasses import replace

import pytest
from tests.chain.partial.fetched import SERVER, fill

from peelchain.chain.partial.records import Place, Prevout, of_raw
from peelchain.chain.partial.source import Inclusion, Tip
from peelchain.chain.partial.vault import NAME, Vault
from peelchain.errors import FalseAnswerError, MisuseError, SourceError, StoreError
from peelchain.network import MAINNET, REGTEST
from peelchain.raw_tx import parsed, serialised
from peelchain.script import sha256d
from peelchain.units import OutPoint

NONCES = [number.to_bytes(4, "little") for number in range(64)]


@pytest.fixture
def vault(tmp_path):
    with Vault.open(tmp_path, REGTEST) as opened:
        yield opened


def test_what_was_added_is_there_again(tmp_path, facts):
    with Vault.open(tmp_path, REGTEST) as vault:
        fill(vault, facts)
    with Vault.open(tmp_path, REGTEST, create=False) as vault:
        for fact in facts:
            assert vault.raw(fact.txid) == fact.raw
            assert vault.transaction(fact.txid) == of_raw(fact.raw)
            assert vault.branch_of(fact.txid) == fact.inclusion.branch
            place = vault.place_of(fact.txid)
            assert (place.height, place.position) == (
                fact.inclusion.height,
                fact.inclusion.position,
            )
            assert vault.header(fact.inclusion.height) == fact.header


def test_what_was_not_committed_is_gone(tmp_path, facts):
    with Vault.open(tmp_path, REGTEST) as vault:
        vault.add_raw(facts[0].raw, SERVER)
    with Vault.open(tmp_path, REGTEST) as vault:
        assert not vault.has_tx(facts[0].txid)


def test_bytes_that_are_not_the_transaction_asked_for_are_refused(vault, facts):
    wanted, other = facts[-1], facts[-2]
    cut = wanted.raw[:-1]
    more = wanted.raw + b"\0"
    tx = parsed(wanted.raw)
    richer = replace(tx, outputs=(replace(tx.outputs[0], value_sat=1), *tx.outputs[1:]))
    for lie in (other.raw, cut, more, b"", serialised(richer)):
        with pytest.raises(FalseAnswerError, match=SERVER):
            vault.add_raw(lie, SERVER, asked=wanted.txid)
    assert not vault.has_tx(wanted.txid)


def test_a_header_must_prove_work_and_join_the_others(vault, facts):
    headers = {f.inclusion.height: f.header for f in facts}
    vault.add_header(headers[5], 5, SERVER)
    worthless = next(h for h in map(headers[6][:76].__add__, NONCES) if sha256d(h)[31] > 0x7F)
    other_chain = headers[6][:4] + bytes(32) + headers[6][36:]
    for lie in (worthless, other_chain, headers[7], headers[6][:79], headers[6] + b"\0"):
        with pytest.raises(FalseAnswerError, match=SERVER):
            vault.add_header(lie, 6, SERVER)
    with pytest.raises(FalseAnswerError, match="not the one"):
        vault.add_header(headers[1], 0, SERVER)
    with pytest.raises(FalseAnswerError, match="is not the parent"):
        vault.add_header(headers[3], 4, SERVER)
    assert vault.headers() == {5: headers[5]}


def test_a_header_of_little_work_is_no_block_of_the_main_chain(tmp_path, shared_data):
    raw = (shared_data / "early_chain" / "blk00000.dat").read_bytes()
    genesis = raw[8 : 8 + 80]
    with Vault.open(tmp_path, MAINNET) as vault:
        vault.add_header(genesis, 0, SERVER)
        with pytest.raises(FalseAnswerError, match="less work"):
            vault.add_header(genesis, 700_000, SERVER)


def test_a_place_must_be_proven(vault, facts):
    fact = next(f for f in facts if len(f.inclusion.branch) > 2 and f.inclusion.position == 1)
    other = next(f for f in facts if f.inclusion.height == fact.inclusion.height + 1)
    for known in (fact, other):
        vault.add_header(known.header, known.inclusion.height, SERVER)
    vault.add_raw(fact.raw, SERVER)
    true = fact.inclusion
    lies = (
        Inclusion(true.height, true.position ^ 1, true.branch),
        Inclusion(true.height, true.position, true.branch[:-1]),
        Inclusion(true.height, true.position, (*true.branch, bytes(32))),
        Inclusion(true.height, true.position, (bytes(32), *true.branch[1:])),
        Inclusion(true.height, -1, true.branch),
        Inclusion(true.height, 1 << 30, true.branch),
        Inclusion(true.height, true.position, true.branch * 30),
        Inclusion(other.inclusion.height, true.position, true.branch),
    )
    for lie in lies:
        with pytest.raises(FalseAnswerError, match=SERVER):
            vault.add_place(fact.txid, lie, SERVER)
    assert vault.place_of(fact.txid) is None
    with pytest.raises(MisuseError):
        vault.add_place(other.txid, other.inclusion, SERVER)
    vault.add_place(fact.txid, true, SERVER)
    assert vault.place_of(fact.txid).position == true.position


def test_words_that_contradict_facts_are_refused(vault, facts):
    fact = facts[-1]
    vault.add_raw(fact.raw, SERVER)
    output = of_raw(fact.raw).outputs[0]
    outpoint = OutPoint(fact.txid, 0)
    vault.tell_prevouts([Prevout(outpoint, output.value_sat, output.script_pubkey)], "a dump")
    for value, script in ((output.value_sat + 1, output.script_pubkey), (output.value_sat, b"")):
        with pytest.raises(SourceError, match="a dump"):
            vault.tell_prevouts([Prevout(outpoint, value, script)], "a dump")
    unknown = OutPoint(bytes(32), 3)
    vault.tell_prevouts([Prevout(unknown, 5, b"\x51")], "one dump")
    with pytest.raises(SourceError, match="another dump"):
        vault.tell_prevouts([Prevout(unknown, 6, b"\x51")], "another dump")
    assert vault.output(unknown).value_sat == 5
    vault.tell_place(fact.txid, Place(7, None, None, None), "one dump")
    vault.tell_place(fact.txid, Place(None, b"\1" * 32, 9, None), "one dump")
    with pytest.raises(SourceError, match="another dump"):
        vault.tell_place(fact.txid, Place(8, None, None, None), "another dump")
    assert vault.place_of(fact.txid) == Place(7, b"\1" * 32, 9, None)


def test_a_reorganisation_takes_places_and_absences_with_it(vault, facts):
    fill(vault, facts)
    tip = Tip(facts[-1].inclusion.height, bytes(32))
    vault.tell_unspent([OutPoint(facts[0].txid, 0)], tip, SERVER)
    vault.forget_from(100)
    assert max(vault.headers()) == 99
    for fact in facts:
        assert (vault.place_of(fact.txid) is not None) == (fact.inclusion.height < 100)
        assert vault.raw(fact.txid) == fact.raw
    assert not vault.absences()


def test_a_vault_of_another_chain_or_version_is_refused(tmp_path, facts):
    with Vault.open(tmp_path, REGTEST) as vault:
        fill(vault, facts[:3])
    with pytest.raises(MisuseError, match="regtest"):
        Vault.open(tmp_path, MAINNET)
    with sqlite3.connect(tmp_path / NAME) as database:
        database.execute("UPDATE meta SET value = 'peelchain-vault 9' WHERE name = 'format'")
    with pytest.raises(StoreError, match="another version"):
        Vault.open(tmp_path, REGTEST)
    (tmp_path / NAME).write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="cannot be read"):
        Vault.open(tmp_path, REGTEST)


def test_a_whole_store_takes_no_vault(whole):
    with pytest.raises(MisuseError, match="whole chain"):
        Vault.open(whole, REGTEST)
    assert not (whole / NAME).exists()


def test_only_the_owner_may_read_a_vault(vault):
    assert vault.path.stat().st_mode & 0o777 == 0o600
