"""A fetch that is stopped, by Ctrl-C or a kill: what came is kept, and not fetched again."""

import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.chain.crafted import Block
from tests.chain.rpc.process import Process, wait_for
from tests.chain.rpc.reading import archived
from tests.chain.stores import answer, content, content_of
from tests.core_rpc import CoreServer

IN_A_BATCH = 16
"""Blocks that are asked for at once before it is known how large they are."""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_stop_keeps_what_came(
    core: CoreServer, crafted: list[Block], tmp_path: Path, how: signal.Signals
) -> None:
    store, goes_on = tmp_path / "store", threading.Event()

    def hold(method: str, params: list[Any], result: Any) -> Any:
        if method == "getblock" and params[0] == crafted[IN_A_BATCH + 3].shown:
            goes_on.wait(60)
        return result

    core.twist = hold
    asked = ["chain", "ingest", f"rpc:{core.url}", "-s", store, "--rpc-cookie", core.cookie]
    file = store / "blocks" / "blk00000.dat"
    size = sum(8 + len(b.raw) for b in crafted[:IN_A_BATCH])
    with Process(asked, tmp_path) as process:
        wait_for(lambda: process.ended or (file.exists() and file.stat().st_size >= size))
        code = process.ends_by(how)
        said = process.stderr
    goes_on.set()
    core.twist = lambda m, p, r: r
    assert code == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert "Traceback" not in said
    if how == signal.SIGINT:
        assert "stopped; nothing was committed yet" in said
    assert archived(store) == tuple(b.shown for b in crafted[:IN_A_BATCH])
    core.asked.clear()
    assert answer(*asked)["tip_hash"] == crafted[-1].shown
    assert not any(core.asked[b.shown] for b in crafted[:IN_A_BATCH])
    assert content(store) == content_of(crafted)
