"""What the amounts of a trace were worth on the day each moved."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError
from peelchain.tags.rates import Rate, Rates, fiat, rate_on
from peelchain.units import shown


@dataclass
class Fiat:
    """Worth in one currency by the imported rates; `unpriced` are the days that have none."""

    currency: str
    rates: Rates
    unpriced: set[str] = field(default_factory=set)

    def worth(self, sat: int, seconds: int) -> str | None:
        """The amount's worth on the day of a block's time, UTC; None where no rate is known."""
        amount = self.amount(sat, seconds)
        return None if amount is None else str(amount)

    def amount(self, sat: int, seconds: int) -> Decimal | None:
        """The same as a number, to two places."""
        day = datetime.fromtimestamp(seconds, UTC).date()
        price = rate_on(self.rates, day, self.currency)
        if price is None:
            self.unpriced.add(day.isoformat())
            return None
        return fiat(sat, price)


def fiat_in(currency: str | None, source: str | None, view: StoreView) -> Fiat | None:
    """The worth in a currency, by the rates of one publisher where it is named; None: not asked.

    Raises MisuseError where there are no such rates, naming those that there are, and where two
    imported tables contradict each other.
    """
    if currency is None:
        if source is not None:
            raise MisuseError("--rates-of says whose rates, but no --fiat which currency; give it")
        return None
    name = currency.strip().upper()
    rates: Rates = {}
    others: set[str] = set()
    for row in view.rate_rows.to_pylist():
        if row["currency"] != name or source not in (None, row["source"]):
            others.add(f"{row['currency']} by {shown(row['source'])}")
            continue
        rate = Rate(row["price"], row["source"])
        known = rates.setdefault((row["date"], name), rate)
        if known.price != rate.price:
            raise MisuseError(
                f"two rates of {name} were imported for {row['date']}: {known.price} by "
                f"{shown(known.source)} and {rate.price} by {shown(rate.source)}; "
                + ("import them into separate stores" if source else "choose by --rates-of NAME")
            )
    if not rates:
        by = f" by {shown(source)}" if source else ""
        listed = f"; there are rates of {', '.join(sorted(others))}" if others else ""
        raise MisuseError(
            f"no rate of {shown(currency)}{by} was imported{listed}; run 'peelchain rates import "
            f"FILE --store {view.store.path}'"
        )
    return Fiat(name, rates)


def sum_fiat(amounts: list[str | None]) -> str:
    """The sum of worths, those not known left out."""
    cents = sum(int(amount.replace(".", "")) for amount in amounts if amount is not None)
    return f"{cents // 100}.{cents % 100:02d}"


def told(worth: Fiat | None, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """For an answer: the currency, the days without a rate, and the outputs not priced for it.

    `rows` have `fiat` by rule and, as `outpoint` or as txid and vout, what they stand for.
    """
    if worth is None:
        return None
    without = sorted({_name(row) for row in rows if None in row["fiat"].values()})
    return {
        "currency": worth.currency,
        "days_without_rate": sorted(worth.unpriced),
        "without_rate": without,
    }


def _name(row: dict[str, Any]) -> str:
    if "outpoint" in row:
        return str(row["outpoint"])
    return str(row["txid"]) if row["vout"] is None else f"{row['txid']}:{row['vout']}"
