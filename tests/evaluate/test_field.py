"""The field ledger: what is locked stays, what is answered was locked before."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain.errors import MisuseError, SourceError
from peelchain.evaluate.field import Claim, answer, lock, open_claims, read_ledger

DAY = date(2026, 3, 1)


def claim(address="addr-1", entity="Exchange", rule="multi_input", height=7):
    return Claim(address, entity, rule, "policy", "run", height, "ab" * 32)


@pytest.fixture
def ledger(tmp_path):
    """Three claims: one right, one without an answer, one open."""
    path = tmp_path / "field.jsonl"
    first, second, _ = (lock(path, claim(f"addr-{n}"), DAY) for n in (1, 2, 3))
    answer(path, first.fields["claim"], "right", DAY)
    answer(path, second.fields["claim"], "none", date(2026, 4, 1), "no reply")
    return path


def test_scores_have_their_denominators(ledger):
    lock(ledger, claim("addr-9", rule="change"), DAY)
    change, multi = read_ledger(ledger).scores()
    assert (multi.locked, multi.right, multi.wrong, multi.none, multi.open) == (3, 1, 0, 1, 1)
    assert (change.rule, change.locked, change.open) == ("change", 1, 1)
    row = read_ledger(ledger).rates("m")[1]
    assert (row.rule, row.basis, row.right, row.wrong, row.precision) == (
        "multi_input", "field", 1, 0, 1.0,
    )  # fmt: skip
    assert row.precision_low == pytest.approx(0.025)
    assert [e.fields["address"] for e in open_claims(read_ledger(ledger))] == ["addr-3", "addr-9"]


def test_an_answer_without_a_lock_is_refused(ledger):
    before = ledger.read_bytes()
    with pytest.raises(MisuseError, match="has locked no claim '0123456789abcdef'"):
        answer(ledger, "0123456789abcdef", "right", DAY)
    assert ledger.read_bytes() == before


def test_an_answer_without_a_ledger_is_refused_and_makes_none(tmp_path):
    path = tmp_path / "none.jsonl"
    with pytest.raises(SourceError, match="lock a claim first"):
        answer(path, "0123456789abcdef", "right", DAY)
    assert not path.exists()


def test_a_second_answer_is_refused(ledger):
    first = read_ledger(ledger).entries[0].fields["claim"]
    before = ledger.read_bytes()
    with pytest.raises(MisuseError, match=r"line 4 has the answer to claim .* right; a second one"):
        answer(ledger, first, "wrong", DAY)
    assert ledger.read_bytes() == before


def test_an_answer_older_than_its_claim_is_refused(ledger):
    third = read_ledger(ledger).entries[2].fields["claim"]
    with pytest.raises(MisuseError, match="older than claim"):
        answer(ledger, third, "right", date(2026, 2, 28))


def test_a_second_claim_on_an_address_is_refused_whatever_it_names(ledger):
    for again in (claim(), claim(entity="Another"), claim(height=9)):
        with pytest.raises(MisuseError, match="line 1 has locked a claim on this address"):
            lock(ledger, again, DAY)
    lock(ledger, claim(rule="change"), DAY)


def test_an_answer_that_is_none_of_the_three_is_refused(ledger):
    third = read_ledger(ledger).entries[2].fields["claim"]
    with pytest.raises(MisuseError, match="none of right, wrong, none"):
        answer(ledger, third, "maybe", DAY)  # type: ignore[arg-type]


@pytest.mark.parametrize("line", range(5))
def test_a_changed_line_is_refused_where_it_stands_or_where_it_is_followed(ledger, line):
    lines = ledger.read_bytes().splitlines(keepends=True)
    lines[line] = lines[line].replace(b"2026", b"2025")
    ledger.write_bytes(b"".join(lines))
    if line == len(lines) - 1:
        # the end of a chain is anchored by the hash that was sent along, not by the file
        with pytest.raises(SourceError, match="answers no claim that waits"):
            read_ledger(ledger)
        return
    with pytest.raises(SourceError, match=f"line {line + 2} does not follow|answers no claim"):
        read_ledger(ledger)


@pytest.mark.parametrize("line", range(4))
def test_a_missing_line_is_refused(ledger, line):
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:line] + lines[line + 1 :]))
    with pytest.raises(SourceError, match=f"line {line + 1} does not follow"):
        read_ledger(ledger)


def test_nothing_is_added_to_a_damaged_ledger(ledger):
    lines = ledger.read_bytes().splitlines(keepends=True)
    damaged = b"".join([lines[1], lines[0], *lines[2:]])
    ledger.write_bytes(damaged)
    with pytest.raises(SourceError, match="line 1 does not follow"):
        lock(ledger, claim("addr-8"), DAY)
    assert ledger.read_bytes() == damaged


def test_a_line_that_was_cut_off_is_told_with_its_remedy(ledger):
    ledger.write_bytes(ledger.read_bytes()[:-1])
    with pytest.raises(SourceError, match=r"line 5 is cut off .* remove that line"):
        read_ledger(ledger)


def test_a_rewritten_line_that_reads_the_same_is_refused(ledger):
    ledger.write_bytes(ledger.read_bytes().replace(b'"seq":1,', b'"seq": 1,', 1))
    with pytest.raises(SourceError, match="line 1 is not as a ledger writes it"):
        read_ledger(ledger)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "field.jsonl"
    path.write_bytes(data)
    try:
        assert len(read_ledger(path).entries) == 0
    except SourceError:
        assert data


def test_texts_without_bound_and_empty_ones_are_refused(tmp_path):
    path = tmp_path / "field.jsonl"
    with pytest.raises(MisuseError, match=r"entity has 5,000 characters"):
        lock(path, claim(entity="x" * 5000), DAY)
    with pytest.raises(MisuseError, match="entity is empty"):
        lock(path, claim(entity=""), DAY)
    assert not path.exists()


def test_the_same_entries_give_the_same_bytes(tmp_path):
    texts = []
    for name in ("a", "b"):
        path = tmp_path / name
        locked = lock(path, claim(entity="Börse \x1b[31m"), DAY, "ü")
        answer(path, locked.fields["claim"], "wrong", DAY)
        texts.append(path.read_bytes())
    assert texts[0] == texts[1]
    assert texts[0].isascii()
    assert b"\x1b" not in texts[0]
