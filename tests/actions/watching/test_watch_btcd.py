"""A real node mined to, reorganised, stopped and started again while a real process watches."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.actions.watching.real_watch import Watching, address_of, reward, spend
from tests.btcd import PASSWORD as NODE_PASSWORD
from tests.btcd import USER, Btcd, running
from tests.chain.crafted import COIN, Block, Tx, genesis, mine, pay

from peelchain.actions import chain
from peelchain.actions.casework.open import open_case
from peelchain.actions.casework.replay import replay
from peelchain.actions.casework.run import RunRequest, run_case
from peelchain.actions.casework.seeds import change_seeds
from peelchain.actions.watching.change import notices

SEED_HEIGHT = 103

pytestmark = pytest.mark.slow


class Real:
    """A node whose chain has paid 10 BTC to the subject of a case, and the store made of it."""

    def __init__(self, folder: Path, node: Btcd) -> None:
        self.folder, self.node = folder, node
        self.store, self.case = folder / "store", folder / "case"
        blocks: list[Block] = [genesis()]
        for height in range(1, SEED_HEIGHT):
            blocks = pay(blocks, first=reward(height, 50 * COIN, "miner"))
        self.seed = spend(blocks[1].txs[0], 0, "miner", [(10, "subject"), (39.9, "miner")])
        blocks = pay(blocks, [self.seed], first=reward(SEED_HEIGHT, 50 * COIN, "miner"))
        node.submit([block.raw for block in blocks[1:]])
        options = {"rpc-auth": node.password_file()}
        chain.ingest(f"rpc:{node.url}", self.store, options=options)
        open_case(self.case, "Real", "subject", store=self.store)
        change_seeds(self.case, [address_of("subject")], add=True)
        run_case(RunRequest(self.case, self.store))

    def watching(self, *more: object) -> Watching:
        return Watching(
            self.folder,
            *(self.case, "--store", self.store, "--source", f"rpc:{self.node.url}"),
            *("--rpc-auth", self.node.password_file(), "--interval", 0.2, *more),
        )

    def submit(self, *txs: Tx) -> str:
        """A block of one's own on a tip of one's own, with these transactions and no others."""
        previous = bytes.fromhex(self.node.tip)[::-1]
        height = self.node.height + 1
        paid = reward(height, COIN, "own miner")
        block = mine(previous, [paid, *txs], time=1_600_000_000 + 600 * height)
        self.node.submit([block.raw])
        assert self.node.tip == block.shown
        return block.shown


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Real]:
    with running(tmp_path / "node") as node:
        yield Real(tmp_path, node)


def spends(watching: Watching) -> list[str]:
    return [row["txid"] for row in watching.told() if row["kind"] == "spend"]


def dropped(watching: Watching) -> list[dict[str, Any]]:
    return [row for row in watching.told() if row["kind"] == "dropped"]


def test_each_notice_comes_once_over_forks_and_restarts_and_the_orphaned_is_retracted(
    real: Real,
) -> None:
    desktop = real.folder / "desktop"
    desktop.mkdir()
    watching, node = real.watching("--desktop", desktop), real.node
    paid = spend(real.seed, 0, "subject", [(6, "away"), (3.9, "change")])
    try:
        watching.start()
        watching.until(lambda: (real.case / "watch" / "outbox.sqlite").exists(), "first look")
        # mined to
        node.send(paid.raw)
        (sighting,) = watching.notices(1)
        assert (sighting["kind"], sighting["sights"]) == ("sighting", "spend")
        assert (sighting["txid"], sighting["block_hash"]) == (paid.shown, None)
        (block,) = node.mine()
        _, mined = watching.notices(2)
        assert (mined["kind"], mined["txid"], mined["block_hash"]) == ("spend", paid.shown, block)
        assert mined["confirms"] == sighting["id"]
        assert mined["traced_sat"]["pro_rata"] == 10 * COIN
        # reorganised by 3 blocks; what they had is mined again
        node.mine(2)
        node.reorganise(3)
        *_, retraction, again = watching.notices(4)
        assert (retraction["kind"], retraction["refers_to"]) == ("retraction", mined["id"])
        assert (again["kind"], again["txid"]) == ("spend", paid.shown)
        assert again["replaces"] == mined["id"]
        assert again["block_hash"] != block
        # the node is stopped and started while it is watched
        node.stop()
        watching.until(lambda: "the watch goes on" in watching.said, "word of the node")
        node.start()
        onward = spend(paid, 0, "away", [(5.8, "further")])
        node.send(onward.raw)
        node.mine()
        watching.until(lambda: spends(watching)[-1] == onward.shown, "onward spend")
        watching.until(lambda: notices(real.case)["owed"] == 0, "word that it was taken")
        before = len(watching.told())
        # killed; the node leaves all of that meanwhile, and another spend takes its place
        assert watching.end(signal.SIGKILL) == -signal.SIGKILL
        height = node.height
        node.invalidate(height - SEED_HEIGHT)
        double = spend(real.seed, 0, "subject", [(9.5, "elsewhere")])
        own = real.submit(double)
        while node.height <= height + 1:
            real.submit()
        watching.start()
        watching.until(lambda: double.shown in spends(watching), "double spend")
        watching.until(lambda: dropped(watching), "what became of the sighting")
        assert watching.end() == 0
        told = watching.told()
        later = told[before:]
        assert {row["kind"] for row in later} == {"retraction", "spend", "dropped"}
        by_another = dropped(watching)[0]
        assert (by_another["txid"], by_another["by"]) == (paid.shown, [double.shown])
        assert {row["refers_to"] for row in later if row["kind"] == "retraction"} == {
            row["id"]
            for row in told[:before]
            if row["kind"] == "spend" and row["id"] != mined["id"]
        }
        (last,) = (row for row in later if row["kind"] == "spend")
        assert (last["txid"], last["block_hash"]) == (double.shown, own)
        # started again: nothing anew
        assert watching.once() == 0
        assert len(watching.told()) == len(told)
    finally:
        watching.close()
    ids = [row["id"] for row in watching.told()]
    assert len(ids) == len(set(ids))
    kept = notices(real.case)
    assert [row["id"] for row in kept["notices"]] == ids
    assert {path.stem for path in desktop.glob("*.json")} == set(ids)
    stand = [row for row in kept["notices"] if row["state"] == "stands"]
    standing = [row for row in stand if row["kind"] not in ("retraction", "dropped")]
    assert [row["txid"] for row in standing] == [double.shown]
    assert replay(real.case, real.store)["agrees"]
    everything = [*real.case.rglob("*"), real.folder / "out", real.folder / "err"]
    secrets = (NODE_PASSWORD.encode(), f"{USER}:".encode())
    for path in everything:
        if path.is_file():
            assert not any(secret in path.read_bytes() for secret in secrets), path
