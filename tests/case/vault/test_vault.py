"""The vault: what goes in comes out, is found, is read by nobody else, and can be erased."""

import json
import stat
from hashlib import sha256

import pytest

from peelchain import _core
from peelchain.case.canonical import canonical_json
from peelchain.case.vault import sealing
from peelchain.case.vault.key import KEY, PASSPHRASE, PASSPHRASE_FILE, rewrap
from peelchain.case.vault.vault import VAULT, KeyColumn, Vault
from peelchain.errors import CaseError, ErasedError

EMAIL = ("email", "user12@example.org")


def lines(count, start=0):
    return [canonical_json({"user": f"user {n}", "n": n}) for n in range(start, start + count)]


def users(count):
    return KeyColumn("user", [f"user {n}" for n in range(count)], range(count))


def on_disk(case):
    return b"".join(path.read_bytes() for path in sorted((case / "private").iterdir()))


def test_a_record_comes_back_under_its_ref(tmp_path):
    with Vault.open(tmp_path) as vault:
        first, _ = vault.add({"name": "User 12"}, keys=[EMAIL])
        second, _ = vault.add({"name": "User 13"})
        again, _ = vault.add({"account": "77"}, person=first)
    with Vault.open(tmp_path) as vault:
        assert (first, second, again) == ("P1", "P2", "P1")
        assert vault.records("P1") == [{"name": "User 12"}, {"account": "77"}]
        assert vault.find(*EMAIL) == ["P1"]
        assert vault.find("name", EMAIL[1]) == []
        assert vault.refs() == ["P1", "P2"]


def test_nobody_reads_it_without_the_key(tmp_path):
    with Vault.open(tmp_path) as vault:
        vault.add({"name": "User 12"}, keys=[EMAIL])
        vault.add_many(lines(10), keys=[users(10)])
        vault.keep(b"account;User 12")
    assert not any(text in on_disk(tmp_path) for text in (b"User", b"user 3", b"example"))
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "private").iterdir()}
    assert modes == {0o600}
    (tmp_path / KEY).rename(tmp_path / "elsewhere")
    with pytest.raises(CaseError, match="bring it back"):
        Vault.open(tmp_path)
    (tmp_path / KEY).write_text(json.dumps({"format": 1, "key": "00" * 32}))
    with pytest.raises(CaseError, match="another key"):
        Vault.open(tmp_path)


def test_a_passphrase_locks_the_key(tmp_path, monkeypatch):
    with Vault.open(tmp_path, passphrase="correct horse") as vault:
        vault.add({"name": "User 12"})
    with pytest.raises(CaseError, match="locked by a passphrase"):
        Vault.open(tmp_path)
    with pytest.raises(CaseError, match="does not open"):
        Vault.open(tmp_path, passphrase="wrong")
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    with Vault.open(tmp_path) as vault:
        assert vault.records("P1") == [{"name": "User 12"}]
    monkeypatch.delenv(PASSPHRASE)
    (tmp_path / "words").write_text("correct horse\n")
    monkeypatch.setenv(PASSPHRASE_FILE, str(tmp_path / "words"))
    rewrap(tmp_path, "correct horse", "battery")
    with pytest.raises(CaseError, match="does not open"):
        Vault.open(tmp_path)
    assert Vault.open(tmp_path, "battery").refs() == ["P1"]


def test_a_commitment_is_that_of_the_opening(tmp_path):
    with Vault.open(tmp_path) as vault:
        ref, committed = vault.add({"name": "User 12"})
        (opened,) = vault.openings(ref)
        batch = vault.add_many(lines(3))
        leaves = [vault.openings(r)[0].commitment for r in batch.refs()]
    assert opened.commitment == committed
    salted = bytes.fromhex(opened.salt) + canonical_json(opened.value)
    assert sha256(salted).hexdigest() == committed
    assert _core.merkle_root(bytes.fromhex("".join(leaves))).hex() == batch.root


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13])
def test_the_root_is_the_tree_hash_of_rfc_6962(count):
    leaves = [bytes([n]) * 32 for n in range(count)]

    def tree(some):
        if len(some) == 1:
            return sha256(b"\0" + some[0]).digest()
        split = 1 << (len(some) - 1).bit_length() - 1
        return sha256(b"\1" + tree(some[:split]) + tree(some[split:])).digest()

    assert _core.merkle_root(b"".join(leaves)) == tree(leaves)


def test_the_kernel_and_the_library_seal_alike():
    case_key, nonces = bytes(range(32)), bytes(range(120))
    seeds = bytes(n % 255 + 1 for n in range(320))
    values = lines(10)
    boxes, ends, committed = _core.seal_records(case_key, 41, seeds, nonces, values)
    start = 0
    for n, value in enumerate(values):
        keys = sealing.person_keys(case_key, seeds[32 * n : 32 * n + 32])
        nonce = nonces[12 * n : 12 * n + 12]
        assert boxes[start : ends[n]] == sealing.seal(keys, 41 + n, nonce, value)
        assert committed[32 * n : 32 * n + 32] == sealing.commitment(keys.salt(nonce), value)
        start = ends[n]
    assert _core.unseal_records(case_key, 41, seeds, ends, boxes) == values
    texts = ["", "user 12", "Käufer ☃"]
    blinds = [sealing.blind(case_key, "user", text) for text in texts]
    assert _core.blind_keys(case_key, "user", texts) == b"".join(blinds)


def test_a_batch_of_many_chunks_keeps_its_order(tmp_path):
    with Vault.open(tmp_path) as vault:
        vault.add({"name": "before"})
        batch = vault.add_many(lines(9000), keys=[users(9000)])
        vault.add({"name": "after"})
        assert (batch.first_person, batch.count) == (2, 9000)
        assert [r["n"] for _, r in vault.batch_records(batch.number)] == [*range(9000)]
        assert vault.find("user", "user 4711") == ["P4713"]
        assert vault.records("P4713") == [{"user": "user 4711", "n": 4711}]
        assert vault.records("P9002") == [{"name": "after"}]
        assert len(vault.refs()) == 9002


def test_who_is_erased_is_gone_and_the_others_stay(tmp_path):
    with Vault.open(tmp_path) as vault:
        batch = vault.add_many(lines(50), keys=[users(50)])
        vault.add({"note": "more"}, person="P7")
        file, _ = vault.keep(b"a list with user 6", ["P7"])
        other, _ = vault.keep(b"a list with user 7", ["P8"])
        roots = batch.root
        before = on_disk(tmp_path)
        seed = vault._seeds(7, 1)
        assert seed in before
        assert vault.erase(["P7"]) == {"persons": ["P7"], "files": [file]}
    assert seed not in on_disk(tmp_path)
    with Vault.open(tmp_path) as vault:
        for gone in (lambda: vault.records("P7"), lambda: vault.kept(file)):
            with pytest.raises(ErasedError):
                gone()
        with pytest.raises(ErasedError):
            vault.erase(["P7"])
        with pytest.raises(ErasedError, match="P7"):
            list(vault.batch_records(batch.number))
        assert vault.find("user", "user 6") == []
        assert vault.find("user", "user 7") == ["P8"]
        assert vault.kept(other) == b"a list with user 7"
        assert "P7" not in vault.refs()
        assert len(vault.refs()) == 49
        assert vault.batch(batch.number).root == roots
        ref, _ = vault.add({"name": "new"})
        assert ref == "P51"


def test_a_changed_record_does_not_open(tmp_path):
    import sqlite3

    with Vault.open(tmp_path) as vault:
        vault.add({"name": "User 12"})
        vault.add({"name": "User 13"})
    with sqlite3.connect(tmp_path / VAULT) as db:
        (box,) = db.execute("SELECT boxes FROM records WHERE first = 1").fetchone()
        db.execute("UPDATE records SET boxes = ? WHERE first = 1", (box[:-1] + b"\0",))
    with Vault.open(tmp_path) as vault:
        with pytest.raises(CaseError, match="record 1 was changed"):
            vault.records("P1")
        assert vault.records("P2") == [{"name": "User 13"}]


@pytest.mark.parametrize("ref", ["P0", "P01", "7", "P", "Pfff", "P" + "9" * 30, "P9"])
def test_a_ref_that_is_none_is_refused(tmp_path, ref):
    with Vault.open(tmp_path) as vault:
        vault.add({"name": "User 12"})
        with pytest.raises(CaseError):
            vault.records(ref)


def test_what_fails_half_way_leaves_nothing(tmp_path):
    def stop(_):
        raise KeyboardInterrupt

    with Vault.open(tmp_path) as vault:
        with pytest.raises(KeyboardInterrupt):
            vault.add_many(lines(10), progress=stop)
        assert vault.refs() == []
        assert vault.add({"name": "User 12"})[0] == "P1"


def test_a_batch_that_came_to_nothing_is_taken_back(tmp_path):
    with Vault.open(tmp_path) as vault:
        vault.add({"name": "User 12"}, keys=[EMAIL])
        batch = vault.add_many(lines(5000), keys=[users(5000)])
        vault.discard(batch)
        assert vault.refs() == ["P1"]
        assert vault.find("user", "user 7") == []
        assert vault.find(*EMAIL) == ["P1"]
        again = vault.add_many(lines(3), keys=[users(3)])
        assert (again.number, again.first_person) == (1, 2)
        vault.add({"name": "User 13"})
        with pytest.raises(CaseError, match="more was added"):
            vault.discard(again)
