"""The detectors on real transactions, held against the relabelling of docs/methods.

The figures are those that docs/methods/coinjoins.md reports, asserted exactly: this file is the
command that reproduces them.
"""

import csv
import re
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from tests.cluster.coinjoin_sets import block_transactions, set_lines
from tests.oracle.coinjoins import MIXES, label

from peelchain.cluster.coinjoin.classify import Judgement, classify

ROOT = Path(__file__).resolve().parents[2]
LABELS = ROOT / "docs" / "methods" / "coinjoin-labels.csv"

# by set: lines, mixes by the relabelling, mixes found, Tx0s, Tx0s found
SETS = {
    "joinmarket_202406/OtherCoinJoinPostMixTxs": (528, 48, 48, 0, 0),
    "joinmarket_202406/OtherCoinJoins": (284, 25, 25, 0, 0),
    "wasabi1/WasabiCoinJoins": (98, 98, 98, 0, 0),
    "wasabi1/WasabiPostMixTxs": (177, 5, 5, 0, 0),
    "wasabi_202405/Wasabi2CoinJoins": (18, 17, 17, 0, 0),
    "wasabi_202405/Wasabi2PostMixTxs": (90, 0, 0, 0, 0),
    "wasabi_202405/WasabiCoinJoins": (76, 76, 76, 0, 0),
    "wasabi_202405/WasabiPostMixTxs": (112, 39, 39, 0, 0),
    "whirlpool_202403/SamouraiCoinJoins": (702, 702, 702, 0, 0),
    "whirlpool_202403/SamouraiPostMixTxs": (1318, 120, 120, 1, 1),
    "whirlpool_202403/SamouraiTx0s": (450, 69, 69, 381, 381),
}

# (verdict of the relabelling, type found): lines
TYPES = {
    ("whirlpool_mix", "whirlpool_mix"): 891,
    ("whirlpool_tx0", "whirlpool_tx0"): 382,
    ("wasabi_1_0", "wasabi_1_0"): 115,
    ("wasabi_1_1", "wasabi_1_1"): 93,
    ("wasabi_2", "wasabi_2"): 17,
    ("joinmarket", "joinmarket"): 81,
    ("equal_output", "joinmarket"): 2,
    ("undecided", None): 145,
    ("ordinary", None): 2127,
}

# inputs of Whirlpool mixes whose parent is a line of the same sets
KNOWN_PARENTS = 1710


@pytest.fixture(scope="module")
def judged(shared_data) -> list[tuple[str, str, Judgement]]:
    """Set, verdict of the relabelling and judgement of every line, each set a file of its own."""
    with LABELS.open(newline="") as stream:
        labels = [(row["set"], row["txid"], row["verdict"]) for row in csv.DictReader(stream)]
    found = []
    for name in SETS:
        lines = set_lines(shared_data / "coinjoins" / f"{name}.txt")
        wanted = [(txid, verdict) for of, txid, verdict in labels if of == name]
        judgements = list(classify(line.transaction for line in lines))
        assert [txid for txid, _ in wanted] == [j.txid.hex() for j in judgements]
        found += [(name, v, j) for (_, v), j in zip(wanted, judgements, strict=True)]
    return found


def test_labels_are_those_of_the_reference_each_with_a_reason(shared_data):
    with LABELS.open(newline="") as stream:
        rows = [tuple(row.values()) for row in csv.DictReader(stream)]
    again = [
        (line.reference.txid, name, *label(line.reference))
        for name in sorted(SETS)
        for line in set_lines(shared_data / "coinjoins" / f"{name}.txt")
    ]
    assert rows == again
    assert all(reason for *_, reason in rows)


def test_recall_by_set_is_what_the_docs_report(judged):
    counts = {name: [0, 0, 0, 0, 0] for name in SETS}
    for name, verdict, judgement in judged:
        count = counts[name]
        count[0] += 1
        if verdict in MIXES:
            count[1] += 1
            count[2] += judgement.type in MIXES
        if verdict == "whirlpool_tx0":
            count[3] += 1
            count[4] += judgement.type == "whirlpool_tx0"
    assert {name: tuple(count) for name, count in counts.items()} == SETS


def test_types_are_what_the_docs_report(judged):
    assert Counter((verdict, j.type) for _, verdict, j in judged) == TYPES


def test_what_cannot_be_decided_gives_no_link(judged):
    undecided = Counter(j.gives_links for _, verdict, j in judged if verdict == "undecided")
    assert undecided == {False: 141, True: 4}


def test_ordinary_blocks_have_no_flag(shared_data):
    blocks = sorted(shared_data.glob("blocks_with_prevouts/*.json"))
    found = [j for path in blocks for j in classify(block_transactions(path))]
    assert len(found) == 906
    assert [j for j in found if j.type] == []


def test_no_parent_of_a_whirlpool_mix_is_known_to_be_anything_else(shared_data):
    """Every other line of the files is held back, so no mix has all its parents."""
    lines = {
        line.transaction.txid: line.transaction
        for path in sorted(shared_data.glob("coinjoins/whirlpool_202403/*.txt"))
        for line in set_lines(path)
    }
    parents = {txid: {i.prev_txid for i in tx.inputs} & lines.keys() for txid, tx in lines.items()}
    in_chain_order = [lines[txid] for txid in TopologicalSorter(parents).static_order()]
    mixes = [j for j in classify(in_chain_order) if j.type == "whirlpool_mix"]
    assert Counter(j.lineage for j in mixes) == {"undetermined": 875}
    known = [re.search(r"(\d+) of \d+ parents are known", " ".join(j.reasons)) for j in mixes]
    assert sum(int(found[1]) for found in known if found) == KNOWN_PARENTS
