"""A custodian's books under the account rules: the oracle, the page's example, and bad files."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle import accounts as oracle

from peelchain.errors import MisuseError, SourceError
from peelchain.trace.accounts import ACCOUNT_RULES
from peelchain.trace.ledger import Entry, Payment, Receipt, apportion_ledger, read_ledger

PAGE = Path(__file__).resolve().parents[2] / "docs" / "methods" / "account-rules.md"

BOOKS = """seq,kind,value_sat,claimant,reference
1,in,100,,opening balance
2,in,60,X,
3,in,40,Y,
4,out,120,,wage
5,in,50,,
6,out,70,,rent
"""


@st.composite
def books(draw: st.DrawFn) -> list[Entry]:
    entries: list[Entry] = []
    balance = 0
    for _ in range(draw(st.integers(1, 12))):
        if balance and draw(st.booleans()):
            entries.append(Payment(draw(st.integers(1, balance))))
            balance -= entries[-1].value_sat
            continue
        value = draw(st.integers(1, 20))
        claims: list[tuple[str, int]] = []
        left = value
        for name in draw(st.permutations("xyz"))[: draw(st.integers(0, 3))]:
            if left:
                claims.append((name, draw(st.integers(1, left))))
                left -= claims[-1][1]
        entries.append(Receipt(value, tuple(claims)))
        balance += value
    return entries


@settings(max_examples=150, deadline=None)
@given(books())
def test_kernel_equals_oracle(entries):
    names = list(dict.fromkeys(n for e in entries if isinstance(e, Receipt) for n, _ in e.claims))
    plain = [
        (
            entry.value_sat,
            sorted((names.index(name), sat) for name, sat in entry.claims)
            if isinstance(entry, Receipt)
            else None,
        )
        for entry in entries
    ]
    for rule, found in apportion_ledger(entries).items():
        paid, held = oracle.ledger(plain, max(1, len(names)), rule)
        shares = [[share.claims_sat.get(name, 0) for name in names] for share in found.payments]
        assert shares == [row[: len(names)] for row in paid]
        assert [found.held_sat.get(name, 0) for name in names] == held[: len(names)]
        assert sum(found.held_sat.values()) + found.own_sat == found.balance_sat
        for share in found.payments:
            assert sum(share.claims_sat.values()) + share.own_sat == share.value_sat


def test_the_example_of_the_page(tmp_path):
    """Every figure of the page's table comes out of the page's books."""
    file = tmp_path / "books.csv"
    page = PAGE.read_text()
    (listed,) = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    assert listed == BOOKS
    file.write_text(listed)
    found = apportion_ledger(read_ledger(file))
    shown = {
        cells[0].strip("`"): [tuple(map(int, cell.split("/"))) for cell in cells[1:4]]
        for cells in (
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in page.splitlines()
            if line.startswith("| `account_")
        )
        if "/" in cells[1]
    }
    assert shown.keys() == set(ACCOUNT_RULES)
    for rule, (wage, rent, left) in shown.items():
        parts = [
            (sats.get("X", 0), sats.get("Y", 0), own)
            for sats, own in (
                *((share.claims_sat, share.own_sat) for share in found[rule].payments),
                (found[rule].held_sat, found[rule].own_sat),
            )
        ]
        assert parts == [wage, rent, left]


def test_later_deposits_restore_nothing():
    """James Roscoe (Bolton) v Winder: 455 held for another, down to 25, then up to 358 again."""
    entries: list[Entry] = [
        Receipt(455, (("company", 455),)),
        Payment(430),
        Receipt(333),
    ]
    found = apportion_ledger(entries, ["account_libr"])["account_libr"]
    assert found.held_sat == {"company": 25}
    assert found.balance_sat == 358


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seq,kind,value_sat\n1,in,5\n1,in,5\n", "row 3: seq 1 follows 1; sort"),
        ("seq,kind,value_sat\n1,in,5\n2,out,6\n", "row 3 pays 6 sat of a balance of 5 sat; begin"),
        ("seq,kind,value_sat\n1,in,five\n", "row 2: value_sat is 'five'; write a whole number"),
        ("seq,kind,value_sat\n1,in,-5\n", "row 2: value_sat is '-5'; write a whole number"),
        ("seq,kind,value_sat\n1,in,0\n", "row 2: 0 sat is out of range"),
        ("seq,kind,value_sat\n1,buy,5\n", "row 2: kind is 'buy'; write in or out"),
        ("seq,kind,value_sat\n1,in\n", "row 2 has 2 fields, the header 3"),
        (
            "seq,kind,value_sat,claimant\n1,in,5,X\n2,out,5,X\n",
            "row 3: a payment names no claimant",
        ),
        (
            "seq,kind,value_sat,claimant,traced_sat\n1,in,5,X,6\n",
            "row 2: 6 sat are claimed of 5 sat received",
        ),
        ("seq,kind,value_sat,claimant,traced_sat\n1,in,5,,4\n", "row 2: '4' sat are traced for"),
        ("time_utc,kind,value_sat\n2020-01-02,in,5\n2020-01-01,in,5\n", "row 3: 2020-01-01 is"),
        ("time_utc,kind,value_sat\n2020-02-30,in,5\n", "row 2: '2020-02-30' is no time"),
        ("kind,value_sat\nin,5\n", "must have one of the columns seq and time_utc"),
        ("seq,kind,value\n1,in,5\n", "column 'value' is not known"),
        ("seq,kind\n1,in\n", "has no column value_sat"),
        ("seq,kind,value_sat,reference\n1,in,5,a\x1b[2Jb\n", "holds control characters"),
        ("", "has no column kind"),
    ],
)
def test_a_bad_file_names_its_row_and_the_remedy(tmp_path, text, says):
    file = tmp_path / "books.csv"
    file.write_text(text)
    with pytest.raises(SourceError, match=re.escape(says)):
        read_ledger(file)


def test_entries_without_a_file_are_counted():
    with pytest.raises(MisuseError, match="entry 1 pays 2 sat of a balance of 1 sat"):
        apportion_ledger([Receipt(1), Payment(2)])
    with pytest.raises(MisuseError, match="no account rule is called 'fifo'"):
        apportion_ledger([Receipt(1)], ["fifo"])


def test_bytes_that_are_no_text_are_refused(tmp_path):
    file = tmp_path / "books.csv"
    file.write_bytes(b"seq,kind,value_sat\n\xff,in,5\n")
    with pytest.raises(SourceError, match="no CSV file of UTF-8 text"):
        read_ledger(file)
