"""The detector on real transactions: recall on labelled CoinJoins, flags in ordinary blocks.

The labels are a scanner's and wrong in places, so the counts here are of what was found, and the
recall that is asked for is of what is a mix by shape. The figures are those that
docs/methods/clustering.md reports, asserted exactly: this file is the command that reproduces them.
"""

from collections import Counter

import pytest
from tests.cluster.chains import arrays_of, read_block, read_coinjoins
from tests.oracle.cluster import Tx, is_coinjoin

from peelchain.cluster.coinjoin import find_coinjoins

# What BlockSci's is_coinjoin finds, whose participants must be exactly half the outputs.
EXACT_HALF = {
    "wasabi_202405/WasabiCoinJoins.txt": 2,
    "wasabi1/WasabiCoinJoins.txt": 14,
    "wasabi_202405/Wasabi2CoinJoins.txt": 0,
    "whirlpool_202403/SamouraiCoinJoins.txt": 0,
}

FILES = [
    # file, lines, found as one level, found as several levels
    ("wasabi_202405/WasabiCoinJoins.txt", 76, 76, 0),
    ("wasabi1/WasabiCoinJoins.txt", 98, 5, 93),
    ("wasabi_202405/Wasabi2CoinJoins.txt", 18, 0, 17),
    ("whirlpool_202403/SamouraiCoinJoins.txt", 702, 702, 0),
    ("joinmarket_202406/OtherCoinJoins.txt", 284, 31, 0),
    ("wasabi1/WasabiPostMixTxs.txt", 177, 5, 0),
    ("wasabi_202405/WasabiPostMixTxs.txt", 112, 39, 0),
    ("wasabi_202405/Wasabi2PostMixTxs.txt", 90, 0, 0),
    ("whirlpool_202403/SamouraiTx0s.txt", 450, 78, 4),
    ("whirlpool_202403/SamouraiPostMixTxs.txt", 1318, 120, 0),
    ("joinmarket_202406/OtherCoinJoinPostMixTxs.txt", 528, 48, 0),
]


def types_of(chain: list[Tx]) -> list[str | None]:
    """The type found for each transaction but the coinbase, None where none was."""
    found = find_coinjoins(arrays_of(chain))
    kinds = dict(zip(found["tx_id"].to_pylist(), found["type"].to_pylist(), strict=True))
    return [kinds.get(tx_id) for tx_id in range(1, len(chain))]


@pytest.mark.parametrize(("file", "lines", "one_level", "levels"), FILES)
def test_counts_are_those_the_docs_report(shared_data, file, lines, one_level, levels):
    chain = read_coinjoins(shared_data / "coinjoins" / file)
    types = types_of(chain)
    counts = (types.count("equal_output"), types.count("equal_output_levels"))
    assert (len(types), *counts) == (lines, one_level, levels)
    assert types == [is_coinjoin(*tx) for tx in chain[1:]]


@pytest.mark.parametrize("file", EXACT_HALF)
def test_range_of_outputs_recalls_what_an_exact_count_misses(shared_data, file):
    chain = read_coinjoins(shared_data / "coinjoins" / file)
    exact = 0
    for inputs, outputs in chain[1:]:
        participants = (len(outputs) + 1) // 2
        scripts = {script for _, script in inputs or []}
        times = Counter(value for value, _ in outputs)
        enough = len(outputs) >= 3 and 2 <= participants <= len(scripts)
        exact += enough and max(times.values()) == participants
    assert exact == EXACT_HALF[file]
    assert len(chain) - 1 - types_of(chain).count(None) > exact


def test_every_whirlpool_mix_is_found_wherever_the_scanner_put_it(shared_data):
    mixes = 0
    for path in sorted(shared_data.glob("coinjoins/whirlpool_202403/*.txt")):
        chain = read_coinjoins(path)
        for (inputs, outputs), kind in zip(chain[1:], types_of(chain), strict=True):
            same_value = len({value for value, _ in outputs}) == 1
            if same_value and inputs and 5 <= len(inputs) == len(outputs) <= 10:
                mixes += 1
                assert kind == "equal_output"
    assert mixes == 702 + 120 + 69


def test_ordinary_blocks_have_no_flag(shared_data):
    blocks = sorted(shared_data.glob("blocks_with_prevouts/*.json"))
    types = [kind for block in blocks for kind in types_of(read_block(block))]
    assert len(types) == 906
    assert types.count(None) == 906
