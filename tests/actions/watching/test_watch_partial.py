"""A case on a partial store: what it follows is asked of an Esplora server, checked, and told."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.actions.watching.scene import DAY, Scene, address_of, spend
from tests.chain.crafted import COIN
from tests.esplora_server import serving_esplora

from peelchain.actions import chain
from peelchain.actions.casework.open import open_case
from peelchain.actions.casework.run import RunRequest, run_case
from peelchain.actions.casework.seeds import change_seeds
from peelchain.actions.fetching.asked import FetchAsked
from peelchain.actions.fetching.fetch import fetch
from peelchain.actions.watching.change import change
from peelchain.actions.watching.follow import WatchAsked, watch
from peelchain.errors import MisuseError


class Far(Scene):
    """A scene whose case knows the chain from a server alone: `full` is the server's store."""

    url: str = ""

    @property
    def source(self) -> str:
        return f"esplora:{self.url}"

    @property
    def full(self) -> Path:
        return self.folder / "full"

    def write(self) -> None:
        super().write()
        chain.ingest(f"core:{self.folder / 'node'}", self.full)


@contextmanager
def far(made: Scene, folder: Path) -> Iterator[Far]:
    shutil.copytree(made.folder, folder)
    here = Far(folder, list(made.blocks), made.seed)
    here.store.rename(here.full)
    shutil.rmtree(here.case)
    with serving_esplora(here.full) as served:
        here.url = served.origin
        asked = FetchAsked([here.source], lambda _: False, network="regtest")
        fetch(asked, [address_of("subject")], here.store)
        open_case(here.case, "Far", "subject", store=here.store, date_utc=DAY)
        change_seeds(here.case, [address_of("subject")], add=True, date_utc=DAY)
        run_case(RunRequest(here.case, here.store, date_utc=DAY))
        yield here


@pytest.fixture
def there(made: Scene, tmp_path: Path) -> Iterator[Far]:
    with far(made, tmp_path / "far") as here:
        yield here


def test_what_moves_is_fetched_traced_and_told_once(there: Far) -> None:
    assert there.watch() == []
    paid = spend(there.seed, 0, [(6 * COIN, "a"), (3 * COIN, "b")])
    there.mine(paid)
    (notice,) = there.watch()
    assert (notice["kind"], notice["txid"]) == ("spend", paid.shown)
    assert notice["traced_sat"]["pro_rata"] == 10 * COIN
    assert [row["ended"] for row in notice["to"]] == ["unspent", "unspent"]
    onward = spend(paid, 0, [(5 * COIN, "c")])
    there.mine(onward)
    there.mine(count=2)
    (second,) = there.watch()
    assert (second["txid"], second["confirmations"]) == (onward.shown, 3)
    assert there.watch() == []


def test_a_receipt_and_an_item_are_told(there: Far) -> None:
    frozen = f"{there.seed.shown}:1"
    change(there.case, [frozen], add=True, why="order", of="frozen")
    there.watch()
    paid = spend(there.blocks[4].txs[0], 0, [(5 * COIN, "subject")])
    moved = spend(there.seed, 1, [(38 * COIN, "away")])
    there.mine(paid, moved)
    told = {(row["kind"], row["txid"], row["loud"]) for row in there.watch()}
    assert told == {("receipt", paid.shown, False), ("spend", moved.shown, True)}


def test_a_fork_at_the_server_retracts(there: Far) -> None:
    there.watch()
    paid = spend(there.seed, 0, [(9 * COIN, "a")])
    there.mine(paid)
    (first,) = there.watch()
    there.fork(1)
    there.mine(count=2, tag="other")
    (retraction,) = there.watch()
    assert (retraction["kind"], retraction["refers_to"]) == ("retraction", first["id"])
    there.mine(paid, tag="other")
    (second,) = there.watch()
    assert second["replaces"] == first["id"]


def test_a_server_elsewhere_is_told_nothing_that_was_not_agreed_to(there: Far) -> None:
    asked = WatchAsked(there.case, there.store, "esplora:http://203.0.113.7/api", once=True)
    with pytest.raises(MisuseError, match="did not agree"):
        watch(asked, [], say=there.said.append, sleep=lambda _: False)
