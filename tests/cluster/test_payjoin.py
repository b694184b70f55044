"""Which links may rest on a PayJoin, held against the slow definition."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from tests.cluster.chains import COINBASE, chains
from tests.cluster.linked import links_table
from tests.oracle.cluster import Tx, multi_input_links
from tests.oracle.cluster import possible_payjoins as oracle

from peelchain.cluster.payjoin import possible_payjoins


def found(chain: list[Tx], links: pa.Table) -> list[int]:
    counts = np.array([len(outputs) for _, outputs in chain], dtype=np.int64)
    doubted: list[int] = possible_payjoins(links, lambda tx_ids: counts[tx_ids]).tolist()
    return doubted


@given(chains, st.randoms(use_true_random=False))
def test_the_same_as_the_definition(chain, random):
    rows = [(*link, random.choice(["multi_input", "change"])) for link in multi_input_links(chain)]
    random.shuffle(rows)
    assert found(chain, links_table(rows)) == oracle(chain, [(r[0], r[3]) for r in rows])


PAID = (100_000, 9)
CHAIN: list[Tx] = [
    COINBASE,
    ([(60_000, 1), (70_000, 2)], [PAID]),
    ([(60_000, 1), (70_000, 2)], [PAID, (30_000, 3)]),
    ([(60_000, 1), (70_000, 2)], [PAID, (20_000, 3), (10_000, 4)]),
    ([(60_000, 1), (70_000, 2), (80_000, 5)], [PAID, (30_000, 9)]),
    ([(60_000, 1), (70_000, 2)], [PAID, (30_000, 6)]),
]


def test_two_outputs_make_one_and_one_or_three_do_not():
    rows = [(*link, "multi_input") for link in multi_input_links(CHAIN)]
    assert found(CHAIN, links_table(rows)) == [2, 4, 5]


def test_a_link_by_change_is_in_no_doubt_of_it():
    assert found(CHAIN, links_table([(2, 1, 3, "change"), (5, 1, 2, "multi_input")])) == [5]
    assert found(CHAIN, links_table([])) == []
