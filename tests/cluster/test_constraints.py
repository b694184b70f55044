"""Clusters that keep apart what is known to be two parties."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.cluster.linked import clusters_table, links_table
from tests.oracle.constraints import constrained

from peelchain.cluster.constraints import Constraints, Label, Pair, constrain, without_refused
from peelchain.errors import MisuseError
from peelchain.schema import TABLES

script = st.integers(0, 13)
_link = st.tuples(
    st.integers(0, 9), script, script, st.sampled_from(["change", "multi_input"])
).filter(lambda link: link[1] < link[2])
links_made = st.lists(_link, max_size=24, unique=True).map(sorted)
labelled = st.dictionaries(
    st.tuples(st.sampled_from(["service", "wallet"]), script), st.sampled_from("XYZ"), max_size=8
)
paired = st.lists(st.tuples(script, script).filter(lambda p: p[0] != p[1]), max_size=4)


def constraints_of(labels, pairs):
    return Constraints(
        tuple(
            Label(s, kind, party, f"{kind} {s} is {party}") for (kind, s), party in labels.items()
        ),
        tuple(Pair(a, b, f"{a} is not {b}") for a, b in pairs),
    )


def as_dict(clusters):
    return dict(
        zip(clusters["script_id"].to_pylist(), clusters["cluster_id"].to_pylist(), strict=True)
    )


def contradicts(labels, pairs):
    kinds = {kind for kind, _ in labels}
    return any(
        (k, a) in labels and labels.get((k, a)) == labels.get((k, b))
        for k in kinds
        for a, b in pairs
    )


@settings(deadline=None)
@given(links_made, labelled, paired, st.integers(1, 5))
def test_clusters_are_those_of_one_link_after_another(links, labels, pairs, batch):
    assume(not contradicts(labels, pairs))
    table = links_table(links)
    made = constrain(
        clusters_table(table),
        table.to_batches(max_chunksize=batch),
        constraints_of(labels, pairs),
    )
    expected, refused = constrained(links, labels, pairs)
    assert as_dict(made.clusters) == expected
    assert made.clusters["script_id"].to_pylist() == sorted(expected)
    columns = ("tx_id", "script_a", "script_b", "rule", "scripts_a", "scripts_b")
    told = list(zip(*(made.conflicts[c].to_pylist() for c in columns), strict=True))
    assert told == [(*link, a, b) for link, a, b in refused]

    # what was refused left out, the rest makes the same clusters without any constraint
    left = without_refused(table, made.conflicts)
    gone = {link for link, _, _ in refused}
    assert left.to_pylist() == [row for row in table.to_pylist() if tuple(row.values()) not in gone]
    assert as_dict(clusters_table(left)) == expected


@settings(deadline=None)
@given(links_made, labelled, paired, st.integers(0, 24))
def test_going_on_from_earlier_clusters_is_the_same(links, labels, pairs, cut):
    assume(not contradicts(labels, pairs))
    constraints = constraints_of(labels, pairs)
    # a transaction is never cut in two
    cut = next((at for at in range(cut, len(links)) if links[at][0] != links[at - 1][0]), 0)
    whole, before, after = links_table(links), links_table(links[:cut]), links_table(links[cut:])
    once = constrain(clusters_table(whole), whole.to_batches(), constraints)
    first = constrain(clusters_table(before), before.to_batches(), constraints)
    stars = list(as_dict(first.clusters).items())
    held = links_table([(-1, cluster, script, "held") for script, cluster in stars])
    both = clusters_table(pa.concat_tables([held, after]).unify_dictionaries())
    second = constrain(both, after.to_batches(), constraints, start=first.clusters)
    assert second.clusters.equals(once.clusters)
    conflicts = pa.concat_tables([first.conflicts, second.conflicts]).unify_dictionaries()
    assert conflicts.to_pylist() == once.conflicts.to_pylist()


@settings(deadline=None)
@given(labelled, paired)
def test_table_holds_the_constraints(labels, pairs):
    assume(not contradicts(labels, pairs))
    constraints = constraints_of(labels, pairs)
    table = constraints.table()
    assert table.schema.equals(TABLES["constraints"].schema)
    assert Constraints.of_table(table) == constraints


@settings(deadline=None)
@given(links_made, labelled, paired)
def test_conflict_names_what_each_side_holds(links, labels, pairs):
    assume(not contradicts(labels, pairs))
    table = links_table(links)
    constraints = constraints_of(labels, pairs)
    made = constrain(clusters_table(table), table.to_batches(), constraints)
    for row in made.conflicts.to_pylist():
        before = [link for link in links if link < (row["tx_id"], row["script_a"], row["script_b"])]
        cluster, _ = constrained(before, labels, pairs)
        for side in "ab":
            end, held = row[f"script_{side}"], row[f"held_{side}"]
            assert cluster.get(end, end) == cluster.get(held, held)
        if row["kind"] == "statement":
            assert row["evidence_a"] == row["evidence_b"]
            assert row["evidence_a"] in {
                f"{row['held_a']} is not {row['held_b']}",
                f"{row['held_b']} is not {row['held_a']}",
            }
        else:
            kind = row["kind"]
            parties = [labels[kind, row[f"held_{side}"]] for side in "ab"]
            assert parties[0] != parties[1]
            for side, party in zip("ab", parties, strict=True):
                assert row[f"evidence_{side}"] == f"{kind} {row[f'held_{side}']} is {party}"


@settings(deadline=None)
@given(links_made, labelled, paired)
def test_order_of_constraints_makes_no_difference(links, labels, pairs):
    assume(not contradicts(labels, pairs))
    table = links_table(links)
    free = clusters_table(table)
    one = constrain(free, table.to_batches(), constraints_of(labels, pairs))
    turned = dict(reversed(labels.items())), [(b, a) for a, b in reversed(pairs)]
    other = constrain(free, table.to_batches(), constraints_of(*turned))
    assert one.clusters.equals(other.clusters)
    columns = [c for c in one.conflicts.column_names if not c.startswith("evidence")]
    assert one.conflicts.select(columns).equals(other.conflicts.select(columns))


def test_merge_of_two_services_is_refused_and_the_rest_goes_on():
    table = links_table(
        [(1, 1, 2, "multi_input"), (2, 2, 3, "multi_input"), (3, 2, 5, "multi_input")]
    )
    made = constrain(
        clusters_table(table),
        table.to_batches(),
        Constraints(
            (
                Label(1, "service", "north", "tags.yaml: tag 17 of 1A, Exchange North"),
                Label(3, "service", "east", "tags.yaml: tag 99 of 1B, Exchange East"),
            )
        ),
    )
    assert as_dict(made.clusters) == {1: 1, 2: 1, 5: 1}
    assert made.conflicts.to_pylist() == [
        {
            "tx_id": 2,
            "script_a": 2,
            "script_b": 3,
            "rule": "multi_input",
            "kind": "service",
            "scripts_a": 2,
            "scripts_b": 1,
            "held_a": 1,
            "held_b": 3,
            "evidence_a": "tags.yaml: tag 17 of 1A, Exchange North",
            "evidence_b": "tags.yaml: tag 99 of 1B, Exchange East",
        }
    ]


def test_without_constraints_nothing_changes():
    table = links_table([(1, 1, 2, "multi_input")])
    free = clusters_table(table)
    assert not Constraints()
    assert constrain(free, table.to_batches(), Constraints()).clusters is free


def test_contradictions_are_refused_by_their_evidence():
    north = Label(4, "service", "north", "a.yaml:3")
    with pytest.raises(MisuseError, match=r"a.yaml:3 and b.yaml:7 name two parties for one script"):
        Constraints((north, Label(4, "service", "east", "b.yaml:7")))
    with pytest.raises(MisuseError, match=r"said.csv:2: an address cannot be another party than"):
        Constraints(pairs=(Pair(4, 4, "said.csv:2"),))
    with pytest.raises(
        MisuseError, match=r"said.csv:5 holds apart what a.yaml:3 and a.yaml:9 hold"
    ):
        Constraints((north, Label(6, "service", "north", "a.yaml:9")), (Pair(6, 4, "said.csv:5"),))


def test_links_out_of_chain_order_are_an_error():
    table = links_table([(1, 1, 2, "multi_input"), (2, 2, 3, "multi_input")])
    turned = table.take(pa.array(np.array([1, 0])))
    with pytest.raises(ValueError, match="links does not rise"):
        constrain(
            clusters_table(table),
            turned.to_batches(),
            Constraints(pairs=(Pair(1, 3, "said.csv:2"),)),
        )
