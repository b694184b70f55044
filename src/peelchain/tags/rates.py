"""What one bitcoin was worth on a day, from a CSV file whose publisher is named.

Two forms are read: long (`date,currency,price,source`) and wide (`date` and one column a currency,
headed `btc_usd`, `btc_usd_close` or `btc_usd_price`). Columns that say how a wide price was made
(`eurusd_ecb`, `eurusd_date`) are passed over.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

import pyarrow as pa

from peelchain.errors import MisuseError, SourceError
from peelchain.schema import TABLES
from peelchain.tags.text import cleaned
from peelchain.units import COIN, parse_date, shown

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_SOURCE = 500

_PRICE_COLUMN = re.compile(r"btc_([a-z]{3})(?:_close|_price)?")
_MAKING_COLUMN = re.compile(r"[a-z]{6}_(?:ecb|date)")
_CURRENCY = re.compile(r"[A-Z]{3}")
_PRICE = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,8})?")
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Rate:
    """The price of one bitcoin, in units of a currency, and who published it."""

    price: Decimal
    source: str


Rates = dict[tuple[date, str], Rate]
"""Rates by day and currency."""


def read_rates(
    path: Path, *, source: str | None = None, recorded_utc: datetime | None = None
) -> pa.Table:
    """The `rates` table of a CSV file, sorted by date and currency. Days may be missing.

    `source` names the publisher where the file does not; `recorded_utc` is written to every row.
    Raises SourceError naming file and row for what cannot be read, for a bad date, currency or
    number, and for two prices of one day; MisuseError where nobody names the publisher.
    """
    publisher = cleaned(source)[:MAX_SOURCE] if source else None
    rates: Rates = {}
    rows: dict[tuple[date, str], int] = {}
    for row, day, currency, rate in _quotes(path, publisher):
        key = (day, currency)
        known = rates.setdefault(key, rate)
        if known.price != rate.price:
            raise SourceError(
                f"{shown(path.name)} row {row}: {currency} on {day} is {rate.price}, but row "
                f"{rows[key]} has {known.price}; keep one of them"
            )
        rows.setdefault(key, row)
    keys = sorted(rates)
    schema = TABLES["rates"].schema
    columns: dict[str, list[object]] = {
        "date": [day for day, _ in keys],
        "currency": [currency for _, currency in keys],
        "price": [rates[key].price for key in keys],
        "source": [rates[key].source for key in keys],
        "recorded_utc": [recorded_utc] * len(keys),
    }
    return pa.table(
        [pa.array(columns[field.name], type=field.type) for field in schema], schema=schema
    )


def rates_of(table: pa.Table) -> Rates:
    """The rows of a `rates` table, to look up."""
    return {
        (row["date"], row["currency"]): Rate(row["price"], row["source"])
        for row in table.to_pylist()
    }


def rate_on(rates: Rates, day: date, currency: str) -> Decimal | None:
    """The price of one bitcoin on that UTC day; None where the file has none."""
    rate = rates.get((day, currency))
    return None if rate is None else rate.price


def fiat(value_sat: int, price: Decimal) -> Decimal:
    """The worth of an amount at a price, rounded half up to two digits."""
    with localcontext() as context:
        context.prec = 60
        return (Decimal(value_sat) * price / COIN).quantize(_CENT, rounding=ROUND_HALF_UP)


def worth_by_day(rates: Rates, currency: str) -> Callable[[int, int], int | None]:
    """Gives the worth of satoshis at a time, in seconds since 1970, by the rate of its UTC day.

    In hundredths of the currency; None for a day without a rate.
    """

    def worth(value_sat: int, time: int) -> int | None:
        price = rate_on(rates, datetime.fromtimestamp(time, UTC).date(), currency)
        return None if price is None else int(fiat(value_sat, price) * 100)

    return worth


_Quote = tuple[int, date, str, Rate]


def _quotes(path: Path, publisher: str | None) -> Iterator[_Quote]:
    """Row number (the header is row 1), day, currency and rate of each quote in the file."""
    file = shown(path.name)
    try:
        if not path.is_file():
            raise SourceError(f"{shown(str(path))}: no such file; give the path of a CSV file")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise SourceError(f"{file}: is larger than the {MAX_FILE_BYTES:,} bytes a list may be")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip().lower() for name in next(reader, [])]
            if len(set(header)) != len(header):
                raise SourceError(f"{file} row 1: a column's name stands there twice")
            quotes = _long if "currency" in header else _wide
            yield from quotes(file, header, _numbered(file, header, reader), publisher)
    except OSError as error:
        raise SourceError(f"{shown(str(path))}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SourceError(f"{file}: is not UTF-8 text near byte {error.start}") from None
    except csv.Error as error:
        raise SourceError(f"{file}: is not CSV: {shown(str(error))}") from None


def _numbered(
    file: str, header: list[str], reader: Iterator[list[str]]
) -> Iterator[tuple[int, list[str]]]:
    for row, cells in enumerate(reader, 2):
        if row > MAX_ROWS:
            raise SourceError(f"{file}: has more than {MAX_ROWS:,} rows")
        if not cells:
            continue
        if len(cells) != len(header):
            raise SourceError(
                f"{file} row {row}: has {len(cells)} cells under {len(header)} headings"
            )
        yield row, [cell.strip() for cell in cells]


def _long(
    file: str, header: list[str], rows: Iterator[tuple[int, list[str]]], publisher: str | None
) -> Iterator[_Quote]:
    at = {name: index for index, name in enumerate(header)}
    unknown = sorted(set(header) - {"date", "currency", "price", "source"})
    missing = [name for name in ("date", "currency", "price") if name not in at]
    if unknown or missing:
        named = ", ".join([*(f"no {name}" for name in missing), *map(shown, unknown)])
        raise SourceError(f"{file} row 1: headings must be date,currency,price,source; has {named}")
    for row, cells in rows:
        currency = cells[at["currency"]]
        if _CURRENCY.fullmatch(currency) is None:
            raise SourceError(
                f"{file} row {row}: {shown(currency)} is not a currency code such as EUR"
            )
        named_source = cleaned(cells[at["source"]])[:MAX_SOURCE] if "source" in at else ""
        rate = Rate(
            _price(file, row, cells[at["price"]]), named_source or _publisher(file, publisher)
        )
        yield row, _day(file, row, cells[at["date"]]), currency, rate


def _wide(
    file: str, header: list[str], rows: Iterator[tuple[int, list[str]]], publisher: str | None
) -> Iterator[_Quote]:
    currencies: dict[int, str] = {}
    for index, name in enumerate(header):
        match = _PRICE_COLUMN.fullmatch(name)
        if match:
            currencies[index] = match[1].upper()
        elif name != "date" and _MAKING_COLUMN.fullmatch(name) is None:
            raise SourceError(
                f"{file} row 1: heading {shown(name)} is not known; headings are date and "
                "btc_usd_close (any currency), or date,currency,price,source"
            )
    if "date" not in header or not currencies:
        raise SourceError(
            f"{file} row 1: headings must be date,currency,price,source or date,btc_usd_close"
        )
    if len(set(currencies.values())) != len(currencies):
        raise SourceError(f"{file} row 1: two columns give the same currency; remove one")
    published = _publisher(file, publisher)
    for row, cells in rows:
        day = _day(file, row, cells[header.index("date")])
        for index, currency in currencies.items():
            if cells[index]:
                yield row, day, currency, Rate(_price(file, row, cells[index]), published)


def _publisher(file: str, publisher: str | None) -> str:
    if not publisher:
        raise MisuseError(f"{file} does not say who published its rates; name the source")
    return publisher


def _day(file: str, row: int, text: str) -> date:
    try:
        return parse_date(text)
    except MisuseError as error:
        raise SourceError(f"{file} row {row}: {error}") from None


def _price(file: str, row: int, text: str) -> Decimal:
    price = Decimal(text) if _PRICE.fullmatch(text) else Decimal(0)
    if price <= 0:
        raise SourceError(
            f"{file} row {row}: {shown(text)} is not a price above 0 with at most 8 decimals"
        )
    return price
