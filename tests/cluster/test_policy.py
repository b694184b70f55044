"""Names of policies, and what a policy refuses."""

import json
from dataclasses import replace
from typing import Any

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
        Policy(constraints="cd" * 32),
    ]
    assert len({policy.name for policy in policies}) == len(policies)


def test_limits_of_detectors_are_part_of_the_name():
    limits = json.loads(Policy().canonical_json())["limits"]
    assert limits["dust_sat"] == 2730
    assert json.loads(Policy(detectors=()).canonical_json())["limits"] == {}


@pytest.mark.parametrize(
    ("field", "known"),
    [("rules", "change"), ("detectors", "equal_output"), ("negatives", "one_cluster")],
)
def test_unknown_names_are_refused_with_those_known(field, known):
    other: dict[str, Any] = {field: ("guess",)}
    with pytest.raises(MisuseError, match=f"'guess'; those there are: {known}"):
        replace(Policy(), **other)


def test_exclusion_must_be_a_txid():
    with pytest.raises(MisuseError, match="64 hex digits"):
        Policy(exclusions=("12",))


def test_policy_comes_back_from_its_definition():
    for policy in (Policy(), Policy(detectors=(), exclusions=TXIDS, constraints="cd" * 32)):
        assert Policy.from_json(policy.canonical_json()) == policy


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "no policy"),
        ("{", "no policy"),
        ("{}", "no policy"),
        (Policy().canonical_json().replace("2730", "2731"), "another version"),
        (Policy().canonical_json().replace("joinmarket", "guess"), "no CoinJoin detector 'guess'"),
    ],
)
def test_definition_that_is_none_is_refused(text, told):
    with pytest.raises(MisuseError, match=told):
        Policy.from_json(text)


def test_constraints_are_named_by_a_digest():
    with pytest.raises(MisuseError, match="64 hex digits"):
        Policy(constraints="none of them")
