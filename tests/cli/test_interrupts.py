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
