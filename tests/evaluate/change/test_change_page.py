"""The page of the change predictor says what is shipped, and what is shipped holds what it must."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from peelchain.cluster.change.model import shipped_model
from peelchain.cluster.change.rules import RULE_NAMES
from peelchain.evaluate.change import SHIPPED, change_rates, to_json
from peelchain.evaluate.change_page import with_measured
from peelchain.evaluate.change_plots import change_plots
from peelchain.evaluate.conditions import STATED

DOCS = Path(__file__).resolve().parents[3] / "docs" / "methods"


@pytest.fixture(scope="module")
def figures():
    return json.loads(SHIPPED.read_text(encoding="ascii"))


def test_the_page_is_rendered_from_the_figures(figures):
    page = (DOCS / "change.md").read_text(encoding="utf-8")
    assert page == with_measured(page, figures), "run 'python scripts/render_change.py'"
    assert SHIPPED.read_text(encoding="ascii") == to_json(figures)


def test_the_plots_are_drawn_from_the_figures(figures):
    pytest.importorskip("matplotlib", reason="the extra `evaluate` is not installed")
    for name, text in change_plots(figures).items():
        assert f"model {figures['model']}" in (DOCS / name).read_text(encoding="utf-8")
        assert text == change_plots(figures)[name]


def test_the_figures_are_of_the_shipped_model(figures):
    assert figures["model"] == shipped_model().digest
    learnt = {int(n) for s in shipped_model().trained_on["seeds"].values() for n in s.split(" to ")}
    for told in figures["seeds"].values():
        first, last = (int(n) for n in told.split(" to "))
        assert not any(first <= n <= last for n in learnt)


def test_where_it_speaks_of_families_it_knows_its_precision_is_99_percent(figures):
    told = figures["conditions"][STATED]["all"]
    assert told["precision"][1] >= 0.99
    assert figures["conditions"]["shifted"]["all"]["precision"][1] >= 0.99
    assert set(figures["left_out"]) >= {"core", "electrum", "odd_change_type"}


def test_a_page_without_its_marks_is_refused(figures):
    with pytest.raises(ValueError, match="lacks the marks"):
        with_measured("# Change", figures)


def test_error_rates_are_those_of_the_figures(figures):
    rows = {(r.rule, r.stratum): asdict(r) for r in change_rates(figures)}
    told = figures["conditions"][STATED]["all"]
    row = rows["change", "all"]
    assert row["right"] == told["right_change"]
    assert row["wrong"] == told["said_change"] - told["right_change"]
    assert row["found"] + row["missed"] == told["change"]
    for name in ("precision", "recall"):
        assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
    assert {rule for rule, _ in rows} == {"change", *RULE_NAMES}
    core = figures["left_out"]["core"]["precision"]
    assert rows["change", "left_out:core"]["precision"] == core[0]
