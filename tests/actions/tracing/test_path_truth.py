"""What a path rests on, in numbers and in words."""

import pytest

from peelchain.actions.tracing.controls import error_of
from peelchain.actions.tracing.path_truth import CERTAIN, doubt, path_truth


def test_the_bound_is_one_less_the_sum_of_doubts() -> None:
    co_spend, change = error_of("co_spend"), error_of("change")
    assert co_spend is not None
    assert change is not None
    assert co_spend.precision_low is not None
    assert change.precision_low is not None
    truth = path_truth(["co_spend", "same_script", "change", "co_spend", "tag"], [])
    low = 1 - 2 * (1 - co_spend.precision_low) - (1 - change.precision_low)
    assert truth.at_least_low == pytest.approx(low)
    assert truth.at_least_low < truth.at_least < 1
    assert (truth.inferences, truth.unknown) == (3, 0)
    assert doubt("co_spend") == pytest.approx((1 - co_spend.precision_low) * CERTAIN, abs=1)


def test_the_rate_of_change_is_of_outputs_held_to_be_change() -> None:
    units = [rate.unit for rate in map(error_of, ("co_spend", "change", "payment")) if rate]
    assert units == ["merges", "outputs held to be change", "outputs held to be payments"]


def test_facts_and_assertions_cost_no_doubt_and_the_unknown_all_of_it() -> None:
    assert [doubt(basis) for basis in ("same_script", "tag", "unknown")] == [0, 0, CERTAIN]
    assert 0 < doubt("payment") < doubt("co_spend") < CERTAIN


def test_a_path_with_an_unknown_hop_is_bounded_by_nothing() -> None:
    truth = path_truth(["co_spend", "unknown"], [])
    assert (truth.at_least, truth.at_least_low, truth.unknown) == (0.0, 0.0, 1)
    assert "1 unknown" in truth.sentence


def test_the_sentence_counts_by_basis_and_quotes_the_error() -> None:
    truth = path_truth(["co_spend"] * 4 + ["change"] * 2 + ["unknown"], ["its end"])
    assert truth.sentence.startswith("7 hops: 4 co-spend inference (precision 0.99")
    assert "2 inferred change (precision 0.99" in truth.sentence
    assert "on simulated wallets" in truth.sentence
    assert "1 unknown; its end by co-spend inference" in truth.sentence
    assert "without any inference" not in truth.sentence


def test_a_path_of_facts_says_so() -> None:
    truth = path_truth(["same_script", "tag"], [])
    assert truth.sentence == (
        "2 hops: 1 same script, 1 named by tags; traceable without any inference"
    )
    assert (truth.at_least_low, truth.inferences) == (1.0, 0)
    # nobody is held to control the one output between, yet that value passes is a fact
    unknown = path_truth(["unknown"], [])
    assert unknown.sentence == "1 hop: 1 unknown; traceable without any inference"
    assert path_truth([], ["its start"]).inferences == 1
