"""peelchain trace marks and evaluate marks, as a user runs them."""

import csv
import io

import pytest
from tests.cli.running import peelchain
from tests.cli.test_documented_keys import check
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
