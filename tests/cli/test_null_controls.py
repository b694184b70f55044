"""peelchain trace null-controls: what it says, and that it says it again."""

import pytest
from tests.cli.running import peelchain

from peelchain.actions.tracing.null_controls import CAVEAT


@pytest.fixture(scope="module")
def site(session) -> list[str]:
    """What the site was paid, as seeds."""
    return ["--cluster", session.addresses[0]]


@pytest.fixture(scope="module")
def answer(session, site):
    return session.ask("trace", "null-controls", *site, "--draws", 25)


def test_the_trace_is_that_of_trace_forward(session, site, answer):
    traced = session.ask("trace", "forward", *site)
    assert answer["seeds_sat"] == traced["seeds_sat"]
    told = {d["destination"]: d["arrived_sat"] for d in answer["destinations"] if d["arrived_sat"]}
    paid: dict[str, int] = {}
    for terminal in traced["terminals"]:
        if terminal["type"] in ("service", "mixer"):
            paid[terminal["label"]] = paid.get(terminal["label"], 0) + terminal["value_sat"]
    assert told == paid
    assert told


def test_counts_fit_the_draws(answer):
    assert (answer["draws"], answer["partial"]) == (25, False)
    seeds = answer["matching"]["seeds"]
    assert seeds > 2
    for found in answer["destinations"]:
        null = found["null"]
        assert null["draws_reaching"]["of"] == null["draws"] == 25
        assert null["draws_reaching"]["count"] <= 25
        assert null["seeds_reaching"]["count"] <= null["seeds_reaching"]["of"] <= 25 * seeds
        shares = [null["share"][part] for part in ("least", "low", "median", "high", "most")]
        assert shares == sorted(shares)
        assert (null["share"]["most"] > found["share"]) == (found["rank"] > 1)
        for counted in (null["draws_reaching"], null["seeds_reaching"]):
            assert counted["low"] <= counted["share"] <= counted["high"]


def test_the_same_number_gives_the_same_and_another_does_not(session, site, answer):
    command = ["trace", "null-controls", *site, "--draws", 25]
    assert session.ask(*command) == answer
    other = session.ask(*command, "--number", 2)
    assert other["destinations"] != answer["destinations"]


def test_people_are_told_what_it_is_not(session, site):
    said = peelchain(*("trace", "null-controls", *site, "--draws", 5, "--store", session.store))
    assert said.code == 0
    assert said.out.rstrip().endswith(f"This is {CAVEAT}.")


def test_a_destination_that_was_asked_for(session):
    seed = session.outpoint
    answer = session.ask(*("trace", "null-controls", "--seed", seed, "--draws", 5, "--to", seed))
    (found,) = answer["destinations"]
    # the seed itself: all of it is there, and nothing drawn comes back to it
    assert (found["destination"], found["share"], found["rank"]) == (seed, 1.0, 1)
    assert found["null"]["draws_reaching"]["count"] == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--rule", "all"], "null controls are of one rule; name it"),
        (["--rule", "lifo"], "no tracing rule"),
        (["--draws", "0"], "greater than or equal to 1"),
        (["--to", "service:Nobody's Exchange"], "no service is called"),
    ],
)
def test_refusals(session, more, words):
    said = peelchain(
        *("trace", "null-controls", "--seed", session.outpoint, *more, "--store", session.store)
    )
    assert said.code in (1, 2)
    assert words in said.err


def test_there_must_be_seeds(session):
    said = peelchain("trace", "null-controls", "--store", session.store)
    assert said.code == 2
    assert "there is nothing to trace" in said.err


def test_a_long_chain_is_not_loaded_and_gives_the_same(session, site, answer, monkeypatch):
    monkeypatch.setattr("peelchain.actions.open_store._SHORT_TXOUTS", 0)
    long = session.ask("trace", "null-controls", *site, "--draws", 25)
    assert long["destinations"] == answer["destinations"]
    assert long["matching"] == answer["matching"]


def test_backward(session):
    told = session.ask("trace", "null-controls", "--backward", "--seed", session.reached)
    assert told["direction"] == "backward"
    assert told["draws"] == 200
