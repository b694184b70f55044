"""A case's desk through the server: requests, a seized table, answers, what is left, referrals."""

import csv
import io
import json
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.cli.running import peelchain
from tests.web.conftest import Demo
from tests.web.serving import Served, serving

CASE = "/api/cases/pay-site"


@pytest.fixture(scope="module")
def desk(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    cases = tmp_path_factory.mktemp("desk")
    shutil.copytree(demo.case, cases / "pay-site")
    with serving(demo.store, cases) as running:
        yield running


@pytest.fixture(scope="module")
def client(desk: Served) -> Iterator[httpx.Client]:
    with desk.client() as asking:
        yield asking


def done(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer of a job."""
    begun = client.post(path, json=body)
    assert begun.status_code == 202, begun.text
    told: dict[str, Any] = {}
    for _ in range(900):
        told = client.get(f"/api/jobs/{begun.json()['job']}").json()
        if told["state"] in ("done", "refused", "stopped"):
            break
        time.sleep(0.1)
    assert told["state"] == "done", told
    answer: dict[str, Any] = client.get(f"/api/jobs/{begun.json()['job']}/answer").json()
    return answer


def uploaded(client: httpx.Client, content: bytes, name: str) -> str:
    said = client.post("/api/uploads", params={"name": name}, content=content).json()
    return str(said["upload"])


@pytest.fixture(scope="module")
def asked(client: httpx.Client) -> dict[str, Any]:
    """The requests to two services."""
    plan = client.get(f"{CASE}/requests/plan", params={"share": "0.9"}).json()
    chosen = plan["services"][:2]
    assert len(chosen) == 2
    return done(client, f"{CASE}/requests", {"services": chosen})


def test_a_plan_says_what_each_request_adds_and_schedules_are_written(
    client: httpx.Client, asked: dict[str, Any]
) -> None:
    plan = client.get(f"{CASE}/requests/plan").json()
    sums = [step["sum"] for step in plan["steps"]]
    assert sums == sorted(sums)
    assert plan["covered"] >= plan["needed"]
    (made,) = client.get(f"{CASE}/requests").json()["made"]
    assert made["entry"] == asked["entry"]
    names = [name for name in made["files"] if name.endswith(".csv")]
    assert len(names) == 2
    url = client.post(f"{CASE}/tickets", json={"file": names[0]}).json()["url"]
    assert client.get(url).text.startswith("row,finding,direction,txid")


def test_a_table_with_broken_rows_is_joined_and_its_rejects_are_listed(
    client: httpx.Client, demo: Demo
) -> None:
    users = (demo.node / "seized" / "users.csv").read_text(encoding="utf-8")
    heading, *rows = users.splitlines()
    broken = "\n".join([heading, *rows, rows[0], rows[1].replace("2", "3")]) + "\n"
    upload = uploaded(client, broken.encode(), "users.csv")
    seen = client.post("/api/uploads/preview", json={"upload": upload}).json()
    assert seen["headings"] == next(csv.reader([heading], delimiter=seen["delimiter"]))
    assert len(seen["rows"]) == 8
    joined = done(client, f"{CASE}/tables", {"upload": upload})
    assert joined["totals"]["users_paid"] > 50
    listed = client.get(f"{CASE}/tables").json()["made"][-1]
    assert listed["entry"] == joined["entry"]
    refused = client.get(f"{CASE}/tables/{joined['entry']}/rejects").json()
    assert refused["count"] == len(refused["rows"]) >= 2
    assert "repeated" in {row[1] for row in refused["rows"]}
    answer = done(client, f"{CASE}/tables/payers", {"entry": joined["entry"]})
    assert answer["payers_count"] == joined["totals"]["users_paid"]
    assert all("user" not in row for row in answer["payers"])


def test_an_answer_is_taken_in_with_what_disagrees(
    client: httpx.Client, desk: Served, demo: Demo, asked: dict[str, Any], tmp_path: Path
) -> None:
    names = [name for name in asked["files"] if name.endswith(".csv")]
    words = [word for name in names for word in ("--requests", desk.cases / "pay-site" / name)]
    told = peelchain(
        *("simulate-returns", demo.node, *words, "--out", tmp_path / "answers"),
        *("--seed", 1, "--error-rate", 0.2, "--json"),
    )
    assert told.code == 0, told.err
    how = json.loads((tmp_path / "answers" / "import.json").read_text())
    stem, said = next(iter(how.items()))
    given = said["arguments"]
    options = dict(zip(given[::2], given[1::2], strict=True))
    maps = [v for k, v in zip(given[::2], given[1::2], strict=True) if k == "--map"]
    content = (tmp_path / "answers" / f"{stem}.csv").read_bytes()
    body = {
        "upload": uploaded(client, content, f"{stem}.csv"),
        "service": said["service"],
        "grade": "B2",
        "mapping": dict(text.split("=", 1) for text in maps),
        "unit": options.get("--unit", "btc"),
        "decimal": options.get("--decimal", "."),
        "zone": options.get("--time-zone", "+00:00"),
        "time_format": options.get("--time-format", ""),
    }
    made = done(client, f"{CASE}/returns", body)
    assert made["counts"]["linked"] > 0
    assert made["mismatches"]
    persons = client.get(f"{CASE}/persons").json()["persons"]
    assert len(persons) == made["counts"]["accounts"]
    # nobody is named who was not asked for by name
    assert all("said" not in person and "names" not in person for person in persons)
    named = client.get(f"{CASE}/persons", params={"names": True}).json()["persons"]
    assert json.dumps(named) != json.dumps(persons)


def test_what_is_left_is_scheduled(client: httpx.Client) -> None:
    made = done(client, f"{CASE}/forfeiture", {})
    assert any(name.endswith("schedule.xlsx") for name in made["files"])
    (listed,) = client.get(f"{CASE}/made/forfeiture").json()["made"]
    assert listed["entry"] == made["entry"]


def test_packages_come_as_one_archive(client: httpx.Client) -> None:
    found = done(client, f"{CASE}/referrals/prepare", {})["referrals"]
    direct = [row["person"] for row in found if row["basis"] == "direct"][:2]
    assert direct
    for name in ("A. Analyst", "P. Prosecutor"):
        said = client.post(f"{CASE}/referrals/approve", json={"persons": direct, "by": name})
        assert said.status_code == 200, said.text
    for person in direct:
        body = {
            "person": person,
            "by": "P. Prosecutor",
            "role": "witness",
            "legal_basis": "simulated order 1",
            "recipient": "the central authority",
            "alternatives": "paid for another",
            "exculpatory": "none known",
        }
        assert client.post(f"{CASE}/referrals/decide", json=body).status_code == 200
    written = done(client, f"{CASE}/referrals/write", {})
    url = client.post(f"/api/made/{written['made']}/tickets").json()["url"]
    archive = zipfile.ZipFile(io.BytesIO(client.get(url).content))
    assert any(name.endswith("bundle.zip") for name in archive.namelist())


def test_what_the_disclosure_lists_is_the_journal(client: httpx.Client) -> None:
    shown = client.get(f"{CASE}/disclosure").json()
    journal = client.get(f"{CASE}/journal", params={"limit": 500}).json()
    assert len(shown["entries"]) == journal["matching"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{CASE}/requests", {"services": ["S999"]}, 202),
        (f"{CASE}/tables", {"upload": "0" * 32}, 400),
        (f"{CASE}/tables", {"upload": "../../case"}, 400),
        (f"{CASE}/returns", {"upload": "x", "service": "S1", "grade": "Z9"}, 422),
        ("/api/uploads/preview", {"upload": "/etc/passwd"}, 400),
    ],
)
def test_what_cannot_be_is_refused(
    client: httpx.Client, path: str, body: dict[str, Any], status: int
) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == status
    if status == 202:
        for _ in range(300):
            told = client.get(f"/api/jobs/{answer.json()['job']}").json()
            if told["state"] != "running" and told["state"] != "waiting":
                break
            time.sleep(0.1)
        assert (told["state"], told["error"]["kind"]) == ("refused", "misuse")
