"""Names of policies, and what a policy refuses."""

import json

import pytest

from peelchain.cluster.policy import Policy
from peelchain.errors import MisuseError

TXIDS = ("aa" * 32, "bb" * 32)


def test_same_choice_has_the_same_name():
    assert Policy(exclusions=TXIDS).name == Policy(exclusions=(*TXIDS[::-1], TXIDS[0])).name
    assert Policy() == Policy(rules=("multi_input", "multi_input"))


def test_every_other_choice_has_another_name():
    policies = [
        Policy(),
        Policy(rules=()),
        Policy(detectors=()),
        Policy(negatives=()),
        Policy(exclusions=TXIDS),
        Policy(exclusions=TXIDS[:1]),
    ]
    assert len({policy.name for policy in policies}) == len(policies)


def test_limits_of_detectors_are_part_of_the_name():
    limits = json.loads(Policy().canonical_json())["detectors"]["equal_output"]
    assert limits["min_equal"] == 3
    assert limits["dust_sat"] == 2730


@pytest.mark.parametrize(
    ("field", "known"),
    [("rules", "multi_input"), ("detectors", "equal_output"), ("negatives", "one_cluster")],
)
def test_unknown_names_are_refused_with_those_known(field, known):
    with pytest.raises(MisuseError, match=f"'guess'; those there are: {known}"):
        Policy(**{field: ("guess",)})


def test_exclusion_must_be_a_txid():
    with pytest.raises(MisuseError, match="64 hex digits"):
        Policy(exclusions=("12",))
