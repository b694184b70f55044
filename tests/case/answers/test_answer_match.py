"""An answer against the schedule: what is linked, and every kind of mismatch."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from peelchain.case.answers.file import AnswerRow
from peelchain.case.answers.match import KINDS, Asked, match

HOUR = 3_600
TXIDS = {letter: letter * 64 for letter in "abcdef"}


def asked(finding: str, tx: str, vout: int = 0, value_sat: int = 100, **more: str) -> Asked:
    return Asked(
        finding, more.get("direction", "paid_out"), TXIDS[tx], vout,
        more.get("address", f"bc1{tx}{vout}"), 1_000_000, value_sat,
    )  # fmt: skip


def row(number: int, account: str, tx: str, vout: int | None = 0, **more: Any) -> AnswerRow:
    said: dict[str, Any] = {"address": None, "amount_sat": None, "time": None, "who": {}, **more}
    return AnswerRow(number, account, TXIDS[tx], vout, **said)


def outputs(txid: str) -> int | None:
    return {TXIDS["a"]: 3, TXIDS["b"]: 1, TXIDS["c"]: 2}.get(txid)


def matched(rows, asked_rows):
    return match(rows, asked_rows, outputs, HOUR)


def kinds(found):
    return [(m.row, m.kind) for m in found.mismatches]


SCHEDULE = [asked("I1", "a", 0), asked("I2", "a", 1, 200), asked("I3", "b")]


def test_what_fits_is_linked_and_agrees():
    found = matched(
        [
            row(1, "77", "a", 0, amount_sat=100, time=1_000_000 - HOUR, address="bc1a0"),
            row(2, "78", "a", 1, address="BC1A1"),
            row(3, "77", "b"),
        ],
        SCHEDULE,
    )
    assert [(link.asked.finding, link.account, link.agrees) for link in found.links] == [
        ("I1", "77", True), ("I2", "78", True), ("I3", "77", True),
    ]  # fmt: skip
    assert found.mismatches == ()


def test_each_fault_is_named_with_what_was_told_and_expected():
    found = matched(
        [
            row(1, "77", "a", 0, amount_sat=101),
            row(2, "78", "a", 1, time=1_000_001 + HOUR),
            row(3, "79", "b", 0, address="bc1other"),
        ],
        SCHEDULE,
    )
    assert [link.agrees for link in found.links] == [False, False, False]
    assert [(m.kind, m.finding, m.told, m.expected) for m in found.mismatches] == [
        ("amount", "I1", "0.00000101", "0.00000100"),
        ("time", "I2", "1970-01-12T14:46:41Z", "1970-01-12T13:46:40Z"),
        ("address", "I3", "bc1other", "bc1b0"),
    ]


def test_rows_that_cannot_be_placed_link_nothing():
    found = matched(
        [row(1, "77", "d"), row(2, "77", "c", 1), row(3, "77", "c", 2), row(4, "77", "a", 2)],
        SCHEDULE,
    )
    assert found.links == ()
    assert kinds(found) == [
        (1, "unknown_txid"), (2, "not_asked"), (3, "unknown_output"), (4, "not_asked"),
        (0, "not_answered"), (0, "not_answered"), (0, "not_answered"),
    ]  # fmt: skip


def test_without_an_output_index_address_and_amount_tell():
    found = matched(
        [
            row(1, "77", "b", None),
            row(2, "78", "a", None, address="bc1a1"),
            row(3, "79", "a", None, amount_sat=100),
            row(4, "80", "a", None),
        ],
        SCHEDULE,
    )
    assert [(link.row, link.asked.finding) for link in found.links] == [
        (1, "I3"), (2, "I2"), (3, "I1"),
    ]  # fmt: skip
    assert kinds(found) == [(4, "ambiguous")]


def test_two_accounts_for_one_payment_are_both_doubted():
    found = matched([row(1, "77", "b"), row(2, "78", "b"), row(3, "78", "b")], SCHEDULE[2:])
    assert [(link.account, link.agrees) for link in found.links] == [("77", False), ("78", False)]
    assert kinds(found) == [(1, "two_accounts"), (2, "two_accounts"), (3, "repeated")]


def test_an_account_with_two_holders_is_doubted():
    said = [{"name": "User 1"}, {"name": "User 2"}, {"email": "a@mail.example"}]
    found = matched(
        [row(n, "77", tx, v, who=who) for n, (tx, v, who) in
         enumerate(zip("aab", (0, 1, 0), said, strict=True), 1)],
        SCHEDULE,
    )  # fmt: skip
    assert {m.kind for m in found.mismatches} == {"holder"}
    fits = matched([row(1, "77", "a", 0, who=said[0]), row(2, "77", "a", 1, who=said[2])], SCHEDULE)
    assert all(link.agrees for link in fits.links)


def test_a_gathered_deposit_answers_for_what_the_service_took_in():
    schedule = [
        asked("O1", "a", 0, direction="paid_in"),
        asked("O1 O2", "b", direction="deposit_candidate"),
        asked("O1", "c", direction="deposit_candidate"),
        asked("O2", "a", 1, direction="paid_in"),
        asked("O3", "a", 2, direction="paid_in"),
    ]
    found = matched([row(1, "77", "b")], schedule)
    assert [m.finding for m in found.mismatches] == ["O3"]


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            row,
            st.just(1), st.sampled_from(["77", "78"]), st.sampled_from("abcd"),
            st.sampled_from([None, 0, 1, 2]),
            amount_sat=st.sampled_from([None, 100, 200]),
        ),
        max_size=8,
    ),
    st.lists(st.sampled_from(SCHEDULE), unique=True, max_size=3),
)  # fmt: skip
def test_every_row_is_linked_or_listed_and_every_payment_answered_or_listed(rows, schedule):
    rows = [replace(each, row=number) for number, each in enumerate(rows, 1)]
    found = matched(rows, schedule)
    placed = Counter(m.kind for m in found.mismatches)
    assert len(found.links) + sum(placed[k] for k in KINDS[5:-1]) == len(rows)
    answered = {link.asked.outpoint for link in found.links}
    assert placed["not_answered"] == len({a.outpoint for a in schedule} - answered)
    doubted = {m.row for m in found.mismatches if m.kind in KINDS[:5]}
    for link in found.links:
        assert link.agrees == (link.row not in doubted)
