"""The flow around a node, as the page asks for it."""

import json

import pytest
from tests.web.conftest import Demo
from tests.web.serving import Served
from tests.web.test_jobs import until_over


def test_an_observed_address_is_expanded_and_followed(served: Served, demo: Demo) -> None:
    observed = demo.observed[0]
    with served.client() as client:
        start = {"node": f"address:{observed}", "direction": "both", "as": "tx", "currency": "EUR"}
        part = client.post("/api/flow/expand", json=start).json()
        names = [node["id"] for node in part["nodes"]]
        assert names
        assert part["tip_height"] == 1500
        shown = [part["node"], *names]
        further = {"node": names[-1], "direction": "out", "as": "cluster", "shown": shown}
        more = client.post("/api/flow/expand", json=further).json()
        assert not {node["id"] for node in more["nodes"]} & set(shown)
        ids = [*shown, *(node["id"] for node in more["nodes"] if node["kind"] != "end")]
        whole = client.post("/api/flow/nodes", json={"ids": ids}).json()
    assert sorted(node["id"] for node in whole["nodes"]) == sorted(ids)
    ends = {edge["from"] for edge in whole["edges"]} | {edge["to"] for edge in whole["edges"]}
    assert ends <= set(ids)
    assert part["node"] in ends


@pytest.mark.parametrize(
    ("asked", "status", "kind"),
    [
        ({"node": "tx:" + "0" * 64}, 404, "not_found"),
        ({"node": "address:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3"}, 400, "address"),
        ({"node": "more:tx:1"}, 400, "misuse"),
        ({"node": "address:\ud800x"}, 422, "misuse"),
        ({"node": "tx:1", "limit": 201}, 422, "misuse"),
        ({"node": "tx:1", "as": "block"}, 422, "misuse"),
    ],
)
def test_what_cannot_be_expanded_is_said(
    served: Served, asked: dict[str, object], status: int, kind: str
) -> None:
    with served.client() as client:
        answer = client.post(
            "/api/flow/expand",
            content=json.dumps(asked).encode(),
            headers={"Content-Type": "application/json"},
        )
    assert (answer.status_code, answer.json()["kind"]) == (status, kind)
    assert answer.json()["error"]


def test_a_finished_trace_is_drawn(served: Served, demo: Demo) -> None:
    observed = demo.observed[0]
    with served.client() as client:
        begun = client.post("/api/traces/forward", json={"seeds": [observed]}).json()
        until_over(client, begun["job"])
        answer = client.get(f"/api/jobs/{begun['job']}/answer").json()
        part = client.post("/api/flow/trace", json={"job": begun["job"]}).json()
        none = client.post("/api/flow/trace", json={"job": "0" * 32})
        way = {"from": f"address:{observed}", "to": part["nodes"][0]["id"]}
        between = client.post("/api/flow/between", json=way)
    assert none.json()["kind"] == "no_job"
    assert between.status_code == 200
    ends = {node["id"] for node in part["nodes"] if node["kind"] == "end"}
    arrived = sum(e["traced_sat"][answer["rule"]] for e in part["edges"] if e["to"] in ends)
    assert arrived + part["fees_sat"][answer["rule"]] == answer["seeds_net_sat"]
    assert len(part["nodes"]) + len(part["edges"]) <= 2_000
