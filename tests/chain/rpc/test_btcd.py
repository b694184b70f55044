"""A real node: its chain ingested and followed, reorganised, the node stopped and started."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.btcd import Btcd, running
from tests.chain.rpc.process import Process
from tests.chain.stores import answer, command, content, snapshot

from peelchain.chain.core_files import find, scan
from peelchain.chain.ingest import ingest_core_files
from peelchain.store.reader import Store


@pytest.fixture(scope="module")
def simulated(node: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[bytes], Path]:
    """The raw blocks of the simulated node, and a store made of its files."""
    store = tmp_path_factory.mktemp("simulated") / "store"
    files = find(node, None)
    ingest_core_files(files, store)
    source = scan(files).source
    with Store.open(store) as opened:
        rows = opened.read("blocks").select(["file_number", "file_offset", "size_bytes"])
    return [source.read(*row.values()) for row in rows.to_pylist()], store


@pytest.fixture(scope="module")
def btcd(
    simulated: tuple[list[bytes], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Btcd]:
    with running(tmp_path_factory.mktemp("btcd")) as started:
        started.submit(simulated[0][1:])
        yield started


def asked_of(btcd: Btcd, store: Path) -> list[object]:
    return ["chain", "ingest", f"rpc:{btcd.url}", "-s", store, "--rpc-auth", btcd.password_file()]


def test_the_tables_are_those_of_the_files(
    btcd: Btcd, simulated: tuple[list[bytes], Path], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    said = answer(*asked_of(btcd, store))
    assert (said["tip_hash"], said["added_blocks"]) == (btcd.tip, btcd.height + 1)
    assert content(store) == content(simulated[1])
    assert answer("chain", "verify", "--store", store)["ok"]
    again = answer(*asked_of(btcd, store))
    assert (again["added_blocks"], again["rolled_back"]) == (0, 0)


def test_over_tls_its_own_certificate_is_believed_and_no_other(tmp_path: Path) -> None:
    with running(tmp_path / "btcd", tls=True) as node:
        node.mine(3)
        store = tmp_path / "store"
        refused = command(*asked_of(node, store))
        assert refused.returncode == 1
        assert "its certificate is none that is believed here" in refused.stderr
        assert not (store / "manifest.json").exists()
        said = answer(*asked_of(node, store), "--rpc-certificate", node.certificate)
        assert said["tip_hash"] == node.tip
        none = command(*asked_of(node, store), "--rpc-certificate", tmp_path / "none")
        assert none.returncode == 1
        assert "cannot be read as a certificate" in none.stderr


@pytest.mark.slow
def test_a_store_follows_a_node_that_is_reorganised_stopped_and_started(
    btcd: Btcd, tmp_path: Path
) -> None:
    """A real process, until Ctrl-C; each tip in a line of its own."""
    store = tmp_path / "store"
    asked = [*asked_of(btcd, store), "--follow", "--interval", "0.2", "--json"]
    with Process(asked, tmp_path) as followed:
        first = followed.next()
        assert (first["tip_hash"], first["added_blocks"]) == (btcd.tip, btcd.height + 1)
        btcd.mine(3)
        tip = followed.until(btcd.tip)
        assert tip["rolled_back"] == 0
        btcd.reorganise(3)
        tip = followed.until(btcd.tip)
        assert (tip["rolled_back"], tip["added_blocks"]) == (3, 4)
        btcd.stop()
        followed.says("it cannot be reached")
        btcd.start()
        btcd.mine(1)
        tip = followed.until(btcd.tip)
        assert (tip["rolled_back"], tip["added_blocks"]) == (0, 1)
        assert followed.ends_by(signal.SIGINT) == 130
    assert "Traceback" not in followed.stderr
    assert "the same command goes on from there" in followed.stderr
    assert answer("chain", "verify", "--store", store)["ok"]
    before = snapshot(store / "segments")
    assert answer(*asked_of(btcd, store))["added_blocks"] == 0
    assert snapshot(store / "segments") == before
