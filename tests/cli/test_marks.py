"""peelchain trace marks and evaluate marks, as a user runs them."""

import csv
import io

import pytest
from tests.cli.documented import check
from tests.cli.running import peelchain
from tests.simulate.reading import read_truth

HANDED = "key_handover"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A small measurement: its answer, and the chain that it left."""
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    work = tmp_path_factory.mktemp("marks") / "work"
    told = ("evaluate", "marks", "--economies", 1, "--blocks", 220, "--choosing", "--work", work)
    answer = peelchain(*told, "--json").answer
    (truth,) = work.glob("**/offchain.csv")
    return answer, truth.parents[1], work


def test_measured_error_is_told_as_documented(measured):
    answer, _, _ = measured
    check("evaluate marks", answer)
    assert {row["rule"] for row in answer["rows"]} == {
        "mark:channel_open",
        "mark:channel_close",
        "mark:key_handover",
    }


def test_a_handed_over_coin_is_marked_on_a_trace(measured):
    _, node, work = measured
    (store,) = work.glob("**/store")
    batch = [row for row in read_truth(node, "offchain") if row["mark"] == HANDED]
    seeds = [word for row in batch for word in ("--seed", f"{row['txid']}:{row['vout']}")]
    answer = peelchain("trace", "marks", *seeds, "--store", store, "--json").answer
    check("trace marks", answer)
    marked = {m["output"] for m in answer["marks"] if m["mark"] == HANDED}
    assert marked & {f"{row['txid']}:{row['vout']}" for row in batch}

    shown = peelchain("trace", "marks", *seeds, "--store", store).out
    assert "nothing beyond" in shown
    assert HANDED in shown
    rows = csv.DictReader(
        io.StringIO(peelchain("trace", "marks", *seeds, "--store", store, "--csv").out)
    )
    assert {row["output"] for row in rows if row["mark"] == HANDED} == marked


def test_refusals_name_the_remedy(measured, session, tmp_path):
    peelchain(
        *("trace", "marks", "--seed", session.outpoint, "--direction", "up"),
        *("--store", session.store),
    ).refused(2, "use forward or backward")
    peelchain(
        *("evaluate", "marks", "--choosing", "--work", tmp_path / "w", "--into", tmp_path / "r")
    ).refused(2, "leave out --into")


@pytest.fixture(scope="module")
def traced(measured):
    """What traces a batch of handed-over coins and the outputs that opened channels, with hops."""
    _, node, work = measured
    (store,) = work.glob("**/store")
    outputs = [f"{row['txid']}:{row['vout']}" for row in read_truth(node, "offchain")]
    ask = ["trace", "forward", "--hops", "--store", store]
    ask += [word for output in sorted(set(outputs)) for word in ("--seed", output)]
    return ask, node


def test_ends_and_hops_of_a_trace_are_marked(traced):
    ask, _ = traced
    answer = peelchain(*ask, "--rule", "all", "--json").answer
    check("trace forward", answer)
    known: dict[str, list[str]] = {}
    for row in answer["marks"]:
        known.setdefault(row["output"], []).append(row["mark"])
    assert {HANDED, "channel_open", "channel_close"} <= {m for ms in known.values() for m in ms}
    assert answer["mark_errors"].keys() == {row["mark"] for row in answer["marks"]}
    assert answer["witnesses"] == "read"
    for seed in answer["seeds"]:
        assert seed["mark"] == known.get(seed["outpoint"], [])
    for end in answer["terminals"]:
        assert end["mark"] == known.get(f"{end['txid']}:{end['vout']}", [])
    for hop in answer["hops"]:
        assert hop["mark"] == known.get(hop["to"], [])
    for payment in answer["payments"]:
        assert payment["mark"] == known.get(payment["output"], [])
    assert any(hop["mark"] for hop in answer["hops"])
    assert any(end["mark"] for end in answer["terminals"])
    shown = peelchain(*ask).out
    assert "possible off-chain transfer" in shown
    assert "claiming nothing beyond" in shown
    assert "not looked at" not in shown
    rows = csv.DictReader(io.StringIO(peelchain(*ask, "--csv").out))
    assert {row["mark"] for row in rows} >= {HANDED, ""}


def test_without_the_block_files_it_is_said_what_was_not_looked_at(traced):
    ask, node = traced
    blocks = node / "regtest"
    away = blocks.rename(node / "away")
    try:
        answer = peelchain(*ask, "--json").answer
        shown = peelchain(*ask).out
    finally:
        away.rename(blocks)
    assert answer["witnesses"] == "not_at_hand"
    assert any(row["mark"] == "channel_open" for row in answer["marks"])
    assert "witnesses were not looked at" in shown
