"""How sure a report says that it is, on a simulated chain: amounts, bounds, supports, controls."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def report(investigated):
    return json.loads((investigated.case / "report.json").read_text())


@pytest.fixture(scope="module")
def entities(investigated):
    with zipfile.ZipFile(investigated.case / "bundle.zip") as bundle:
        name = next(n for n in bundle.namelist() if n.endswith("data/entities.jsonl"))
        rows = [json.loads(line) for line in bundle.read(name).splitlines()]
    return {row["entity"]: row for row in rows}


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_every_rules_amounts_add_up_to_the_seeds_and_lie_between_the_bounds(report, direction):
    table = report["assurance"]["rule_table"][direction]
    assert set(table["rules"]) >= {"pro_rata", "index_fifo"}
    assert table["seeds_sat"] == report["totals"]["received_sat"]
    for rule in table["rules"]:
        assert sum(row["traced_sat"][rule] for row in table["rows"]) == table["seeds_sat"]
    for row in table["rows"]:
        assert all(row["least_sat"] <= s <= row["most_sat"] for s in row["traced_sat"].values())


@pytest.mark.parametrize(("direction", "rows"), [("forward", "outflows"), ("backward", "inflows")])
def test_the_table_has_what_the_findings_come_to(report, direction, rows):
    table = report["assurance"]["rule_table"][direction]
    told = {row["entity"]: row for row in table["rows"] if row["entity"]}
    for one in report["by_service"][rows]:
        for rule, sat in one["traced_sat"].items():
            assert told[one["entity"]]["traced_sat"][rule] == sat
        assert told[one["entity"]]["label"] == one["label"]


def test_each_finding_lies_within_its_bounds_and_names_what_it_rests_on(report, entities):
    findings = report["assurance"]["findings"]
    rows = [*report["receipts"], *report["inflows"], *report["outflows"]]
    assert set(findings) == {row["id"] for row in rows}
    links = {e: {link["txid"] for link in row["links"]} for e, row in entities.items()}
    anchors = {
        e: {(s["anchor"] or "").removeprefix("tag:") for s in row["scripts"]}
        for e, row in entities.items()
    }
    for row in [*report["inflows"], *report["outflows"]]:
        told = findings[row["id"]]
        assert told["basis"] == "inference"
        assert told["facts"] == len({outpoint.split(":")[0] for outpoint in row["path"]})
        for sat in row["traced_sat"].values():
            assert told["least_sat"] <= sat <= told["most_sat"]
        assert len(told["assertions"]) == 1
        assert set(told["assertions"]) <= anchors[row["entity"]]
        relied = sum(inference["count"] for inference in told["inferences"])
        assert relied <= len(links["subject"]) + len(links[row["entity"]])
        assert (told["truth_low"] == "1.0000") == (relied == 0)
    seeds = {s["address"] for s in entities["subject"]["scripts"] if s["anchor"] == "seed"}
    assert seeds
    for row in report["receipts"]:
        assert (findings[row["id"]]["basis"] == "fact") == (row["address"] in seeds)


def test_alternatives_are_those_that_the_chain_shows(report, investigated):
    findings = report["assurance"]["findings"]
    outflows: dict[str, list[dict[str, Any]]] = {}
    for row in report["outflows"]:
        outflows.setdefault(row["entity"], []).append(row)
    for row in report["inflows"]:
        told = {a["kind"]: a for a in findings[row["id"]]["alternatives"]}
        earlier = [o for o in outflows.get(row["entity"], []) if o["height"] < row["height"]]
        same = [o for o in outflows.get(row["entity"], []) if o["height"] == row["height"]]
        count = told.get("round_trip", {"count": 0})["count"]
        assert len(earlier) <= count <= len(earlier) + len(same)
        if row["hops"] < 2:
            assert "change_of_hands" not in told
        if "batch" in told:
            shown = investigated.ask("tx", told["batch"]["txids"][0])
            assert len(shown["outputs"]) > told["batch"]["count"]


def test_the_null_control_counts_draws_that_reach_the_same_services(report):
    for direction, rows in (("forward", "outflows"), ("backward", "inflows")):
        told = report["assurance"]["null_control"][direction]
        assert told["draws"] == 20
        assert told["matched"] <= told["seeds"] == report["totals"]["receipts"]
        reached = {row["entity"] for row in report[rows]}
        assert {row["entity"] for row in told["services"]} == reached
        for row in told["services"]:
            assert 0 <= row["draws_with_as_much"] <= row["draws_reaching"] <= told["draws"]
            assert row["rank"] <= 1 + row["draws_with_as_much"]


def test_the_whole_is_the_same_when_it_is_derived_again(investigated, tmp_path: Path, report):
    from tests.cli.running import peelchain

    again = peelchain(
        *("investigate", f"@{investigated.node / 'observed.txt'}", "--store", investigated.store),
        *("--case", tmp_path / "case", "--date", "2024-01-31", "--json"),
    )
    assert again.code == 0
    made = json.loads((tmp_path / "case" / "report.json").read_text())
    assert made["assurance"] == report["assurance"]
