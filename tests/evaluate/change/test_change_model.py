"""Training, on made-up examples whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from peelchain.cluster.change.rules import RULE_NAMES
from peelchain.errors import PeelchainError
from peelchain.evaluate.change import measured, rules_measured
from peelchain.evaluate.change_data import Examples
from peelchain.evaluate.change_model import (
    SURE,
    calibration,
    precision,
    said_of,
    train,
)

RULES = len(RULE_NAMES)


def made_up(seed, size=6_000):
    """Change where a and b are there, or c alone is, with some noise; d says nothing."""
    rng = np.random.default_rng(seed)
    has = rng.random((size, 4)) < 0.5
    a, b, c, _ = has.T
    clear = (a & b) | (c & ~a)
    is_change = np.where(rng.random(size) < 0.002, ~clear, clear)
    rows = np.arange(size)
    none = np.zeros((size, RULES), dtype=np.bool_)
    return Examples(
        feature_names=["a", "b", "c", "d"],
        families=["one", "two"],
        kinds=["ordinary"],
        wallets=[f"{seed}/{n}" for n in range(300)],
        seed=np.full(size, seed),
        tx=rows // 2,
        vout=rows % 2,
        in_type=rows % 2 + 2,
        out_type=np.where(rows < 100, 0, rows % 2 + 2),
        pays_input=np.zeros(size, dtype=np.bool_),
        wallet=rows % 300,
        family=rows % 2,
        kind=rows * 0,
        is_change=is_change,
        is_own=is_change,
        has=has,
        rule_only=none.copy(),
        rule_possible=none.copy(),
        rule_decided=none.copy(),
    )


@pytest.fixture(scope="module")
def trained():
    pytest.importorskip("sklearn", reason="the extra `evaluate` is not installed")
    return train(made_up(1), made_up(2), made_up(3), {"by": "a test"}, rounds=60)


def test_it_learns_what_pairs_of_features_say(trained):
    tested = made_up(4)
    found = said_of(tested, trained).probability
    assert trained.pairs
    assert ((found >= 0.5) == tested.is_change)[100:].mean() > 0.99
    row = measured(tested, trained)["all"]
    assert row["precision"][0] > 0.99
    assert row["said_change"] + row["said_payment"] + row["abstained"] == len(tested)
    assert trained.change_from >= SURE
    assert trained.payment_to <= 1 - SURE


def test_types_that_were_hardly_met_are_not_spoken_of(trained):
    assert trained.types == ("p2sh", "p2wpkh")
    said = said_of(made_up(4), trained)
    assert np.isnan(said.probability[:100]).all()
    assert not np.isnan(said.probability[100:]).any()
    assert not (said.is_change | said.is_payment)[:100].any()


def test_the_same_examples_give_the_same_model(trained):
    again = train(made_up(1), made_up(2), made_up(3), {"by": "a test"}, rounds=60)
    assert again.to_json() == trained.to_json()


def test_seeds_are_not_shared(trained):
    for first, second, third in ((1, 1, 2), (1, 2, 1), (2, 1, 1)):
        with pytest.raises(PeelchainError, match="share a seed"):
            train(made_up(first), made_up(second), made_up(third), {})


def test_what_cannot_be_known_is_abstained_from(trained):
    noise = [replace(made_up(s), is_change=made_up(s + 50).is_change) for s in (1, 2, 3)]
    model = train(noise[0], noise[1], noise[2], {}, rounds=20)
    said = said_of(made_up(4), model)
    assert not said.is_change.any()
    assert not said.is_payment.any()


def test_calibration_rises_and_leaves_room_at_both_ends():
    scores = np.repeat(np.arange(-10, 11), 300)
    rng = np.random.default_rng(5)
    is_change = rng.random(len(scores)) < 1 / (1 + np.exp(-scores))
    table = calibration(scores, is_change)
    values = [value for _, value in table]
    assert values == sorted(set(values))
    assert [score for score, _ in table] == sorted({score for score, _ in table})
    assert 0 < values[0] < 0.01
    assert 0.99 < values[-1] < 1


def test_intervals_heed_that_outputs_of_a_wallet_hang_together():
    examples = made_up(1)
    said = np.ones(len(examples), dtype=np.bool_)
    right = examples.wallet != 7
    together = precision(examples, said, right)
    apart = precision(replace(examples, wallet=np.arange(len(examples))), said, right)
    assert together.low < apart.low


def test_rules_are_counted_by_transaction():
    examples = made_up(1, size=8)
    only = np.zeros((8, RULES), dtype=np.bool_)
    only[[0, 2], 0] = True
    decided = only | np.roll(only, 1, axis=0)
    is_change = np.array([True, False, False, True, True, False, True, False])
    told = rules_measured(
        replace(
            examples,
            is_change=is_change,
            is_own=is_change,
            rule_only=only,
            rule_possible=only,
            rule_decided=decided,
        )
    )[RULE_NAMES[0]]
    assert (told["transactions"], told["speaks_of"]) == (4, 2)
    assert (told["said_change"], told["right_change"], told["keeps"]) == (2, 1, 0.5)
    assert told["precision"][0] == 0.5
