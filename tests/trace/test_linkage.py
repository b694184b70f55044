"""The linkage of inputs and outputs: published figures, the oracle, and giving up."""

from collections import Counter
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cluster.coinjoin_sets import set_lines
from tests.oracle import linkage as oracle

from peelchain.errors import MisuseError
from peelchain.trace.linkage import linkage

# Inputs, outputs, interpretations, entropy in bits, links by input. Source: the test vectors of
# Boltzmann, which name the transactions by txid (here the first 8 digits) or by a letter.
PUBLISHED = {
    "dcba20fd": (
        [5300000000, 2020000000, 4975000000, 5000000000, 5556000000, 7150000000],
        [1000000, 30000000000],
        1,
        0.0,
        [[1, 1]] * 6,
    ),
    "8c5feb90": ([4900000000, 100000000], [4900000000, 100000000], 2, 1.0, [[2, 1], [1, 2]]),
    "8e563173": (
        [10000000, 1380000],
        [100000, 9850000, 100000, 1270000],
        3,
        1.5849625007211563,
        [[2, 3, 2, 1], [2, 1, 2, 3]],
    ),
    "742d8e11": (
        [2999808, 2999854],
        [427566, 427566, 2571867, 2572242],
        5,
        2.321928094887362,
        [[3, 3, 3, 3]] * 2,
    ),
    "A": ([10, 10], [8, 2, 3, 7], 3, 1.5849625007211563, [[2] * 4] * 2),
    "B": ([10, 10], [8, 2, 2, 8], 5, 2.321928094887362, [[3] * 4] * 2),
    "C": ([10, 10], [5, 5, 5, 5], 7, 2.807354922057604, [[4] * 4] * 2),
    "D": (
        [10, 10, 2],
        [8, 2, 2, 8, 2],
        28,
        4.807354922057604,
        [[16, 13, 13, 16, 13], [16, 13, 13, 16, 13], [7, 14, 14, 7, 14]],
    ),
    "P3 with fees": ([5, 5, 5], [5, 3, 2], 28, 4.807354922057604, [[14, 13, 13]] * 3),
    "P3b": ([5, 5, 10], [5, 5, 10], 9, 3.1699250014423126, [[5, 5, 4], [5, 5, 4], [4, 4, 8]]),
    "P5": ([5] * 5, [5] * 5, 1496, 10.546894459887637, [[512] * 5] * 5),
    "P6": ([5] * 6, [5] * 6, 22482, 14.456482763050271, [[6697] * 6] * 6),
    "P7": ([5] * 7, [5] * 7, 426833, 18.703312194872563, [[112925] * 7] * 7),
    "P8": ([5] * 8, [5] * 8, 9934563, 23.244025077151523, [[2369635] * 8] * 8),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_figures_are_met(name):
    inputs, outputs, interpretations, entropy, links = PUBLISHED[name]
    found = linkage(inputs, outputs)
    assert found.interpretations == interpretations
    assert found.entropy_bits == pytest.approx(entropy)
    assert found.links == tuple(map(tuple, links))


def test_published_figures_are_met_where_makers_are_paid():
    """7d588d52: makers gain up to 0.5% of the common amount; 95 interpretations, 6.57 bits."""
    found = linkage(
        [260994463, 98615817, 84911243, 20112774, 79168410],
        [14868890, 84077613, 84077613, 15369204, 177252160, 84077613, 84077613],
        most_gain_sat=420_388,
        most_paid_sat=3 * 420_388,
    )
    assert found.interpretations == 95
    assert found.entropy_bits == pytest.approx(6.569855608330948)
    assert found.is_certain(0, 4)


_values = st.lists(st.sampled_from([1, 2, 3, 5, 5, 8, 13]), min_size=1, max_size=4)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    outputs = draw(_values)
    inputs = draw(_values)
    short = sum(outputs) - sum(inputs)
    if short > 0:
        inputs.append(short + draw(st.integers(0, 3)))
    return {
        "input_sat": inputs,
        "output_sat": outputs,
        "most_gain_sat": draw(st.sampled_from([0, 0, 1, 2])),
        "most_paid_sat": draw(st.sampled_from([0, 0, 1])),
        "parties_at_least": draw(st.integers(0, 3)),
        "finest": draw(st.booleans()),
    }


@given(questions())
@settings(max_examples=150, deadline=None)
def test_kernel_equals_oracle(question):
    inputs, outputs = question["input_sat"], question["output_sat"]
    found = linkage(**question)
    slow = oracle.interpretations(
        inputs,
        outputs,
        most_gain_sat=question["most_gain_sat"],
        most_loss_sat=sum(inputs) - sum(outputs) + question["most_paid_sat"],
        finest=question["finest"],
    )
    parties = question["parties_at_least"]
    links = oracle.linked(slow, len(inputs), len(outputs), parties)
    assert found.interpretations == sum(oracle.parties_in(whole) >= parties for whole in slow)
    assert found.links == tuple(map(tuple, links))
    counts = [n for whole in slow if (n := oracle.parties_in(whole)) >= parties]
    assert [counts.count(n) for n in range(len(found.by_parties))] == list(found.by_parties)
    assert all(
        any(txin in block[0] and txout in block[1] for block in whole)
        for txin, txout in found.forced
        for whole in slow
    )


def test_only_a_number_of_parties_excludes_links():
    free = linkage([100, 40], [100, 39])
    assert not any(free.excludes(i, o) for i in range(2) for o in range(2))
    two = linkage([100, 40], [100, 39], parties_at_least=2)
    assert two.interpretations == 1
    assert two.excludes(0, 1)
    assert two.excludes(1, 0)
    assert two.probability(0, 0) == Fraction(1)
    assert two.possible_inputs(1) == (1,)


def test_more_parties_than_the_values_allow_exclude_nothing():
    found = linkage([100, 40], [90, 50], parties_at_least=2)
    assert found.interpretations == 0
    assert found.entropy_bits is None
    assert found.possible_inputs(0) == (0, 1)


def test_inputs_of_one_owner_are_one_party():
    found = linkage([60, 40, 100], [100, 100], owners=[7, 7, 9])
    assert found.interpretations == 3
    assert found.links == ((2, 2), (2, 2), (2, 2))


def test_an_output_that_all_pay_is_no_party_s():
    found = linkage([101, 101], [100, 100, 2], shared=[2], parties_at_least=2)
    assert found.interpretations == 2
    assert found.links == ((1, 1, None), (1, 1, None))
    assert found.possible_inputs(2) == (0, 1)


def test_outputs_of_no_value_are_linked_with_nobody():
    found = linkage([10, 0], [9, 0])
    assert found.links == ((1, None), (0, None))
    assert found.possible_inputs(1) == ()
    assert found.possible_inputs(0) == (0,)
    assert found.equal_outputs == (1, 0)


def test_everything_may_go_to_fees():
    found = linkage([10, 5], [0], parties_at_least=0)
    assert found.links == ((None,), (None,))
    assert found.by_parties == (2,)
    assert linkage([10, 5], [0]).interpretations == 0


def test_giving_up_says_why_and_keeps_what_sums_force():
    values = [3 * 2**n for n in range(30)]
    found = linkage(values, [v - 1 for v in values])
    assert found.interpretations is None
    assert found.entropy_bits is None
    assert found.gave_up == "it has too many inputs of different values"
    assert found.forced == {(29, 29)}
    assert found.is_certain(29, 29)
    assert not found.excludes(0, 29)
    assert found.possible_inputs(0) == tuple(range(30))


def test_steps_are_bounded_and_the_same_on_every_run():
    inputs, outputs = [1000 + n for n in range(10)], [1000 - n for n in range(10)]
    found = [linkage(inputs, outputs, max_steps=5000) for _ in range(2)]
    assert found[0] == found[1]
    assert found[0].gave_up == "it takes more than 5000 steps"


def test_progress_can_stop_the_count():
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        linkage([1000 + n for n in range(18)], [5], max_steps=10**12, progress=stop)


@pytest.mark.parametrize(
    ("inputs", "outputs", "options", "said"),
    [
        ([5], [6], {}, "1 sat more than the inputs"),
        ([5], [5], {"shared": [1]}, "none of 1 outputs"),
        ([5], [5], {"owners": []}, "0 owners"),
        ([-5], [-5], {}, "values above 0"),
        ([2**62, 2**62], [1], {}, "all money"),
        ([5], [5], {"most_gain_sat": -1}, "gain"),
    ],
)
def test_values_of_no_transaction_are_refused(inputs, outputs, options, said):
    with pytest.raises(MisuseError, match=said):
        linkage(inputs, outputs, **options)


# set: lines, those counted, and of those the commonest entropies in bits with their number
REAL = {
    "whirlpool_202403/SamouraiCoinJoins": (
        702,
        702,
        {23.244: 448, 14.456: 101, 10.547: 80, 18.703: 73},
    ),
    "joinmarket_202406/OtherCoinJoins": (284, 262, {0.0: 53, 1.585: 38, 2.322: 33}),
}


@pytest.mark.parametrize("name", REAL)
def test_real_coinjoins_are_counted_or_given_up(name, shared_data):
    lines, counted, commonest = REAL[name]
    found = []
    for line in set_lines(shared_data / "coinjoins" / f"{name}.txt"):
        numbers: dict[str, int] = {}
        owners = [numbers.setdefault(script, len(numbers)) for _, script in line.reference.inputs]
        inputs = [value for value, _ in line.reference.inputs]
        outputs = [value for value, _ in line.reference.outputs]
        found.append(linkage(inputs, outputs, owners=owners))
    bits = Counter(round(one.entropy_bits, 3) for one in found if one.entropy_bits is not None)
    assert len(found) == lines
    assert sum(one.gave_up is None for one in found) == counted
    assert dict(bits.most_common(len(commonest))) == commonest
