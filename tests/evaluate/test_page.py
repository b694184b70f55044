"""docs/methods/error-rates.md and its figures are those of the shipped error rates."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")

from peelchain.evaluate.conditions import (
    HIDDEN_SHARES,
    PAYJOIN_SHARES,
    STATED,
    payjoin_name,
)
from peelchain.evaluate.detector_error import MIXES, NEGATIVES, TYPES
from peelchain.evaluate.error_rates import SHIPPED, Measured, read_measured
from peelchain.evaluate.page import error_rates_page, share, table
from peelchain.evaluate.plots import figures
from peelchain.evaluate.runs import Result
from peelchain.evaluate.simulated_rates import (
    rand_rows,
    seed_text,
    simulated_rates,
    verdict_rows,
)

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "methods"


def test_page_is_rendered_from_the_shipped_rates():
    page = (FOLDER / "error-rates.md").read_text(encoding="utf-8")
    assert page == error_rates_page(read_measured(SHIPPED)), (
        "run 'python scripts/render_error_rates.py'"
    )


def test_every_figure_of_the_page_is_there_and_drawn_from_the_shipped_rates():
    pytest.importorskip("matplotlib", reason="the extra `evaluate` is not installed")
    page = (FOLDER / "error-rates.md").read_text(encoding="utf-8")
    drawn = figures(read_measured(SHIPPED))
    assert set(re.findall(r"\]\((error-rates-[^)]+\.svg)\)", page)) == set(drawn)
    for name, text in drawn.items():
        (said,) = re.findall(r"drawn from [0-9a-f]{64}", text)
        assert said in (FOLDER / name).read_text(encoding="utf-8"), f"draw {name} anew"


def counts(false: int) -> dict[str, object]:
    """Counts of one economy, as one_economy makes them, of one policy."""
    beside = {"pairs": [40, 50], "b_cubed": [30, 24.0], "merges": [20, 22]}
    policy = {
        "merges": {"all": [90, false], "era:1": [90, false], "rule:multi_input": [90, false]},
        "pairs": {"all": [80, 90, 400], "era:1": [80, 90, 400]},
        "b_cubed": {
            "all": [100, 99.0, 40.0],
            "era:1": [100, 99.0, 40.0],
            "outside_five_largest": [50, 50.0, 10.0],
        },
        "beside_oracle": {"all": beside, "era:1": beside},
        "clusters": [20, 19, 30, 2],
        "adjusted_rand": 0.25,
        "case": [false, 1, 1, 50, 2, 3],
    }
    verdicts = [
        *([name, sorted(MIXES)[0], 10] for name in TYPES),
        ["trade", "", 5],
        ["equal_batch", "wasabi_2", 1],
        ["two_party", "", 3],
    ]
    return {"policies": {"default": policy}, "verdicts": verdicts}


@pytest.fixture(scope="module")
def measured() -> Measured:
    names = [STATED, "default", "shifted"]
    names += [payjoin_name(p, h) for p in PAYJOIN_SHARES for h in HIDDEN_SHARES]
    results = [Result(n, 4_000_000 + s, 600, counts(1 + s)) for n in names for s in range(3)]
    rows = simulated_rates(results, MIXES, "peelchain evaluate simulated --economies 3")
    return Measured(tuple(rows), tuple(verdict_rows(results)), tuple(rand_rows(results)))


def test_rates_are_sums_over_economies(measured):
    rows = {(r.rule, r.stratum, r.unit): r for r in measured.rows}
    merges = rows["multi_input", "all", "merges"]
    assert (merges.right, merges.wrong, merges.seeds) == (270, 6, "4000000 to 4000002")
    assert (merges.data, merges.basis) == ("habits: 3 economies of 600 blocks", "simulated")
    policy = rows["policy:default", "all", "merges"]
    assert (policy.found, policy.missed) == (60, 6)
    b = rows["policy:default", "all", "scripts (B-cubed)"]
    assert (b.precision, b.recall, b.right) == (0.99, 0.4, None)
    case = rows[
        "policy:default", "all", "false merges in clusters of the case, right where flagged"
    ]
    assert (case.right, case.wrong) == (3, 3)
    found = rows["coinjoin", "all", "transactions flagged as mixes"]
    assert (found.found, found.missed) == (150, 0)
    assert (found.right, found.wrong) == (150, 3)
    batch = rows["coinjoin", "negative:equal_batch", "transactions flagged as mixes"]
    assert (batch.right, batch.wrong) == (150, 3)
    trade = rows["coinjoin", "negative:trade", "transactions flagged as mixes"]
    assert (trade.right, trade.wrong) == (150, 0)


def test_the_quoted_condition_comes_first_and_alone_has_plain_strata(measured):
    plain = [r for r in measured.rows if r.stratum == "all"]
    assert {r.data.split(":")[0] for r in plain} == {STATED}
    assert measured.rows[0].rule == "multi_input"
    assert len({(r.rule, r.stratum, r.unit) for r in measured.rows}) == len(measured.rows)


def test_page_shows_every_condition_class_and_figure(measured):
    page = error_rates_page(measured)
    assert page.count("![") == 2
    for words in ("6 of 276", "By era", "| equal_batch | ", "shifted", "plain economy"):
        assert words in page
    assert "0.9783 (" in page
    for name in NEGATIVES:
        present = name in ("trade", "equal_batch")
        assert (f"| {name} | " in page) == present


def test_real_rows_do_not_stand_in_for_simulated_ones(measured):
    real = [replace(r, basis="real", recall=0.123, data="a set") for r in measured.rows]
    both = replace(measured, rows=(*real, *measured.rows))
    before = error_rates_page(measured).split("## Real transactions")[0]
    assert error_rates_page(both).split("\n\n## Real transactions")[0] == before.rstrip("\n")


def test_the_same_rates_give_the_same_figures(measured):
    pytest.importorskip("matplotlib", reason="the extra `evaluate` is not installed")
    drawn = figures(measured)
    assert len(drawn) == 2
    assert drawn == figures(measured)
    for text in drawn.values():
        assert "<dc:date>" not in text
        assert "Matplotlib" not in text
    changed = replace(measured, verdicts=())
    assert figures(changed) != drawn
    assert figures(Measured()) == {}


def test_cells_cannot_break_a_table():
    assert table(["a|b"], [["c|d"]]) == ["| a\\|b |", "| --- |", "| c\\|d |"]
    assert share(None, None, None) == ""
    assert share(0.5, 0.25, 1.0) == "0.5000 (0.2500–1.0000)"


def test_seeds_in_words():
    assert seed_text([5, 3, 4, 9, 11, 12]) == "3 to 5, 9, 11 to 12"
