"""Satoshis, heights, hashes, outpoints and UTC times: parsed, formatted, held to their bounds."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self

from peelchain.errors import MisuseError

COIN = 100_000_000
"""Satoshis in one bitcoin."""

MAX_MONEY = 21_000_000 * COIN
"""No amount of a valid transaction exceeds this (Bitcoin Core, consensus/amount.h)."""

MAX_HEIGHT = 2**31 - 1
"""Greatest height a store can hold."""

MAX_VOUT = 2**32 - 1
"""Greatest output index the transaction format can hold."""

MAX_TIME = 2**32 - 1
"""Greatest time a block header can hold, in seconds since 1970 (7 February 2106)."""

_BTC = re.compile(r"([0-9]{1,8})(?:\.([0-9]{1,8}))?")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HEX = frozenset("0123456789abcdefABCDEF")
_SHOWN_LENGTH = 100


def shown(text: str) -> str:
    """The text quoted for a message: ASCII, escaped, cut after 100 characters."""
    if len(text) > _SHOWN_LENGTH:
        return f"{text[:_SHOWN_LENGTH]!a} (and {len(text) - _SHOWN_LENGTH:,} more characters)"
    return ascii(text)


def check_sat(value_sat: int, what: str = "value") -> int:
    """The value, when it lies in 0..MAX_MONEY; else MisuseError."""
    if not 0 <= value_sat <= MAX_MONEY:
        raise MisuseError(f"{what} {value_sat} sat is out of range; amounts are 0 to {MAX_MONEY}")
    return value_sat


def check_height(height: int, what: str = "height") -> int:
    """The height, when it lies in 0..MAX_HEIGHT; else MisuseError."""
    if not 0 <= height <= MAX_HEIGHT:
        raise MisuseError(f"{what} {height} is out of range; heights are 0 to {MAX_HEIGHT}")
    return height


def parse_btc(text: str) -> int:
    """Satoshis of a plain decimal number of bitcoins, such as `0.5`.

    No sign, no exponent, no thousands separators, at most 8 decimals. Raises MisuseError.
    """
    match = _BTC.fullmatch(text)
    if match is None:
        raise MisuseError(
            f"{shown(text)} is not an amount in BTC; write digits with at most 8 decimals, "
            "such as 0.00150000"
        )
    whole, decimals = match[1], match[2] or ""
    return check_sat(int(whole) * COIN + int(decimals.ljust(8, "0")), "amount")


def format_btc(value_sat: int) -> str:
    """Bitcoins with all 8 decimals; a negative difference keeps its sign."""
    whole, rest = divmod(abs(value_sat), COIN)
    return f"{'-' if value_sat < 0 else ''}{whole}.{rest:08d}"


def parse_txid(text: str) -> bytes:
    """The 32 bytes, in internal order, of a txid or block hash in display hex.

    Raises MisuseError saying what is malformed.
    """
    if len(text) != 64:
        raise MisuseError(
            f"{shown(text)} is not a txid: it has {len(text):,} characters, not 64 hex digits"
        )
    for position, character in enumerate(text, 1):
        if character not in _HEX:
            raise MisuseError(
                f"{shown(text)} is not a txid: character {position} is {character!a}, "
                "not a hex digit"
            )
    return bytes.fromhex(text)[::-1]


def format_hash(internal: bytes) -> str:
    """Display hex of a hash in internal byte order, as Bitcoin Core shows it."""
    return internal[::-1].hex()


def parse_height(text: str) -> int:
    """The height a text of plain digits names. Raises MisuseError."""
    if _NUMBER.fullmatch(text) is None:
        raise MisuseError(f"{shown(text)} is not a height; write plain digits, such as 700000")
    return check_height(int(text))


@dataclass(frozen=True, order=True, slots=True)
class OutPoint:
    """One output of one transaction: txid in internal byte order, and output index.

    The order is that of the bytes, for sorted listings only: it is not chain order.
    """

    txid: bytes
    vout: int

    def __post_init__(self) -> None:
        """Refuse what the transaction format cannot hold; raises MisuseError."""
        if len(self.txid) != 32:
            raise MisuseError(f"an outpoint's txid has {len(self.txid)} bytes, not 32")
        if not 0 <= self.vout <= MAX_VOUT:
            raise MisuseError(f"output index {self.vout} is out of range; it is 0 to {MAX_VOUT}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The outpoint written as `TXID:VOUT`. Raises MisuseError."""
        txid, colon, vout = text.partition(":")
        if not colon:
            raise MisuseError(f"{shown(text)} is not an outpoint; write TXID:VOUT")
        if _NUMBER.fullmatch(vout) is None:
            raise MisuseError(
                f"{shown(text)} is not an outpoint: {shown(vout)} after the colon "
                "is not an output index"
            )
        return cls(parse_txid(txid), int(vout))

    def __str__(self) -> str:
        """`TXID:VOUT` with the txid in display hex."""
        return f"{format_hash(self.txid)}:{self.vout}"


def format_time(epoch_seconds: int) -> str:
    """UTC time such as `2020-01-01T00:00:00Z` of seconds since 1970, 0..MAX_TIME."""
    if not 0 <= epoch_seconds <= MAX_TIME:
        raise MisuseError(f"time {epoch_seconds} is out of range; it is 0 to {MAX_TIME} seconds")
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_date(text: str) -> date:
    """The day written as `YYYY-MM-DD`. Raises MisuseError."""
    if _DATE.fullmatch(text) is None:
        raise MisuseError(f"{shown(text)} is not a date; write YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise MisuseError(f"{shown(text)} is not a date: the calendar has no such day") from None
