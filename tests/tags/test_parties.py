"""What tags know of single scripts, independently of any clustering."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from peelchain.schema import TABLES
from peelchain.tags.parties import independent_parties
from peelchain.tags.services import confidence_level, parties, service_kind

SCHEMA = TABLES["tags"].schema


def tag(number, script, actor, *, confidence="service_data", category="exchange", label=None):
    row = dict.fromkeys(SCHEMA.names)
    row |= {
        "tag_id": f"{number:016x}",
        "address": "",
        "script_pubkey": script,
        "label": label or (actor or "").title(),
        "category": category,
        "actor": actor,
        "source": "https://list.example",
        "confidence": confidence,
        "recorded_utc": 0,
        "file": "list.yaml",
    }
    return row


def told(*rows):
    return independent_parties(pa.Table.from_pylist(list(rows), schema=SCHEMA))


def test_one_party_for_each_script_by_its_first_tag():
    found = told(
        tag(3, b"\1", "north"),
        tag(2, b"\1", None, label="NORTH"),
        tag(5, b"\2", "east", category="mixing_service"),
    )
    assert [(t.script_pubkey, t.party, t.tag_id[-1]) for t in found.tags] == [
        (b"\1", "north", "2"),
        (b"\2", "east", "5"),
    ]
    assert found.tags[1].evidence == (
        "tag 0000000000000005 of list.yaml: 'East' by 'https://list.example'"
    )
    assert (found.disputed, found.passed_over) == ((), 0)


def test_what_is_not_known_independently_or_is_no_service_says_nothing():
    found = told(
        tag(1, b"\1", "north", confidence="web_crawl"),
        tag(2, b"\1", "north", confidence=None),
        tag(3, b"\1", "villain", category="perpetrator"),
    )
    assert (found.tags, found.passed_over) == ((), 2)


def test_scripts_in_dispute_are_named_and_not_used():
    found = told(tag(1, b"\1", "north"), tag(2, b"\1", "east"), tag(3, b"\2", "east"))
    assert found.disputed == (b"\1",)
    assert [t.script_pubkey for t in found.tags] == [b"\2"]


rows = st.lists(
    st.tuples(
        st.sampled_from([b"\1", b"\2", b"\3"]),
        st.sampled_from([None, "north", "east"]),
        st.sampled_from(["North", "NORTH!", "East", "other"]),
        st.sampled_from([None, "service_data", "web_crawl", "heuristic"]),
        st.sampled_from([None, "exchange", "perpetrator", "Mixing Service"]),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(rows, st.sampled_from([0, 20, 50]), st.sets(st.sampled_from([b"\1", b"\2", b"\4"])))
def test_parties_are_those_of_one_tag_after_another(given_rows, least, scripts):
    made = [
        tag(n, script, actor, label=label, confidence=confidence, category=category)
        for n, (script, actor, label, confidence, category) in enumerate(given_rows)
    ]
    services = [row for row in made if service_kind(row["category"]) is not None]
    own = [row for row in services if row["confidence"] != "heuristic"]
    known = [row for row in own if confidence_level(row["confidence"]) >= least]
    names = parties([row["label"] for row in known], [row["actor"] for row in known])
    first: dict[bytes, dict[str, str]] = {}
    for row, name in zip(known, names, strict=True):
        first.setdefault(row["script_pubkey"], {}).setdefault(name, row["tag_id"])
    table = pa.Table.from_pylist(made[::-1], schema=SCHEMA)
    found = independent_parties(table, least)
    expected = [
        (script, *next(iter(first[script].items())))
        for script in sorted(first)
        if len(first[script]) == 1
    ]
    assert [(t.script_pubkey, t.party, t.tag_id) for t in found.tags] == expected
    assert found.disputed == tuple(s for s in sorted(first) if len(first[s]) > 1)
    assert found.passed_over == len(services) - len(known)
    some = independent_parties(table, least, scripts=scripts)
    assert some.tags == tuple(t for t in found.tags if t.script_pubkey in scripts)
    assert some.disputed == tuple(s for s in found.disputed if s in scripts)
