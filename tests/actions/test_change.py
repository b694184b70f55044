"""Change by the command line: one transaction shown, and the table of all."""

import csv
import io

import pytest
from tests.cli.running import peelchain

from peelchain.actions import change as actions


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    folder = tmp_path_factory.mktemp("change-actions")
    peelchain("simulate", "--seed", 12, "--blocks", 140, "--out", folder / "node")
    peelchain("chain", "ingest", f"core:{folder / 'node'}", "--store", folder / "store")
    return folder / "store"


def truth(store, table):
    text = (store.parent / "node" / "truth" / f"{table}.csv").read_text()
    return list(csv.DictReader(io.StringIO(text)))


def test_a_transaction_is_shown_with_every_verdict(store):
    change = truth(store, "change")[0]
    answer = peelchain("change", "show", change["txid"], "--store", store, "--json").answer
    kept = answer["outputs"][int(change["vout"])]
    assert kept["held"] == "change"
    assert kept["probability"] >= answer["model"]["change_from"]
    assert answer["silent"] is None
    assert answer["as_of_height"] == answer["tip_height"]
    names = [said["rule"] for said in kept["rules"]]
    assert names == sorted(names)
    assert "cluster_fingerprint" in names
    assert all(said["reason"] for out in answer["outputs"] for said in out["rules"])


def test_people_are_shown_what_each_rule_saw(store):
    change = truth(store, "change")[0]
    said = peelchain("change", "show", change["txid"], "--store", store).out
    assert "held to be change" in said
    assert "what the rule saw" in said
    rows = peelchain("change", "show", change["txid"], "--store", store, "--csv").out
    assert rows.splitlines()[0] == ",".join(actions.RULE_COLUMNS)
    assert "predictor,change," in rows


def test_nothing_above_a_height_is_used(store):
    change = truth(store, "change")[0]
    row = next(t for t in truth(store, "transactions") if t["txid"] == change["txid"])
    height = row["height"]
    early = peelchain(
        *("change", "show", change["txid"], "--store", store, "--json"),
        *("--as-of-height", height),
    ).answer
    kept = early["outputs"][int(change["vout"])]
    by_rule = {said["rule"]: said for said in kept["rules"]}
    assert early["spender_cluster_id"] is None
    assert by_rule["cluster_fingerprint"]["verdict"] is None
    assert "unspent" in by_rule["spender_version"]["reason"]
    too_early = peelchain(
        *("change", "show", change["txid"], "--store", store, "--as-of-height", int(height) - 1)
    )
    too_early.refused(1, f"is at height {height}", f"give {height} to 140")


def test_silence_has_a_reason(store):
    mix = truth(store, "coinjoins")
    one = next(
        t["txid"] for t in truth(store, "transactions") if t["kind"] in ("sweep", "consolidation")
    )
    asked = {one: "fewer than two outputs"} | {row["txid"]: "CoinJoin" for row in mix[:1]}
    for txid, said in asked.items():
        answer = peelchain("change", "show", txid, "--store", store, "--json").answer
        assert said in answer["silent"]
        assert {out["held"] for out in answer["outputs"]} == {None}
        assert (
            f"no rule speaks: {answer['silent']}"
            in peelchain("change", "show", txid, "--store", store).out
        )


def test_a_transaction_that_is_not_there_is_refused(store):
    peelchain("change", "show", "ab" * 32, "--store", store).refused(
        1, "ab" * 32, "not in the chain"
    )
    peelchain("change", "show", "12", "--store", store).refused(2, "12")


def test_the_table_is_stored_once_and_says_what_show_says(store):
    ran = peelchain("change", "run", "--store", store, "--json").answer
    assert ran["rules"] == ["predictor"]
    assert ran["rows"] == ran["held_change"] + ran["held_payment"] + ran["abstained"]
    assert peelchain("change", "run", "--store", store, "--json").answer == ran
    change = truth(store, "change")[0]
    shown = peelchain("change", "show", change["txid"], "--store", store, "--json").answer
    rows = peelchain(
        *("sql", "--store", store, "--json"),
        "select vout, probability from change join txs using (tx_id) "
        f"where show_hash(txid) = '{change['txid']}' order by vout",
    ).answer["rows"]
    assert rows == [[out["vout"], out["probability"]] for out in shown["outputs"]]


def test_several_rules_are_kept_beside_one_another(store):
    chosen = ["--rule", "cluster_fingerprint", "--rule", "address_type"]
    ran = peelchain("change", "run", *chosen, "--store", store, "--json").answer
    assert ran["rules"] == ["address_type", "cluster_fingerprint"]
    assert ran["held_change"] == 0
    assert ran["rows"] > 0
    refused = peelchain("change", "run", "--rule", "guess", "--store", store)
    refused.refused(2, "no change rule 'guess'", "address_type")


def test_the_first_payment_is_told_by_a_rule_where_the_predictor_is_silent(shared_data, tmp_path):
    """Height 170: 10 BTC to a key, 40 back to the one that had 50, both P2PK."""
    store = tmp_path / "store"
    peelchain("chain", "ingest", f"core:{shared_data / 'early_chain'}", "--store", store)
    first = "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16"
    answer = peelchain("change", "show", first, "--store", store, "--json").answer
    reuse = [
        next(said["verdict"] for said in out["rules"] if said["rule"] == "address_reuse")
        for out in answer["outputs"]
    ]
    assert reuse == ["ruled_out", "possible"]
    assert [out["probability"] for out in answer["outputs"]] == [None, None]
    assert answer["silent"] is None
    assert "does not speak of it" in peelchain("change", "show", first, "--store", store).out
