"""What schemathesis makes of the OpenAPI: no request breaks the server, each answer is as told."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.web.conftest import Demo
from tests.web.serving import Served

from peelchain.web.app import make_app
from peelchain.web.folders import Folders
from peelchain.web.guard import Guard
from peelchain.web.workbench import Workbench

EXAMPLES = {GenerationMode.POSITIVE: 5, GenerationMode.NEGATIVE: 2}
ENDLESS = {"/api/pages/{page}/events"}
"""Answered for as long as the page is open; test_jobs reads it."""
LONGEST = 5_000
"""Letters of a head, each up to twelve bytes of an address; 64 KiB are read."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

Known = dict[str, list[Any]]


def described() -> dict[str, Any]:
    guard = make_app(Workbench(Folders(Path(), Path(), Path()), "none"), frozenset())
    assert isinstance(guard, Guard)
    assert isinstance(guard._app, FastAPI)
    return guard._app.openapi()


SCHEMA = schemathesis.openapi.from_dict(described())
OPERATIONS = {
    operation.label: operation
    for operation in (found.ok() for found in SCHEMA.get_all_operations())
    if operation.path not in ENDLESS
}


@pytest.fixture(scope="module")
def known(demo: Demo) -> Known:
    """Names that are there, by what requests call them: chance alone would find none of them."""
    with (demo.node / "truth" / "blocks.csv").open() as lines:
        hashes = [row["block_hash"] for row in csv.DictReader(lines)]
    with (demo.node / "seeds.csv").open() as lines:
        outpoints = [row["outpoint"] for row in csv.DictReader(lines)]
    first, *_, last = demo.observed
    txid = outpoints[0].partition(":")[0]
    nodes = [f"address:{first}", f"cluster:{first}", f"tx:{txid}", f"end:unspent:{outpoints[0]}"]
    return {
        "case": ["pay-site"],
        "txid": [txid],
        "outpoint": outpoints[:2],
        "block": ["1", hashes[2], "1500"],
        "q": [first[:-1], txid, "pay", "1", "\u202e", "H1"],
        "seeds": [[first], [txid, last]],
        "subjects": [[first, last]],
        "ids": [nodes],
        "node": nodes,
        "tag_id": [0, 1],
        "currency": ["EUR", "USD"],
        **{name: [first, last] for name in ("address", "a", "b", "source", "destination")},
        **dict.fromkeys(("from", "to", "from_", "at"), nodes),
    }


@pytest.fixture
def quiet_after(served: Served) -> Iterator[None]:
    """In the end stops the jobs that were begun, for they would only warm the machine."""
    yield
    with served.client() as client:
        for job in client.get("/api/jobs").json():
            for _ in range(2 if job["state"] in ("waiting", "running") else 0):
                client.delete(f"/api/jobs/{job['job']}")


def with_known(case: "Case[Any]", known: Known, data: st.DataObject) -> "Case[Any]":
    """The request with some of its names made those of things that are there."""
    body = case.body if isinstance(case.body, dict) else {}
    for part in (case.path_parameters or {}, case.query or {}, body):
        for name in sorted(set(part) & set(known)):
            if data.draw(st.integers(0, 3), label=name):
                part[name] = data.draw(st.sampled_from(known[name]), label=name)
    return case


@pytest.mark.parametrize("mode", EXAMPLES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_no_request_breaks_the_server(
    label: str, mode: GenerationMode, served: Served, quiet_after: None, known: Known
) -> None:
    strategy = OPERATIONS[label].as_strategy(generation_mode=mode)

    @seed(7)
    @settings(
        max_examples=EXAMPLES[mode],
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy, data=st.data())
    def holds(case: "Case[Any]", data: st.DataObject) -> None:
        asked = with_known(case, known, data)
        # the reader of HTTP hangs up on a longer head; test_guard has such
        assume(len(repr((asked.path_parameters, asked.query, asked.headers))) < LONGEST)
        answer = asked.call(base_url=served.origin, headers=served.headers, timeout=60)
        asked.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            assert set(json.loads(answer.content)) >= {"error", "kind"}

    try:
        holds()
    except Unsatisfiable:
        # nothing of a request without parameters can be wrong
        assert mode is GenerationMode.NEGATIVE


def test_all_families_of_requests_are_there() -> None:
    assert len(OPERATIONS) > 8
