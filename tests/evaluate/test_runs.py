"""Many economies: each measured once, a stopped run goes on, and nothing learnt is tested."""

import fcntl

import pytest

pytest.importorskip("pbk", reason="the extra `simulate` is not installed")

from peelchain.errors import MisuseError, SourceError
from peelchain.evaluate.conditions import condition
from peelchain.evaluate.runs import RESULTS, Task, measure
from peelchain.evaluate.seeds import seeds_for

SEEDS = seeds_for("choosing", 3)


def tasks(seeds=SEEDS, name="default"):
    return [Task(condition(name), seed, 110) for seed in seeds]


class Told:
    def __init__(self):
        self.steps = []

    def __call__(self, done, of):
        self.steps.append((done, of))


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    measure(tasks(), folder, progress=Told())
    return folder


def test_results_come_in_the_order_of_the_tasks_and_chains_are_removed(work):
    told = Told()
    results = measure(tasks(SEEDS[::-1]), work, progress=told)
    assert [r.seed for r in results] == SEEDS[::-1]
    assert told.steps == [(3, 3)]
    assert not list((work / "chains").iterdir())


def test_a_stopped_run_goes_on_after_its_last_whole_line(work, tmp_path):
    whole = (work / RESULTS).read_bytes()
    lines = whole.splitlines(keepends=True)
    (tmp_path / RESULTS).write_bytes(b"".join(lines[:2]) + lines[2][:40])
    told = Told()
    results = measure(tasks(), tmp_path, progress=told)
    assert told.steps == [(2, 3), (3, 3)]
    assert (tmp_path / RESULTS).read_bytes() == whole
    assert results == measure(tasks(), work, progress=Told())


def test_several_at_once_give_the_same_results(work, tmp_path):
    results = measure(tasks(SEEDS[:2]), tmp_path, jobs=2, progress=Told())
    assert results == measure(tasks(SEEDS[:2]), work, progress=Told())


def test_a_damaged_line_is_told_by_its_number(work, tmp_path):
    lines = (work / RESULTS).read_bytes().splitlines(keepends=True)
    (tmp_path / RESULTS).write_bytes(b"".join([lines[0], b"{}\n", lines[2]]))
    with pytest.raises(SourceError, match="line 2 is no result"):
        measure(tasks(), tmp_path, progress=Told())


def test_a_work_folder_serves_one_run_at_a_time(work, tmp_path):
    (tmp_path / RESULTS).write_bytes(b"")
    with (tmp_path / RESULTS).open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(SourceError, match="is being filled by another run"):
            measure(tasks(), tmp_path, progress=Told())
    assert (tmp_path / RESULTS).read_bytes() == b""


def test_other_parameters_are_another_chain():
    (plain,), (habits,) = tasks(SEEDS[:1]), tasks(SEEDS[:1], "habits")
    assert plain.chain_key != habits.chain_key
    assert Task(condition("default"), SEEDS[0], 111).key != plain.key


@pytest.mark.parametrize("purpose", ["training", "calibration"])
def test_seeds_that_something_was_trained_or_calibrated_on_are_refused(tmp_path, purpose):
    with pytest.raises(MisuseError, match=f"belongs to {purpose}, not to test or choosing"):
        measure(tasks(seeds_for(purpose, 1)), tmp_path, progress=Told())
    assert not list(tmp_path.iterdir())
