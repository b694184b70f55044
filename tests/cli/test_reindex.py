"""A store whose look-ups are damaged or lost is mended by the command that its refusal names."""

import shutil

import pytest
from tests.cli.running import peelchain

from peelchain.store import manifest


@pytest.mark.parametrize("kind", ["txids", "spenders"])
@pytest.mark.parametrize("lost", [False, True])
def test_damaged_lookups_are_made_anew(session, tmp_path, kind, lost):
    txid = session.outpoint.split(":")[0]
    wanted = session.ask("tx", txid)
    store = tmp_path / "store"
    shutil.copytree(session.store, store)
    for run in manifest.read(store).runs_of(kind):
        path = store / run.run.file
        if lost:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-1])
    said = peelchain("tx", txid, "--store", store, "--json").refused(1, "peelchain chain reindex")
    assert str(store) in said
    assert peelchain("chain", "reindex", "--store", store, "--json").answer["files"] > 0
    assert peelchain("tx", txid, "--store", store, "--json").answer == wanted
    assert peelchain("chain", "verify", "--store", store, "--json").answer["ok"]
