"""The measured error of patterns: counts on a small case, and the rows made of them."""

import pytest

pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
pytest.importorskip("pbk", reason="the extra `simulate` is not installed")

from dataclasses import replace

from peelchain.errors import SourceError
from peelchain.evaluate.error_rates import ErrorRate, measured_error
from peelchain.evaluate.patterns import (
    ANOTHER,
    BELOW,
    DEPOSITS,
    JOINED,
    LINKS,
    PAID,
    Count,
    evaluate_patterns,
    pattern_counts,
    pattern_rates,
)
from peelchain.simulate.economy import simulate
from peelchain.simulate.parameters import PARAMETERS
from peelchain.trace.patterns.finding import PATTERNS


@pytest.fixture(scope="module")
def theft(tmp_path_factory):
    """A small economy in which a thief peels, structures and goes round."""
    node = tmp_path_factory.mktemp("theft") / "node"
    parameters = replace(PARAMETERS["default"], case="theft")
    simulate(node, seed=11, blocks=300, parameters=parameters)
    return node


def test_detectors_are_mostly_right_on_a_case_with_truth(theft, tmp_path):
    counts = pattern_counts(theft, tmp_path / "store")
    said = {(c.stratum, c.unit): c.said for c in counts if c.said}
    sought = {(c.stratum, c.unit): c.sought for c in counts if c.sought}
    for unit, least in ((LINKS, 0.95), (DEPOSITS, 0.8), (JOINED, 0.8), (PAID, 0.75)):
        right, every = said["all", unit]
        assert every and right / every >= least, unit
    for unit, least in ((LINKS, 0.7), (DEPOSITS, 0.9), (BELOW, 0.5), (ANOTHER, 0.5)):
        found, every = sought["all", unit]
        assert every and found / every >= least, unit
    parts = [said[f"payer:{name}", LINKS] for name in ("tagged", "untagged")]
    assert said["all", LINKS] == (sum(n for n, _ in parts), sum(n for _, n in parts))


def test_rows_add_up_the_economies():
    economies = [
        [Count("pattern:fan_out", "all", PAID, (3, 4), (1, 2))],
        [Count("pattern:fan_out", "all", PAID, (5, 5), None)],
    ]
    (row,) = pattern_rates(economies, data="d", made_by="m", seeds="s")
    assert (row.right, row.wrong, row.found, row.missed) == (8, 1, 1, 1)
    assert row.precision == 8 / 9
    assert row.precision_low is not None and row.precision_low < 8 / 9


def test_counts_in_the_work_folder_are_not_made_again(tmp_path, monkeypatch):
    def ask() -> list[ErrorRate]:
        return evaluate_patterns(
            1, 200, tmp_path, "choosing", "c", lambda done, of: None, ("shifted",)
        )

    once = ask()
    files = sorted(tmp_path.glob("patterns-*"))
    assert len(files) == 3
    monkeypatch.setattr("peelchain.evaluate.patterns.pattern_counts", None)
    assert ask() == once
    assert {row.stratum for row in once} >= {"condition:shifted", "payer:untagged,shifted"}
    files[0].write_text("{}")
    with pytest.raises(SourceError, match="holds no counts"):
        ask()


def test_every_pattern_has_a_shipped_rate():
    for pattern in PATTERNS:
        rate = measured_error(f"pattern:{pattern}")
        assert rate is not None and rate.precision_low is not None, pattern
        assert rate.basis == "simulated"
