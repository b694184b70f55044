"""A service's answer as a table: columns mapped, amounts, times and encodings read as told."""

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from peelchain.case.delimited import delimiter_of, rows_of
from peelchain.errors import CaseError, MisuseError
from peelchain.script import looks_secret
from peelchain.units import COIN, MAX_MONEY, MAX_TIME, MAX_VOUT, shown

WHO = ("name", "birth_date", "email", "document", "country")
"""Fields about who holds the account."""

FIELDS = ("account", "txid", "vout", "outpoint", "address", "amount", "time", *WHO)
"""What a column of an answer can be mapped to; `outpoint` is TXID:VOUT in one cell."""

EPOCH = "epoch"
"""The time format for seconds since 1970."""

MOST_ROWS = 5_000_000
_MOST_CELL = 10_000
_ZONE = re.compile(r"UTC|Z|([+-])([0-9]{2}):?([0-9]{2})")
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_WHOLE = re.compile(r"[0-9]{1,16}")


@dataclass(frozen=True)
class Reading:
    """How an answer is to be read: the heading of each field, and what its figures mean.

    `unit` is btc or sat, `decimal` the sign before the parts of a bitcoin, `zone` the offset from
    UTC of times that name none, `time_format` strptime's, `epoch`, or empty for ISO 8601.
    """

    mapping: Mapping[str, str]
    unit: str = "btc"
    decimal: str = "."
    zone: str = "+00:00"
    time_format: str = ""

    def __post_init__(self) -> None:
        unknown = sorted(set(self.mapping) - set(FIELDS))
        if unknown:
            raise MisuseError(f"{shown(unknown[0])} is no field; map one of {', '.join(FIELDS)}")
        if "account" not in self.mapping:
            raise MisuseError("no column of accounts; say which it is: --map account=HEADING")
        if not {"txid", "outpoint"} & set(self.mapping):
            raise MisuseError("no column of transactions; say which it is: --map txid=HEADING")
        if self.unit not in ("btc", "sat"):
            raise MisuseError(f"{shown(self.unit)} is no unit; give btc or sat")
        if self.decimal not in (".", ","):
            raise MisuseError(f"{shown(self.decimal)} is no decimal sign; give . or ,")
        zone_of(self.zone)


@dataclass(frozen=True)
class AnswerRow:
    """A row that could be read; `row` is 1 for the first after the heading.

    What the answer does not give is None; `who` has the fields about the holder that it gives.
    """

    row: int
    account: str
    txid: str
    vout: int | None
    address: str | None
    amount_sat: int | None
    time: int | None
    who: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AnswerFile:
    """The rows of an answer, and (row, reason) of those that could not be read."""

    encoding: str
    delimiter: str
    rows: tuple[AnswerRow, ...]
    rejects: tuple[tuple[int, str], ...]


def read_answer(content: bytes, name: str, reading: Reading) -> AnswerFile:
    """The rows of a CSV file. No value is repeated in a reason or a message.

    Raises CaseError naming the file for what is no table, lacks a heading or holds what looks like
    a private key, which is then named by its row and must be taken out.
    """
    text, encoding = _decoded(content, name)
    delimiter = delimiter_of(text)
    cells = rows_of(text, delimiter, name)
    header = next(cells, [])
    at = _places(header, reading.mapping, name)
    rows: list[AnswerRow] = []
    rejects: list[tuple[int, str]] = []
    for number, row in enumerate((row for row in cells), 1):
        if number > MOST_ROWS:
            raise CaseError(f"{name} has more than {MOST_ROWS:,} rows; split it")
        if any(len(c) != 64 and looks_secret(c) for c in row if c):
            raise CaseError(
                f"{name} row {number} holds what looks like a private key; it is not stored: take "
                "it out, keep the file as evidence by the rules for keys, and import the rest"
            )
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            rejects.append((number, f"has {len(row)} cells under {len(header)} headings"))
            continue
        try:
            said = {f: row[place].strip() for f, place in at.items()}
            rows.append(_answer_row(number, said, reading))
        except _UnreadableError as e:
            rejects.append((number, str(e)))
    return AnswerFile(encoding, delimiter, tuple(rows), tuple(rejects))


def zone_of(text: str) -> timezone:
    """The time zone of an offset such as `+09:00`, or of UTC. Raises MisuseError.

    Names such as Europe/Berlin are refused: what they mean depends on the machine's tables.
    """
    match = _ZONE.fullmatch(text.strip())
    if match is None:
        raise MisuseError(f"{shown(text)} is no offset from UTC; give UTC or one like +09:00")
    if match[1] is None:
        return UTC
    minutes = int(match[2]) * 60 + int(match[3])
    if minutes > 14 * 60:
        raise MisuseError(f"{shown(text)} is out of range; offsets from UTC are up to 14 hours")
    return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))


class _UnreadableError(Exception):
    """Why a row cannot be read, without what it says."""


def _answer_row(number: int, said: Mapping[str, str], reading: Reading) -> AnswerRow:
    account = said["account"]
    if not account:
        raise _UnreadableError("names no account")
    if any(len(value) > _MOST_CELL for value in said.values()):
        raise _UnreadableError(f"has a cell of more than {_MOST_CELL:,} characters")
    txid, vout = said.get("txid", ""), said.get("vout", "")
    if said.get("outpoint"):
        txid, _, vout = said["outpoint"].partition(":")
    if not _HEX.fullmatch(txid):
        raise _UnreadableError("its txid is not 64 hex digits")
    return AnswerRow(
        row=number,
        account=account,
        txid=txid.lower(),
        vout=_read(vout, _index, "output index"),
        address=said.get("address") or None,
        amount_sat=_read(said.get("amount", ""), lambda t: _amount(t, reading), "amount"),
        time=_read(said.get("time", ""), lambda t: _moment(t, reading), "time"),
        who={f: said[f] for f in WHO if said.get(f)},
    )


def _read(text: str, read: Callable[[str], int], what: str) -> int | None:
    if not text:
        return None
    try:
        return read(text)
    except (ValueError, OverflowError):
        raise _UnreadableError(f"its {what} cannot be read as told") from None


def _index(text: str) -> int:
    if not _WHOLE.fullmatch(text) or int(text) > MAX_VOUT:
        raise ValueError
    return int(text)


def _amount(text: str, reading: Reading) -> int:
    whole, sign, parts = text, "", ""
    if reading.unit == "btc":
        whole, sign, parts = text.partition(reading.decimal)
    if not _WHOLE.fullmatch(whole) or (sign and not re.fullmatch(r"[0-9]{1,8}", parts)):
        raise ValueError
    value = int(whole)
    if reading.unit == "btc":
        value = value * COIN + int(parts.ljust(8, "0") or "0")
    if value > MAX_MONEY:
        raise ValueError
    return value


def _moment(text: str, reading: Reading) -> int:
    if reading.time_format == EPOCH:
        seconds = int(text) if _WHOLE.fullmatch(text) else -1
    else:
        if reading.time_format:
            moment = datetime.strptime(text, reading.time_format)  # noqa: DTZ007 - the zone is told
        else:
            moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone_of(reading.zone))
        seconds = int(moment.timestamp())
    if not 0 <= seconds <= MAX_TIME:
        raise ValueError
    return seconds


def _decoded(content: bytes, name: str) -> tuple[str, str]:
    """The text and its encoding: UTF-8 or UTF-16 by their marks, UTF-8, else Latin-1."""
    marks = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
             (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
    for mark, encoding in marks:
        if content.startswith(mark):
            try:
                return content.decode(encoding), encoding.removesuffix("-sig")
            except UnicodeDecodeError as e:
                raise CaseError(
                    f"{name} is not {encoding} text near byte {e.start}; save it as UTF-8"
                ) from None
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1"


def _places(header: list[str], mapping: Mapping[str, str], name: str) -> dict[str, int]:
    headings = [heading.strip() for heading in header]
    places = {}
    for field_, heading in mapping.items():
        found = [at for at, there in enumerate(headings) if there == heading]
        if len(found) != 1:
            fault = "twice" if found else "not"
            raise CaseError(
                f"{name}: the heading {shown(heading)} is {fault} there; the headings are "
                f"{', '.join(shown(h) for h in headings[:30]) or 'none'}"
            )
        places[field_] = found[0]
    return places
