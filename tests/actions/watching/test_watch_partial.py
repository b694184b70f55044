"""A case on a partial store: what it follows is asked of an Esplora server, checked, and told."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.actions.watching.scene import DAY, Scene, address_of, spend
from tests.chain.crafted import COIN, Tx
from tests.esplora_server import serving_esplora
from tests.hostile_esplora import Chain, Reply, Served, as_json, serving

from peelchain.actions import chain
from peelchain.actions.casework.open import open_case
from peelchain.actions.casework.run import RunRequest, run_case
from peelchain.actions.casework.seeds import change_seeds
from peelchain.actions.fetching.asked import FetchAsked
from peelchain.actions.fetching.fetch import fetch
from peelchain.actions.watching.change import change, notices
from peelchain.actions.watching.follow import WatchAsked, watch
from peelchain.errors import FalseAnswerError, MisuseError, RemoteError
from peelchain.raw_tx import parsed


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


class Heard:
    """How a server answers that has heard of transactions which no block has yet."""

    def __init__(self) -> None:
        self.txs: list[Tx] = []
        self.raw_of: dict[str, bytes] = {}

    def __call__(self, path: str, truth: Reply) -> Reply:
        for tx in self.txs:
            for spent in parsed(tx.raw).inputs:
                outpoint = f"/tx/{spent.prev_txid[::-1].hex()}/"
                if path == f"{outpoint}outspend/{spent.prev_vout}":
                    return as_json(self.spent_by(tx))
                if path == f"{outpoint}outspends" and truth.status == 200:
                    rows = json.loads(truth.body)
                    rows[spent.prev_vout] = self.spent_by(tx)
                    return as_json(rows)
            if path == f"/tx/{tx.shown}/raw":
                return Reply(self.raw_of.get(tx.shown, tx.raw))
        return truth

    @staticmethod
    def spent_by(tx: Tx) -> dict[str, object]:
        return {"spent": True, "txid": tx.shown, "vin": 0, "status": {"confirmed": False}}


@pytest.fixture
def heard(made: Scene, tmp_path: Path) -> Iterator[tuple[Far, Served, Heard]]:
    """A scene whose server has a mempool."""
    hears = Heard()
    with serving(made.blocks, hears) as served, far(made, tmp_path / "far") as here:
        here.url = served.url
        here.watch()
        yield here, served, hears


def mine(here: Far, served: Served, *txs: Tx) -> None:
    here.mine(*txs)
    served.chain = Chain(list(here.blocks))


def test_an_unconfirmed_spend_is_told_as_such_and_confirmed_by_its_block(
    heard: tuple[Far, Served, Heard],
) -> None:
    here, served, hears = heard
    paid = spend(here.seed, 0, [(9 * COIN, "a")])
    hears.txs = [paid]
    (sighting,) = here.watch()
    assert (sighting["kind"], sighting["sights"]) == ("sighting", "spend")
    assert (sighting["txid"], sighting["block_hash"]) == (paid.shown, None)
    assert here.watch() == []
    hears.txs = []
    mine(here, served, paid)
    (notice,) = here.watch()
    assert (notice["kind"], notice["confirms"]) == ("spend", sighting["id"])
    (told, _) = notices(here.case)["notices"]
    assert (told["state"], told["by"]) == ("mined", notice["id"])


def test_a_replaced_transaction_is_dropped_by_name_of_the_other(
    heard: tuple[Far, Served, Heard],
) -> None:
    here, served, hears = heard
    first = spend(here.seed, 0, [(9 * COIN, "a")])
    second = spend(here.seed, 0, [(8 * COIN, "b")])
    hears.txs = [first]
    (sighting,) = here.watch()
    hears.txs = [second]
    dropped, other = here.watch()
    assert (dropped["kind"], dropped["refers_to"]) == ("dropped", sighting["id"])
    assert (dropped["by"], other["txid"]) == ([second.shown], second.shown)
    third = spend(here.seed, 0, [(7 * COIN, "c")])
    mine(here, served, third)
    told = here.watch()
    assert [(row["kind"], row["txid"]) for row in told] == [
        ("spend", third.shown), ("dropped", second.shown),
    ]  # fmt: skip
    assert told[1]["by"] == [third.shown]
    assert here.watch() == []


def test_what_a_server_forgets_is_dropped_as_gone_and_told_anew_when_it_comes_back(
    heard: tuple[Far, Served, Heard],
) -> None:
    here, _, hears = heard
    paid = spend(here.seed, 0, [(9 * COIN, "a")])

    def forget() -> None:
        hears.txs = []

    def hear() -> None:
        hears.txs = [paid]

    steps = iter([hear, forget, forget, forget, forget, hear])
    asked = WatchAsked(here.case, here.store, here.source, interval_s=0.01)

    def sleep(_: float) -> bool:
        step = next(steps, None)
        if step is not None:
            step()
        return step is not None

    watch(asked, [here.channel()], say=here.said.append, sleep=sleep)
    kinds = [row["kind"] for row in here.told]
    assert kinds == ["sighting", "dropped", "sighting"]
    assert here.told[1]["by"] == []
    assert here.told[0]["id"] != here.told[2]["id"]


def test_another_transaction_in_place_of_the_one_named_is_no_sighting(
    heard: tuple[Far, Served, Heard],
) -> None:
    here, served, hears = heard
    paid = spend(here.seed, 0, [(9 * COIN, "a")])
    hears.txs = [paid]
    for lie in (spend(here.seed, 0, [(9 * COIN, "liar")]).raw, paid.raw[:-3], b"<html>"):
        hears.raw_of = {paid.shown: lie}
        with pytest.raises(FalseAnswerError) as refused:
            here.watch()
        assert served.url in str(refused.value)
        assert paid.shown in str(refused.value)
    assert here.told == []
    assert notices(here.case)["notices"] == []


def test_a_server_that_lies_about_a_spend_raises_no_notice(
    heard: tuple[Far, Served, Heard],
) -> None:
    here, served, _ = heard
    stranger = spend(here.blocks[4].txs[0], 0, [(COIN, "x")])
    mine(here, served, stranger)
    target = f"/tx/{here.seed.shown}/outspend/0"
    row = {**Heard.spent_by(stranger), "status": served.chain.status(stranger.txid)}

    def lie(path: str, truth: Reply) -> Reply:
        if path == f"/tx/{here.seed.shown}/outspends":
            return as_json([row, *json.loads(truth.body)[1:]])
        return as_json(row) if path == target else truth

    served.lie = lie
    with pytest.raises(RemoteError) as refused:
        here.watch()
    assert served.url in str(refused.value)
    assert stranger.shown in str(refused.value)
    assert here.told == []
