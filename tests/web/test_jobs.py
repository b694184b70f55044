"""Long work: the server goes on answering, tells how far it is, stops when asked or left."""

import json
import time
import uuid
from typing import Any

import httpx
import pytest
from tests.web.serving import Served


def until_over(client: httpx.Client, job: str) -> dict[str, Any]:
    for _ in range(600):
        told: dict[str, Any] = client.get(f"/api/jobs/{job}").json()
        if told["state"] in ("done", "refused", "stopped"):
            return told
        time.sleep(0.1)
    pytest.fail("the job does not end")


def test_a_job_tells_its_progress_and_gives_its_answer(served: Served) -> None:
    page, told = str(uuid.uuid4()), []
    with served.client() as client, client.stream("GET", f"/api/pages/{page}/events") as stream:
        lines = stream.iter_lines()
        next(lines)
        begun = client.post("/api/cases/pay-site/run", headers={"X-Page": page}, json={})
        assert begun.status_code == 202
        # the server answers while the job runs
        assert client.get("/api/status").json()["tip_height"] == 1500
        for line in lines:
            if line.startswith("data: "):
                told.append(json.loads(line[6:]))
                if told[-1]["state"] in ("done", "refused"):
                    break
        assert told[-1]["state"] == "done", told[-1]
        assert any(job["progress"] and job["progress"]["done"] for job in told)
        answer = client.get(f"/api/jobs/{begun.json()['job']}/answer").json()
    assert answer["totals"]["receipts"] > 100


def test_a_job_ends_when_its_page_is_closed(served: Served) -> None:
    page = str(uuid.uuid4())
    with served.client() as client:
        with client.stream("GET", f"/api/pages/{page}/events") as stream:
            next(stream.iter_lines())
            jobs = [
                client.post("/api/cases/pay-site/run", headers={"X-Page": page}, json={}).json()[
                    "job"
                ]
                for _ in range(20)
            ]
        assert {until_over(client, job)["state"] for job in jobs[-2:]} == {"stopped"}


def test_a_job_that_nobody_began_is_not_there(served: Served) -> None:
    with served.client() as client:
        answer = client.get("/api/jobs/0123")
        assert (answer.status_code, answer.json()["kind"]) == (404, "no_job")
