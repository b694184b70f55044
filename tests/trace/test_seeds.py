"""Receipts told from transfers within the set."""

import numpy as np
from hypothesis import given
from tests.strategies import ChainBuilder, chains

from peelchain.trace.seeds import receipts


def test_change_is_no_receipt():
    builder = ChainBuilder()
    builder.coinbase((10, 1))
    builder.coinbase((20, 9))
    builder.tx([0], [(4, 2), (6, 9)])
    builder.tx([1], [(0, 1), (5, 2), (15, 9)])
    found = receipts(builder.arrays(), [2, 1, 1])
    assert found.txouts.tolist() == [0, 5]
    assert found.internal.tolist() == [2]
    assert (found.received_sat, found.internal_sat) == (15, 4)


def test_a_set_that_was_never_paid_has_none():
    builder = ChainBuilder()
    builder.coinbase((10, 1))
    found = receipts(builder.arrays(), [5])
    assert (found.txouts.size, found.internal.size, found.received_sat) == (0, 0, 0)
    assert receipts(builder.arrays(), []).txouts.dtype == np.int64


def test_sums_beyond_64_bits():
    builder = ChainBuilder()
    for _ in range(4400):
        builder.coinbase((2_100_000_000_000_000, 1))
    assert receipts(builder.arrays(), [1]).received_sat == 4400 * 2_100_000_000_000_000


@given(chains())
def test_each_output_of_the_set_is_one_or_the_other(arrays):
    own = {1, 4}
    found = receipts(arrays, sorted(own))
    expected: dict[bool, list[int]] = {False: [], True: []}
    for tx in range(len(arrays.tx_height)):
        first, end = arrays.tx_first_txin[tx : tx + 2]
        spends_own = any(
            prevout >= 0 and arrays.txout_script[prevout] in own
            for prevout in arrays.txin_prev_txout[first:end]
        )
        for txout in range(*arrays.tx_first_txout[tx : tx + 2]):
            if arrays.txout_script[txout] in own and arrays.txout_value[txout]:
                expected[spends_own].append(txout)
    assert found.txouts.tolist() == expected[False]
    assert found.internal.tolist() == expected[True]
