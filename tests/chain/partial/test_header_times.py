"""A header's time against those of the headers known below and above it."""

import pytest

from peelchain.chain.partial.header_checks import check_times
from peelchain.errors import FalseAnswerError
from peelchain.network import MAINNET, REGTEST

NOON = 1_600_000_000
HOUR = 3600


def header(time):
    return bytes(68) + time.to_bytes(4, "little") + bytes(8)


@pytest.mark.parametrize(
    "below, above",
    [
        (None, None),
        (NOON - 30 * HOUR, NOON + 30 * HOUR),
        (NOON + 2 * HOUR, None),
        (None, NOON - 2 * HOUR),
    ],
)
def test_times_that_miners_give_are_taken(below, above):
    low = None if below is None else (90, header(below))
    high = None if above is None else (110, header(above))
    check_times(header(NOON), 100, low, high, MAINNET, "SERVER")


@pytest.mark.parametrize(
    "below, above, other", [(NOON + 30 * HOUR, None, 90), (None, NOON - 30 * HOUR, 110)]
)
def test_header_told_at_the_height_of_another_day_is_refused(below, above, other):
    low = None if below is None else (90, header(below))
    high = None if above is None else (110, header(above))
    with pytest.raises(FalseAnswerError, match=f"^SERVER: .* height 100 .* height {other} "):
        check_times(header(NOON), 100, low, high, MAINNET, "SERVER")
    # blocks of a test network come as anyone likes
    check_times(header(NOON), 100, low, high, REGTEST, "SERVER")
