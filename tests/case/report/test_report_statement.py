"""The statement: what the report says, in a form that a witness can edit."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import docx
from tests.case.report.assured import assurance_of, record_of

import peelchain
from peelchain.case.report import statement_docx
from peelchain.units import format_btc

DIGEST = "ab" * 32


def text_of(content: bytes) -> str:
    made = docx.Document(io.BytesIO(content))
    parts = [p.text for p in made.paragraphs]
    parts += [c.text for t in made.tables for row in t.rows for c in row.cells]
    return "\n".join(parts)


def test_it_says_what_the_report_says_and_leaves_room_for_the_witness(make_report):
    report, case = make_report()
    report["assurance"] = assurance_of(report)
    content = statement_docx(report, case, digest=DIGEST, record=record_of())
    text = text_of(content)
    assert DIGEST in text
    assert format_btc(report["totals"]["received_sat"]) in text
    for side in ("inflows", "outflows"):
        for row in report["by_service"][side]:
            assert row["label"] in text
            assert format_btc(row["traced_sat"]["pro_rata"]) in text
            assert format_btc(row["traced_sat"]["index_fifo"]) in text
    for words in ("[name]", "[authority]", "Statement of truth", "One man runs both sites"):
        assert words in text
    made = docx.Document(io.BytesIO(content))
    heads = [p.text for p in made.paragraphs if p.style and p.style.name.startswith("Heading")]
    assert {"Summary", "Findings", "Method", "Exhibits"} <= set(heads)
    described = [shape._inline.docPr.get("descr") for shape in made.inline_shapes]
    assert len(described) == 2
    assert all("pay site" in text for text in described)


def test_the_same_case_gives_the_same_bytes_elsewhere(make_report, tmp_path):
    import json

    report, case = make_report()
    (tmp_path / "in.json").write_text(json.dumps([report, case]))
    program = (
        "import json, sys\n"
        "from peelchain.case.report import statement_docx\n"
        "report, case = json.load(open(sys.argv[1]))\n"
        f"sys.stdout.buffer.write(statement_docx(report, case, digest={DIGEST!r}))\n"
    )
    there = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "in.json")],
        env={
            "TZ": "Asia/Tokyo",
            "PYTHONHASHSEED": "7",
            "LANG": "C",
            "PYTHONPATH": str(Path(peelchain.__file__).parent.parent),
            "PATH": os.environ["PATH"],
        },
        cwd=tmp_path,
        capture_output=True,
        check=True,
    ).stdout
    assert there == statement_docx(report, case, digest=DIGEST)
    with zipfile.ZipFile(io.BytesIO(there)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
    properties = docx.Document(io.BytesIO(there)).core_properties
    assert properties.created.strftime("%Y-%m-%dT%H:%M:%SZ") == case["date_utc"]
    assert properties.author == ""


def test_it_speaks_spanish(make_report):
    report, case = make_report()
    report["language"] = "es"
    content = statement_docx(report, case, digest=DIGEST)
    assert "Declaración de veracidad" in text_of(content)
    assert docx.Document(io.BytesIO(content)).core_properties.language == "es-ES"


def test_hostile_labels_are_plain_text(make_report):
    report, case = make_report(receipts=3, inflows=3, outflows=3, services=2)
    for entity in report["entities"].values():
        entity["label"] = "<w:p>\x00&\x1b]0;\u202e"
    text = text_of(statement_docx(report, case, digest=DIGEST))
    assert "<w:p>‹U+0000›&‹U+001B›]0;‹U+202E›" in text
