"""The values of a dump's fields, in the many forms that exporters give them."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from peelchain.chain.dumps.rows import RowError
from peelchain.network import Network
from peelchain.script import ScriptType, script_type
from peelchain.script.address import script_or_none
from peelchain.units import MAX_HEIGHT, MAX_MONEY, MAX_TIME, shown

_MOST_DIGITS = 40
_MOST_BYTES = 4_000_000
_DIGITS = re.compile(r"([+-]?[0-9]{1,30})(?:\.0*)?")
_EXPONENT = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?[eE]\+?[0-9]{1,2}")
_BITS_HEX = re.compile(r"(?:0x)?[0-9A-Fa-f]{1,8}")
# hex of four bytes has at most eight digits
_DECIMAL = re.compile(r"[0-9]{9,10}")
_TIMES = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?"
    r"(?: ?UTC|Z|[+-]00:?00)?"
)

UINT32 = 2**32 - 1


def said(value: Any) -> str:
    """A value as messages show it."""
    return shown(str(value)[:200])


def _check_there(value: Any, name: str) -> None:
    if value is None:
        raise RowError(f"it has no {name}")


def integer(value: Any, name: str, least: int, most: int) -> int:
    """A whole number within bounds, given as number, float, Decimal or text. Raises RowError."""
    _check_there(value, name)
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, float | Decimal):
        whole = Decimal(value)
        if whole.is_finite() and abs(whole.adjusted()) < _MOST_DIGITS and whole == int(whole):
            number = int(whole)
    elif isinstance(value, str):
        text = value.strip()
        if match := _DIGITS.fullmatch(text):
            number = int(match[1])
        elif _EXPONENT.fullmatch(text) and Decimal(text) == int(Decimal(text)):
            number = int(Decimal(text))
    if number is None:
        raise RowError(f"{name} {said(value)} is no whole number")
    if not least <= number <= most:
        raise RowError(f"{name} {number} is out of range; it is {least} to {most}")
    return number


def optional(value: Any, name: str, least: int, most: int) -> int | None:
    """The number, None where null or nothing stands. Raises RowError."""
    return None if value is None or value == "" else integer(value, name, least, most)


def sat(value: Any, name: str = "value") -> int:
    """Satoshis. Raises RowError."""
    return integer(value, name, 0, MAX_MONEY)


def optional_sat(value: Any, name: str = "value") -> int | None:
    """Satoshis, None where null or nothing stands. Raises RowError."""
    return None if value is None or value == "" else sat(value, name)


def optional_height(value: Any) -> int | None:
    """A height, None where none is told. Raises RowError."""
    return optional(value, "height", 0, MAX_HEIGHT)


def uint32(value: Any, name: str) -> int:
    """A number of 32 bits without a sign. Raises RowError."""
    return integer(value, name, 0, UINT32)


def version(value: Any) -> int:
    """A version, signed; one that was told without its sign gets it back. Raises RowError."""
    number = integer(value, "version", -(2**31), UINT32)
    return number - 2**32 if number >= 2**31 else number


def number_or_hex(value: Any, name: str) -> int:
    """32 bits as bitcoin-etl gives `bits` and `nonce`: text is hex, a number is itself."""
    if isinstance(value, str) and not _DECIMAL.fullmatch(value):
        if not _BITS_HEX.fullmatch(value):
            raise RowError(f"{name} {said(value)} is not hex of 4 bytes")
        return int(value, 16)
    return uint32(value, name)


def data(value: Any, name: str, most: int = _MOST_BYTES) -> bytes:
    """Bytes of hex, as Parquet too gives them. Raises RowError."""
    _check_there(value, name)
    if isinstance(value, bytes):
        found = value
    elif isinstance(value, str):
        digits = value.removeprefix("0x")
        try:
            found = bytes.fromhex(digits)
        except ValueError:
            raise RowError(f"{name} {said(value)} is not hex") from None
        if 2 * len(found) != len(digits):
            raise RowError(f"{name} {said(value)} is not hex: it has white space in it")
    else:
        raise RowError(f"{name} {said(value)} is not hex")
    if len(found) > most:
        raise RowError(f"{name} has {len(found):,} bytes, more than {most:,}")
    return found


def hash_of(value: Any, name: str) -> bytes:
    """A hash in internal byte order, of display hex. Raises RowError."""
    found = data(value, name)
    if len(found) != 32:
        raise RowError(f"{name} {said(value)} is not 64 hex digits")
    return found[::-1]


def optional_hash(value: Any, name: str) -> bytes | None:
    """The hash, None where null or nothing stands. Raises RowError."""
    return None if value is None or value == "" else hash_of(value, name)


def time(value: Any, name: str = "time") -> int:
    """Seconds since 1970: of a number (also in milli- or microseconds), UTC text or a datetime."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        number = int(aware.timestamp())
    elif isinstance(value, str) and (match := _TIMES.fullmatch(value.strip())):
        try:
            number = int(datetime.fromisoformat(f"{match[1]}T{match[2]}+00:00").timestamp())
        except ValueError:
            raise RowError(f"{name} {said(value)} is no time") from None
    else:
        number = integer(value, name, 0, MAX_TIME * 10**6)
        # a header's time has 32 bits, so that greater numbers are of a finer unit
        for _ in range(2):
            number = number // 1000 if number > MAX_TIME else number
    if not 0 <= number <= MAX_TIME:
        raise RowError(f"{name} {said(value)} is out of range")
    return number


def optional_time(value: Any, name: str = "time") -> int | None:
    """Seconds since 1970, None where null or nothing stands. Raises RowError."""
    return None if value is None or value == "" else time(value, name)


def flag(value: Any, name: str) -> bool:
    """Whether it is so: of true, 1, `1`, `true`; null is false. Raises RowError."""
    if isinstance(value, bool):
        return value
    known = {None: False, "": False, 0: False, 1: True, "0": False, "1": True}
    found = known.get(value.lower() if isinstance(value, str) else value)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if found is None:
        raise RowError(f"{name} {said(value)} is neither true nor false")
    return found


_ADDRESSED = {
    "pubkeyhash": ScriptType.P2PKH,
    "scripthash": ScriptType.P2SH,
    "witness_v0_keyhash": ScriptType.P2WPKH,
    "witness_v0_scripthash": ScriptType.P2WSH,
    "witness_v1_taproot": ScriptType.P2TR,
}


def script_of_address(addresses: Any, kind: Any, network: Network) -> bytes | None:
    """The script of a type that its one address says all of; None for the other types.

    `kind` is Bitcoin Core's name. Of a public key exporters give the address of its hash, which
    says neither. Raises RowError for what is no address of this network, or not of the type.
    """
    wanted = _ADDRESSED.get(kind) if isinstance(kind, str) else None
    if wanted is None or not isinstance(addresses, list) or len(addresses) != 1:
        return None
    text = addresses[0]
    script = script_or_none(text, network) if isinstance(text, str) else None
    if script is None or script_type(script) is not wanted:
        raise RowError(
            f"{said(text)} is no address of type {kind} on {network.name}; name the chain with "
            "--network"
        )
    return script
