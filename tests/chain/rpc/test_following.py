"""Sources that are followed: each tip once, failures said once, and gone on from."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.chain.crafted import Block, grow, write_files
from tests.chain.stores import command, content, content_of
from tests.core_rpc import CoreServer

from peelchain.actions.chain import follow
from peelchain.errors import SourceError

INTERVAL_S = 0.01


def following(
    core: CoreServer, store: Path, say: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    return follow(
        f"rpc:{core.url}",
        store,
        interval_s=INTERVAL_S,
        options={"rpc-cookie": core.cookie},
        say=say,
    )


@pytest.mark.parametrize("waits", [False, True])
def test_each_tip_is_told_once(
    core: CoreServer, crafted: list[Block], tmp_path: Path, waits: bool
) -> None:
    core.waits = waits
    said: list[str] = []
    tips = following(core, tmp_path / "store", said.append)
    assert next(tips)["tip_hash"] == crafted[-1].shown
    longer = grow(crafted, 2)
    core.mine(*longer[-2:])
    assert next(tips)["added_blocks"] == 2
    other = grow(crafted[:-1], 5, "other")
    core.mine(*other[-5:], instead_of=3)
    moved = next(tips)
    assert (moved["rolled_back"], moved["added_blocks"]) == (3, 5)
    assert content(tmp_path / "store") == content_of(other)
    assert said == []


def test_a_node_that_falls_back_is_waited_for(
    core: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    longer = grow(crafted, 1)
    said: list[str] = []

    def catch_up(line: str) -> None:
        said.append(line)
        core.mine(*longer[-4:])

    tips = following(core, tmp_path / "store", catch_up)
    next(tips)
    core.chain = crafted[:-3]
    assert next(tips)["tip_hash"] == longer[-1].shown
    (line,) = said
    assert "less work" in line
    assert "going on from time to time, Ctrl-C stops" in line


def test_a_node_that_is_away_is_said_to_be_once(
    core: CoreServer, crafted: list[Block], tmp_path: Path
) -> None:
    said: list[str] = []

    def start_again(line: str) -> None:
        said.append(line)
        core.new_cookie()
        core.start()
        core.mine(*grow(crafted, 1)[-1:])

    tips = following(core, tmp_path / "store", start_again)
    next(tips)
    core.stop()
    assert next(tips)["added_blocks"] == 1
    (line,) = said
    assert "cannot be reached" in line or "broken off" in line


def test_what_fails_at_first_is_raised(core: CoreServer, tmp_path: Path) -> None:
    core.status = 403
    with pytest.raises(SourceError, match="rpcallowip"):
        next(following(core, tmp_path / "store", print))


def test_files_are_followed_too(crafted: list[Block], tmp_path: Path) -> None:
    blocks = write_files(tmp_path / "blocks", crafted[:20])
    tips = follow(f"core:{blocks}", tmp_path / "store", interval_s=INTERVAL_S)
    assert next(tips)["tip_height"] == 19
    write_files(blocks, crafted)
    assert next(tips)["added_blocks"] == len(crafted) - 20
    assert content(tmp_path / "store") == content_of(crafted)


def test_a_source_that_does_not_move_is_refused(tmp_path: Path) -> None:
    refused = command(
        "chain", "ingest", f"etl:{tmp_path}", "--store", tmp_path / "s", "--follow", "--json"
    )
    assert refused.returncode == 2
    assert "--follow is for core: and rpc: sources" in refused.stderr


def test_an_option_of_another_kind_is_refused(tmp_path: Path) -> None:
    refused = command(
        *("chain", "ingest", f"core:{tmp_path}", "--store", tmp_path / "s"),
        *("--rpc-cookie", tmp_path / "c"),
    )
    assert refused.returncode == 2
    assert "--rpc-cookie does not go with" in refused.stderr
