"""What tags know of single scripts, independently of any clustering."""

import pyarrow as pa

from peelchain.schema import TABLES
from peelchain.tags.parties import independent_parties

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
