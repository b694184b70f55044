"""What a look at the chain tells of: spends, receipts, services, forks; each once."""

import shutil
from pathlib import Path

from tests.actions.watching.scene import SERVICE, Scene, address_of, spend
from tests.chain.crafted import COIN

from peelchain.actions.casework.replay import replay
from peelchain.actions.watching.change import change, listed, notices


def moves(here: Scene) -> list[tuple[str, str]]:
    return [(row["kind"], row["txid"]) for row in here.told]


def test_a_spend_of_traced_value_is_traced_on_to_the_service(here: Scene) -> None:
    assert here.watch() == []
    paid = spend(here.seed, 0, [(6 * COIN, "exchange"), (3 * COIN, "next")])
    block = here.mine(paid)
    (notice,) = here.watch()
    assert (notice["kind"], notice["of"]["name"], notice["loud"]) == ("spend", "case", False)
    assert (notice["txid"], notice["block_hash"]) == (paid.shown, block.shown)
    (source,) = notice["from"]
    assert source["outpoint"] == f"{here.seed.shown}:0"
    assert source["traced_sat"] == {"pro_rata": 10 * COIN, "index_fifo": 10 * COIN}
    service, rest = notice["to"]
    assert (service["ended"], service["label"]) == ("service", SERVICE)
    assert service["traced_sat"]["pro_rata"] == 6 * COIN
    assert (rest["ended"], rest["label"]) == ("unspent", None)
    assert notice["fee_traced_sat"] == {"pro_rata": COIN, "index_fifo": COIN}
    assert here.watch() == []


def test_value_is_followed_over_blocks_as_a_run_would_trace_it(here: Scene) -> None:
    first = spend(here.seed, 0, [(9 * COIN, "a")])
    second = spend(first, 0, [(8 * COIN, "b")])
    third = spend(second, 0, [(7 * COIN, "exchange")])
    here.mine(first)
    here.mine(second)
    here.watch()
    here.mine(third)
    here.watch()
    assert moves(here) == [("spend", tx.shown) for tx in (first, second, third)]
    assert here.told[0]["to"][0]["ended"] == "moved on"
    assert here.told[2]["to"][0]["label"] == SERVICE


def test_one_look_or_many_tell_the_same(here: Scene, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(here.folder, other)
    at_once = Scene(other, list(here.blocks), here.seed)
    last, amount = here.seed, 10
    for step in range(4):
        amount -= 1
        last = spend(last, 0, [(amount * COIN, f"step {step}")])
        for each in (here, at_once):
            each.mine(last)
        here.watch()
    at_once.watch()
    assert [row["id"] for row in here.told] == [row["id"] for row in at_once.told]
    assert len(here.told) == 4


def test_what_only_a_later_block_shows_to_be_the_subjects_is_told_then(here: Scene) -> None:
    """Two payments to an address, one of which it moves on, before a spend joins it to the rest."""
    kept = spend(here.blocks[4].txs[0], 0, [(5 * COIN, "own too"), (44 * COIN, "payer")])
    moved = spend(kept, 1, [(6 * COIN, "own too"), (37 * COIN, "payer")])
    onward = spend(moved, 0, [(5 * COIN, "further")])
    here.mine(kept)
    here.mine(moved)
    here.mine(onward)
    assert here.watch() == []
    joint = spend(here.seed, 0, [(14 * COIN, "away")], (kept, 0))
    here.mine(joint)
    told = {(row["kind"], row["txid"]) for row in here.watch()}
    assert told == {
        ("receipt", kept.shown), ("receipt", moved.shown),
        ("spend", onward.shown), ("spend", joint.shown),
    }  # fmt: skip
    assert here.watch() == []


def test_a_service_that_moves_a_deposit_is_told_and_not_followed(here: Scene) -> None:
    paid = spend(here.seed, 0, [(9 * COIN, "exchange")])
    here.mine(paid)
    here.watch()
    swept = spend(paid, 0, [(8 * COIN, "cold")])
    here.mine(swept)
    (notice,) = here.watch()
    assert notice["from"][0]["role"] == "at a service"
    assert notice["from"][0]["label"] == SERVICE
    here.mine(spend(swept, 0, [(7 * COIN, "elsewhere")]))
    assert here.watch() == []


def test_a_payment_to_the_subject_is_a_receipt_but_not_its_change(here: Scene) -> None:
    coin = here.blocks[4].txs[0]
    paid = spend(coin, 0, [(5 * COIN, "subject"), (40 * COIN, "payer change")])
    here.mine(paid)
    (receipt,) = here.watch()
    assert (receipt["kind"], receipt["of"]["name"]) == ("receipt", "case")
    assert [row["ended"] for row in receipt["to"]] == ["received", None]
    assert receipt["from"][0]["address"] == address_of("payer")
    back = spend(paid, 0, [(4 * COIN, "subject")])
    here.mine(back)
    (moved,) = here.watch()
    assert (moved["kind"], moved["txid"]) == ("spend", back.shown)


def test_a_frozen_address_is_loud_both_ways(here: Scene) -> None:
    frozen = address_of("payer change")
    change(here.case, [frozen], add=True, why="order of the court", of="frozen")
    here.watch()
    coin = here.blocks[4].txs[0]
    paid = spend(coin, 0, [(5 * COIN, "payer change")])
    here.mine(paid)
    (receipt,) = here.watch()
    assert (receipt["kind"], receipt["loud"]) == ("receipt", True)
    assert receipt["of"] == {"type": "address", "name": frozen, "kind": "frozen"}
    moved = spend(here.seed, 1, [(38 * COIN, "away")])
    here.mine(moved)
    (alarm,) = here.watch()
    assert (alarm["kind"], alarm["loud"], alarm["txid"]) == ("spend", True, moved.shown)
    assert alarm["from"][0]["role"] == "watched"
    onward = spend(moved, 0, [(37 * COIN, "exchange")])
    here.mine(onward)
    (further,) = here.watch()
    assert further["to"][0]["label"] == SERVICE
    change(here.case, [frozen], add=False, why="order lifted")
    here.mine(spend(paid, 0, [(4 * COIN, "away")]))
    assert here.watch() == []
    assert "order of the court" not in str(here.told)
    assert listed(here.case)["items"] == []


def test_an_outpoint_and_a_cluster_are_watched(here: Scene) -> None:
    outpoint = f"{here.seed.shown}:1"
    cluster = f"cluster:{address_of('payer')}"
    change(here.case, [outpoint, cluster], add=True, why="asked for", of="suspect")
    here.watch()
    coin = here.blocks[4].txs[0]
    here.mine(spend(here.seed, 1, [(38 * COIN, "x")]), spend(coin, 0, [(49 * COIN, "y")]))
    told = here.watch()
    assert [row["of"]["name"] for row in told] == [outpoint, cluster]
    assert {row["kind"] for row in told} == {"spend"}


def test_a_fork_retracts_and_the_same_spend_in_another_block_refers_to_it(here: Scene) -> None:
    paid = spend(here.seed, 0, [(9 * COIN, "a")])
    here.mine(paid, count=2)
    (first,) = here.watch()
    here.fork(2)
    here.mine(count=3, tag="other")
    (retraction,) = here.watch()
    assert (retraction["kind"], retraction["refers_to"]) == ("retraction", first["id"])
    assert here.watch() == []
    again = here.mine(paid, tag="other")
    (second,) = here.watch()
    assert (second["txid"], second["block_hash"]) == (paid.shown, again.shown)
    assert second["replaces"] == first["id"]
    assert second["id"] != first["id"]
    states = {row["id"]: row["state"] for row in notices(here.case)["notices"]}
    assert states == {
        first["id"]: "retracted", retraction["id"]: "stands", second["id"]: "stands",
    }  # fmt: skip
    (left,) = notices(here.case, standing=True)["notices"]
    assert left["id"] == second["id"]


def test_a_spend_mined_again_in_the_fork_itself_is_told_with_its_retraction(here: Scene) -> None:
    paid = spend(here.seed, 0, [(9 * COIN, "a")])
    here.mine(paid)
    (first,) = here.watch()
    here.fork(1)
    here.mine(paid, count=2, tag="other")
    retraction, second = here.watch()
    assert (retraction["refers_to"], second["replaces"]) == (first["id"], first["id"])


def test_a_chain_that_comes_back_raises_its_notice_anew(here: Scene) -> None:
    paid = spend(here.seed, 0, [(9 * COIN, "a")])
    here.mine(paid)
    (first,) = here.watch()
    (gone,) = here.fork(1)
    here.mine(count=2, tag="other")
    here.watch()
    stale = here.fork(2)
    here.blocks = [*here.blocks, gone]
    here.stale = stale
    here.mine(count=2, tag="back")
    (second,) = here.watch()
    assert (second["block_hash"], second["replaces"]) == (first["block_hash"], first["id"])
    assert second["id"] != first["id"]
    assert here.watch() == []


def test_another_spend_in_the_fork_is_its_own_notice(here: Scene) -> None:
    here.mine(spend(here.seed, 0, [(9 * COIN, "a")]))
    here.watch()
    here.fork(1)
    double = spend(here.seed, 0, [(8 * COIN, "exchange")])
    here.mine(double, count=2, tag="other")
    retraction, second = here.watch()
    assert retraction["kind"] == "retraction"
    assert (second["txid"], second["replaces"]) == (double.shown, None)


def test_notices_wait_for_their_confirmations(here: Scene) -> None:
    paid = spend(here.seed, 0, [(9 * COIN, "a")])
    here.mine(paid)
    assert here.watch(confirmations=3) == []
    here.mine()
    assert here.watch(confirmations=3) == []
    here.fork(2)
    here.mine(count=3, tag="other")
    assert here.watch(confirmations=3) == []
    here.mine(paid, count=3, tag="other")
    (notice,) = here.watch(confirmations=3)
    assert (notice["txid"], notice["confirmations"]) == (paid.shown, 3)


def test_a_frozen_output_spent_in_a_fork_below_its_listing_is_told(here: Scene) -> None:
    here.mine(count=3)
    here.watch()
    change(here.case, [address_of("payer change")], add=True, why="order", of="frozen")
    here.watch()
    here.fork(3)
    moved = spend(here.seed, 1, [(38 * COIN, "away")])
    here.mine(moved, count=4, tag="other")
    (alarm,) = here.watch()
    assert (alarm["txid"], alarm["loud"]) == (moved.shown, True)


def test_a_store_that_is_behind_retracts_nothing(here: Scene, tmp_path: Path) -> None:
    here.mine(spend(here.seed, 0, [(9 * COIN, "a")]))
    assert len(here.watch()) == 1
    blocks = here.blocks
    here.blocks = blocks[:5]
    here.write()
    for path in ("store", "node"):
        shutil.move(here.folder / path, tmp_path / path)
    here.write()
    assert here.watch() == []
    here.blocks = blocks
    here.mine()
    assert here.watch() == []
    assert len(notices(here.case)["notices"]) == 1


def test_replay_makes_the_same_notices_and_knows_what_was_reorganised(here: Scene) -> None:
    change(here.case, [address_of("payer change")], add=True, why="order", of="frozen")
    here.watch()
    here.mine(spend(here.seed, 0, [(9 * COIN, "a")]), spend(here.seed, 1, [(9 * COIN, "b")]))
    assert len(here.watch()) == 2
    found = replay(here.case, here.store)
    assert [r["result"] for r in found["entries"] if r["kind"] == "watched"] == ["same"]
    assert found["agrees"]
    here.fork(1)
    here.mine(count=2, tag="other")
    here.watch()
    found = replay(here.case, here.store)
    results = {r["kind"]: r["result"] for r in found["entries"]}
    assert (results["watched"], results["reorganisation"]) == ("reorganised away", "recorded")
    assert found["agrees"]
