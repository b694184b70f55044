"""Constraints gathered from a store, and the clusters that they make of it."""

import shutil
from itertools import combinations

import pytest
from tests.cli.running import peelchain

from peelchain.actions.constraints import gather
from peelchain.actions.view import StoreView
from peelchain.cluster.constraints import constrain, without_refused
from peelchain.errors import MisuseError, TagError

HEAD = "address_a,address_b,source,date\n"
ABSENT = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"


def statements(folder, *rows):
    path = folder / "apart.csv"
    path.write_text(HEAD + "".join(f"{a},{b},Witness,2024-01-31\n" for a, b in rows))
    return path


def test_a_statement_parts_what_a_transaction_joins(session, tmp_path):
    a, b = session.addresses[:2]
    with StoreView(session.store) as view:
        ids = {
            name: i
            for i, name in view.addresses(view.clusters.table["script_id"].to_pylist()).items()
        }
        given = gather(view, [statements(tmp_path, (a, b), (b, ABSENT))], services=False)
        assert given.told["statements"] == 1
        assert given.told["statements_not_in_chain"] == ["apart.csv row 3"]
        links = view.clusters.links
        made = constrain(view.clusters.table, links.to_batches(), given.constraints)
    assert made.conflicts.num_rows > 0
    for row in made.conflicts.to_pylist():
        assert row["kind"] == "statement"
        assert {row["held_a"], row["held_b"]} == {ids[a], ids[b]}
        assert row["evidence_a"] == "apart.csv row 2: 'Witness', 2024-01-31"
    owner = dict(
        zip(
            made.clusters["script_id"].to_pylist(),
            made.clusters["cluster_id"].to_pylist(),
            strict=True,
        )
    )
    assert owner.get(ids[a], ids[a]) != owner.get(ids[b], ids[b])
    assert (
        without_refused(links, made.conflicts).num_rows == links.num_rows - made.conflicts.num_rows
    )


def test_tags_of_services_are_constraints_by_themselves(session):
    with StoreView(session.store) as view:
        given = gather(view)
        assert given.told["services"] > 1
        assert given.told["tagged_scripts"] > given.told["services"]
        assert {label.kind for label in given.constraints.labels} == {"service"}
        assert len(given.digest) == 64
        assert gather(view).digest == given.digest
        assert gather(view, services=False).digest == ""


def test_statement_against_the_tags_of_one_service_is_refused_by_row(session, tmp_path):
    with StoreView(session.store) as view:
        labels = gather(view).constraints.labels
        first, other = next((x, y) for x, y in combinations(labels, 2) if x.party == y.party)
        names = view.addresses([first.script_id, other.script_id])
        path = statements(tmp_path, (names[first.script_id], names[other.script_id]))
        with pytest.raises(
            MisuseError, match=r"apart.csv row 2: 'Witness', 2024-01-31 holds apart"
        ):
            gather(view, [path])
        assert gather(view, [path], services=False).told["statements"] == 1


def test_statement_of_an_address_against_itself_is_refused_by_row(session, tmp_path):
    a = session.addresses[0]
    with StoreView(session.store) as view, pytest.raises(TagError, match="row 2"):
        gather(view, [statements(tmp_path, (a, a))])


def test_explanation_names_what_was_refused_and_who_says_so(session, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(session.store, store)
    a, b = session.addresses[:2]
    file = statements(tmp_path, (a, b))
    ran = peelchain("cluster", "run", "--cannot-link", file, "--store", store, "--json").answer
    asked = ("cluster", "explain", a, b, "--policy", ran["policy"], "--store", store)
    answer = peelchain(*asked, "--json").answer
    assert not answer["joined"]
    assert answer["policy"] == ran["policy"]
    (crossing,) = answer["nearest"]["left_out"]
    assert crossing["reason"] == "refused"
    assert crossing["evidence"] == ["apart.csv row 2: 'Witness', 2024-01-31"]
    said = peelchain(*asked).out
    assert "apart.csv row 2: 'Witness', 2024-01-31" in said
    assert peelchain("cluster", "explain", a, b, "--store", store, "--json").answer["joined"]
