"""What each command answers, and that the answers agree with one another."""

import csv
import io
import json
from itertools import pairwise

import pytest
from tests.cli.running import peelchain

STABLE = {
    "chain ingest": "tip_height tip_hash blocks txs txouts txins scripts bytes seconds",
    "chain status": "network tip_height tip_hash schema_version counts",
    "chain decode": "block_hash height txs",
    "tx": "txid height fee_sat inputs outputs",
    "address": "address received_sat sent_sat balance_sat receipts spends cluster_id",
    "cluster run": "policy links clusters",
    "cluster explain": "joined links",
    "trace forward": "tip_hash rule seeds_sat terminals totals",
    "trace backward": "tip_hash rule seeds_sat terminals totals",
}
STABLE_ROWS = {
    ("chain decode", "txs"): "txid wtxid outputs inputs",
    ("tx", "inputs"): "prevout value_sat address",
    ("tx", "outputs"): "vout value_sat address script_type spent_by",
    ("cluster explain", "links"): "txid rule script_a script_b",
    ("trace forward", "terminals"): "type txid vout value_sat label",
    ("trace backward", "terminals"): "type txid vout value_sat label",
}


@pytest.fixture(scope="module")
def raw_block(session, tmp_path_factory):
    """The first block of the node with a spend in it, as a file of its own."""
    block_hash = session.ask(
        "sql",
        "select show_hash(block_hash) h, file_number n, file_offset o, size_bytes s from blocks "
        "where tx_count > 5 order by height limit 1",
    )
    [[name, number, offset, size]] = block_hash["rows"]
    blocks = session.node / "regtest" / "blocks"
    content = (blocks / f"blk{number:05d}.dat").read_bytes()[offset : offset + size]
    key = (blocks / "xor.dat").read_bytes() if (blocks / "xor.dat").exists() else bytes(8)
    plain = bytes(b ^ key[(offset + i) % len(key)] for i, b in enumerate(content))
    file = tmp_path_factory.mktemp("block") / f"{name}.bin"
    file.write_bytes(plain)
    return file


@pytest.fixture(scope="module")
def answers(session, raw_block):
    a, b = session.addresses[:2]
    outpoint = session.outpoint
    found = {name: ran.answer for name, ran in session.said.items()}
    asked = {
        "chain status": ["chain", "status"],
        "chain verify": ["chain", "verify"],
        "tx": ["tx", outpoint.split(":")[0]],
        "address": ["address", a],
        "cluster show": ["cluster", "show", a],
        "cluster export": ["cluster", "export"],
        "cluster explain": ["cluster", "explain", a, b],
        "trace forward": ["trace", "forward", "--seed", outpoint, "--hops"],
        "trace backward": ["trace", "backward", "--seed", outpoint, "--rule", "index-fifo"],
        "sql": ["sql", "select height, show_hash(block_hash) h from blocks order by 1 limit 3"],
    }
    for name, arguments in asked.items():
        found[name] = session.ask(*arguments)
    found["chain decode"] = peelchain(
        "chain", "decode", raw_block, "--network", "regtest", "--json"
    ).answer
    return found


@pytest.mark.parametrize("command", STABLE)
def test_answers_have_the_keys_that_are_held_stable(answers, command):
    assert set(STABLE[command].split()) - set(answers[command]) == set()
    for (of, rows), keys in STABLE_ROWS.items():
        if of == command:
            assert answers[command][rows]
            for row in answers[command][rows]:
                assert set(keys.split()) - set(row) == set()


def test_answers_from_a_store_state_tip_policy_and_run(answers):
    for name, answer in answers.items():
        if name != "chain decode":
            assert answer["tip_hash"] == answers["chain status"]["tip_hash"], name
            assert answer["tip_height"] == 200, name
    run = answers["cluster run"]
    for name in ("address", "cluster show", "cluster export", "cluster explain", "trace forward"):
        assert (answers[name]["policy"], answers[name]["run_id"]) == (run["policy"], run["run_id"])


def test_balance_is_received_less_sent(answers, session):
    for address in session.addresses[:5]:
        found = session.ask("address", address)
        assert found["balance_sat"] == found["received_sat"] - found["sent_sat"]
        assert found["received_sat"] == sum(r["value_sat"] for r in found["receipts"])
        assert found["sent_sat"] == sum(s["value_sat"] for s in found["spends"])
        unspent = sum(r["value_sat"] for r in found["receipts"] if r["spent_by"] is None)
        assert found["balance_sat"] == unspent


def test_inputs_less_outputs_are_the_fee(answers):
    tx = answers["tx"]
    paid = sum(i["value_sat"] for i in tx["inputs"])
    assert paid - sum(o["value_sat"] for o in tx["outputs"]) == tx["fee_sat"]


def test_tx_and_address_name_the_same_spend(answers, session):
    receipt = answers["address"]["receipts"][0]
    tx = session.ask("tx", receipt["txid"])
    output = tx["outputs"][receipt["vout"]]
    assert output["address"] == answers["address"]["address"]
    assert output["value_sat"] == receipt["value_sat"]
    spender, _, vin = output["spent_by"].partition(":")
    assert spender == receipt["spent_by"]
    spending = session.ask("tx", spender)
    assert spending["inputs"][int(vin)]["prevout"] == f"{receipt['txid']}:{receipt['vout']}"


@pytest.mark.parametrize("command", ["trace forward", "trace backward"])
def test_traces_add_up_to_their_seeds(answers, command):
    trace = answers[command]
    assert trace["seeds_sat"] > 0
    assert sum(trace["totals"].values()) == trace["seeds_sat"]
    assert sum(t["value_sat"] for t in trace["terminals"]) == trace["seeds_sat"]
    for kind, total in trace["totals"].items():
        assert total == sum(t["value_sat"] for t in trace["terminals"] if t["type"] == kind)
    for t in trace["terminals"]:
        assert 0 < t["value_sat"] <= t["output_sat"]
        assert (t["vout"] is None) == (t["type"] == "fee")
        assert (t["label"] is not None) == (t["type"] in ("service", "mixer"))


def test_terminals_are_outputs_of_the_chain(answers, session):
    rested = [t for t in answers["trace forward"]["terminals"] if t["vout"] is not None]
    for t in rested[:3]:
        output = session.ask("tx", t["txid"])["outputs"][t["vout"]]
        assert output["value_sat"] == t["output_sat"]
        if t["type"] == "unspent":
            assert output["spent_by"] is None


def test_part_of_an_output_is_traced_as_a_part(session):
    trace = session.ask("trace", "forward", "--seed", f"{session.outpoint}=1000")
    assert (trace["seeds_sat"], sum(trace["totals"].values())) == (1000, 1000)


def test_explanation_is_a_chain_of_transactions_that_spend_both(answers, session):
    explained = answers["cluster explain"]
    a, b = session.addresses[:2]
    assert explained["joined"] is True
    assert explained["links"][0]["script_a"] == a
    assert explained["links"][-1]["script_b"] == b
    for one, next_one in pairwise(explained["links"]):
        assert one["script_b"] == next_one["script_a"]
    for link in explained["links"]:
        assert link["rule"] == "multi_input"
        spent = {i["address"] for i in session.ask("tx", link["txid"])["inputs"]}
        assert {link["script_a"], link["script_b"]} <= spent


def test_explanation_falls_with_the_transaction_it_rests_on(answers, session):
    a, b = session.addresses[:2]
    rests_on = answers["cluster explain"]["links"][0]["txid"]
    again = session.ask("cluster", "explain", a, b, "--without", rests_on)
    assert rests_on not in [link["txid"] for link in again["links"]]
    assert again["policy"] != answers["cluster explain"]["policy"]


def test_export_has_one_row_for_each_clustered_script(answers, session):
    rows = answers["cluster export"]["rows"]
    run = answers["cluster run"]
    assert len(rows) == run["clustered_scripts"]
    assert len({r["cluster_id"] for r in rows}) == run["clusters"]
    ids = [r["script_id"] for r in rows]
    assert ids == sorted(set(ids))
    least = {r["cluster_id"]: r["script_id"] for r in reversed(rows)}
    assert all(cluster_id == script_id for cluster_id, script_id in least.items())


def test_show_lists_the_cluster_that_export_lists(answers):
    shown = answers["cluster show"]
    exported = {
        r["address"]
        for r in answers["cluster export"]["rows"]
        if r["cluster_id"] == shown["cluster_id"]
    }
    assert {m["address"] for m in shown["members"]} == exported
    assert shown["scripts"] == len(exported)
    assert shown["balance_sat"] == shown["received_sat"] - shown["sent_sat"]


def test_decoded_block_is_the_block_of_the_store(answers, session, raw_block):
    decoded = answers["chain decode"]
    assert decoded["block_hash"] == raw_block.stem
    for tx in decoded["txs"][:3]:
        stored = session.ask("tx", tx["txid"])
        assert stored["block_hash"] == decoded["block_hash"]
        assert stored["height"] == decoded["height"]
        assert [o["value_sat"] for o in stored["outputs"]] == [
            o["value_sat"] for o in tx["outputs"]
        ]
        assert [i["prevout"] for i in stored["inputs"]] == [i["prevout"] for i in tx["inputs"]]


def test_counts_of_ingest_status_and_sql_agree(answers, session):
    counts = answers["chain status"]["counts"]
    for name, count in counts.items():
        assert answers["chain ingest"][name] == count
        assert session.ask("sql", f"select count(*) from {name}")["rows"] == [[count]]


def test_investigation_agrees_with_trace_and_bundle(investigated):
    case = investigated.said["investigate"].answer
    bundle = investigated.case / "bundle.zip"
    verified = peelchain("verify", bundle, "--expect", case["digest"], "--json").answer
    assert {"ok", "checked", "failures"} <= set(verified)
    assert (verified["ok"], verified["digest"]) == (True, case["digest"])
    other = peelchain("verify", bundle, "--expect", "00" * 32, "--json")
    assert (other.code, json.loads(other.out)["ok"]) == (1, False)
    assert case["totals"]["received_sat"] == sum(r["value_sat"] for r in case["receipts"])
    assert case["totals"]["receipts"] == len(case["receipts"])
    seeds = [part for r in case["receipts"] for part in ("--seed", r["outpoint"])]
    trace = investigated.ask("trace", "forward", *seeds)
    assert trace["seeds_sat"] == case["totals"]["received_sat"]
    assert trace["totals"]["service"] == case["totals"]["outflow_sat"]


def test_ingest_again_adds_nothing(session, tmp_path):
    store = tmp_path / "store"
    first = peelchain("chain", "ingest", f"core:{session.node}", "-s", store, "--json").answer
    again = peelchain("chain", "ingest", f"core:{session.node}", "-s", store, "--json").answer
    assert (first["added_blocks"], again["added_blocks"]) == (201, 0)
    assert first["tip_hash"] == again["tip_hash"]


CSV = {
    "tx": ["tx", "{txid}"],
    "address": ["address", "{a}"],
    "cluster show": ["cluster", "show", "{a}"],
    "cluster export": ["cluster", "export"],
    "cluster explain": ["cluster", "explain", "{a}", "{b}"],
    "trace forward": ["trace", "forward", "--seed", "{outpoint}"],
    "trace backward": ["trace", "backward", "--seed", "{outpoint}"],
    "sql": ["sql", "select height, show_hash(block_hash) h from blocks"],
}
ROWS = {
    "tx": lambda x: len(x["inputs"]) + len(x["outputs"]),
    "address": lambda x: len(x["receipts"]) + len(x["spends"]),
    "cluster show": lambda x: len(x["members"]),
    "cluster export": lambda x: len(x["rows"]),
    "cluster explain": lambda x: len(x["links"]),
    "trace forward": lambda x: len(x["terminals"]),
    "trace backward": lambda x: len(x["terminals"]),
    "sql": lambda x: len(x["rows"]),
}


@pytest.mark.parametrize("command", CSV)
def test_csv_has_the_rows_of_the_json_and_tells_the_tip_on_stderr(session, command, tmp_path):
    names = {
        "a": session.addresses[0],
        "b": session.addresses[1],
        "outpoint": session.outpoint,
        "txid": session.outpoint.split(":")[0],
    }
    arguments = [part.format(**names) for part in CSV[command]]
    answer = session.ask(*arguments)
    written = peelchain(*arguments, "--store", session.store, "--csv")
    assert written.code == 0
    head, *rows = csv.reader(io.StringIO(written.out))
    assert head
    assert len(rows) == ROWS[command](answer)
    assert all(len(row) == len(head) for row in rows)
    assert f"tip {answer['tip_hash']} at height 200" in written.err
    if "run_id" in answer:
        assert answer["policy"] in written.err
        assert answer["run_id"] in written.err

    file = tmp_path / "rows.csv"
    to_file = peelchain(*arguments, "--store", session.store, "-o", file)
    assert (to_file.code, to_file.out) == (0, "")
    assert file.read_text() == written.out
    to_stdout = peelchain(*arguments, "--store", session.store, "--csv", "-o", "-")
    assert to_stdout.out == written.out


def test_json_to_a_file_is_the_json_of_stdout(session, tmp_path):
    file = tmp_path / "address.json"
    arguments = ["address", session.addresses[0], "--store", session.store, "--json"]
    assert peelchain(*arguments, "-o", file).out == ""
    assert json.loads(file.read_text()) == peelchain(*arguments).answer


@pytest.mark.parametrize("command", CSV)
def test_tables_never_cut_a_hash_unless_asked(session, command):
    names = {
        "a": session.addresses[0],
        "b": session.addresses[1],
        "outpoint": session.outpoint,
        "txid": session.outpoint.split(":")[0],
    }
    arguments = [part.format(**names) for part in CSV[command]]
    answer = json.dumps(session.ask(*arguments))
    shown = peelchain(*arguments, "--store", session.store, "--table")
    assert shown.code == 0
    assert "…" not in shown.out
    tip = session.said["chain ingest"].answer["tip_hash"]
    assert f"{tip} at height 200" in shown.out
    for word in shown.out.replace(":", " ").split():
        if len(word) == 64:
            assert word in answer
    if command in ("tx", "address", "trace forward", "sql"):
        short = peelchain(*arguments, "--store", session.store, "--short").out
        assert "…" in short
        assert len(short) < len(shown.out)


def test_every_query_type_leaves_as_json(session):
    answer = session.ask(
        "sql",
        "select 'nan'::double a, '-inf'::double b, '\\xAA'::blob c, 2::hugeint ** 100 d, "
        "[1, 2] e, date '2020-01-01' f, null g, 1.10::decimal(5,2) h",
    )
    row = dict(zip(answer["columns"], answer["rows"][0], strict=True))
    assert (row["a"], row["b"], row["c"], row["f"], row["g"]) == (
        *("nan", "-inf", "aa", "2020-01-01", None),
    )


def test_times_can_be_queried(session):
    answer = session.ask("sql", "select time_utc from blocks order by height limit 1")
    assert answer["rows"][0][0].startswith("2011-02-02")


def test_query_and_seeds_come_through_a_pipe(session):
    piped = peelchain("sql", "-", "-s", session.store, "--json", stdin="select 1 as one")
    assert piped.answer["rows"] == [[1]]
    lines = f"{session.outpoint}\n\n"
    traced = peelchain(
        "trace", "forward", "--seed", "-", "-s", session.store, "--json", stdin=lines
    )
    assert traced.answer["seeds_sat"] > 0
