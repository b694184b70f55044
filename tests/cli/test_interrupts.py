"""Ctrl-C in a trace: once keeps what was found, twice ends it."""

import json
import signal
from contextlib import contextmanager

import pytest
from tests.cli.running import peelchain

from peelchain.cli import trace, trace_compare
from peelchain.cli.interrupts import stoppable


def test_the_first_asks_to_stop_and_the_second_ends(capsys):
    before = signal.getsignal(signal.SIGINT)
    told = []
    with stoppable(lambda *step: told.append(step)) as watch:
        assert watch("walking", 1, 0)
        signal.raise_signal(signal.SIGINT)
        assert not watch("walking", 2, 0)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert told == [("walking", 1, 0)]
    assert signal.getsignal(signal.SIGINT) is before
    assert "Ctrl-C again ends at once" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("module", "command"),
    [(trace, ["trace", "forward"]), (trace_compare, ["trace", "compare"])],
)
def test_a_stopped_trace_gives_its_partial_answer(session, monkeypatch, module, command):
    @contextmanager
    def impatient():
        def report(what, done, of):
            if what == "reach":
                signal.raise_signal(signal.SIGINT)

        yield report

    monkeypatch.setattr(module, "progress", impatient)
    ran = peelchain(*command, "--cluster", session.addresses[0], "-s", session.store, "--json")
    answer = json.loads(ran.out)
    assert ran.code == 130
    assert (answer["partial"], answer["stopped_by"]) == (True, "you")
    for rule in answer["rules"]:
        assert sum(rule["totals"].values()) == answer["seeds_sat"]


def stopped_at(monkeypatch, session, stage, *, after):
    """The answer of a comparison that Ctrl-C reached at a step of a stage."""

    @contextmanager
    def impatient():
        def report(what, done, of):
            if what == stage and after in (None, done):
                signal.raise_signal(signal.SIGINT)

        yield report

    monkeypatch.setattr(trace_compare, "progress", impatient)
    asked = ["--cluster", session.addresses[0], "-s", session.store]
    ran = peelchain("trace", "compare", *asked, "--json")
    told = peelchain("trace", "compare", *asked)
    assert (ran.code, told.code) == (130, 130)
    return json.loads(ran.out), told.out


def test_bounds_that_were_not_found_are_left_out_and_the_rest_stays(session, monkeypatch):
    whole = session.ask("trace", "compare", "--cluster", session.addresses[0])
    answer, told = stopped_at(monkeypatch, session, "bounds", after=2)
    assert (answer["partial"], answer["stopped_by"]) == (True, "you")
    amounts = {row["destination"]: row["traced_sat"] for row in whole["destinations"]}
    assert {row["destination"]: row["traced_sat"] for row in answer["destinations"]} == amounts
    bounds = {row["destination"]: row["bounds"]["transaction"] for row in whole["destinations"]}
    kept = {
        row["destination"]: bound
        for row in answer["destinations"]
        if (bound := row["bounds"]["transaction"])
    }
    assert len(kept) == 2
    assert kept.items() <= bounds.items()
    assert answer["bounds_missing"] == {"transaction": len(bounds) - 2, "account": len(bounds)}
    assert "stopped by you before all bounds were found" in told
    assert f"of {len(bounds) - 2:,} of {len(bounds):,} destinations" in told


def test_a_walk_that_is_stopped_still_has_all_its_bounds(session, monkeypatch):
    answer, _ = stopped_at(monkeypatch, session, "reach", after=None)
    assert (answer["partial"], answer["stopped_by"]) == (True, "you")
    assert set(answer["bounds_missing"].values()) == {0}
    for rule in answer["rules"]:
        assert sum(rule["totals"].values()) == answer["seeds_sat"]
        for row in answer["destinations"]:
            bound = row["bounds"][rule["scope"]]
            left_sat = row["traced_sat"][rule["rule"]]
            assert bound["least_sat"] <= left_sat <= bound["most_sat"]
