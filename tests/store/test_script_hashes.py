"""Scripts found by their SHA-256, in memory and in files, over generations and damage."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from tests.chain.crafted import Block, genesis, grow, write_files
from tests.chain.stores import cut_small, ingest

from peelchain.errors import StoreError
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store
from peelchain.store.script_hashes import FOLDER, HashRun, ScriptHasher, ScriptHashes

RUN = 8
"""Scripts of one file, so that a chain of forty blocks has several."""


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small(monkeypatch)


def _store(folder: Path, chain: list[Block]) -> Path:
    ingest(write_files(folder / f"blocks{len(chain)}-{chain[-1].shown}", chain), folder / "store")
    return folder / "store"


def _hashed(path: Path, hasher: ScriptHasher) -> list[int]:
    """Has every script found by its hash, and nothing else; gives what progress was told."""
    told: list[int] = []
    with Store.open(path) as store, Lookup(store) as lookup:
        hashes = hasher.hashes(store, lambda done, of: told.append(done))
        scripts = store.read("scripts", ["script_pubkey"])["script_pubkey"].to_pylist()
        for script in scripts:
            assert hashes.script(sha256(script).digest(), lookup) == script
            near = sha256(script).digest()[:31] + b"\0"
            assert hashes.script(near, lookup) is None
            assert hashes.script(sha256(script).digest()[::-1], lookup) is None
        assert hashes.script(sha256(b"never paid").digest(), lookup) is None
        assert told == sorted(told)
        assert told[-1] == len(scripts)
    return told


def _files(path: Path) -> dict[str, bytes]:
    return {f.name: f.read_bytes() for f in sorted((path / FOLDER).glob("*"))}


def test_a_short_chain_leaves_nothing_on_the_disk(tmp_path: Path, crafted: list[Block]) -> None:
    store = _store(tmp_path, crafted)
    _hashed(store, ScriptHasher())
    assert not (store / FOLDER).exists()


def test_a_long_chain_is_hashed_once(tmp_path: Path) -> None:
    chain = grow([genesis()], 40)
    store = _store(tmp_path, chain)
    _hashed(store, ScriptHasher(RUN))
    before = _files(store)
    assert len(before) >= 2
    assert all(len(content) == 72 + 12 * RUN for content in before.values())
    _hashed(store, ScriptHasher(RUN))
    assert _files(store) == before


def test_what_is_new_is_added(tmp_path: Path) -> None:
    chain = grow([genesis()], 30)
    hasher = ScriptHasher(RUN)
    store = _store(tmp_path, chain)
    _hashed(store, hasher)
    before = _files(store)
    _store(tmp_path, grow(chain, 24, "more"))
    _hashed(store, hasher)
    after = _files(store)
    assert set(before) < set(after)
    assert {name: after[name] for name in before} == before


def test_another_chain_s_files_are_not_believed(tmp_path: Path) -> None:
    chain = grow([genesis()], 30)
    store = _store(tmp_path, chain)
    _hashed(store, ScriptHasher(RUN))
    before = _files(store)
    # a reorganisation below what was sealed numbers other scripts alike
    other = grow(chain[:3], 60, "other")
    _store(tmp_path, other)
    _hashed(store, ScriptHasher(RUN))
    after = _files(store)
    assert all(after[name] != before[name] for name in before)


@pytest.mark.parametrize("damage", ["cut", "empty", "longer", "head"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: str) -> None:
    store = _store(tmp_path, grow([genesis()], 40))
    _hashed(store, ScriptHasher(RUN))
    before = _files(store)
    first = store / FOLDER / next(iter(before))
    content = first.read_bytes()
    first.write_bytes(
        {
            "cut": content[:-1],
            "empty": b"",
            "longer": content + b"\0",
            "head": bytes(16) + content[16:],
        }[damage]
    )
    _hashed(store, ScriptHasher(RUN))
    assert _files(store) == before


def test_hashes_that_cannot_be_written_are_told_with_the_remedy(tmp_path: Path) -> None:
    store = _store(tmp_path, grow([genesis()], 40))
    (store / FOLDER).write_bytes(b"in the way")
    with Store.open(store) as opened, pytest.raises(StoreError, match="let this user write there"):
        ScriptHasher(RUN).hashes(opened)


def test_scripts_whose_hashes_begin_alike_are_told_apart(
    tmp_path: Path, crafted: list[Block]
) -> None:
    with Store.open(_store(tmp_path, crafted)) as store, Lookup(store) as lookup:
        scripts = lookup.scripts(range(4))
        first = sha256(scripts[0]).digest()
        key = np.uint64(int.from_bytes(first[:8], "big"))
        run = HashRun(0, np.full(4, key, np.uint64), np.arange(4, dtype=np.uint32))
        assert ScriptHashes([run]).script(first, lookup) == scripts[0]
        assert ScriptHashes([run]).script(sha256(scripts[3]).digest(), lookup) is None
