"""What the report says of how far it holds, and of the case's own record."""

import io
import re
from typing import Any

import pytest
from pypdf import PdfReader
from tests.case.report.assured import assurance_of, record_of
from tests.case.report.conftest import hash_of

from peelchain.case.report import render_pdf

DIGEST = "ab" * 32


def squeezed(text: str) -> str:
    return re.sub(r"\s|\u200b", "", text)


@pytest.fixture
def assured(make_report):
    report, case = make_report()
    report["assurance"] = assurance_of(report)
    return report, case


def pages_of(report, case, **more) -> list[str]:
    pdf = render_pdf(report, case, digest=DIGEST, **more)
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def test_every_rule_stands_with_its_bounds(assured):
    text = squeezed("".join(pages_of(*assured)))
    part = text[text.rindex("Everyrule,withitsbounds") : text.rindex("Nullcontrol")]
    for row in assured[0]["assurance"]["rule_table"]["backward"]["rows"]:
        for sat in [*row["traced_sat"].values(), row["least_sat"], row["most_sat"]]:
            assert f"{sat // 10**8}.{sat % 10**8:08d}" in part


def test_null_control_alternatives_and_what_would_change_are_told(assured):
    text = squeezed("".join(pages_of(*assured)))
    assert "20drawsof42outputseach(41ofthem" in text
    assert "17of20" in text
    assert "2of20" in text
    assert "batchpayment" in text
    assert "DeskSeveninstead" in text
    assert hash_of("member") in text
    assert "0.0042" in text
    annex = text[text.rindex("AnnexD:whateachfindingrestson") :]
    assert "0.00000012to0.00003456" in annex
    assert "batchpayment:4" in annex
    assert "0.8765" in annex


def test_hypotheses_exhibits_files_and_abandoned_work_are_told(assured):
    text = squeezed("".join(pages_of(*assured, record=record_of())))
    part = text[text.rindex("HypothesisH1") :]
    assert "Onemanrunsbothsites" in part
    assert "I2" in part
    assert "Twolanguages" in part
    assert hash_of("page") in part
    assert "page.html(keptelsewhere" in part
    assert hash_of("file") in part
    schedule = text[text.rindex("Scheduleofwork") :]
    assert "2seeds;prorata;chainuptoblock777" in schedule
    assert "undone" in schedule


def test_what_is_withheld_is_said_to_be(assured):
    text = squeezed("".join(pages_of(*assured, record=record_of(withheld=True))))
    assert "Onemanrunsbothsites" not in text
    assert "page.html" not in text
    assert text.count("(withheld)") >= 4


@pytest.mark.parametrize(("language", "services"), [("en", 1), ("es", 4), ("en", 40), ("es", 40)])
def test_the_summary_is_one_page(make_report, language, services):
    report, case = make_report(receipts=20, inflows=80, outflows=60, services=services)
    if services == 40:
        for entity in report["entities"].values():
            entity["label"] = "W" * 200
    report["assurance"] = assurance_of(report)
    report["language"] = language
    pages = pages_of(report, case)
    words = {"en": ("Summary", "Flow of value"), "es": ("Resumen", "Flujo de valor")}[language]
    starts = [n for n, page in enumerate(pages) if re.search(rf"(?m)^{words[0]}$", page)]
    flows = [n for n, page in enumerate(pages) if re.search(rf"(?m)^{words[1]}$", page)]
    assert starts == [1]
    assert flows[0] == 2


def test_a_spanish_report_has_no_english_left(assured):
    report, case = assured
    report["language"], report["title"] = "es", "Caso"
    text = " ".join(pages_of(report, case, record=record_of()))
    data = {"One", "Two", "Saved"}
    left = set(re.findall(r"\b(the|and|with|which|from|amount|finding|Service|Total of)\b", text))
    assert not left - data
    catalog: Any = PdfReader(io.BytesIO(render_pdf(report, case, digest=DIGEST))).trailer["/Root"]
    assert catalog["/Lang"] == "es"


def test_the_pdf_is_tagged_titled_and_its_figures_described(assured):
    reader = PdfReader(io.BytesIO(render_pdf(*assured, digest=DIGEST, record=record_of())))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    metadata = root["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part>2<.*pdfaid:conformance>A<", metadata, re.DOTALL)
    assert "pdfuaid:part>1<" in metadata
    kinds: dict[str, int] = {}
    described = 0
    todo: list[Any] = [root["/StructTreeRoot"]]
    while todo:
        node = todo.pop().get_object()
        if not isinstance(node, dict):
            todo += node if isinstance(node, list) else []
            continue
        kind = str(node.get("/S", ""))
        kinds[kind] = kinds.get(kind, 0) + 1
        described += kind == "/Figure" and len(str(node.get("/Alt", ""))) > 10
        below = node.get("/K", [])
        todo += below if isinstance(below, list) else [below]
        todo = [item for item in todo if not isinstance(item, int)]
    assert kinds["/Table"] > 8
    assert kinds["/TH"] > 30
    assert kinds["/H1"] > 8
    assert kinds["/Figure"] == described == 2


def test_three_thousand_rows_leave_readable_tables(make_report):
    report, case = make_report(receipts=3000, inflows=3000, outflows=3000, services=6)
    report["assurance"] = assurance_of(report)
    pages = pages_of(report, case)
    assert len(pages) < 90
    text = squeezed("".join(pages))
    for side in ("receipts", "inflows", "outflows"):
        assert f"data/{side}.csvofthebundle" in text
    assert "Totalofall3,000rows" in text
