"""Cases as JSON: what the command line says of them, and what people add to them."""

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.cli.running import peelchain
from tests.web.conftest import Demo
from tests.web.serving import Served

Row = dict[str, Any]


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client() as asked:
        yield asked


def added(answer: httpx.Response) -> Row:
    assert answer.status_code == 201, answer.text
    told: Row = answer.json()
    return told


def refused(answer: httpx.Response, status: int, kind: str) -> str:
    assert (answer.status_code, answer.json()["kind"]) == (status, kind), answer.text
    return str(answer.json()["error"])


@pytest.fixture
def case(served: Served, demo: Demo, request: pytest.FixtureRequest) -> str:
    """A copy of the demo's case for one test, to write into."""
    name = re.sub(r"\W+", "-", request.node.name)[:60].strip("-")
    shutil.copytree(demo.case, served.cases / name)
    return f"/api/cases/{name}"


def test_the_page_is_told_what_the_command_line_tells(served: Served, client: httpx.Client) -> None:
    at = ("--case", served.cases / "pay-site", "--json")
    told = client.get("/api/cases/pay-site").json()
    shown = json.loads(peelchain("case", "show", *at).out)
    assert {**shown, "case": "pay-site"} == {k: v for k, v in told.items() if k != "moved"}
    assert told["moved"]["moved"] is False
    assert [c["case"] for c in client.get("/api/cases").json()["cases"]].count("pay-site") == 1
    journal = json.loads(peelchain("case", "journal", *at, "--check").out)
    page = client.get("/api/cases/pay-site/journal").json()
    assert page["holds"] is journal["holds"] is True
    assert [e["hash"] for e in page["entries"]] == [e["hash"] for e in journal["entries"]][::-1]


def test_a_case_is_opened_with_seeds_and_not_over_another(
    client: httpx.Client, served: Served, demo: Demo
) -> None:
    seeds = demo.observed
    new = {"case": "user 4711", "title": "User 4711", "seeds": [*seeds, "", "# a comment"]}
    opened = added(client.post("/api/cases", json=new))
    assert (opened["case"], opened["title"]) == ("user 4711", "User 4711")
    assert client.get("/api/cases/user 4711").json()["seeds"] == sorted(seeds)
    assert "already" in refused(client.post("/api/cases", json=new), 409, "case")
    # a mistyped seed opens no case
    wrong = seeds[0][:-1] + ("x" if seeds[0][-1] != "x" else "y")
    said = refused(
        client.post("/api/cases", json={"case": "wrong", "seeds": [wrong]}), 400, "address"
    )
    assert wrong in said
    assert not (served.cases / "wrong").exists()
    left = client.post(
        "/api/cases/user 4711/seeds", json={"change": "remove", "seeds": seeds[:1]}
    ).json()
    assert left["seeds"] == sorted(seeds)[:0] + sorted(set(seeds) - set(seeds[:1]))


@pytest.mark.parametrize("seed", ["@/etc/passwd", "@observed.txt", "-"])
def test_a_seed_never_names_a_file(client: httpx.Client, case: str, seed: str) -> None:
    refused(client.post(f"{case}/seeds", json={"change": "add", "seeds": [seed]}), 400, "misuse")
    refused(client.post(f"{case}/run", json={"seeds": [seed]}), 400, "misuse")
    new = {"case": "n", "seeds": [seed]}
    refused(client.post("/api/cases", json=new), 400, "misuse")
    refused(client.post("/api/cases/n/investigate", json=new), 400, "misuse")


def test_what_people_say_is_journalled_and_taken_back(client: httpx.Client, case: str) -> None:
    added(client.post(f"{case}/hypotheses", json={"text": "the operator banks with S1"}))
    added(client.post(f"{case}/evidence", json={"hypothesis": "H1", "what": "O1", "speaks": "for"}))
    against = {"hypothesis": "H1", "what": "a text of my own", "speaks": "against"}
    added(client.post(f"{case}/evidence", json=against))
    note = added(client.post(f"{case}/notes", json={"text": "seen twice", "about": ["I4", "H1"]}))
    decision = {"text": "ask S1", "by": "A. Analyst", "on": [f"#{note['entry']}"]}
    decided = added(client.post(f"{case}/decisions", json=decision))
    glance = client.get(case).json()
    (stated,) = glance["hypotheses"]
    assert [e["what"] for e in stated["for"]] == ["O1"]
    assert [e["what"] for e in stated["against"]] == ["a text of my own"]
    assert glance["notes"][0]["about"] == ["I4", "H1"]
    undoing = {"entry": note["entry"], "reason": "wrong finding"}
    undone = added(client.post(f"{case}/undo", json=undoing))
    # what rests on it is named, and not undone with it
    assert undone["resting"] == [decided["entry"]]
    assert client.get(case).json()["notes"] == []
    entries = {
        e["entry"]: e for e in client.get(f"{case}/journal", params={"limit": 10}).json()["entries"]
    }
    assert entries[note["entry"]]["state"] == "undone"
    assert entries[note["entry"]]["undone_by"] == undone["entry"]
    assert entries[undone["entry"]]["texts"]["reason"] == "wrong finding"
    assert decided["entry"] in entries[note["entry"]]["used_by"]
    assert "already" in refused(client.post(f"{case}/undo", json=undoing), 409, "case")
    said = refused(client.post(f"{case}/notes", json={"text": "x", "about": ["Z9"]}), 400, "misuse")
    assert "Z9" in said


def test_journal_entries_are_found_by_kind_and_words(client: httpx.Client, case: str) -> None:
    added(client.post(f"{case}/notes", json={"text": "Blue Lagoon"}))
    added(client.post(f"{case}/notes", json={"text": "red lagoon"}))
    asked = {"kind": "note", "q": "lagoon BLUE"}
    (found,) = client.get(f"{case}/journal", params=asked).json()["entries"]
    assert found["texts"] == {"text": "Blue Lagoon"}
    page = client.get(f"{case}/journal", params={"kind": "note", "limit": 1, "first": 1}).json()
    assert (page["matching"], page["kinds"]["note"]) == (2, 2)
    assert page["entries"][0]["entry"] == found["entry"]
    whole = client.get(f"{case}/journal/{found['entry']}").json()
    assert (whole["hash"], whole["prev"]) == (found["hash"], found["prev"])
    refused(client.get(f"{case}/journal/99999"), 409, "case")


def test_exhibits_are_what_a_page_shows_or_files_that_are_sent(
    client: httpx.Client, case: str, served: Served, demo: Demo
) -> None:
    txid = client.get(f"{case}/report/receipts", params={"limit": 1}).json()["rows"][0]["outpoint"]
    sent = client.post("/api/uploads", params={"name": "../bank letter.txt"}, content=b"a letter")
    for of, asked in (
        (txid, {"item": {"kind": "outpoint", "name": txid}}),
        (demo.observed[0], {"item": {"kind": "cluster", "name": demo.observed[0]}}),
        ("S1", {"reference": "S1"}),
        (None, {"upload": sent.json()["upload"]}),
        (None, {"content": {"name": "flow.svg", "text": "<svg/>"}}),
        (None, {"item": {"kind": "block", "name": "7"}}),
    ):
        said = added(client.post(f"{case}/exhibits", json={**asked, "text": "why"}))["says"]
        assert of is None or of in said["of"].values()
    listed = client.get(f"{case}/exhibits").json()["exhibits"]
    assert [e["id"] for e in listed] == ["E1", "E2", "E3", "E4", "E5", "E6"]
    assert [e["file"] for e in listed[3:]] == ["bank_letter.txt", "flow.svg", "block-7.json"]
    assert {e["copy"] for e in listed[3:]} == {"whole"}
    kept = served.cases / case.rsplit("/", 1)[1] / "inputs" / sent.json()["sha256"]
    assert kept.read_bytes() == b"a letter"
    url = client.post(f"{case}/exhibits/E6/tickets").json()["url"]
    assert httpx.get(served.origin + url).json()["height"] == 7
    refused(client.post(f"{case}/exhibits/E1/tickets"), 409, "case")
    unknown = {"item": {"kind": "file", "name": "x"}, "text": "t"}
    refused(client.post(f"{case}/exhibits", json=unknown), 409, "case")


@pytest.mark.parametrize("path", ["/etc/passwd", "README.md", "journal.sqlite", "."])
def test_an_exhibit_never_reads_a_file_that_the_page_names(
    client: httpx.Client, case: str, path: str
) -> None:
    for asked in ({"reference": path}, {"item": {"kind": "address", "name": path}}):
        refused(client.post(f"{case}/exhibits", json={**asked, "text": "t"}), 400, "misuse")
    refused(client.post(f"{case}/exhibits", json={"upload": path, "text": "t"}), 400, "misuse")


def test_what_another_process_adds_is_seen(client: httpx.Client, case: str, served: Served) -> None:
    for count in range(1, 4):
        at = ("--case", served.cases / case.rsplit("/", 1)[1])
        assert peelchain("case", "note", f"note {count}", *at).code == 0
        notes = client.get(case).json()["notes"]
        assert [note["text"] for note in notes] == [f"note {n + 1}" for n in range(count)]
        (last,) = client.get(f"{case}/journal", params={"limit": 1}).json()["entries"]
        assert last["texts"]["text"] == f"note {count}"


def test_a_broken_journal_is_read_and_not_added_to(
    client: httpx.Client, case: str, served: Served
) -> None:
    path = served.cases / case.rsplit("/", 1)[1] / "journal.sqlite"
    with sqlite3.connect(path) as journal:
        journal.execute("DROP TRIGGER entries_are_final")
        journal.execute("UPDATE entries SET body = replace(body, 'regtest', 'mainnet') WHERE seq=2")
    glance = client.get(case).json()
    assert "entry 2" in glance["broken"]
    page = client.get(f"{case}/journal").json()
    assert page["holds"] is False
    assert page["total"] == 3
    for where, asked in (
        ("notes", {"text": "x"}),
        ("run", {}),
        ("report", {}),
        ("undo", {"entry": 3, "reason": "x"}),
    ):
        said = refused(client.post(f"{case}/{where}", json=asked), 409, "case")
        assert "entry 2" in said
    assert "entry 2" in next(
        row["broken"]
        for row in client.get("/api/cases").json()["cases"]
        if case.endswith(row["case"])
    )


def test_findings_are_those_of_the_report(client: httpx.Client, case: str, demo: Demo) -> None:
    report = json.loads((demo.case / "report.json").read_bytes())
    told = client.get(f"{case}/report").json()
    assert told["digest"] == (demo.case / "digest.txt").read_text().strip()
    assert told["by_service"] == report["by_service"]
    assert told["counts"] == {k: len(report[k]) for k in ("receipts", "inflows", "outflows")}
    s1 = client.get(f"{case}/report/outflows", params={"party": "S1"}).json()
    assert [row["id"] for row in s1["rows"]] == [
        row["id"] for row in report["outflows"] if row["entity"] == "S1"
    ]
    one = client.get(f"{case}/findings/O1").json()
    assert one["path"] == report["outflows"][0]["path"]
    assert one["assurance"] == report["assurance"]["findings"]["O1"]
    refused(client.get(f"{case}/findings/O99999"), 409, "case")


def test_a_case_without_a_report_says_so(client: httpx.Client) -> None:
    added(client.post("/api/cases", json={"case": "empty"}))
    refused(client.get("/api/cases/empty/report"), 404, "no_report")
    assert client.get("/api/cases/empty").json()["moved"] is None


def test_an_erasure_asks_for_the_cases_name(client: httpx.Client, case: str) -> None:
    asked = {"refs": ["P1"], "reason": "order of the court", "by": "C. Vance", "confirm": "yes"}
    assert "type the case's name" in refused(
        client.post(f"{case}/erasures", json=asked), 400, "misuse"
    )
    asked["confirm"] = case.rsplit("/", 1)[1]
    assert "no personal data" in refused(client.post(f"{case}/erasures", json=asked), 409, "case")
