"""Simulated economies as examples: what is change, whose it is, and payments without change."""

import csv
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from tests.cluster.change.batches import batch_of, output, payment

from peelchain.cluster.change.rules import RULE_NAMES
from peelchain.evaluate.change_data import (
    EXACT,
    examples_of,
    join,
    spends_exactly,
    without_outputs,
)


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    from peelchain.simulate.economy import simulate
    from peelchain.simulate.parameters import PARAMETERS

    folder = tmp_path_factory.mktemp("change-data") / "node"
    simulate(folder, seed=13, blocks=140, parameters=PARAMETERS["habits"])
    return folder


@pytest.fixture(scope="module")
def examples(node):
    return examples_of(node, 13)


def truth(node, table):
    with (node / "truth" / f"{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_examples_say_what_the_truth_says(node, examples):
    shares = Counter(examples.kinds[k] for k in examples.kind.tolist())
    assert shares["ordinary"] > len(examples) / 2
    change = int(examples.is_change.sum())
    assert 0 < change <= len(truth(node, "change"))
    # what returns to a spender is the spender's
    assert examples.is_own[examples.is_change].all()
    assert not examples.is_own.all()
    assert set(examples.families) > {"service", "core"}
    for name, column in vars(examples).items():
        if isinstance(column, np.ndarray):
            assert len(column) == len(examples), name
    assert not (examples.rule_only & ~examples.rule_possible).any()
    assert not (examples.rule_possible & ~examples.rule_decided).any()


def test_some_payments_have_no_change(examples):
    exact = examples.kind == examples.kinds.index(EXACT)
    assert exact.any()
    assert not examples.is_change[exact].any()
    pairs = Counter(zip(examples.tx[exact].tolist(), strict=True))
    assert min(pairs.values()) >= 2


def test_change_is_taken_from_payments_to_several_only():
    three = payment(outputs=[output(5, 7), output(6, 8), output(9, 2)])
    two = payment()
    batch = batch_of([three, two, three])
    is_change = np.array([False, False, True, False, True, False, False, True])
    drawn = ["00" * 32, "00" * 32, "ff" * 32]
    assert spends_exactly(batch, is_change, drawn).tolist() == [True, False, False]
    less = without_outputs(batch, is_change)
    assert less.out_value.tolist() == [5, 6, 300_000, 5, 6]
    assert less.first_out.tolist() == [0, 2, 3, 5]
    assert less.is_in_question.tolist() == [True, False, True]


def test_joined_examples_keep_wallets_apart(examples):
    other = replace(examples, wallets=[f"other {name}" for name in examples.wallets])
    both = join([examples, other, examples])
    assert len(both) == 3 * len(examples)
    first, second, third = np.split(both.wallet, 3)
    assert not set(first.tolist()) & set(second.tolist())
    assert first.tolist() == third.tolist()
    named = [both.families[f] for f in both.family.tolist()]
    assert named == 3 * [examples.families[f] for f in examples.family.tolist()]
    some = both.where(both.is_change)
    assert some.is_change.all()
    assert some.feature_names == examples.feature_names


def test_seen_soon_after_next_to_nothing_is_spent(node, examples):
    fresh = examples_of(node, 13, fresh=True)
    unspent = fresh.feature_names.index("unspent")
    assert len(fresh) > 20
    assert fresh.has[:, unspent].mean() > 0.8 > examples.has[:, unspent].mean()
    rows = dict(zip(keys(examples), examples.is_change.tolist(), strict=True))
    assert all(rows[k] == c for k, c in zip(keys(fresh), fresh.is_change.tolist(), strict=True))
    assert not fresh.rule_decided[:, RULE_NAMES.index("cluster_fingerprint")].any()


def keys(examples):
    return list(zip(examples.tx.tolist(), examples.vout.tolist(), strict=True))
