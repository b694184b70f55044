"""Which tags make a cluster a service, which never do, and who wins where they differ."""

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain.network import MAINNET
from peelchain.schema import TABLES
from peelchain.tags.services import Attribution, Mark, attribute, cluster_lookup, service_kind
from peelchain.tags.tagpack import read_tagpacks

SCHEMA = TABLES["tags"].schema
NOW = datetime(2026, 1, 31, tzinfo=UTC)


def tag(script_id: int, label: str, **fields: object) -> dict[str, object]:
    claims = {
        "category": "exchange",
        "actor": None,
        "confidence": "service_data",
        "is_cluster_definer": True,
        "lastmod": "2021-01-01",
        **fields,
    }
    return {
        "tag_id": f"{script_id:04}{label}{sorted(claims.items())}",
        "address": "",
        "script_pubkey": b"",
        "label": label,
        "source": "s",
        "creator": None,
        "recorded_utc": NOW,
        "file": "f",
        "script_id": script_id,
        **claims,
    }


def weigh(rows: Iterable[dict[str, object]], clusters: dict[int, int] | None = None) -> Attribution:
    rows = list(rows)
    table = pa.Table.from_pylist(
        [{name: row.get(name) for name in SCHEMA.names} for row in rows], schema=SCHEMA
    )
    clusters = clusters or {}
    lookup = cluster_lookup(
        np.array(sorted(clusters), dtype=np.int64),
        np.array([clusters[script] for script in sorted(clusters)], dtype=np.int64),
    )
    return attribute(table, np.array([row["script_id"] for row in rows], dtype=np.int64), lookup)


def mark_of(found: Attribution, script_id: int, cluster_id: int) -> Mark | None:
    (index,) = found.marks_of(np.array([script_id]), np.array([cluster_id])).tolist()
    return None if index < 0 else found.marks[index]


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("exchange", "service"),
        ("Exchange", "service"),
        ("market", "service"),
        ("marketplace", "service"),
        ("gambling", "service"),
        ("payment processor", "service"),
        ("payment_processor", "service"),
        ("miner", "service"),
        ("mining pool", "service"),
        ("hosted wallet", "service"),
        ("wallet_service", "service"),
        ("service", "service"),
        ("mixing_service", "mixer"),
        ("mixing", "mixer"),
        ("coinjoin", None),
        ("user", None),
        ("perpetrator", None),
        ("organization", None),
        ("ransomware", None),
        (None, None),
        ("", None),
    ],
)
def test_kinds_of_categories(category, kind):
    assert service_kind(category) == kind


def test_a_tag_names_the_whole_cluster():
    found = weigh([tag(5, "Kraken", actor="kraken")], {5: 2, 6: 2})
    for script_id in (2, 5, 6):
        mark = mark_of(found, script_id, 2)
        assert mark is not None
        assert (mark.kind, mark.party, mark.label) == ("service", "kraken", "Kraken")
    assert mark_of(found, 7, 7) is None
    assert found.conflicts == ()


def test_a_tag_that_is_no_cluster_definer_marks_its_own_script_only():
    found = weigh(
        [tag(5, "ChipMixer", category="mixing_service", is_cluster_definer=False)], {5: 2, 6: 2}
    )
    mark = mark_of(found, 5, 2)
    assert mark is not None
    assert mark.kind == "mixer"
    assert mark_of(found, 6, 2) is None
    assert mark_of(found, 2, 2) is None


def test_a_tag_that_does_not_say_may_name_the_cluster():
    found = weigh([tag(5, "Kraken", is_cluster_definer=None)], {5: 2})
    assert mark_of(found, 2, 2) is not None


@pytest.mark.parametrize("category", ["coinjoin", "user", None, "perpetrator"])
def test_tags_on_people_mark_nothing_even_when_they_claim_the_cluster(category):
    found = weigh([tag(5, "Samourai Wallet", category=category)], {5: 2})
    assert not len(found.marks)
    assert mark_of(found, 5, 2) is None


def test_tags_on_scripts_the_chain_does_not_have_are_left_out():
    found = weigh([tag(-1, "Kraken"), tag(-1, "Other")])
    assert found.marks == ()
    assert found.conflicts == ()
    assert mark_of(found, -1, -1) is None


@pytest.mark.parametrize(
    ("rows", "winner"),
    [
        ([tag(1, "A", confidence="ownership"), tag(2, "B"), tag(3, "B")], "A"),
        ([tag(1, "A", confidence="web_crawl"), tag(2, "B", confidence=None)], "A"),
        ([tag(1, "A", lastmod="2024-01-01"), tag(2, "B"), tag(3, "B")], "B"),
        ([tag(1, "A"), tag(1, "A", lastmod=None), tag(2, "B", lastmod="2021-01-02")], "B"),
        ([tag(1, "A"), tag(2, "B", lastmod=None)], "A"),
        ([tag(1, "B"), tag(2, "A")], "B"),
    ],
)
def test_conflicts_are_won_by_the_stated_rule_and_told(rows, winner):
    clusters = {1: 0, 2: 0, 3: 0}
    for order in (rows, rows[::-1]):
        found = weigh(order, clusters)
        (conflict,) = found.conflicts
        assert conflict.winner.label == winner
        assert {other.label for other in conflict.others} == {"A", "B"} - {winner}
        assert (conflict.cluster_id, conflict.script_id) == (0, None)
        assert mark_of(found, 3, 0) == conflict.winner


def test_labels_of_one_actor_are_one_party():
    found = weigh(
        [
            tag(1, "Huobi.com", actor="huobi"),
            tag(2, "huobi wallet", actor="huobi"),
            tag(3, "HUOBI COM", actor=None),
        ],
        {1: 0, 2: 0, 3: 0},
    )
    assert found.conflicts == ()
    assert {mark.party for mark in found.marks} == {"huobi"}


def test_a_label_two_actors_share_is_a_party_of_its_own():
    found = weigh(
        [tag(1, "Cold", actor="a"), tag(2, "Cold", actor="b"), tag(3, "Cold", actor=None)],
        {1: 0, 2: 0, 3: 0},
    )
    (conflict,) = found.conflicts
    assert {mark.party for mark in (conflict.winner, *conflict.others)} == {"a", "b", "cold"}


def test_a_script_marked_on_its_own_is_weighed_against_its_cluster():
    cluster = tag(1, "Binance")
    weak = tag(2, "Hacker shop", category="shop", is_cluster_definer=False, confidence="heuristic")
    strong = tag(3, "Bitzlato", is_cluster_definer=False, confidence="authority_data")
    same = tag(4, "binance", is_cluster_definer=False, confidence="ownership")
    found = weigh([cluster, weak, strong, same], {1: 0, 2: 0, 3: 0, 4: 0})
    labels = {script: mark_of(found, script, 0) for script in (1, 2, 3, 4)}
    assert {script: mark.label for script, mark in labels.items() if mark} == {
        1: "Binance",
        2: "Binance",
        3: "Bitzlato",
        4: "Binance",
    }
    assert [(c.cluster_id, c.script_id, c.winner.label) for c in found.conflicts] == [
        (0, 2, "Binance"),
        (0, 3, "Bitzlato"),
    ]


def test_a_tag_does_not_spread_from_a_script_that_is_anothers():
    weak = tag(3, "A", category="exchange", confidence="web_crawl", is_cluster_definer=True)
    strong = tag(3, "B", category="exchange", confidence="ownership", is_cluster_definer=False)
    found = weigh([weak, strong], {3: 1, 4: 1})
    assert found.cluster_ids.tolist() == []
    held = mark_of(found, 3, 1)
    assert held.label == "B"
    assert mark_of(found, 4, 1) is None
    (conflict,) = found.conflicts
    assert [mark.label for mark in (conflict.winner, *conflict.others)] == ["B", "A"]


def test_no_tags_no_services():
    found = weigh([])
    assert found.marks_of(np.array([1, 2]), np.array([1, 1])).tolist() == [-1, -1]


TAGS = st.lists(
    st.builds(
        tag,
        st.integers(-1, 12),
        st.sampled_from(["A", "a", "B", "C"]),
        category=st.sampled_from(["exchange", "mixing_service", "user", None]),
        actor=st.sampled_from([None, "x", "y"]),
        confidence=st.sampled_from([None, "ownership", "web_crawl", "made up"]),
        is_cluster_definer=st.sampled_from([True, False, None]),
        lastmod=st.sampled_from([None, "2020-01-01", "2021-01-01"]),
    ),
    max_size=25,
    unique_by=lambda row: row["tag_id"],
)


@given(TAGS, st.dictionaries(st.integers(0, 12), st.integers(0, 3)), st.randoms())
def test_order_of_rows_makes_no_difference_and_every_party_is_accounted_for(rows, clusters, random):
    clusters = {script: min(script, cluster) for script, cluster in clusters.items()}
    found = weigh(rows, clusters)
    shuffled = rows.copy()
    random.shuffle(shuffled)
    again = weigh(shuffled, clusters)
    assert (again.marks, again.conflicts) == (found.marks, found.conflicts)
    assert again.cluster_ids.tolist() == found.cluster_ids.tolist()
    assert again.script_ids.tolist() == found.script_ids.tolist()
    for row in rows:
        script = int(row["script_id"])
        if script < 0 or service_kind(row["category"]) is None:
            continue
        cluster = clusters.get(script, script)
        # Every service tag either spreads to its cluster or marks its script.
        assert mark_of(found, script, cluster) is not None
    for at, cluster in enumerate(found.cluster_ids.tolist()):
        # what marks a cluster is not held to be another's where it stands
        mark = found.marks[at]
        (script,) = {int(row["script_id"]) for row in rows if row["tag_id"] == mark.tag_id}
        assert mark_of(found, script, cluster) == mark


def test_real_packs_make_services_but_not_of_samourais_users(shared_data):
    names = ["samourai.yaml", "ofac.yaml", "mixing_fc2021.yaml", "walletexplorer.yaml"]
    paths = [shared_data / "tagpacks" / "packs" / name for name in names]
    tags = read_tagpacks(paths, MAINNET, recorded_utc=NOW).tags
    files = tags["file"].to_pylist()
    script_ids = np.arange(tags.num_rows, dtype=np.int64)
    found = attribute(tags, script_ids, lambda scripts: scripts)
    by_file: dict[str, set[object]] = {name: set() for name in names}
    for at, mark in enumerate(found.marks_of(script_ids, script_ids).tolist()):
        by_file[files[at]].add(None if mark < 0 else found.marks[mark].kind)
    assert by_file["samourai.yaml"] == by_file["ofac.yaml"] == {None}
    assert by_file["mixing_fc2021.yaml"] == {"mixer"}
    assert "service" in by_file["walletexplorer.yaml"]
    mixers = [at for at, file in enumerate(files) if file == "mixing_fc2021.yaml"]
    assert set(mixers) <= set(found.script_ids.tolist())
