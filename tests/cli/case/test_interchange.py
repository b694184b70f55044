"""`case interchange`, each format held against its own library or validator."""

import csv
import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook
from tests.cli.documented import check
from tests.cli.running import peelchain

ROOT = Path(__file__).resolve().parents[3]
VALIDATORS = Path(os.environ.get("PEELCHAIN_VALIDATORS", ROOT / ".validators"))


@pytest.fixture(scope="module")
def case(investigated, tmp_path_factory):
    """A copy of the case: the tests add entries to it."""
    copy = tmp_path_factory.mktemp("interchange") / "case"
    shutil.copytree(investigated.case, copy)
    return copy


@pytest.fixture(scope="module")
def report(case):
    return json.loads((case / "report.json").read_text())


@pytest.fixture(scope="module")
def written(case):
    """The answer with every format, and the files by the last part of their names."""
    ran = peelchain("case", "interchange", "--case", case, "--date", "2024-02-01", "--json")
    assert ran.code == 0, ran.err
    return {Path(name).name: Path(path) for name, path in ran.answer["files"].items()}


def validator(program):
    """A program of the validators' own environment, which `make test` installs."""
    path = VALIDATORS / "bin" / program
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{path} is missing; run 'make .validators/.installed'")
        pytest.skip(f"{path} is missing; run 'make .validators/.installed'")
    return path


def run(program, *arguments):
    ran = subprocess.run(
        [validator(program), *arguments], capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout + ran.stderr


def findings(report):
    return {row["id"]: row for kind in ("receipts", "inflows", "outflows") for row in report[kind]}


def test_the_answer_names_what_was_written(case, tmp_path):
    out = tmp_path / "out"
    ran = peelchain(
        *("case", "interchange", "--format", "graphml", "--format", "csv", "--case", case),
        *("--out", out, "--for", "one unit", "--date", "2024-02-01", "--json"),
    )
    check("case interchange", ran.answer)
    assert {Path(copy).name for copy in ran.answer["copies"]} == {p.name for p in out.iterdir()}
    entries = peelchain("case", "journal", "--case", case, "--json").answer["entries"]
    made = next(e for e in entries if e["seq"] == ran.answer["entry"])
    assert (made["kind"], made["body"]["parameters"]["formats"]) == (
        "interchange",
        ["graphml", "csv"],
    )
    assert "one unit" not in json.dumps([e["body"] for e in entries])
    assert "one unit" in json.dumps(entries[-1]["opened"])


def test_the_same_report_gives_the_same_bytes(case, written):
    ran = peelchain("case", "interchange", "--case", case, "--date", "2030-02-01", "--json")
    for name, path in ran.answer["files"].items():
        assert Path(path).read_bytes() == written[Path(name).name].read_bytes(), name


def test_an_unknown_format_and_a_changed_report_are_refused(case, tmp_path):
    peelchain("case", "interchange", "--format", "dot", "--case", case).refused(2, "graphml")
    copy = tmp_path / "case"
    shutil.copytree(case, copy)
    with (copy / "report.json").open("ab") as file:
        file.write(b" ")
    peelchain("case", "interchange", "--case", copy).refused(1, "report.json", "journal")


def test_tables_hold_every_finding_with_its_basis(written, report):
    known = findings(report)
    rows = list(csv.DictReader(io.StringIO(written["payments.csv"].read_text())))
    assert [row["finding"] for row in rows] == list(known)
    for row in rows:
        finding = known[row["finding"]]
        assert int(row["value_sat"]) == finding["value_sat"]
        assert row["basis"] in ("fact", "inference", "assertion")
        assert row["source"]
        assert row["error"]
        for rule, sat in finding.get("traced_sat", {}).items():
            assert int(row[f"traced_sat_{rule}"]) == sat
    flows = list(csv.DictReader(io.StringIO(written["flows.csv"].read_text())))
    for trace in report["traces"]:
        if trace["direction"] == "forward":
            ends = [r for r in flows if (r["direction"], r["rule"]) == ("forward", trace["rule"])]
            fees = sum(int(r["traced_sat"]) for r in ends if not r["to_outpoint"])
            assert fees == trace["totals"].get("fee", 0)
    book = load_workbook(written["statements.xlsx"], read_only=True)
    assert sum(1 for _ in book["payments"].rows) == len(rows) + 1
    about = {row[0].value: row[1].value for row in book["about"].iter_rows(min_row=2)}
    assert about["tip_hash"] == report["tip"]["hash"]


def test_networkx_reads_the_graph(written, report):
    networkx = pytest.importorskip("networkx")
    graph = networkx.read_graphml(written["statements.graphml"], force_multigraph=True)
    payments = {
        data["label"]: (source, target, data)
        for source, target, data in graph.edges(data=True)
        if data["kind"] in ("receipt", "inflow", "outflow")
    }
    known = findings(report)
    assert set(payments) == set(known)
    for name, (source, target, data) in payments.items():
        assert data["value_sat"] == known[name]["value_sat"]
        if name.startswith("I"):
            assert (source, target) == (f"party:{known[name]['entity']}", "party:subject")
        if name.startswith("O"):
            assert (source, target) == ("party:subject", f"party:{known[name]['entity']}")
    assert all(data.get("basis") for _, data in graph.nodes(data=True))
    assert all(data.get("basis") for *_, data in graph.edges(data=True))


def test_i2_tables_join(written, report):
    entities = list(csv.DictReader(io.StringIO(written["i2-entities.csv"].read_text())))
    links = list(csv.DictReader(io.StringIO(written["i2-links.csv"].read_text())))
    names = {row["Identity"] for row in entities}
    assert len(names) == len(entities)
    assert len({row["Link Identity"] for row in links}) == len(links)
    assert {row["From Identity"] for row in links} | {row["To Identity"] for row in links} <= names
    assert all((row["Strength"] == "Confirmed") == (row["Basis"] == "fact") for row in links)
    assert {row["Label"] for row in links} >= set(findings(report))


def test_stix_is_read_by_its_library_and_passes_its_validator(written, report):
    stix2 = pytest.importorskip("stix2", reason="the extra `interchange` is not installed")
    content = written["statements.stix.json"].read_text()
    bundle = stix2.parse(content, allow_custom=True)
    relations = [o for o in bundle.objects if o["type"] == "relationship"]
    ids = {o["id"] for o in bundle.objects}
    for relation in relations:
        assert {relation["source_ref"], relation["target_ref"]} <= ids
    statements = [next(iter(r["extensions"].values())) for r in relations]
    assert {s["finding"] for s in statements if "finding" in s} == set(findings(report))
    assert {s["basis"] for s in statements} <= {"fact", "inference", "assertion"}
    code, said = run("stix2_validator", "-d", "103", "--", written["statements.stix.json"])
    assert code == 0, said
    assert "Valid" in said


def test_misp_reads_its_event(written, report):
    pymisp = pytest.importorskip("pymisp", reason="the extra `interchange` is not installed")
    event = pymisp.MISPEvent()
    event.load_file(written["statements.misp.json"])
    assert event.distribution == 0
    made = [o for o in event.objects if o.name == "btc-transaction"]
    assert len(made) == len(findings(report))
    assert not any(a.to_ids for o in event.objects for a in o.attributes)
    assert all("basis: " in o.comment for o in event.objects)
    uuids = [o.uuid for o in event.objects] + [a.uuid for o in event.objects for a in o.attributes]
    assert len(set(uuids)) == len(uuids)


_FTM = """
import json, sys
from followthemoney import model
kept, seen = 0, set()
for line in open(sys.argv[1]):
    given = json.loads(line)
    proxy = model.get_proxy(given, cleaned=False)
    model.get(given["schema"]).validate(given)
    for name, values in given["properties"].items():
        assert sorted(proxy.get(name)) == sorted(set(values)), (given["schema"], name)
    assert proxy.id not in seen
    seen.add(proxy.id)
    kept += 1
links = [v for l in open(sys.argv[1]) for n, vs in json.loads(l)["properties"].items()
         if n in ("payer", "beneficiary", "holder") for v in vs]
assert set(links) <= seen
print(kept)
"""


def test_followthemoney_takes_every_entity_as_it_is(written, report):
    code, said = run("python", "-c", _FTM, str(written["statements.ftm.json"]))
    assert code == 0, said
    assert int(said.split()[-1]) > len(findings(report))


@pytest.mark.slow
def test_case_uco_conforms_to_the_ontology(session, tmp_path):
    # the validator takes a second for every few findings
    case = tmp_path / "case"
    seed = session.outpoint
    bounds = ("--max-hops", 1, "--date", "2024-01-31")
    assert (
        peelchain("investigate", seed, "--store", session.store, "--case", case, *bounds).code == 0
    )
    ran = peelchain("case", "interchange", "--format", "case-uco", "--case", case, "--json")
    (path,) = ran.answer["files"].values()
    code, said = run("case_validate", path)
    assert code == 0, said
    assert "Conforms: True" in said


def test_case_uco_names_every_finding(written, report):
    document = json.loads(written["statements.case-uco.jsonld"].read_text())
    named = {o["peelchain:finding"] for o in document["core:object"] if "peelchain:finding" in o}
    assert named == set(findings(report))
