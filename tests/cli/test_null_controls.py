"""peelchain trace null-controls: what it says, and that it says it again."""

import pytest
from tests.cli.running import peelchain

from peelchain.actions.null_controls import CAVEAT


@pytest.fixture(scope="module")
def receipts(session) -> list[str]:
    """Outputs that paid the site, as seeds."""
    paid = session.ask("address", session.addresses[0])["receipts"]
    return [f"{r['txid']}:{r['vout']}" for r in paid[:8]]


def seeded(receipts: list[str]) -> list[str]:
    return [word for outpoint in receipts for word in ("--seed", outpoint)]


@pytest.fixture(scope="module")
def answer(session, receipts):
    return session.ask("trace", "null-controls", *seeded(receipts), "--draws", 25)


def test_the_trace_is_that_of_trace_forward(session, receipts, answer):
    traced = session.ask("trace", "forward", *seeded(receipts))
    assert answer["seeds_sat"] == traced["seeds_sat"]
    told = {d["destination"]: d["arrived_sat"] for d in answer["destinations"] if d["arrived_sat"]}
    paid: dict[str, int] = {}
    for terminal in traced["terminals"]:
        if terminal["type"] in ("service", "mixer"):
            paid[terminal["label"]] = paid.get(terminal["label"], 0) + terminal["value_sat"]
    assert told == paid
    assert told


def test_counts_fit_the_draws(answer, receipts):
    assert (answer["draws"], answer["partial"]) == (25, False)
    assert answer["matching"]["seeds"] == len(receipts)
    for found in answer["destinations"]:
        null = found["null"]
        assert null["draws_reaching"]["of"] == null["draws"] == 25
        assert null["draws_reaching"]["count"] <= 25
        assert null["seeds_reaching"]["count"] <= null["seeds_reaching"]["of"] <= 25 * len(receipts)
        shares = [null["share"][part] for part in ("least", "low", "median", "high", "most")]
        assert shares == sorted(shares)
        assert (null["share"]["most"] > found["share"]) == (found["rank"] > 1)
        for counted in (null["draws_reaching"], null["seeds_reaching"]):
            assert counted["low"] <= counted["share"] <= counted["high"]


def test_the_same_number_gives_the_same_and_another_does_not(session, receipts, answer):
    command = ["trace", "null-controls", *seeded(receipts), "--draws", 25]
    assert session.ask(*command) == answer
    other = session.ask(*command, "--number", 2)
    assert other["destinations"] != answer["destinations"]


def test_people_are_told_what_it_is_not(session, receipts):
    said = peelchain(
        *("trace", "null-controls", *seeded(receipts), "--draws", 5, "--store", session.store)
    )
    assert said.code == 0
    assert said.out.rstrip().endswith(f"This is {CAVEAT}.")


def test_a_destination_that_was_asked_for(session, receipts):
    answer = session.ask(
        *("trace", "null-controls", "--seed", receipts[0], "--draws", 5, "--to", receipts[0])
    )
    (found,) = answer["destinations"]
    # the seed itself: all of it is there, and nothing drawn comes back to it
    assert (found["destination"], found["share"], found["rank"]) == (receipts[0], 1.0, 1)
    assert found["null"]["draws_reaching"]["count"] == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--rule", "all"], "null controls are of one rule; name it"),
        (["--rule", "lifo"], "no tracing rule"),
        (["--draws", "0"], "0"),
        (["--to", "service:Nobody's Exchange"], "no service is called"),
    ],
)
def test_refusals(session, receipts, more, words):
    said = peelchain(
        *("trace", "null-controls", "--seed", receipts[0], *more, "--store", session.store)
    )
    assert said.code in (1, 2)
    assert words in said.err


def test_there_must_be_seeds(session):
    said = peelchain("trace", "null-controls", "--store", session.store)
    assert said.code == 2
    assert "there is nothing to trace" in said.err
