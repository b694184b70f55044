"""Seeds of the simulator: no purpose may have another's."""

import pytest

from peelchain.errors import MisuseError
from peelchain.evaluate.seeds import SEEDS, check_ranges, require, seeds_for


def test_no_seed_serves_two_purposes():
    for one, mine in SEEDS.items():
        for other, theirs in SEEDS.items():
            assert one == other or mine.stop <= theirs.start or theirs.stop <= mine.start


def test_seeds_of_a_purpose_are_its_own_and_follow_on():
    seeds = seeds_for("test", 12)
    require(["test"], seeds)
    assert len(set(seeds)) == 12
    assert seeds_for("test", 2, first=10) == seeds[10:]


def test_a_seed_of_another_purpose_is_refused():
    seed = seeds_for("training", 1)[0]
    with pytest.raises(MisuseError, match=f"seed {seed} belongs to training, not to test"):
        require(["test"], [seed])
    with pytest.raises(
        MisuseError, match="seed 7 belongs to no purpose, not to calibration or test"
    ):
        require(("calibration", "test"), [7])


def test_ranges_that_overlap_are_refused():
    with pytest.raises(MisuseError, match="training and test share seed 9"):
        check_ranges({"test": range(9, 20), "training": range(10)})
    check_ranges({"test": range(10, 20), "training": range(10)})


def test_empty_ranges_are_refused():
    with pytest.raises(MisuseError, match="no range"):
        check_ranges({"test": range(3, 3)})


@pytest.mark.parametrize(("count", "first"), [(0, 0), (1, -1), (1, 1_000_000)])
def test_more_seeds_than_there_are_is_refused(count, first):
    with pytest.raises(MisuseError, match="has 1,000,000"):
        seeds_for("test", count, first)


def test_unknown_purpose_is_refused():
    with pytest.raises(MisuseError, match="there is no purpose 'tests'"):
        seeds_for("tests", 1)  # type: ignore[arg-type]
