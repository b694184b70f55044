"""Prices of one bitcoin: a seeded walk around the course of history."""

import csv
import math
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

SOURCE = "simulated"

# Rounded history, USD; between the days the logarithm runs straight.
_HISTORY = (
    (date(2016, 1, 1), 430),
    (date(2016, 7, 1), 650),
    (date(2017, 1, 1), 1_000),
    (date(2017, 7, 1), 2_500),
    (date(2017, 12, 16), 17_500),
    (date(2018, 4, 1), 7_000),
    (date(2018, 12, 15), 3_400),
    (date(2019, 6, 26), 11_500),
    (date(2020, 1, 1), 7_200),
    (date(2020, 3, 15), 5_400),
    (date(2020, 10, 1), 10_700),
    (date(2021, 1, 1), 29_000),
    (date(2021, 4, 14), 61_000),
    (date(2021, 7, 20), 31_000),
    (date(2021, 11, 9), 64_000),
    (date(2022, 7, 1), 20_000),
    (date(2023, 1, 1), 16_600),
    (date(2023, 12, 31), 42_000),
)
_USD_PER_EUR = 1.13


class Rates:
    """Cents for one bitcoin on each day from `first` to `last`, in USD and EUR."""

    def __init__(self, seed: int, first: date, last: date) -> None:
        rng = Random(f"peelchain rates {seed}")
        self._first = first
        self._cents: list[tuple[int, int]] = []
        drift, euro = 0.0, 0.0
        for offset in range((last - first).days + 1):
            # Both walks are pulled back to zero, so that prices stay near history's.
            drift = 0.97 * drift + rng.uniform(-0.035, 0.035)
            euro = 0.995 * euro + rng.uniform(-0.004, 0.004)
            usd = _history(first + timedelta(days=offset)) * math.exp(drift)
            self._cents.append((round(usd * 100), round(usd * 100 / (_USD_PER_EUR + euro))))

    def usd_cents(self, day: date) -> int:
        """Price of one bitcoin in US cents."""
        return self._cents[(day - self._first).days][0]

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """Date, currency, price with two decimals and source, by date and currency."""
        for offset, (usd, eur) in enumerate(self._cents):
            day = (self._first + timedelta(days=offset)).isoformat()
            yield day, "EUR", _price(eur), SOURCE
            yield day, "USD", _price(usd), SOURCE

    def write(self, path: Path) -> None:
        """Write the rows as CSV."""
        with path.open("w", encoding="ascii", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("date", "currency", "price", "source"))
            writer.writerows(self.rows())


def _history(day: date) -> float:
    for (start, low), (end, high) in pairwise(_HISTORY):
        if day <= end:
            share = (day - start).days / (end - start).days
            return low * math.exp(share * math.log(high / low))
    return float(_HISTORY[-1][1])


def _price(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
