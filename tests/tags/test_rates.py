"""Exchange rates: both forms of file, what is refused, and worth to the cent."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain.errors import MisuseError, PeelchainError, SourceError
from peelchain.schema import TABLES
from peelchain.tags.rates import fiat, rate_on, rates_of, read_rates
from peelchain.units import COIN, MAX_MONEY


def write(folder, text, name="rates.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_long_form(tmp_path):
    path = write(
        tmp_path,
        "date,currency,price,source\n2020-01-02,USD,7000.5,Bank\n2020-01-01,EUR,6000,\n",
    )
    recorded = datetime(2024, 1, 31, tzinfo=UTC)
    table = read_rates(path, source="Press", recorded_utc=recorded)
    assert table.schema.equals(TABLES["rates"].schema)
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        (date(2020, 1, 1), "EUR", Decimal("6000.00000000"), "Press", recorded),
        (date(2020, 1, 2), "USD", Decimal("7000.50000000"), "Bank", recorded),
    ]


def test_wide_form_with_gaps(tmp_path):
    path = write(
        tmp_path,
        "\ufeffdate,btc_usd_close,eurusd_ecb,eurusd_date,btc_eur\n"
        "2020-01-01,7000,1.1,2020-01-01,\n2020-01-05,8000,1.1,2020-01-03,7200.25\n",
    )
    rates = rates_of(read_rates(path, source="Bank"))
    assert rate_on(rates, date(2020, 1, 1), "USD") == 7000
    assert rate_on(rates, date(2020, 1, 1), "EUR") is None
    assert rate_on(rates, date(2020, 1, 3), "USD") is None
    assert rate_on(rates, date(2020, 1, 5), "EUR") == Decimal("7200.25")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "row 1"),
        ("date,btc_usd_open\n", "heading 'btc_usd_open' is not known"),
        ("date,close\n", "heading 'close' is not known"),
        ("day,btc_usd\n", "heading 'day' is not known"),
        ("btc_usd\n", "row 1"),
        ("date,btc_usd,btc_usd_close\n", "two columns give the same currency"),
        ("date,btc_usd,btc_usd\n", "stands there twice"),
        ("date,currency,price,note\n", "has 'note'"),
        ("date,currency\n", "no price"),
        ("date,btc_usd\n2020-01-01,7,8\n", "row 2: has 3 cells under 2 headings"),
        ("date,btc_usd\n2020-13-01,7\n", "row 2: '2020-13-01' is not a date"),
        ("date,btc_usd\n2020-01-01,1e3\n", "row 2: '1e3' is not a price"),
        ("date,btc_usd\n2020-01-01,-1\n", "row 2"),
        ("date,btc_usd\n2020-01-01,0.0\n", "row 2"),
        ("date,btc_usd\n2020-01-01,NaN\n", "row 2"),
        ("date,btc_usd\n2020-01-01,0.123456789\n", "at most 8 decimals"),
        ("date,btc_usd\n2020-01-01,'7'\n", "row 2"),
        ("date,btc_usd\n2020-01-01,7\n2020-01-02,x\n", "row 3: 'x'"),
        ("date,currency,price\n2020-01-01,usd,7\n", "'usd' is not a currency code"),
        ("date,currency,price\n2020-01-01,USD,\n", "row 2: ''"),
        (
            "date,currency,price\n2020-01-01,USD,7\n\n2020-01-01,USD,8\n",
            "row 4: USD on 2020-01-01 is 8, but row 2 has 7",
        ),
        ('date,btc_usd\n2020-01-01,"7\n', "is not CSV"),
    ],
)
def test_a_bad_file_is_refused_with_its_row(tmp_path, text, reason):
    with pytest.raises(SourceError) as refused:
        read_rates(write(tmp_path, text), source="Bank")
    assert reason in str(refused.value)
    assert "'rates.csv'" in str(refused.value)


def test_a_day_told_twice_alike_is_no_quarrel(tmp_path):
    path = write(tmp_path, "date,currency,price\n" + "2020-01-01,USD,7\n2020-01-01,USD,7.0\n")
    assert read_rates(path, source="Bank").num_rows == 1


def test_somebody_must_answer_for_the_rates(tmp_path):
    for text in ("date,btc_usd\n2020-01-01,7\n", "date,currency,price\n2020-01-01,USD,7\n"):
        with pytest.raises(MisuseError, match="name the source"):
            read_rates(write(tmp_path, text), source=" \u200b")


def test_what_is_no_text_or_no_file(tmp_path):
    path = tmp_path / "rates.csv"
    path.write_bytes(b"date,btc_usd\n\xff\xfe\n")
    with pytest.raises(SourceError, match="UTF-8"):
        read_rates(path, source="Bank")
    with pytest.raises(SourceError, match="no such file"):
        read_rates(tmp_path / "none.csv", source="Bank")


@given(st.binary(max_size=200))
def test_any_bytes_are_rates_or_a_clear_refusal(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(b"date,btc_usd\n" + content)
    try:
        table = read_rates(path, source="Bank")
    except PeelchainError as refused:
        assert str(refused).isprintable()
    else:
        assert table.num_rows <= content.count(b"\n") + content.count(b"\r") + 1


@pytest.mark.parametrize(
    ("value_sat", "price", "worth"),
    [
        (COIN, "7000", "7000.00"),
        (1, "500000", "0.01"),
        (1, "499999.99999999", "0.00"),
        (50_000_000, "0.01", "0.01"),
        (MAX_MONEY, "999999999999.99999999", "20999999999999999999.79"),
        (0, "7000", "0.00"),
    ],
)
def test_worth_is_rounded_half_up_to_the_cent(value_sat, price, worth):
    assert str(fiat(value_sat, Decimal(price))) == worth


@given(st.integers(0, MAX_MONEY), st.integers(1, 10**20 - 1))
def test_worth_is_exact_before_rounding(value_sat, units):
    # In units of 10^-16 of the currency, a cent is 10^14.
    cents = (value_sat * units + 5 * 10**13) // 10**14
    assert fiat(value_sat, Decimal(units).scaleb(-8)) == Decimal(cents).scaleb(-2)


def test_the_real_list(shared_data):
    path = shared_data / "rates" / "btc_usd_eur_daily.csv"
    rates = rates_of(read_rates(path, source="ransomwhere and ECB"))
    assert rate_on(rates, date(2012, 2, 24), "USD") == Decimal("5.000865")
    assert rate_on(rates, date(2012, 2, 24), "EUR") == Decimal("3.7286")
    assert rate_on(rates, date(2024, 10, 28), "USD") is None
    assert {currency for _, currency in rates} == {"EUR", "USD"}
