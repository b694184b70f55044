"""Which services stop a walk, as a policy has it."""

import numpy as np
import pytest

from peelchain.case.services import Services, stops
from peelchain.case.stop_policy import StopPolicy, stopping
from peelchain.errors import MisuseError
from peelchain.tags.services import Mark
from peelchain.trace.walk import TERMINAL_TYPES

MARKS = (
    Mark("service", "north", "Exchange North", "exchange", "north", "1"),
    Mark("service", "corner", "Corner Shop", "shop", None, "2"),
    Mark("mixer", "blender", "Blender", "mixing_service", None, "3"),
)
KNOWN = Services(np.array([3, 5, 8, 9]), np.array([0, 1, 0, 2]), MARKS)
JOINS = np.array([4, 7])


def test_the_default_policy_stops_at_all_that_is_known():
    found, plain = stops(stopping(StopPolicy(), KNOWN), JOINS), stops(KNOWN, JOINS)
    assert found.scripts.tolist() == plain.scripts.tolist() == [3, 5, 8, 9]
    assert found.kinds.tolist() == plain.kinds.tolist()
    assert [TERMINAL_TYPES[kind] for kind in found.kinds] == [*["service"] * 3, "mixer"]
    assert found.coinjoin_txs.tolist() == [4, 7]


@pytest.mark.parametrize("name", ["Exchange North", "exchange north", "north", " NORTH "])
def test_a_service_is_passed_through_by_label_or_actor(name):
    assert stopping(StopPolicy(through=(name,)), KNOWN).scripts.tolist() == [5, 9]


def test_a_category_is_passed_through():
    policy = StopPolicy(not_categories=("Shop",))
    assert stops(stopping(policy, KNOWN), JOINS).scripts.tolist() == [3, 8, 9]


def test_a_policy_may_pass_through_several():
    policy = StopPolicy(through=("north",), not_categories=("shop",))
    assert stops(stopping(policy, KNOWN), JOINS).scripts.tolist() == [9]


def test_unknown_names_are_refused_with_those_that_are_known():
    with pytest.raises(MisuseError, match=r"service 'South'.*Blender, Corner Shop, Exchange North"):
        stopping(StopPolicy(through=("South",)), KNOWN)
    with pytest.raises(MisuseError, match=r"category 'bank'.*exchange, mixing_service, shop"):
        stopping(StopPolicy(not_categories=("bank",)), KNOWN)
    with pytest.raises(MisuseError, match="no tags are imported"):
        empty = np.empty(0, np.int64)
        stopping(StopPolicy(through=("North",)), Services(empty, empty, ()))


def test_no_trace_goes_through_a_mixer():
    with pytest.raises(MisuseError, match="is a mixer"):
        stopping(StopPolicy(through=("Blender",)), KNOWN)
    with pytest.raises(MisuseError, match="is a mixer"):
        stopping(StopPolicy(not_categories=("mixing_service",)), KNOWN)
