"""Traces asked for by the page: as the command line answers, in parts, stopped and kept."""

import csv
import io
import json
from typing import Any

import httpx
import pytest
from tests.cli.running import peelchain
from tests.web.conftest import Demo
from tests.web.serving import Served
from tests.web.test_jobs import until_over

Row = dict[str, Any]
Params = dict[str, str | int]


def answered(client: httpx.Client, path: str, body: Row) -> tuple[str, Row]:
    begun = client.post(path, json=body)
    assert begun.status_code == 202, begun.text
    job = begun.json()["job"]
    told = until_over(client, job)
    assert told["state"] == "done", told["error"]
    return job, client.get(f"/api/jobs/{job}/answer").json()


@pytest.fixture(scope="module")
def traced(served: Served, demo: Demo) -> tuple[str, Row]:
    with served.client() as client:
        body = {"seeds": demo.observed[:1], "rules": ["all"], "fiat": "EUR"}
        return answered(client, "/api/traces/forward", body)


def test_a_trace_is_answered_as_the_command_line_does(traced: tuple[str, Row], demo: Demo) -> None:
    ran = peelchain(
        *("trace", "forward", "--address", demo.observed[0], "--rule", "all", "--fiat", "EUR"),
        *("--store", demo.store, "--json"),
    )
    said = json.loads(ran.out)
    for key in ("tip_hash", "run_id", "seeds_sat", "visited_txs", "rules", "poison", "partial"):
        assert traced[1][key] == said[key]
    assert traced[1]["kept"]["counts"]["terminals"] == len(said["terminals"])


def test_every_sum_of_a_trace_is_its_seeds_to_the_satoshi(traced: tuple[str, Row]) -> None:
    _, answer = traced
    for told in answer["rules"]:
        rule, seeds = told["rule"], told["seeds_sat"]
        assert sum(row["traced_sat"][rule] for row in answer["destinations"]) == seeds
        arrived = answer["arrivals"]["rows"]
        assert sum(row["traced_sat"].get(rule, 0) for row in arrived) == seeds


def test_the_flow_between_parties_loses_nothing(traced: tuple[str, Row]) -> None:
    _, answer = traced
    assert [flow["rule"] for flow in answer["parties"]] == [r["rule"] for r in answer["rules"]]
    for flow in answer["parties"]:
        balance = dict.fromkeys(range(len(flow["nodes"])), 0)
        for link in [*flow["links"], *flow["back"]]:
            balance[link["from"]] -= link["value_sat"]
            balance[link["to"]] += link["value_sat"]
        assert all(link["from"] < link["to"] for link in flow["links"])
        rests: dict[tuple[str, str | None], int] = {}
        for at, node in enumerate(flow["nodes"]):
            if node["kind"] == "seeds":
                assert balance[at] == -answer["seeds_sat"]
            elif node["kind"] in ("wallet", "wallets"):
                assert balance[at] == 0, node
            else:
                kind = "service" if node["kind"] == "service" else node["name"]
                rests[kind, node["name"] if kind == "service" else None] = balance[at]
        wanted: dict[tuple[str, str | None], int] = {}
        for row in answer["destinations"]:
            sat = row["traced_sat"][flow["rule"]]
            if sat:
                wanted[row["type"], row["label"]] = wanted.get((row["type"], row["label"]), 0) + sat
        assert rests == wanted


def test_rows_come_in_parts_in_any_order_and_whole(served: Served, traced: tuple[str, Row]) -> None:
    job, answer = traced
    count = answer["kept"]["counts"]["terminals"]
    with served.client() as client:
        parts: list[Row] = []
        while len(parts) < count:
            asked: Params = {"from": len(parts), "limit": 100, "sort": "-value"}
            told = client.get(f"/api/jobs/{job}/rows/terminals", params=asked).json()
            assert told["total"] == count
            parts += told["rows"]
        most = [max(row["traced_sat"].values()) for row in parts]
        assert most == sorted(most, reverse=True)
        assert len({(row["txid"], row["vout"], row["account"]) for row in parts}) == count

        url = client.post(f"/api/jobs/{job}/rows/terminals/tickets").json()["url"]
        whole = list(csv.DictReader(io.StringIO(httpx.get(served.origin + url).text)))
        assert httpx.get(served.origin + url).status_code == 404
        pro_rata = next(r for r in answer["rules"] if r["rule"] == "pro-rata")
        assert sum(int(row["traced_sat pro-rata"]) for row in whole) == pro_rata["seeds_sat"]

        for table, status in (("terminals", 400), ("runs", 404), ("kept", 404)):
            assert client.get(f"/api/jobs/{job}/rows/{table}?sort=colour").status_code == status


def test_a_trace_backward_starts_at_the_outputs_of_a_transaction(
    served: Served, traced: tuple[str, Row]
) -> None:
    with served.client() as client:
        asked = {"limit": 1}
        (hop,) = client.get(f"/api/jobs/{traced[0]}/rows/hops", params=asked).json()["rows"]
        body = {"seeds": [hop["txid"]], "rules": ["index-fifo"], "limits": {"max_hops": 3}}
        _, answer = answered(client, "/api/traces/backward", body)
    assert answer["direction"] == "backward"
    (rule,) = answer["rules"]
    assert sum(rule["totals"].values()) == rule["seeds_sat"] > 0
    assert answer["parties"][0]["nodes"][-1]["kind"] == "seeds"


def test_the_bounds_hold_every_rule(served: Served, demo: Demo) -> None:
    with served.client() as client:
        _, answer = answered(client, "/api/traces/compare", {"seeds": demo.observed[:1]})
    scope_of = {rule["rule"]: rule["scope"] for rule in answer["rules"]}
    assert set(scope_of.values()) == {"transaction", "account"}
    for row in answer["destinations"]:
        for rule, sat in row["traced_sat"].items():
            bound = row["bounds"][scope_of[rule]]
            assert bound["least_sat"] <= sat <= bound["most_sat"], (row["destination"], rule)


def test_controls_are_drawn_and_paths_found(served: Served, demo: Demo) -> None:
    seed = demo.observed[0]
    with served.client() as client:
        body = {"seeds": [seed], "draws": 20}
        _, drawn = answered(client, "/api/traces/null-controls", body)
        assert drawn["draws"] == 20
        assert drawn["destinations"][0]["null"]["draws"] == 20
        ends = {"start": seed, "end": f"service:{drawn['destinations'][0]['destination']}"}
        _, paths = answered(client, "/api/traces/path", {**ends, "max_paths": 3})
        lows = [path["joint_truth"]["at_least_low"] or 0 for path in paths["paths"]]
        assert lows
        assert lows == sorted(lows, reverse=True)
        sets = {"start": [ends["start"]], "end": [ends["end"]]}
        _, passed = answered(client, "/api/traces/between", sets)
        assert passed["to"][0]["text"] == ends["end"]
        _, found = answered(client, "/api/traces/patterns", {"seeds": [seed]})
        assert found["looked_at_txs"] > 0


def test_books_are_apportioned_from_an_upload(served: Served) -> None:
    books = "seq,kind,value_sat,claimant,reference\n1,in,100,Ann,a\n2,in,50,,b\n3,out,120,,c\n"
    with served.client() as client:
        kept = client.post("/api/uploads?name=books.csv", content=books.encode()).json()
        _, answer = answered(client, "/api/traces/ledger", {"upload": kept["upload"]})
    assert answer["claimed_sat"] == 100
    assert {rule["rule"] for rule in answer["rules"]} >= {"account-fifo", "account-pool"}


def test_what_cannot_be_traced_is_refused_with_the_reason(served: Served, demo: Demo) -> None:
    with served.client() as client:
        refused = client.post("/api/traces/forward", json={"seeds": ["@/etc/passwd"]})
        assert (refused.status_code, refused.json()["kind"]) == (422, "misuse")
        job = client.post("/api/traces/forward", json={"seeds": []}).json()["job"]
        assert "nothing to trace" in until_over(client, job)["error"]["error"]
        seeds = [demo.observed[0], demo.observed[0][:-1] + "z", "00" * 32 + ":7"]
        told = client.post("/api/traces/seeds", json={"seeds": seeds}).json()["seeds"]
        assert [bool(seed["error"]) for seed in told] == [False, True, True]
        assert told[0]["value_sat"] > 0
        chosen = client.get("/api/traces/choices").json()
        assert {"rule": "pro-rata", "scope": "transaction", "backward": True} in chosen["rules"]
        assert any(service["label"] == "Exchange North" for service in chosen["services"])


def test_the_seeds_of_a_case_are_traced(served: Served, demo: Demo) -> None:
    with served.client() as client:
        told = client.post("/api/traces/seeds", json={"case": "pay-site"}).json()["seeds"]
        assert {seed["text"] for seed in told} == set(demo.observed)
        _, answer = answered(client, "/api/traces/forward", {"case": "pay-site"})
    assert answer["receipts"]["count"] > 0
