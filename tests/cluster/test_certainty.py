"""How sure a chain is as a whole."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain.cluster.certainty import JointTruth, joint_truth, not_measured


@dataclass
class Rate:
    precision: float | None
    precision_low: float | None
    precision_high: float | None = 1.0
    basis: str = "simulated"
    data: str = "economies 1 to 10"
    unit: str = "links"
    made_by: str = "peelchain evaluate simulated"


RATES = {"good": Rate(0.999, 0.99), "poor": Rate(0.9, 0.7), "void": Rate(None, None)}


def test_doubts_add_up_and_the_weakest_is_named():
    truth = joint_truth(["good", "poor", "good"], RATES.get)
    assert truth.at_least == pytest.approx(1 - 0.001 - 0.1 - 0.001)
    assert truth.at_least_low == pytest.approx(1 - 0.01 - 0.3 - 0.01)
    assert truth.weakest == 1


def test_a_rule_that_was_not_measured_bounds_nothing():
    assert joint_truth(["good", "unknown"], RATES.get) == JointTruth(None, None, 1)
    assert joint_truth(["poor", "void", "good"], RATES.get) == JointTruth(None, None, 1)
    assert joint_truth(["good", "good"], not_measured) == JointTruth(None, None, 0)
    assert joint_truth([], RATES.get) == JointTruth(1.0, 1.0, None)


def test_of_equals_the_doubtful_link_is_the_weakest():
    assert joint_truth(["good"] * 3, RATES.get, {1}).weakest == 1
    assert joint_truth(["good", "good", "poor"], RATES.get, {1}).weakest == 2


@given(st.lists(st.sampled_from(["good", "poor"]), max_size=30))
def test_bound_is_a_probability_and_no_more_than_any_link(rules):
    truth = joint_truth(rules, RATES.get)
    assert truth.at_least is not None
    assert 0 <= truth.at_least <= min((RATES[r].precision or 0 for r in rules), default=1)
