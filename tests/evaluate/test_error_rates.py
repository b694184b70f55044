"""Rows of error rates: how they are made, written, read, and which one is quoted."""

import json
from dataclasses import replace

import pytest

from peelchain.errors import SourceError
from peelchain.evaluate import error_rates
from peelchain.evaluate.error_rates import (
    Counted,
    Measured,
    measured_error,
    rate,
    read_measured,
    shipped,
    with_rows,
    written,
)

ROW = rate(
    "multi_input",
    "all",
    Counted(said=((99, 100), (50, 50)), sought=((10, 40), (0, 0))),
    data="ten economies",
    basis="simulated",
    unit="merges",
    made_by="peelchain evaluate simulated",
    seeds="1 to 2",
)


def test_a_row_has_its_counts_shares_and_intervals():
    assert (ROW.right, ROW.wrong, ROW.found, ROW.missed) == (149, 1, 10, 30)
    assert ROW.precision == 149 / 150
    assert ROW.precision_low is not None
    assert ROW.precision_high is not None
    assert ROW.precision_low < 149 / 150 < ROW.precision_high
    assert ROW.recall_low is not None
    assert ROW.recall_high is not None
    assert ROW.recall_low < 0.25 < ROW.recall_high


def test_what_cannot_be_told_is_null_and_what_was_not_there_has_no_share():
    row = rate("r", "all", Counted(said=((0, 0),)), data="d", basis="real", unit="u", made_by="m")
    assert (row.right, row.wrong, row.precision, row.precision_low) == (0, 0, None, None)
    assert (row.found, row.missed, row.recall, row.recall_high) == (None,) * 4


def test_rows_are_read_as_they_were_written(tmp_path):
    rows = (ROW, replace(ROW, stratum="era:1", recall=None))
    file = tmp_path / "rates.json"
    full = Measured(rows, (("habits", "trade", "", 3),), (("habits", "default", 0.5, 0.25, 0.75),))
    for measured in (full, Measured()):
        file.write_text(written(measured))
        assert read_measured(file) == measured


def test_rows_take_the_place_of_those_that_their_command_made_before():
    other = replace(ROW, made_by="peelchain evaluate coinjoins")
    before = Measured((replace(ROW, right=3), other), (("habits", "trade", "", 3),))
    after = with_rows(before, [ROW], "peelchain evaluate simulated")
    assert after.rows == (other, ROW)
    assert after.verdicts == before.verdicts
    more = Measured(verdicts=(("habits", "omni", "", 1),))
    assert with_rows(before, [ROW], "peelchain evaluate simulated", more).verdicts == more.verdicts


def test_shipped_rows_are_well_formed_and_each_is_quoted_by_its_name():
    for row in shipped():
        said = measured_error(row.rule, row.stratum)
        assert said is not None
        assert (said.rule, said.stratum) == (row.rule, row.stratum)
    assert error_rates.SHIPPED.read_text() == written(read_measured(error_rates.SHIPPED))


def test_field_data_are_quoted_before_simulated_ones(monkeypatch):
    rows = (ROW, replace(ROW, basis="field"), replace(ROW, basis="real"))
    monkeypatch.setattr(error_rates, "shipped", lambda: rows)
    assert measured_error("multi_input") == rows[1]
    assert measured_error("multi_input", "era:1") is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"precision": 1.5}, "row 2: precision is 1.5"),
        ({"right": -1}, "row 2: right is -1"),
        ({"right": True}, "row 2: right is True"),
        ({"rule": 3}, "row 2: rule is 3"),
        ({"basis": "guessed"}, "row 2: basis 'guessed'"),
        ({"more": 1}, "row 2: its keys"),
    ],
)
def test_a_damaged_row_is_refused_by_its_number(tmp_path, change, message):
    said = json.loads(written(Measured((ROW, ROW))))
    said["rows"][1] |= change
    file = tmp_path / "rates.json"
    file.write_text(json.dumps(said))
    with pytest.raises(SourceError, match=message):
        read_measured(file)


@pytest.mark.parametrize(
    ("name", "row"),
    [("verdicts", ["habits", "trade", 3]), ("agreement", ["habits", "default", 1, 0.5, 0.5])],
)
def test_a_damaged_row_of_another_kind_is_refused(tmp_path, name, row):
    file = tmp_path / "rates.json"
    file.write_text(
        json.dumps({"format": 1, "rows": [], "verdicts": [], "agreement": [], name: [row]})
    )
    with pytest.raises(SourceError, match=f"{name} 1: .* is no row of it"):
        read_measured(file)


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2}', '{"format": 1}', "[" * 100_000])
def test_a_file_that_holds_no_rates_is_refused(tmp_path, text):
    file = tmp_path / "rates.json"
    file.write_text(text)
    with pytest.raises(SourceError, match=r"rates\.json"):
        read_measured(file)
