"""Every kind of PDF passes veraPDF as PDF/A-2a and as PDF/UA-1."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.case.report.assured import assurance_of, record_of

from peelchain.case.report import render_pdf
from peelchain.case.report.catalogue import load_texts
from peelchain.case.requests.places import Place
from peelchain.case.requests.schedule import Row, Schedule, schedule_pdf

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def verapdf() -> list[str]:
    """The command line of veraPDF."""
    jars = Path(os.environ.get("PEELCHAIN_VERAPDF", ROOT / ".verapdf"))
    if shutil.which("java") is None or not any(jars.glob("greenfield-apps-*.jar")):
        why = "there is no Java, or no veraPDF: run 'make .verapdf'"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return ["java", "-cp", f"{jars}/*", "org.verapdf.apps.GreenfieldCliWrapper"]


def schedule(language: str) -> bytes:
    place = Place("ab" * 32 + ":1", None, "2020-01-01T00:00:00Z", 7, "cd" * 32, 5, {"EUR": "1.00"})
    rows = tuple(Row(("I1",), kind, place) for kind in ("paid_out", "paid_in", "deposit_candidate"))
    return schedule_pdf(
        Schedule(
            case="demo",
            date_utc="2026-01-31T12:00:00Z",
            entity="S1",
            label="Börse <1>",
            network="regtest",
            tip="block 9",
            jurisdictions=("CY", "MT"),
            currencies=("EUR", "USD"),
            rows=rows,
            more="And the e-mail address.",
        ),
        load_texts(language),
    )


def test_every_pdf_is_archival_and_accessible(verapdf, make_report, tmp_path):
    report, case = make_report()
    bare, empty_case = make_report(receipts=0, inflows=0, outflows=0)
    report["assurance"] = assurance_of(report)
    made = {
        "served": render_pdf(report, case, digest="ab" * 32, record=record_of()),
        "in-bundle": render_pdf(report, case, digest=None, record=record_of()),
        "spanish": render_pdf({**report, "language": "es"}, case, digest="ab" * 32),
        "empty": render_pdf(bare, empty_case, digest="ab" * 32),
        "schedule": schedule("en"),
        "relacion": schedule("es"),
    }
    for name, pdf in made.items():
        (tmp_path / f"{name}.pdf").write_bytes(pdf)
    files = [str(tmp_path / f"{name}.pdf") for name in made]
    for flavour in ("2a", "ua1"):
        said = subprocess.run(
            [*verapdf, "--flavour", flavour, "--format", "text", *files],
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line for line in said.stdout.splitlines() if line.startswith(("PASS", "FAIL"))]
        assert len(lines) == len(files), said.stderr
        assert all(line.startswith("PASS") for line in lines), said.stdout


def test_a_pdf_that_is_neither_does_not_pass(verapdf, tmp_path):
    import typst

    (tmp_path / "plain.pdf").write_bytes(typst.compile(b"no tags, no title", pdf_tags=False))
    said = subprocess.run(
        [*verapdf, "--flavour", "ua1", "--format", "text", str(tmp_path / "plain.pdf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.stdout.startswith("FAIL")
