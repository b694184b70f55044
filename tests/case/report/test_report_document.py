"""The PDF: same bytes, full hashes, harmless labels, plain words where there is nothing."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader
from tests.case.report.doubted import doubts_of, no_doubts, rate, txid_of

import peelchain
from peelchain.case.report import render_pdf
from peelchain.case.report.payers import near_services
from peelchain.errors import BundleError

DIGEST = hashlib.sha256(b"the bundle").hexdigest()
HOSTILE = (
    '#panic("ran") #[x] ]] $1/0$ *bold* _it_ \\u{41} @ref <lab> `raw` // # = Heading',
    "safe\u202etxet\u202c \u2066hidden\u2069",
    "line one\nline two\r\tend\x00\x1b[31mred",
    "W" * 5000,
    "<script>alert(1)</script>&\"'",
    '#read("/etc/passwd") #image("x") #import "@preview/a:1.0.0": *',
    "{subject} {0} {texts.__class__} %s",
    "a" + "\u0301" * 200,
    "币安 交易所 🚀",
)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def squeezed(text: str) -> str:
    return re.sub(r"\s|\u200b", "", text)


def test_same_input_gives_the_same_bytes_in_another_environment(make_report, tmp_path):
    report, case = make_report()
    (tmp_path / "in.json").write_text(json.dumps([report, case], sort_keys=True))
    program = (
        "import json, sys\n"
        "from peelchain.case.report import render_pdf\n"
        "report, case = json.load(open(sys.argv[1]))\n"
        "sys.stdout.buffer.write(render_pdf(report, case, digest=sys.argv[2]))\n"
    )
    here = render_pdf(report, case, digest=DIGEST)
    source = str(Path(peelchain.__file__).parent.parent)
    for zone, seed, language in (("Asia/Tokyo", "1", "C"), ("America/Lima", "77", "tr_TR.UTF-8")):
        there = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "in.json"), DIGEST],
            env={
                "TZ": zone,
                "PYTHONHASHSEED": seed,
                "LANG": language,
                "LC_ALL": language,
                "PYTHONPATH": source,
                "PATH": os.environ["PATH"],
            },
            cwd=tmp_path,
            capture_output=True,
            check=True,
        ).stdout
        assert there == here


def test_first_page_bears_digest_tip_and_how_to_check(make_report):
    report, case = make_report()
    pages = PdfReader(io.BytesIO(render_pdf(report, case, digest=DIGEST))).pages
    first = pages[0].extract_text()
    lines = [line.strip() for line in first.splitlines()]
    assert DIGEST in lines
    assert f"python verify.py --expect {DIGEST}" in lines
    assert " ".join(DIGEST[i : i + 4] for i in range(0, 32, 4)) in lines
    assert any(line.endswith(case["tip"]["hash"]) for line in lines)
    for words in (report["title"], case["case"], case["date_utc"], "block 2400", "Signature"):
        assert words in first
    assert all(DIGEST in page.extract_text() for page in pages)


def test_copy_inside_the_bundle_says_why_it_has_no_digest(make_report):
    report, case = make_report()
    first = PdfReader(io.BytesIO(render_pdf(report, case, digest=None))).pages[0].extract_text()
    assert "This is the copy inside the bundle" in first
    assert "Signature" not in first


def test_date_is_the_journals(make_report):
    report, case = make_report()
    made = PdfReader(io.BytesIO(render_pdf(report, case, digest=None))).metadata.creation_date
    assert made.strftime("%Y-%m-%dT%H:%M:%SZ") == case["date_utc"]


@pytest.mark.parametrize("digest", ["", "ab", DIGEST.upper(), DIGEST[:-1] + "\n"])
def test_malformed_digest_is_refused(make_report, digest):
    report, case = make_report()
    with pytest.raises(BundleError, match="64 lower-case hex digits"):
        render_pdf(report, case, digest=digest)


def test_malformed_date_is_refused(make_report):
    report, case = make_report()
    with pytest.raises(BundleError, match="date_utc"):
        render_pdf(report, {**case, "date_utc": "yesterday"}, digest=None)


def test_hostile_texts_are_shown_and_do_nothing(make_report):
    for label in HOSTILE:
        report, case = make_report(receipts=3, inflows=3, outflows=3, services=2)
        report["title"] = case["case"] = label
        for entity in report["entities"].values():
            entity["label"] = label
            entity["category"] = label
            entity["tags"] = [{"label": label, "source": label, "lastmod": None}]
        for row in report["receipts"] + report["inflows"] + report["outflows"]:
            row["address"] = label
        case["parameters"] = {label: [label, {label: label}]}
        case["policy"] = label
        report["rates"] = [{"currency": "EUR", "source": label}]
        text = text_of(render_pdf(report, case, digest=DIGEST))
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b\u0301]", text)
        assert squeezed("How to check this report") in squeezed(text)
        if label.startswith("#panic"):
            assert squeezed('#panic("ran") #[x] ]] $1/0$ *bold*') in squeezed(text)
        if "\u202e" in label:
            assert "safe‹U+202E›t" in squeezed(text)
        if "\n" in label:
            assert "lineone‹U+000A›linetwo" in squeezed(text)
        if "币" in label:
            assert "‹U+5E01›" in squeezed(text)


def test_annexes_show_the_largest_rows_whole_and_the_sum_of_all(make_report):
    report, case = make_report(receipts=2000, inflows=2500, outflows=90, services=14)
    for row in report["inflows"][-40:]:
        row["traced_sat"] = dict.fromkeys(report["rules"], 0)
    reader = PdfReader(io.BytesIO(render_pdf(report, case, digest=DIGEST)))
    assert len(reader.pages) < 50
    text = squeezed("\n".join(page.extract_text() for page in reader.pages))
    annex = text[text.rindex("AnnexA:receipts") :]
    inflows = sorted(report["inflows"], key=lambda row: -row["traced_sat"]["pro_rata"])
    receipts = sorted(report["receipts"], key=lambda row: -row["value_sat"])
    for row in [*inflows[:100], *receipts[:100], *report["outflows"]]:
        assert row["outpoint"] in annex
        assert row["address"] in annex
    places = [annex.index(row["outpoint"]) for row in receipts[:100]]
    assert places == sorted(places)
    assert inflows[100]["outpoint"] not in annex[annex.index("AnnexB:inflows") :]
    assert receipts[100]["outpoint"] not in annex[: annex.index("AnnexB:inflows")]
    for words in (
        "Of 2,500 rows the 100 largest",
        "2,360 more rows in data/inflows.csv of the bundle",
        "Total of all 2,500 rows",
        "1,900 more rows in data/receipts.csv of the bundle",
        "40 of the payments are on a path",
        "Total of all 90 rows",
    ):
        assert squeezed(words) in annex
    rest = sum(row["value_sat"] for row in receipts[100:])
    assert f"{rest // 10**8}.{rest % 10**8:08d}" in annex
    assert inflows[-1]["outpoint"] not in annex


def test_findings_say_how_near_each_service_was(make_report):
    report, case = make_report()
    text = squeezed(text_of(render_pdf(report, case, digest=None)))
    for side, least in (("inflows", 0), ("outflows", 1)):
        for hops, words in ((least, "straight"), (least + 1, "throughonetransaction")):
            rows = [row for row in report[side] if row["hops"] == hops]
            sat = sum(row["traced_sat"]["pro_rata"] for row in rows)
            said = f"{sat // 10**8}.{sat % 10**8:08d}BTC{words}({len(rows)}payments)"
            assert said in text


def test_who_paid_names_the_services_near_each_address(make_report):
    report, case = make_report(receipts=60, inflows=20)
    for row in report["receipts"][:3]:
        row["address"] = "one-customer"
        row["value_sat"] = 10**9
    text = squeezed(text_of(render_pdf(report, case, digest=None)))
    first, second = report["inflows"][:2]
    assert (first["hops"], second["hops"]) == (0, 1)
    customer = text[text.index("one-customer") :][:400]
    names = {entity: value["label"] for entity, value in report["entities"].items()}
    for row, words in ((first, "straight,1"), (second, "throughone,1")):
        assert squeezed(names[row["entity"]]) + ":" + words in customer
    assert squeezed("Total of all 58 addresses") in text
    assert squeezed("18 more addresses (receipts.csv, inflows.csv)") in text


def test_a_withdrawal_is_near_only_to_receipts_of_the_next_transaction(make_report):
    report, _ = make_report()
    row = report["inflows"][1]
    far = report["receipts"][33]
    before = near_services(report).get(far["id"])
    row["receipts"] = [*row["receipts"], far["id"]]
    near = near_services(report)
    assert ("one", row["entity"]) in near[row["receipts"][0]]
    assert near.get(far["id"]) == before


def test_amounts_are_exact_beyond_what_a_double_holds(make_report):
    report, case = make_report()
    report["inflows"][0]["traced_sat"]["pro_rata"] = 2_099_999_997_690_001
    report["receipts"][0]["value_sat"] = 9_007_199_254_740_993
    text = text_of(render_pdf(report, case, digest=None))
    assert "20999999.97690001" in text
    assert "90071992.54740993" in text


def test_empty_findings_are_said_in_plain_words(make_report):
    report, case = make_report(receipts=0, inflows=0, outflows=0)
    report["traces"], report["rates"] = [], []
    report["totals"]["fiat"] = {}
    text = squeezed(text_of(render_pdf(report, case, digest=None)))
    for words in (
        "No inflow from a known service was found.",
        "No outflow to a known service was found.",
        "There are no receipts.",
        "No value was traced.",
        "No exchange rates were used.",
    ):
        assert squeezed(words) in text


def test_report_without_its_optional_parts_renders(make_report):
    report, case = make_report()
    for key in ("traces", "entities", "versions"):
        del report[key]
    assert "Exchange North" in text_of(render_pdf(report, case, digest=None))


def test_sums_are_shown_and_a_false_one_is_called_so(make_report):
    report, case = make_report()
    assert "equal to the seeds" in text_of(render_pdf(report, case, digest=None))
    report["traces"][0]["totals"]["service"] += 1
    assert "NOT equal to the seeds" in text_of(render_pdf(report, case, digest=None))


def test_errors_are_unmeasured_unless_given(make_report):
    report, case = make_report()
    assert "not yet measured on this chain" in text_of(render_pdf(report, case, digest=None))
    report["method"] = {
        "error_rates": [
            rate("policy:default", "0.9987", "0.6123", stratum="condition:payjoin-1"),
            rate(
                "wasabi_1_0", None, "1.0000", basis="real", made_by="peelchain evaluate coinjoins"
            ),
        ]
    }
    text = text_of(render_pdf(report, case, digest=None))
    assert "not yet measured" not in text
    for said in (
        *("0.9987", "0.9000 to 1.0000", "0.6123", "clustering under the default policy"),
        *("simulated; payjoin-1", "Wasabi 1.0", "not known", "1.0000", "real transactions"),
        *("They cannot show how common", "peelchain evaluate coinjoins"),
    ):
        assert said in text, said


def test_doubts_are_told_under_limits_with_their_transactions(make_report):
    report, case = make_report()
    assert "Doubts in this case" not in text_of(render_pdf(report, case, digest=None))
    report["doubts"] = no_doubts()
    assert "None were found" in text_of(render_pdf(report, case, digest=None))
    report["doubts"] = doubts_of()
    paged = text_of(render_pdf(report, case, digest=None))
    text = " ".join(paged.split())
    subject = report["doubts"]["possible_payjoins"][0]
    assert "None were found" not in text
    assert "Of 40 transactions joining addresses of pay site, 3 may be PayJoins" in text
    assert "50 of 57 addresses, and 1.00000000 BTC of the" in text
    assert "Of 1 transaction joining addresses of Exchange North, 1 may be PayJoins" in text
    assert "tags name Exchange North, Market East in it" in text
    assert "2 transactions joined parts of it that were great already" in text
    assert "Exchange North is used, others say Desk" in text
    assert "as Desk. Where that is another party, a seed or a link is wrong" in text
    flat = paged.replace("\n", "")
    assert all(txid in flat for txid in subject["txids"][:2])
    assert subject["txids"][2] not in flat, "no finding rests on it"


def test_many_doubts_are_counted(make_report):
    report, case = make_report(services=30)
    report["doubts"] = doubts_of()
    (row,) = report["doubts"]["possible_payjoins"][1:]
    report["doubts"]["possible_payjoins"] = [
        row | {"entity": f"service-{n + 1}", "relied_on": 1, "txids": [txid_of("many", n)]}
        for n in range(30)
    ]
    text = text_of(render_pdf(report, case, digest=None))
    assert text.count("may be PayJoins (") == 6
    assert "And 24 more of this kind" in text
    flat = text.replace("\n", "")
    assert [txid_of("many", n) in flat for n in range(30)] == [True] * 20 + [False] * 10
    assert "and 10 more, under doubts" in text


def test_outpoints_without_a_rate_are_named(make_report):
    report, case = make_report()
    report["without_rate"] = [report["receipts"][1]["outpoint"]]
    report["receipts"][1]["fiat"] = {}
    text = text_of(render_pdf(report, case, digest=None))
    assert text.count(report["receipts"][1]["outpoint"]) == 2
    assert "no rate" in text
