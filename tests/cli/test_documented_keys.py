"""The keys and columns that docs/commands.md lists are those that the commands give."""

import csv
import io

import pytest
from tests.cli.documented import NOTES, check
from tests.cli.running import peelchain


@pytest.fixture(scope="module")
def answers(session):
    a, b = session.addresses[:2]
    found = {name: ran.answer for name, ran in session.said.items()}
    for name, more in {
        "chain status": [],
        "chain verify": [],
        "chain reindex": [],
        "tx": [session.outpoint.split(":")[0]],
        "address": [a],
        "cluster show": [a],
        "cluster export": [],
        "cluster explain": [a, b],
        "cluster superclusters": [],
        "cluster policies": [],
        "change show": [session.with_change],
        "change run": [],
        "trace forward": ["--seed", session.outpoint, "--hops", "--rule", "all"],
        "trace backward": ["--seed", session.outpoint, "--hops", "--rule", "all"],
        "coinjoin linkage": [session.coinjoin, "--parties", 1],
        "trace path": [session.outpoint.split(":")[0], session.reached],
        "trace null-controls": ["--seed", session.outpoint, "--draws", 3],
        "trace marks": ["--seed", session.outpoint],
        "trace compare": ["--seed", session.outpoint, "--to", session.reached],
        "trace between": [session.outpoint, "--to", session.reached],
        "trace patterns": ["--seed", session.outpoint, "--threshold", "100USD"],
        "sql": ["select 1 as one"],
    }.items():
        found[name] = session.ask(*name.split(), *more)
    return found


def test_keys_of_an_ingest_are_documented_and_given(session, tmp_path):
    """Those of a chain and those of a dump that makes a partial store, together."""
    peelchain("chain", "export", "esplora-lines", "--from", 100, "--to", 101,
              "--store", session.store, "-o", tmp_path / "lines")  # fmt: skip
    (tmp_path / "lines" / "more.json").write_text("no transaction\n")
    place = f"esplora-lines:{tmp_path / 'lines'}"
    dump = peelchain("chain", "ingest", place, "--store", tmp_path / "store", "--network",
                     "regtest", "--json")  # fmt: skip
    assert dump.answer["refused"] == 1
    check("chain ingest", session.said["chain ingest"].answer | dump.answer)


OTHERS = {"chain decode", "coinjoin classify", "trace ledger", "investigate", "verify"}
OTHERS |= {"simulate-returns"}  # in case/test_returns.py, which has what it answers
OTHERS |= {"chain export"}  # in test_chain_export.py, which has where it writes
OTHERS |= {"serve"}  # in tests/web/test_serve.py, for it answers while it runs
OTHERS |= {"chain ingest"}  # above, for what it answers follows from its source
OTHERS |= {"chain fetch"}  # in test_fetch.py, for it needs a server
# those of `evaluate` in test_evaluate.py, the others beside their own tests
ELSEWHERE = ("case", "entities", "evaluate", "extract", "tags", "watch")
OTHERS |= {"chain headers"}  # in test_fetch_electrum.py, for it needs a server
OTHERS |= {name for name in NOTES if name.split()[0] in ELSEWHERE}


@pytest.mark.parametrize("name", sorted(set(NOTES) - {"head", "shared"} - OTHERS))
def test_keys_of_answers_are_documented_and_given(answers, name):
    check(name, answers[name])


def test_keys_of_a_decoded_block_are_documented_and_given(shared_data):
    block = min((shared_data / "blocks_mainnet").glob("*.bin"))
    check("chain decode", peelchain("chain", "decode", block, "--json").answer)


def test_keys_of_an_investigation_are_documented_and_given(investigated):
    check("investigate", investigated.said["investigate"].answer)


def test_keys_of_a_verified_bundle_are_documented_and_given(investigated):
    check("verify", peelchain("verify", investigated.case / "bundle.zip", "--json").answer)


def test_columns_of_csv_are_documented(session):
    a, b = session.addresses[:2]
    asked = {
        "tx": [session.outpoint.split(":")[0]],
        "address": [a],
        "cluster show": [a],
        "cluster export": [],
        "cluster explain": [a, b],
        "cluster superclusters": [],
        "change show": [session.with_change],
        "coinjoin linkage": [session.coinjoin],
        "trace forward": ["--seed", session.outpoint],
        "trace backward": ["--seed", session.outpoint],
        "trace path": [session.outpoint, session.reached],
        "trace null-controls": ["--seed", session.outpoint, "--draws", 3],
        "trace compare": ["--seed", session.outpoint],
        "trace between": [session.outpoint, "--to", session.reached],
        "trace patterns": ["--seed", session.outpoint],
    }
    for name, more in asked.items():
        out = peelchain(*name.split(), *more, "--store", session.store, "--csv").out
        assert ",".join(next(csv.reader(io.StringIO(out)))) == NOTES[name]["csv"], name
