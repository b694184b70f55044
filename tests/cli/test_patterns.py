"""peelchain trace patterns on a small chain: what it finds, and what it refuses."""

import pytest
from tests.cli.running import peelchain

from peelchain.actions.open_store import OpenStore
from peelchain.actions.tracing.patterns import PatternsAsked, patterns_on_trace
from peelchain.actions.tracing.seeds import SeedsAsked
from peelchain.trace.patterns.structuring import Threshold


def asked(session, *more):
    seed = ["--seed", session.outpoint]
    return peelchain("trace", "patterns", *seed, *more, "--store", session.store)


def test_every_pattern_found_says_why_and_how_sure_its_detector_is(session):
    answer = session.ask("trace", "patterns", "--seed", session.outpoint)
    assert answer["patterns"]
    for finding in answer["patterns"]:
        assert finding["basis"] == "inference"
        assert finding["reasons"]
        errors = answer["errors"][finding["pattern"]]
        assert errors["all"]["rule"] == f"pattern:{finding['pattern']}"
        error = errors[finding["stratum"]]
        assert error["stratum"] == finding["stratum"]
        assert 0 < error["precision_low"] <= error["precision"] <= 1
    assert "structuring" not in answer["errors"]
    said = asked(session).out
    assert answer["patterns"][0]["reasons"][0] in said
    assert answer["tip_hash"] in said


def test_one_pattern_alone_either_way(session):
    for direction in ("forward", "backward"):
        options = ["--direction", direction, "--pattern", "peel-chain"]
        answer = session.ask("trace", "patterns", "--seed", session.outpoint, *options)
        assert answer["looked_for"] == ["peel_chain"]
        assert {f["pattern"] for f in answer["patterns"]} <= {"peel_chain"}


def test_payments_on_days_without_a_rate_are_listed_not_judged(session):
    seed = ["--seed", session.outpoint]
    priced = session.ask("trace", "patterns", *seed, "--threshold", "0.5BTC")
    assert priced["threshold"] == {
        "worth": 50_000_000, "currency": "BTC", "gap_seconds": 30 * 86_400,
    }  # fmt: skip
    assert priced["without_rate"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--direction", "sideways"], "use forward or backward"),
        (["--pattern", "peelchain"], "there is no pattern 'peelchain'; choose from peel_chain"),
        (["--pattern", "structuring"], "give one with --threshold"),
        (["--threshold", "much"], "write 10000USD or 0.5BTC"),
        (["--threshold", "0USD"], "give at least one hundredth"),
        (["--threshold", "0.001USD"], "give at least one hundredth"),
        (["--threshold", "5XYZ"], "no rate of 'XYZ'"),
        (["--threshold", "5USD", "--pattern", "fan-out"], "add --pattern structuring"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_remedy(session, options, said):
    asked(session, *options).refused(2, said)


def test_a_chain_read_from_its_files_gives_the_same_answer(session, monkeypatch):
    asked = PatternsAsked(
        "forward", SeedsAsked((session.outpoint,)), threshold=Threshold(10_000_000, "BTC")
    )
    in_memory = patterns_on_trace(asked, session.store)
    monkeypatch.setattr(OpenStore, "is_short", False)
    assert patterns_on_trace(asked, session.store) == in_memory


def test_no_seed_is_refused(session):
    peelchain("trace", "patterns", "--store", session.store).refused(2, "give --seed")
