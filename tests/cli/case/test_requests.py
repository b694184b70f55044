"""`case requests`: the plan, and what each service is sent."""

import csv
import io
import json
import shutil
import zipfile
from hashlib import sha256
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader
from tests.cli.documented import NOTES, check
from tests.cli.running import peelchain


def report_of(folder):
    return json.loads((folder / "report.json").read_text())


def block_hash_at(folder, height: int) -> str:
    """The hash of a header of the bundle, reckoned here."""
    with zipfile.ZipFile(folder / "bundle.zip") as bundle:
        (name,) = [n for n in bundle.namelist() if n.endswith("/headers.bin")]
        header = bundle.read(name)[80 * height : 80 * height + 80]
    return sha256(sha256(header).digest()).digest()[::-1].hex()


@pytest.fixture(scope="module")
def case(investigated, tmp_path_factory):
    """A copy of the case, to be written to."""
    made = tmp_path_factory.mktemp("requests") / "case"
    shutil.copytree(investigated.case, made)
    return made


@pytest.fixture(scope="module")
def written(investigated, case):
    return peelchain(
        *("case", "requests", "write", "--case", case, "--store", investigated.store),
        *("--ask", "=HYPERLINK(0) keep the mail too", "--date", "2024-02-01", "--json"),
    ).answer


def test_the_plan_says_what_each_request_adds(case, tmp_path):
    curve = tmp_path / "curve.svg"
    asked = ("case", "requests", "plan", "--case", case, "--share", "0.8", "--curve", curve)
    answer = peelchain(*asked, "--json").answer
    check("case requests plan", answer)
    sums = [step["sum"] for step in answer["steps"]]
    assert sums == [sum(s["adds"] for s in answer["steps"][: i + 1]) for i in range(len(sums))]
    planned = [step for step in answer["steps"] if step["planned"]]
    assert [step["entity"] for step in planned] == answer["services"]
    assert answer["covered"] == planned[-1]["sum"] >= answer["weight"] * 8 // 10
    assert answer["proved"]
    # One request fewer could not do it: not even the greatest ones.
    adds = sorted((step["adds"] for step in answer["steps"]), reverse=True)
    assert sum(adds[: len(planned) - 1]) < answer["needed"]
    assert curve.read_text() == answer["curve"]
    rows = peelchain(*asked, "--csv").out
    assert rows.split("\n")[0] == NOTES["case requests plan"]["csv"]
    assert "no fewer can" in peelchain(*asked).out


def test_payers_beyond_every_service_are_said_to_be(case):
    asked = ("case", "requests", "plan", "--case", case, "--of", "payers", "--share", "1")
    answer = peelchain(*asked, "--json").answer
    report = report_of(case)
    payers = {row["address"] for row in report["receipts"]}
    straight = {
        next(r["address"] for r in report["receipts"] if r["outpoint"] == row["path"][-1])
        for row in report["inflows"]
        if row["hops"] <= 1 and any(row["traced_sat"].values())
    }
    assert answer["weight"] == len(payers)
    assert len(straight) <= answer["reach"] < len(payers)
    assert not answer["reached"]
    assert f"{answer['needed']} were wanted" in peelchain(*asked).out


def test_no_more_requests_than_asked_for(case):
    asked = ("case", "requests", "plan", "--case", case, "--share", "1", "--most", 2, "--json")
    assert len(peelchain(*asked).answer["services"]) == 2


def test_each_service_gets_its_payments_and_no_other(written, case):
    check("case requests write", written)
    report = report_of(case)
    every = {row["id"]: row for row in report["inflows"] + report["outflows"]}
    named: set[str] = set()
    for service in written["services"]:
        rows = list(csv.DictReader(io.StringIO((case / service["files"][0]).read_text())))
        assert [int(row["row"]) for row in rows] == list(range(1, len(rows) + 1))
        for row in rows:
            findings = [every[name] for name in row["finding"].split()]
            named |= {found["id"] for found in findings}
            assert {found["entity"] for found in findings} == {service["entity"]}
            outpoint = f"{row['txid']}:{row['vout']}"
            if row["direction"] == "deposit_candidate":
                assert all(outpoint in found["deposit_candidates"] for found in findings)
            else:
                (found,) = findings
                assert outpoint == found["outpoint"]
                assert row["address"] == (found["address"] or "")
                assert int(row["value_sat"]) == found["value_sat"]
                assert row["time_utc"] == found["time_utc"]
                assert int(row["height"]) == found["height"]
        first = rows[0]
        assert first["block_hash"] == block_hash_at(case, int(first["height"]))
        sat = sum(int(r["value_sat"]) for r in rows if r["direction"] == "paid_out")
        assert sat == service["paid_out_sat"]
    wanted = {
        name
        for name, row in every.items()
        if any(row["traced_sat"].values()) and (name[0] == "O" or row["hops"] <= 1)
    }
    assert wanted
    asked = json.loads((case / f"requests/{written['entry']}/requests.json").read_text())
    told = {f for s in asked["services"] for r in s["rows"] for f in r["findings"]}
    assert told == wanted


def test_the_workbook_and_the_pdf_say_the_same(written, case):
    service = written["services"][0]
    names = {Path(name).suffix: case / name for name in service["files"]}
    rows = list(csv.reader(io.StringIO(names[".csv"].read_text())))
    book = openpyxl.load_workbook(names[".xlsx"])
    page = [["" if c.value is None else str(c.value) for c in row] for row in book["schedule"]]
    assert page == rows
    about = [c for row in book.worksheets[1].iter_rows() for c in row]
    assert not {c.data_type for c in about} - {"s", "n", "inlineStr"}
    assert any("=HYPERLINK(0) keep the mail too" in str(c.value) for c in about)
    text = "".join(p.extract_text() for p in PdfReader(names[".pdf"]).pages)
    squeezed = text.replace("\n", "").replace("\u200b", "")
    for row in rows[1:]:
        assert f"{row[3]}:{row[4]}" in squeezed
        assert row[8] in squeezed
    assert "keep the mail too" in squeezed


def test_the_schedules_of_one_entry_are_the_same_each_time(written, investigated, case, tmp_path):
    shutil.copytree(investigated.case, tmp_path / "case")
    again = peelchain(
        *("case", "requests", "write", "--case", tmp_path / "case", "--store", investigated.store),
        *("--ask", "=HYPERLINK(0) keep the mail too", "--date", "2024-02-01", "--json"),
    ).answer
    names = [name for service in written["services"] for name in service["files"]]
    assert names
    for name in names:
        assert (tmp_path / "case" / name).read_bytes() == (case / name).read_bytes()
    assert again["entry"] == written["entry"]


def test_services_are_chosen_by_label_and_by_plan(investigated, case):
    asked = ("case", "requests", "write", "--case", case, "--store", investigated.store)
    label = report_of(case)["by_service"]["inflows"][0]["label"]
    one = peelchain(*asked, "--service", label.upper(), "--language", "es", "--json").answer
    assert [s["label"] for s in one["services"]] == [label]
    text = PdfReader(case / one["services"][0]["files"][2]).pages[0].extract_text()
    assert "Qué se pide" in text
    planned = peelchain(*asked, "--plan", "--share", "0.5", "--csv").out
    assert planned.split("\n")[0] == NOTES["case requests write"]["csv"]
    peelchain(*asked, "--service", "Nobody's").refused(2, "no service", "give one of")
    peelchain(*asked, "--plan", "--service", "S1").refused(2, "exclude each other")
    peelchain(*asked, "--language", "xx").refused(2, "no catalogue", "en or es")
    peelchain("case", "requests", "plan", "--case", case, "--share", "1.2").refused(2, "no share")
    peelchain("case", "requests", "plan", "--case", case, "--of", "men").refused(
        2, "value or payers"
    )
