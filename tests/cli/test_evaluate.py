"""peelchain evaluate: a labelled table against the clustering, and the shipped rates."""

import csv
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from tests.cli.documented import check
from tests.cli.running import peelchain
from tests.simulate.reading import co_spend_clusters, read_chain, read_truth


@pytest.fixture(scope="module")
def labelled(session, tmp_path_factory):
    """Every address of some owners of the simulated chain, with who owns it."""
    owned = [r for r in read_truth(session.node, "scripts") if r["address"]]
    wanted = {"exchange-north", "exchange-east", "site"} | {
        r["owner_id"] for r in owned if r["owner_id"].startswith("user-0000")
    }
    file = tmp_path_factory.mktemp("labelled") / "table.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["entity", "address"])
        writer.writerows([r["owner_id"], r["address"]] for r in owned if r["owner_id"] in wanted)
    return file


def test_recall_and_precision_are_those_of_the_truth(session, labelled):
    answer = session.ask("evaluate", "table", labelled, "--complete")
    cluster = co_spend_clusters(read_chain(session.node))
    owner = {}
    for row in read_truth(session.node, "scripts"):
        if row["address"]:
            owner[bytes.fromhex(row["script_pubkey"])] = row["owner_id"]
    with labelled.open(newline="") as stream:
        wanted = {r["entity"] for r in csv.DictReader(stream)}
    sizes = Counter(owner.values())
    cells = Counter((who, cluster.get(s, s)) for s, who in owner.items())
    pairs = sum(sizes[who] * (sizes[who] - 1) // 2 for who in wanted)
    right = sum(n * (n - 1) // 2 for (who, _), n in cells.items() if who in wanted)
    assert (answer["recall"]["right_pairs"], answer["recall"]["pairs"]) == (right, pairs)
    assert answer["precision"]["share"] == 1.0
    assert answer["precision"]["low"] < 1
    assert answer["mixed_clusters"] == []
    assert answer["problems"] == {}
    assert {e["entity"] for e in answer["entities"]} == wanted


def test_two_entities_in_one_cluster_are_shown(session, tmp_path):
    a, b = session.addresses[:2]
    file = tmp_path / "table.csv"
    file.write_text(f"address,entity\n{a},alice\n{b},bob\n{b},bob\n")
    answer = session.ask("evaluate", "table", file)
    check("evaluate table", answer)
    assert [m["entities"] for m in answer["mixed_clusters"]] == [["alice", "bob"]]
    assert answer["precision"] is None
    assert answer["recall"] == {
        "right_pairs": 0, "pairs": 0, "share": None, "low": None, "high": None,
    }  # fmt: skip


def test_a_policy_is_measured_and_one_that_was_never_run_refused(session, labelled, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(session.store, store)
    made = peelchain(
        *("cluster", "run", "--without-detector", "joinmarket", "--store", store, "--json")
    ).answer
    asked = ("evaluate", "table", labelled, "--store", store)
    answer = peelchain(*asked, "--policy", made["policy"], "--json").answer
    assert (answer["policy"], answer["run_id"]) == (made["policy"], made["run_id"])
    assert answer["rates"][0]["rule"] == f"policy:{made['policy']}"
    peelchain(*asked, "--policy", "0" * 16).refused(2, "was never run")


def test_kept_rates_are_a_table_of_the_store(session, labelled, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(session.store, store)
    asked = ("evaluate", "table", labelled, "--complete", "--keep", "--store", store, "--json")
    answer = peelchain(*asked).answer
    assert peelchain(*asked).answer == answer
    query = 'select rule, basis, "right", wrong, recall from error_rates'
    (row,) = peelchain("sql", query, "--store", store, "--json").answer["rows"]
    (said,) = answer["rates"]
    assert row == [said[k] for k in ("rule", "basis", "right", "wrong", "recall")]
    assert said["wrong"] == 0
    assert said["recall"] == answer["recall"]["share"]


def test_a_terminal_gets_no_control_characters_from_a_table(session, tmp_path):
    file = tmp_path / "table.csv"
    file.write_text(f"address,entity\n{session.addresses[0]},\x1b[31mred\nx\x1b[2J,bob\n")
    ran = peelchain("evaluate", "table", file, "--store", session.store)
    assert ran.code == 0, ran.err
    assert "\x1b" not in ran.out
    assert "rows: not_an_address" in ran.out


def test_a_table_of_another_network_is_refused(session, tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("address,entity\nbcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080,alice\n")
    ran = peelchain("evaluate", "table", file, "--store", session.store)
    ran.refused(1, "none of its 1 addresses occurs in the chain", "check the network")


def test_rates_of_a_file_are_shown_and_chosen(tmp_path):
    row = {
        "rule": "multi_input", "stratum": "all", "data": "d", "basis": "simulated",
        "unit": "merges", "right": 9, "wrong": 1,
        "precision": 0.9, "precision_low": 0.5, "precision_high": 0.99,
        "found": None, "missed": None, "recall": None, "recall_low": None, "recall_high": None,
        "made_by": "m", "seeds": "",
    }  # fmt: skip
    file = tmp_path / "rates.json"
    file.write_text(
        json.dumps(
            {
                "format": 1,
                "rows": [row, {**row, "stratum": "era:1"}],
                "verdicts": [],
                "agreement": [],
            }
        )
    )
    answer = peelchain("evaluate", "rates", "--file", file, "--json").answer
    check("evaluate rates", answer)
    assert answer["rows"][0] == row
    shown = peelchain("evaluate", "rates", "--file", file, "--stratum", "all")
    assert "0.9000 (0.5000 to 0.9900)" in shown.out
    assert "era:1" not in shown.out
    assert "1 rows by era" in peelchain("evaluate", "rates", "--file", file).out
    assert "era:1" in peelchain("evaluate", "rates", "--file", file, "--stratum", "era:1").out


def test_a_claim_is_locked_answered_and_scored(session, tmp_path):
    ledger = tmp_path / "field.jsonl"
    a, b = session.addresses[:2]
    field = ("evaluate", "field")
    dated = ("--ledger", ledger, "--date", "2026-03-01")
    for address in (a, b):
        locked = session.ask(*field, "lock", address, "Site", "--rule", "multi_input", *dated)
        check("evaluate field lock", locked)
    answered = peelchain(*field, "answer", locked["claim"], "right", *dated, "--json").answer
    check("evaluate field answer", answered)
    score = peelchain(*field, "score", "--ledger", ledger, "--json").answer
    check("evaluate field score", score)
    assert score["scores"] == [
        {"rule": "multi_input", "locked": 2, "right": 1, "wrong": 0, "none": 0, "open": 1}
    ]
    assert score["head"] == answered["hash"]
    assert [c["address"] for c in score["open"]] == [a]
    again = peelchain(*field, "answer", locked["claim"], "wrong", *dated)
    again.refused(2, "a second one is not taken")


def test_a_claim_is_known_again_in_another_way_of_writing(session, tmp_path):
    ledger = tmp_path / "field.jsonl"
    rows = (r for r in read_truth(session.node, "scripts") if r["address"].startswith("bcrt1"))
    address = next(rows)["address"]
    more = ("--rule", "r", "--ledger", ledger, "--store", session.store)
    assert peelchain("evaluate", "field", "lock", address, "A", *more).code == 0
    again = peelchain("evaluate", "field", "lock", address.upper(), "B", *more)
    again.refused(2, "has locked a claim on this address")


def test_simulated_economies_are_measured_once_and_put_into_the_file(tmp_path):
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    into, work = tmp_path / "rates.json", tmp_path / "work"
    told = ("evaluate", "simulated", "--economies", 2, "--blocks", 110, "--work", work)
    named = ("--condition", "default", "--condition", "payjoin-5", "--json")
    answer = peelchain(*told, *named, "--into", into).answer
    check("evaluate simulated", answer)
    assert {r["seeds"] for r in answer["rows"]} == {"4000000 to 4000001"}
    merges = next(r for r in answer["rows"] if r["stratum"] == "condition:default")
    assert (merges["rule"], merges["unit"], merges["wrong"]) == ("multi_input", "merges", 0)
    kept = (work / "results.jsonl").read_bytes()
    assert len(kept.splitlines()) == 4
    assert peelchain(*told, *named).answer == answer
    assert (work / "results.jsonl").read_bytes() == kept
    assert peelchain("evaluate", "rates", "--file", into, "--json").answer["rows"] == sorted(
        answer["rows"], key=lambda r: r["made_by"]
    )


def test_seeds_for_choosing_publish_nothing(tmp_path):
    ran = peelchain(
        *("evaluate", "simulated", "--choosing", "--work", tmp_path / "w"),
        *("--into", tmp_path / "rates.json"),
    )
    ran.refused(2, "seeds for choosing give no published figures")
    ran = peelchain("evaluate", "simulated", "--work", tmp_path / "w", "--condition", "none")
    ran.refused(2, "there is no condition 'none'")


LABELS = Path(__file__).resolve().parents[2] / "docs" / "methods" / "coinjoin-labels.csv"


def test_detectors_are_measured_on_every_line_of_the_real_sets(shared_data):
    sets = shared_data / "coinjoins"
    answer = peelchain("evaluate", "coinjoins", sets, "--labels", LABELS, "--json").answer
    check("evaluate coinjoins", {**answer, "errors": answer["errors"] or [ERROR]})
    lines = [line for path in sets.glob("*/*.txt") for line in path.read_text().splitlines()]
    assert answer["lines"] == len(lines)
    rows = {(r["rule"], r["stratum"], r["unit"]): r for r in answer["rows"]}
    mixes = rows["coinjoin", "all", "transactions flagged as mixes"]
    ordinary = rows["coinjoin", "all", "ordinary transactions, right where not flagged"]
    assert mixes["recall"] >= 0.95
    assert ordinary["precision"] >= 0.99
    assert mixes["missed"] + ordinary["wrong"] <= len(answer["errors"])


ERROR = {"set": "", "line": 1, "txid": "", "verdict": "", "said": ""}


def test_labels_that_are_not_of_the_sets_are_refused_with_the_line(shared_data, tmp_path):
    sets = shared_data / "coinjoins"
    rows = LABELS.read_text().splitlines(keepends=True)
    file = tmp_path / "labels.csv"
    for text, said in (
        ("".join(rows[:1] + rows[2:]), "line 1: "),
        ("".join([*rows, rows[1].replace(rows[1][:4], "0000")]), "1 verdicts are on transactions"),
        ("".join([*rows, rows[1]]), f"line {len(rows) + 1}: transaction"),
        ("".join([rows[0], rows[1].replace(",ordinary,", ",odd,")]), "a verdict that there is not"),
        ("txid,verdict\n", "line 1: the heading needs"),
    ):
        file.write_text(text)
        peelchain("evaluate", "coinjoins", sets, "--labels", file).refused(1, said)
    peelchain("evaluate", "coinjoins", tmp_path, "--labels", LABELS).refused(1, "holds no sets")


def test_the_change_figures_are_those_of_the_shipped_model(tmp_path):
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    into = tmp_path / "rates.json"
    answer = peelchain("evaluate", "change", "--into", into, "--json").answer
    check("evaluate change", answer)
    assert answer["is_shipped"], "train and measure anew: python scripts/render_change.py"
    predictor = next(r for r in answer["rows"] if (r["rule"], r["stratum"]) == ("change", "all"))
    assert predictor["precision_low"] >= 0.99
    assert peelchain("evaluate", "rates", "--file", into, "--json").answer["rows"] == answer["rows"]
