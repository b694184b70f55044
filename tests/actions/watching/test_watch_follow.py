"""A watch that goes on: over many looks, and over failures of what it follows."""

import shutil
from collections.abc import Callable, Sequence
from typing import Any
from zipfile import ZipFile

import pytest
from tests.actions.watching.scene import SERVICE, Scene, address_of, spend
from tests.chain.crafted import COIN

from peelchain.actions.casework.run import RunRequest, run_case
from peelchain.actions.casework.seeds import change_seeds
from peelchain.actions.casework.show import show
from peelchain.actions.casework.statements import undo
from peelchain.actions.casework.transfer import export_case, import_case
from peelchain.actions.tagging.importing import import_tags
from peelchain.actions.watching import look, moves
from peelchain.actions.watching.change import change
from peelchain.actions.watching.follow import WatchAsked, watch
from peelchain.case.casefile import CaseFile
from peelchain.case.disclosure import schedule
from peelchain.case.watching.outbox import Outbox, alone
from peelchain.errors import CaseError, MisuseError
from peelchain.store.locks import writing


def follow(here: Scene, *steps: Callable[[], object], confirmations: int = 1) -> dict[str, Any]:
    """Watches and does a step after each look; ends after the look that follows the last."""
    left = list(steps)

    def sleep(seconds: float) -> bool:
        if not left:
            return False
        left.pop(0)()
        return True

    asked = WatchAsked(
        here.case, here.store, here.source, interval_s=0.01, confirmations=confirmations
    )
    return watch(asked, [here.channel()], say=here.said.append, sleep=sleep)


def test_blocks_that_touch_nothing_are_passed_over_and_others_are_not(
    here: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived: list[int] = []
    derivation = moves.watched_of_case

    def counted(work: Any) -> Any:
        derived.append(work.parameters["until"]["height"])
        return derivation(work)

    monkeypatch.setattr(look, "watched_of_case", counted)
    paid = spend(here.seed, 0, [(9 * COIN, "a")])
    onward = spend(paid, 0, [(8 * COIN, "exchange")])
    swept = spend(onward, 0, [(7 * COIN, "cold")])
    receipt = spend(here.blocks[4].txs[0], 0, [(5 * COIN, "subject")])
    steps: Sequence[Sequence[Any]] = [[], [paid], [], [onward], [swept], [], [receipt], [], []]
    follow(here, *(lambda txs=txs: here.mine(*txs) for txs in steps))
    assert [row["txid"] for row in here.told] == [tx.shown for tx in (paid, onward, swept, receipt)]
    assert [row["height"] for row in here.told] == derived


def test_what_waits_for_confirmations_while_others_are_told_is_not_lost(here: Scene) -> None:
    """The look that tells the first spend knows the second already, and must not pass it over."""
    paid = spend(here.seed, 0, [(9 * COIN, "a")])
    onward = spend(paid, 0, [(8 * COIN, "b")])
    further = spend(onward, 0, [(7 * COIN, "c")])
    steps: Sequence[Sequence[Any]] = [[paid], [], [onward], [further], [], [], [], []]
    follow(here, *(lambda txs=txs: here.mine(*txs) for txs in steps), confirmations=3)
    assert [row["txid"] for row in here.told] == [tx.shown for tx in (paid, onward, further)]
    assert {row["confirmations"] for row in here.told} == {3}


def test_what_changes_while_it_runs_is_watched_from_then_on(here: Scene) -> None:
    """A new item, a new run with another seed, new tags."""
    pack = here.folder / "more.yaml"
    text = (here.folder / "tags.yaml").read_text()
    pack.write_text(text.replace(address_of("exchange"), address_of("later")))
    frozen = spend(here.seed, 1, [(38 * COIN, "away")])
    paid = spend(here.seed, 0, [(9 * COIN, "later")])
    other = spend(here.blocks[4].txs[0], 0, [(5 * COIN, "second")])

    def another_seed() -> None:
        change_seeds(here.case, [address_of("second")], add=True)
        run_case(RunRequest(here.case, here.store))

    follow(
        here,
        lambda: change(here.case, [f"{here.seed.shown}:1"], add=True, why="x", of="frozen"),
        lambda: here.mine(frozen),
        lambda: import_tags([pack], here.store, None),
        lambda: here.mine(paid, other),
        another_seed,
        lambda: here.mine(spend(other, 0, [(4 * COIN, "b")])),
    )
    assert [(row["kind"], row["loud"]) for row in here.told] == [
        ("spend", True), ("spend", False), ("spend", False),
    ]  # fmt: skip
    assert here.told[1]["to"][0]["label"] == SERVICE
    assert here.told[2]["from"][0]["outpoint"] == f"{other.shown}:0"


def test_a_source_that_is_down_is_told_and_the_watch_goes_on(here: Scene) -> None:
    node = here.folder / "node"
    away = here.folder / "away"
    follow(
        here,
        lambda: shutil.move(node, away),
        lambda: shutil.move(away, node),
        lambda: here.mine(spend(here.seed, 0, [(9 * COIN, "a")])),
    )
    assert len(here.told) == 1
    assert any("the watch goes on" in line for line in here.said)
    shutil.move(node, away)
    with pytest.raises(MisuseError, match="is no folder"):
        here.watch()


def test_a_store_that_another_process_writes_is_looked_at_as_it_is(here: Scene) -> None:
    here.watch()
    here.mine(spend(here.seed, 0, [(9 * COIN, "a")]))
    with writing(here.store):
        assert here.watch() == []
        assert "is being written by" in here.said[-1]
    assert len(here.watch()) == 1


def test_a_case_is_watched_by_one_process(here: Scene) -> None:
    with alone(here.case), pytest.raises(CaseError, match="is watched by process"):
        here.watch()


def test_without_a_source_others_bring_the_store_up(here: Scene) -> None:
    here.mine(spend(here.seed, 0, [(9 * COIN, "a")]))
    assert here.watch(source=False) == []
    assert len(here.watch()) == 1


def test_an_outbox_that_was_lost_sends_nothing_again(here: Scene) -> None:
    here.mine(spend(here.seed, 0, [(9 * COIN, "a")]))
    assert len(here.watch()) == 1
    shutil.rmtree(here.case / "watch")
    assert here.watch() == []
    here.mine(spend(here.blocks[-1].txs[1], 0, [(8 * COIN, "b")]))
    assert len(here.watch()) == 1


def test_a_fork_below_where_the_watch_began_is_followed(here: Scene) -> None:
    here.watch()
    here.fork(3)
    moved = spend(here.blocks[4].txs[0], 0, [(5 * COIN, "subject")])
    here.mine(moved, count=4, tag="other")
    told = here.watch()
    assert ("receipt", moved.shown) in [(row["kind"], row["txid"]) for row in told]


def test_the_outbox_is_its_owners_alone(here: Scene) -> None:
    here.watch()
    for path in (here.case / "watch", *(here.case / "watch").iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path
    with Outbox.open(here.case) as outbox:
        assert outbox.looked_at()[0][0] == len(here.blocks) - 1


def test_the_disclosure_schedule_lists_what_the_watch_journalled(here: Scene) -> None:
    change(here.case, [address_of("payer change")], add=True, why="the order", of="frozen")
    here.mine(spend(here.seed, 0, [(9 * COIN, "a")]))
    here.watch()
    here.fork(1)
    here.mine(count=2, tag="other")
    here.watch()
    with CaseFile.open(here.case) as case:
        rows = {row["kind"]: row for row in schedule(case.entries(), [])}
    assert rows["watch"]["what"] == "add 1 items (frozen)"
    height = len(here.blocks) - 2
    assert rows["watched"]["what"] == f"1 spend; blocks up to {height}"
    assert rows["reorganisation"]["what"] == f"1 retraction; fork at {height - 1}"
    assert rows["run"]["used_by"] == [rows["watched"]["entry"]]
    assert show(here.case)["made"] == {"reorganisation": 1, "watch": 1, "watched": 1}
    with pytest.raises(CaseError, match="cannot be undone"):
        undo(here.case, rows["watched"]["entry"], "no")


def test_the_outbox_is_no_part_of_an_exported_case(here: Scene) -> None:
    here.mine(spend(here.seed, 0, [(9 * COIN, "a")]))
    here.watch()
    out = here.folder / "case.zip"
    answer = export_case(here.case, out)
    assert not [name for name in answer["left_out"] if "watch" in name]
    with ZipFile(out) as exported:
        assert not [name for name in exported.namelist() if "outbox" in name]
    import_case(out, here.folder / "imported")
    there = Scene(here.folder, here.blocks, here.seed, case_name="imported")
    assert there.watch() == []
    onward = spend(here.blocks[-1].txs[1], 0, [(8 * COIN, "b")])
    there.mine(onward)
    (first,), (second,) = there.watch(), here.watch()
    assert first["id"] == second["id"]
