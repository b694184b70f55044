"""What is loaded of a store, against a slow reading of its tables."""

from dataclasses import fields

import numpy as np
import pytest
from tests.cluster.change.batches import batch_of
from tests.oracle.change import chain_as_told

from peelchain.cluster.change.fingerprints import fingerprints_of, load_fingerprints
from peelchain.cluster.change.load import SELF_CHANGE_LOOKED_AT, load_transactions
from peelchain.cluster.change.transactions import Transactions
from peelchain.errors import MisuseError
from peelchain.schema import CHAIN_TABLES


def same(a: Transactions, b: Transactions) -> None:
    for field in fields(Transactions):
        assert np.array_equal(getattr(a, field.name), getattr(b, field.name)), field.name


@pytest.fixture(scope="module")
def tables(small):
    return {name: small.store.read(name).to_pylist() for name in CHAIN_TABLES}


@pytest.mark.parametrize("back", [0, 1, 25])
def test_all_of_a_chain_as_of_a_height(small, tables, back):
    height = small.tip - back
    told = chain_as_told(tables, height, SELF_CHANGE_LOOKED_AT)
    assert any(o["self_change"] for tx in told for o in tx["outputs"])
    assert any(o["next_receipt"] for tx in told for o in tx["outputs"])
    found = load_transactions(small.lookup, range(len(told)), as_of_height=height)
    same(found, batch_of(told, as_of_height=height))


def test_ranges_say_what_the_whole_says(small):
    whole = load_transactions(small.lookup, range(small.count), mixes=[small.count - 1])
    for first in range(0, small.count, 97):
        rows = np.arange(first, min(first + 97, small.count))
        part = load_transactions(small.lookup, reversed(rows.tolist()), mixes=[small.count - 1])
        same(part, whole.chosen(rows))


def test_nothing_asked_is_nothing_loaded(small):
    assert len(load_transactions(small.lookup, [])) == 0


def test_fingerprints_are_read_as_they_are_made_of_transactions(small):
    batch = load_transactions(small.lookup, range(small.count), mixes=[300])
    found = load_fingerprints(
        small.lookup, range(small.count), lambda scripts: scripts // 3, mixes=[300]
    )
    assert found == fingerprints_of(batch, lambda scripts: scripts // 3)
    assert load_fingerprints(small.lookup, [], lambda scripts: scripts) == {}


@pytest.mark.parametrize(
    ("tx_ids", "height", "said"),
    [
        ([-1], None, "tx_id -1 is not in the chain"),
        ([10**9], None, "tx_id 1000000000 is not in the chain"),
        ([149], 3, "up to height 3: give 0 to 3"),
        ([0], 151, "height 151 is not in the chain: give 0 to 150"),
        ([0], -1, "height -1 is not in the chain"),
    ],
)
def test_what_the_chain_does_not_have_is_refused(small, tx_ids, height, said):
    with pytest.raises(MisuseError, match=said):
        load_transactions(small.lookup, tx_ids, as_of_height=height)
