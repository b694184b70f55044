"""What amounts were worth on their day."""

from collections.abc import Callable
from datetime import UTC, datetime

from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError
from peelchain.tags.rates import fiat, rate_on
from peelchain.units import shown

Worth = Callable[[int, int], dict[str, str | None] | None]
"""Gives the worth of satoshis at a time in seconds since 1970, by currency."""


def worth_in(view: StoreView, currency: str | None) -> Worth:
    """The worth in one currency, as text of two decimals, None for a day without a rate.

    Without a currency nothing is told of any amount. Raises MisuseError for a currency of which the
    store has no rate.
    """
    if currency is None:
        return lambda value_sat, time: None
    known = sorted({name for _, name in view.rates})
    if currency not in known:
        raise MisuseError(
            f"there are no rates of {shown(currency)}; "
            + (f"there are those of {', '.join(known)}" if known else "import some first")
        )
    rates = view.rates

    def worth(value_sat: int, time: int) -> dict[str, str | None]:
        price = rate_on(rates, datetime.fromtimestamp(time, UTC).date(), currency)
        return {currency: None if price is None else str(fiat(value_sat, price))}

    return worth
