"""Jobs of a case: checks of bundles, bundles with less in them, whole cases handed on."""

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.cli.running import peelchain
from tests.web.conftest import Demo
from tests.web.serving import Served
from tests.web.test_jobs import until_over

Row = dict[str, Any]


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client() as asked:
        yield asked


@pytest.fixture
def case(served: Served, demo: Demo, request: pytest.FixtureRequest) -> str:
    name = re.sub(r"\W+", "-", request.node.name)[:60].strip("-")
    shutil.copytree(demo.case, served.cases / name)
    return name


def done(client: httpx.Client, path: str, asked: Row | None = None) -> Row:
    """The answer of a job that `path` begins."""
    begun = client.post(path, json=asked or {})
    assert begun.status_code == 202, begun.text
    job = begun.json()["job"]
    told = until_over(client, job)
    assert told["state"] == "done", told
    answer: Row = client.get(f"/api/jobs/{job}/answer").json()
    return answer


def failing(client: httpx.Client, path: str, asked: Row) -> str:
    """Why the job that `path` begins is refused."""
    told = until_over(client, client.post(path, json=asked).json()["job"])
    assert told["state"] == "refused", told
    return str(told["error"]["error"])


def sent(client: httpx.Client, file: Path) -> str:
    with file.open("rb") as content:
        answer = client.post("/api/uploads", params={"name": file.name}, content=content)
    return str(answer.json()["upload"])


def test_a_bundle_is_checked_against_the_digest_of_the_journal(
    client: httpx.Client, case: str, served: Served, demo: Demo, tmp_path: Path
) -> None:
    checked = done(client, f"/api/cases/{case}/verify")
    digest = (demo.case / "digest.txt").read_text().strip()
    assert (checked["ok"], checked["digest"], checked["expected"]) == (True, digest, digest)
    plain = peelchain("verify", demo.case / "bundle.zip", "--json").answer
    assert checked["checked"] == plain["checked"]
    # one byte of one file of it
    bundle = served.cases / case / "bundle.zip"
    content = bytearray(bundle.read_bytes())
    at = content.index(b"rates.csv") + 200
    content[at] ^= 1
    bundle.write_bytes(content)
    damaged = done(client, f"/api/cases/{case}/verify")
    assert damaged["ok"] is False
    assert damaged["failures"]
    # the same for one that somebody sends, which need not be a bundle at all
    (tmp_path / "no bundle.zip").write_text("hello")
    none = done(client, "/api/verify", {"upload": sent(client, tmp_path / "no bundle.zip")})
    assert (none["ok"], none["digest"]) == (False, "")
    assert "not a zip" in none["failures"][0]
    other = done(
        client,
        "/api/verify",
        {"upload": sent(client, demo.case / "bundle.zip"), "expect": "0" * 64},
    )
    assert (other["ok"], other["digest"]) == (False, digest)


def test_less_is_handed_on_and_opened_later(
    client: httpx.Client, case: str, served: Served
) -> None:
    made = done(
        client,
        f"/api/cases/{case}/redactions",
        {"recipient": "the defence", "without": ["label", "O1"]},
    )
    assert made["withheld"]["fields"] > 0
    (name,) = (file for file in made["files"].values() if file.endswith("bundle.zip"))
    checked = done(client, f"/api/cases/{case}/verify", {"entry": made["entry"]})
    assert (checked["ok"], checked["bundle"]) == (True, name)
    listed = done(client, f"/api/cases/{case}/reveals")
    assert listed["fields"] == len(listed["paths"]) > 0
    assert listed["files"] == {}
    opened = done(client, f"/api/cases/{case}/reveals", {"paths": ["report.json/outflows/O1"]})
    folder = served.cases / case
    (openings,) = opened["files"].values()
    again = done(
        client,
        "/api/verify",
        {"upload": sent(client, folder / name), "opening": sent(client, folder / openings)},
    )
    assert again["ok"] is True
    assert any("O1" in line for line in again["opened"])
    said = failing(client, f"/api/cases/{case}/redactions", {"recipient": "x", "without": ["O0"]})
    assert "O0" in said


def test_a_case_goes_out_and_comes_in_again(
    client: httpx.Client, case: str, served: Served, tmp_path: Path
) -> None:
    made = done(client, f"/api/cases/{case}/exports", {"to": "the expert"})
    url = client.post(f"/api/made/{made['made']}/tickets").json()["url"]
    fetched = httpx.get(served.origin + url)
    assert fetched.headers["content-disposition"].startswith("attachment")
    (tmp_path / "out.zip").write_bytes(fetched.content)
    assert zipfile.ZipFile(tmp_path / "out.zip").testzip() is None
    upload = sent(client, tmp_path / "out.zip")
    taken = done(client, "/api/cases/taken in/import", {"upload": upload})
    before = client.get(f"/api/cases/{case}/journal").json()
    after = client.get("/api/cases/taken in/journal").json()
    assert taken["entries"] == after["total"] == before["total"] - 1
    assert before["entries"][0]["texts"] == {"to": "the expert"}
    assert after["last_hash"] == before["entries"][0]["prev"]
    again = client.post("/api/cases/taken in/import", json={"upload": upload})
    assert (again.status_code, again.json()["kind"]) == (409, "case")
    assert client.post("/api/made/" + "0" * 32 + "/tickets").status_code == 400


def test_a_run_follows_its_limits_and_says_what_they_were(client: httpx.Client, case: str) -> None:
    before = client.get(f"/api/cases/{case}").json()["runs"][0]["totals"]
    asked = {"rules": ["pro-rata"], "max_hops": 1, "as_of": "2024-01-31"}
    done(client, f"/api/cases/{case}/run", asked)
    glance = client.get(f"/api/cases/{case}").json()
    last = glance["runs"][-1]
    assert (last["rules"], last["as_of"]) == (["pro_rata"], "2024-01-31T23:59:59Z")
    assert last["totals"]["received_sat"] == before["received_sat"]
    # no tag was recorded by then
    assert last["totals"]["outflow_sat"] == 0
    entry = client.get(f"/api/cases/{case}/journal/{last['entry']}").json()
    assert entry["body"]["parameters"]["limits"]["max_hops"] == 1
    assert client.get(f"/api/cases/{case}/report").json()["stale"] is True
    for wrong in (
        {"rules": ["poison"]},
        {"as_of": "2024-02-31"},
        {"policy": ["none"]},
    ):
        answer = client.post(f"/api/cases/{case}/run", json=wrong)
        assert (answer.status_code, answer.json()["kind"]) == (400, "misuse"), wrong


def test_what_would_change_is_nothing_where_nothing_moved_on(
    client: httpx.Client, case: str
) -> None:
    told = done(client, f"/api/cases/{case}/diff")
    assert (told["changed"], told["changes"]) == (0, [])
    totals = told["totals"]
    assert totals["was"] == totals["becomes"] == json.loads(json.dumps(totals["was"]))
    assert told["unchanged"] > 100


def test_an_investigation_opens_a_case_and_ends_in_a_checked_bundle(
    client: httpx.Client, demo: Demo
) -> None:
    new = {"case": "at once", "title": "At once", "seeds": demo.observed, "language": "es"}
    made = done(client, "/api/cases/at once/investigate", new)
    told = client.get("/api/cases/at once/report").json()
    assert (told["digest"], told["language"]) == (made["digest"], "es")
    assert done(client, "/api/cases/at once/verify", {"expect": made["digest"]})["ok"] is True
    again = client.post("/api/cases/at once/investigate", json=new)
    assert (again.status_code, again.json()["kind"]) == (409, "case")


def test_a_job_signs_with_the_key_that_is_open(client: httpx.Client, case: str) -> None:
    key = {"key": "analyst-1", "new": True, "name": "A. Analyst", "passphrase": "correct horse 9"}
    used = client.post(f"/api/cases/{case}/key", json=key)
    assert used.status_code == 201, used.text
    told = client.get(f"/api/cases/{case}/key").json()
    assert (told["key"], told["unlocked"], told["there"]) == ("analyst-1", True, ["analyst-1"])
    done(client, f"/api/cases/{case}/run", {"max_hops": 1})
    (last,) = client.get(f"/api/cases/{case}/journal", params={"limit": 1}).json()["entries"]
    assert (last["kind"], last["signed"]) == ("run", "signed")
    for wrong, said in (
        ({"key": "../analyst-1", "passphrase": "x"}, "cannot be a key's name"),
        ({"key": "analyst-1", "passphrase": "wrong horse 9"}, "does not open"),
        ({**key, "passphrase": "other horse 9"}, "exists already"),
        ({**key, "key": "short", "passphrase": "short"}, "too short"),
    ):
        answer = client.post(f"/api/cases/{case}/key", json=wrong)
        assert answer.status_code in (400, 409), wrong
        assert said in answer.json()["error"]
        assert wrong["passphrase"] not in answer.json()["error"].split()
    locked = client.post(f"/api/cases/{case}/key/unlock", json={"passphrase": "wrong horse 9"})
    assert (locked.status_code, locked.json()["kind"]) == (409, "case")
