"""Whether accounts are one person's: suggested by what is exactly the same, decided on record."""

from typing import Any

from peelchain.case.answers.same_person import Suggestion, first_refs, identity_keys, suggestions
from peelchain.case.journal import Entry

RECORDS: dict[str, list[dict[str, Any]]] = {
    "P1": [{"name": "User 1", "birth_date": "1980-01-01", "email": "u1@mail.example"}],
    "P2": [{"name": "USER  1", "birth_date": "1980-01-01", "document": "DE-1"}],
    "P3": [{"name": "User 1", "birth_date": "1981-01-01", "document": "de-1"}],
    "P4": [{"name": "User 4", "email": "U1@mail.example"}],
    "P5": [{"name": "User 1"}],
    "P10": [{}],
}


def decided(*entries: tuple[str, list[str]]) -> list[Entry]:
    return [
        Entry(seq, "2024-01-31T12:00:00Z", "decision", {"decides": what, "persons": refs}, "", "")
        for seq, (what, refs) in enumerate(entries, 1)
    ]


def suggested(entries: list[Entry]) -> list[Suggestion]:
    return suggestions(list(RECORDS), RECORDS.__getitem__, entries)


def test_what_is_exactly_the_same_is_suggested_and_nothing_else():
    assert suggested([]) == [
        Suggestion("P1", "P2", ("name_and_birth_date",)),
        Suggestion("P1", "P4", ("email",)),
        Suggestion("P2", "P3", ("document",)),
    ]


def test_what_was_decided_is_not_suggested_again():
    entries = decided(("same_person", ["P1", "P2"]), ("different_persons", ["P1", "P4"]))
    assert suggested(entries) == [Suggestion("P2", "P3", ("document",))]
    entries = decided(("same_person", ["P1", "P3"]), ("same_person", ["P3", "P2"]))
    assert suggested(entries) == [Suggestion("P1", "P4", ("email",))]


def test_decisions_join_under_the_first_ref_by_number():
    entries = decided(("same_person", ["P10", "P2"]), ("same_person", ["P10", "P3", "P1"]))
    assert first_refs(entries) == {"P1": "P1", "P2": "P1", "P3": "P1", "P10": "P1"}
    assert first_refs(decided(("other", ["P1", "P2"]))) == {}


def test_a_name_alone_identifies_nobody():
    assert identity_keys({"name": "User 5", "email": " "}) == []
    assert identity_keys({"name": "\uff35ser 5", "birth_date": "1990-02-03"}) == [
        ("name_and_birth_date", "user 5|1990-02-03")
    ]
