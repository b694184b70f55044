"""peelchain trace ledger: the example of the documentation, sums, and books that are refused."""

import csv
import io
import re
from collections import defaultdict
from pathlib import Path

import pytest
from tests.cli.documented import NOTES, check
from tests.cli.running import peelchain

PAGE = Path(__file__).resolve().parents[2] / "docs" / "methods" / "account-rules.md"


@pytest.fixture
def books(tmp_path):
    """The books of the page on account rules."""
    (text,) = re.findall(r"```csv\n(.*?)```", PAGE.read_text(), re.DOTALL)
    file = tmp_path / "books.csv"
    file.write_text(text)
    return file


def test_keys_and_columns_are_documented(books):
    check("trace ledger", peelchain("trace", "ledger", books, "--json").answer)
    out = peelchain("trace", "ledger", books, "--csv").out
    assert out.split("\n")[0] == NOTES["trace ledger"]["csv"]


def test_the_documented_books_can_be_read(tmp_path):
    (text,) = re.findall(r"```csv\n(.*?)```", NOTES["trace ledger"]["notes"], re.DOTALL)
    file = tmp_path / "books.csv"
    file.write_text(text)
    answer = peelchain("trace", "ledger", file, "--json").answer
    assert answer["claimed_sat"] == 100_000_000
    assert [c["claimant"] for c in answer["claimants"]] == ["victim X", "victim Y"]


def test_every_satoshi_of_the_books_is_somebodys_under_every_rule(books):
    answer = peelchain("trace", "ledger", books, "--json").answer
    assert [rule["rule"] for rule in answer["rules"]] == [
        "account-fifo",
        "account-lifo",
        "account-pool",
        "account-libr",
    ]
    for rule in answer["rules"]:
        assert rule["paid_sat"] + rule["held_sat"] == rule["claimed_sat"] == 100
        assert rule["paid_sat"] + rule["own_paid_sat"] == answer["paid_sat"] == 190
        assert rule["held_sat"] + rule["own_held_sat"] == answer["balance_sat"] == 60
        for claimant in rule["claimants"]:
            assert claimant["paid_sat"] + claimant["held_sat"] == claimant["claimed_sat"]
    rows = csv.DictReader(io.StringIO(peelchain("trace", "ledger", books, "--csv").out))
    shared: dict[tuple[str, ...], int] = defaultdict(int)
    for row in rows:
        shared[row["rule"], row["kind"], row["row"], row["value_sat"]] += int(row["share_sat"])
    assert len(shared) == 4 * 3
    assert all(int(value) == sat for (*_, value), sat in shared.items())


def test_clayton_pays_out_who_came_first(books):
    ran = peelchain("trace", "ledger", books, "--rule", "account-fifo", "--csv")
    assert ran.out.split("\n")[1:5] == [
        "account-fifo,payment,5,wage,120,X,20",
        "account-fifo,payment,5,wage,120,,100",
        "account-fifo,payment,7,rent,70,X,40",
        "account-fifo,payment,7,rent,70,Y,30",
    ]
    text = peelchain("trace", "ledger", books, "--rule", "account-fifo").out
    assert "claims 0.00000100 = paid 0.00000090 + held 0.00000010 BTC" in text


def test_hostile_text_of_the_books_is_shown_not_run(tmp_path):
    file = tmp_path / "books.csv"
    file.write_text("seq,kind,value_sat,claimant\n1,in,5,=1+1\n2,out,5,\n")
    assert "'=1+1" in peelchain("trace", "ledger", file, "--csv").out


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("seq,kind,value_sat,claimant\n1,in,5,X\n2,out,6,\n", 1, "row 3 pays 6 sat of a balance"),
        ("seq,kind,value_sat\n1,in,5\n", 1, "names no claimant"),
        ("seq,kind,value_sat,claimant\n1,in,0.5,X\n", 1, "row 2: value_sat is '0.5'"),
    ],
)
def test_books_that_do_not_hold_together_name_file_and_row(tmp_path, text, code, says):
    file = tmp_path / "custodian.csv"
    file.write_text(text)
    peelchain("trace", "ledger", file).refused(code, "custodian.csv", says)


def test_rules_that_books_do_not_know_are_refused(books):
    for rules, says in (
        (
            ["index-fifo"],
            "books know no rule 'index-fifo'; those of scope account are account-fifo",
        ),
        (["account-fifo", "account_fifo"], "given twice"),
    ):
        asked = [word for rule in rules for word in ("--rule", rule)]
        peelchain("trace", "ledger", books, *asked).refused(2, says)


def test_a_file_that_is_not_there_is_named(tmp_path):
    peelchain("trace", "ledger", tmp_path / "none.csv").refused(1, "none.csv")
