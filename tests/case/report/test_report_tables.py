"""The CSV twins say what report.json says, in the columns of docs/evidence-format.md."""

import csv
import io

import pytest

from peelchain.case.report import csv_twins
from peelchain.errors import BundleError


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"))))


def test_columns_are_the_format_pages(make_report):
    heads = {n: d.decode().split("\n", 1)[0] for n, d in csv_twins(make_report()[0]).items()}
    assert heads == {
        "receipts.csv": "id,outpoint,address,time_utc,height,value_sat,fiat_EUR,fiat_USD",
        "inflows.csv": "id,entity,outpoint,address,time_utc,height,value_sat,"
        "traced_sat_pro_rata,traced_sat_index_fifo,fiat_EUR,fiat_USD,"
        "receipts,hops,basis",
        "outflows.csv": "id,entity,outpoint,address,time_utc,height,value_sat,"
        "traced_sat_pro_rata,traced_sat_index_fifo,fiat_EUR,fiat_USD,"
        "hops,deposit_candidates,basis",
    }


def test_rows_are_the_reports(make_report):
    report, _ = make_report()
    twins = csv_twins(report)
    for name in ("inflows", "outflows", "receipts"):
        read = rows_of(twins[f"{name}.csv"])
        assert len(read) == len(report[name])
        for row, cells in zip(report[name], read, strict=True):
            assert int(cells["value_sat"]) == row["value_sat"]
            assert cells["outpoint"] == row["outpoint"]
            assert cells["fiat_EUR"] == row["fiat"]["EUR"]
            for rule, sat in row.get("traced_sat", {}).items():
                assert int(cells[f"traced_sat_{rule}"]) == sat
    assert rows_of(twins["inflows.csv"])[0]["receipts"].split() == report["inflows"][0]["receipts"]


def test_lines_end_in_lf_and_missing_values_are_empty(make_report):
    report, _ = make_report(receipts=2)
    report["receipts"][0]["address"] = None
    del report["receipts"][0]["fiat"]["EUR"]
    data = csv_twins(report)["receipts.csv"]
    assert b"\r" not in data
    assert data.endswith(b"\n")
    first, second = rows_of(data)
    assert (first["address"], first["fiat_EUR"]) == ("", "")
    assert second["fiat_EUR"]


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+1", "-1", "@x", "\tx", "a,b", 'a"b', "a\nb"])
def test_a_cell_that_needs_quotes_or_is_a_formula_is_refused(make_report, text):
    report, _ = make_report()
    report["inflows"][2]["entity"] = text
    with pytest.raises(BundleError, match=r"inflows\.csv: row 3 "):
        csv_twins(report)


def test_no_rows_leave_a_header_with_every_rule_and_currency(make_report):
    report, _ = make_report(receipts=0, inflows=0, outflows=0)
    twins = csv_twins(report)
    assert twins["receipts.csv"] == (
        b"id,outpoint,address,time_utc,height,value_sat,fiat_EUR,fiat_USD\n"
    )
    assert b",traced_sat_pro_rata,traced_sat_index_fifo," in twins["inflows.csv"]
