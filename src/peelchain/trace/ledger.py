"""An account's books given as a table, such as a custodian's own, under each account rule."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from peelchain import _core
from peelchain.errors import ConservationError, MisuseError, SourceError
from peelchain.trace.accounts import ACCOUNT_RULES
from peelchain.units import MAX_MONEY, shown

MAX_ROWS = 5_000_000
MAX_TEXT = 200

_COLUMNS = ("seq", "time_utc", "kind", "value_sat", "claimant", "traced_sat", "reference")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?")


@dataclass(frozen=True)
class Receipt:
    """What comes in: `claims` are (claimant, satoshis) from its first satoshi on, each once.

    `where` names the entry in messages, `reference` is the book's own word for it, `row` its line
    in the file, 0 where there is none.
    """

    value_sat: int
    claims: tuple[tuple[str, int], ...] = ()
    where: str = ""
    reference: str = ""
    row: int = 0


@dataclass(frozen=True)
class Payment:
    """What goes out, a fee too; as in Receipt."""

    value_sat: int
    where: str = ""
    reference: str = ""
    row: int = 0


Entry = Receipt | Payment


@dataclass(frozen=True)
class Share:
    """Of the payment that is entry `entry`, counted from 0, the satoshis of each claimant.

    `own_sat` is the rest: what nobody traced.
    """

    entry: int
    value_sat: int
    claims_sat: dict[str, int]
    own_sat: int


@dataclass(frozen=True)
class Apportionment:
    """The payments of the books under one rule, and what is left in the end.

    Only claimants with satoshis are named, in the order in which the books first name them.
    `held_sat` and `own_sat` add up to `balance_sat`.
    """

    rule: str
    payments: tuple[Share, ...]
    held_sat: dict[str, int]
    own_sat: int
    balance_sat: int


def apportion_ledger(
    entries: Sequence[Entry], rules: Sequence[str] = ACCOUNT_RULES
) -> dict[str, Apportionment]:
    """Whose each payment of the books is, by rule. The entries are in the order of the books.

    What the account held before is a receipt without claims. Several claimants are apportioned
    together: first what all of them get, then the share of each, so that both add up. Raises
    MisuseError naming the entry for one that pays more than the account holds, or that claims more
    than came in, and for a rule that does not exist.
    """
    for rule in rules:
        if rule not in ACCOUNT_RULES:
            raise MisuseError(
                f"no account rule is called '{rule}'; the rules are {', '.join(ACCOUNT_RULES)}"
            )
    _check(entries)
    names = list(
        dict.fromkeys(name for e in entries if isinstance(e, Receipt) for name, _ in e.claims)
    )
    place = {name: at for at, name in enumerate(names)}
    columns = [
        (
            entry.value_sat,
            sorted((place[name], sat) for name, sat in entry.claims)
            if isinstance(entry, Receipt)
            else None,
        )
        for entry in entries
    ]
    paying = [at for at, entry in enumerate(entries) if isinstance(entry, Payment)]
    found = {}
    for rule in rules:
        paid, held, balance_sat = _core.apportion_ledger(columns, len(names), rule)
        shares = []
        for at, row in zip(paying, paid, strict=True):
            value_sat = entries[at].value_sat
            shares.append(Share(at, value_sat, _named(names, row), value_sat - sum(row)))
        left = _named(names, held)
        found[rule] = Apportionment(rule, tuple(shares), left, balance_sat - sum(held), balance_sat)
        _check_sums(entries, found[rule])
    return found


def read_ledger(path: Path) -> tuple[Entry, ...]:
    """The entries of a CSV file, in its order.

    Its header names `seq` (whole numbers that rise) or `time_utc` (`2021-03-04T05:06:07Z` or a day,
    never falling; entries of one time stand in the order of the file), `kind` (`in` or `out`) and
    `value_sat`; and if wanted `claimant` of a receipt, `traced_sat` (what of it is the claimant's:
    empty for all) and `reference`. Raises SourceError naming file and row.
    """
    name = shown(path.name)
    entries: list[Entry] = []
    last: int | datetime | None = None
    for line, row in _rows(path, name):
        where = f"{name} row {line}"
        if len(entries) == MAX_ROWS:
            raise SourceError(f"{name} has more than {MAX_ROWS:,} rows; split it by account")
        last = _later(last, row, where)
        entries.append(_entry(row, where, line))
    try:
        _check(entries)
    except MisuseError as error:
        raise SourceError(str(error)) from error
    return tuple(entries)


def _rows(path: Path, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = _header(next(lines, []), name)
            for row in lines:
                if not row:
                    continue
                if len(row) != len(header):
                    raise SourceError(
                        f"{name} row {lines.line_num} has {len(row)} fields, the header "
                        f"{len(header)}; give each row the header's fields"
                    )
                yield lines.line_num, dict(zip(header, map(str.strip, row), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            f"{name} is no CSV file of UTF-8 text ({error}); export it as such"
        ) from error


def _header(columns: list[str], name: str) -> list[str]:
    header = [column.strip() for column in columns]
    for column in header:
        if column not in _COLUMNS or header.count(column) > 1:
            raise SourceError(
                f"{name}: column {shown(column)} is not known or there twice; "
                f"the columns are {', '.join(_COLUMNS)}"
            )
    for column in ("kind", "value_sat"):
        if column not in header:
            raise SourceError(f"{name} has no column {column}; name it in the first row")
    if ("seq" in header) == ("time_utc" in header):
        raise SourceError(
            f"{name} must have one of the columns seq and time_utc, which say what came first"
        )
    return header


def _later(last: int | datetime | None, row: dict[str, str], where: str) -> int | datetime:
    """The place of a row in the order of the books, which its last row must not come after."""
    if "seq" in row:
        number = _whole(row["seq"], "seq", where)
        if isinstance(last, int) and number <= last:
            raise SourceError(f"{where}: seq {number} follows {last}; sort the rows by seq")
        return number
    text = row["time_utc"]
    if not _TIME.fullmatch(text):
        raise SourceError(
            f"{where}: {shown(text)} is no time; write 2021-03-04T05:06:07Z or 2021-03-04"
        )
    try:
        time = datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError as error:
        raise SourceError(f"{where}: {shown(text)} is no time ({error})") from error
    if isinstance(last, datetime) and time < last:
        raise SourceError(f"{where}: {text} is earlier than the row before; sort the rows by time")
    return time


def _entry(row: dict[str, str], where: str, line: int) -> Entry:
    value_sat = _whole(row["value_sat"], "value_sat", where)
    claimant, traced = row.get("claimant", ""), row.get("traced_sat", "")
    reference = row.get("reference", "")
    for text in (claimant, reference):
        if len(text) > MAX_TEXT or not text.isprintable():
            raise SourceError(
                f"{where}: {shown(text)} is longer than {MAX_TEXT} characters or holds control "
                "characters; shorten it"
            )
    if row["kind"] == "out":
        if claimant or traced:
            raise SourceError(f"{where}: a payment names no claimant; the rule says whose it is")
        return Payment(value_sat, where, reference, line)
    if row["kind"] != "in":
        raise SourceError(f"{where}: kind is {shown(row['kind'])}; write in or out")
    if not claimant:
        if traced:
            raise SourceError(
                f"{where}: {shown(traced)} sat are traced for nobody; name a claimant"
            )
        return Receipt(value_sat, (), where, reference, line)
    traced_sat = _whole(traced, "traced_sat", where) if traced else value_sat
    return Receipt(value_sat, ((claimant, traced_sat),), where, reference, line)


def _whole(text: str, column: str, where: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise SourceError(f"{where}: {column} is {shown(text)}; write a whole number, digits only")
    return int(text)


def _check(entries: Sequence[Entry]) -> None:
    balance_sat = 0
    for at, entry in enumerate(entries):
        where = entry.where or f"entry {at}"
        if not 1 <= entry.value_sat <= MAX_MONEY:
            raise MisuseError(
                f"{where}: {entry.value_sat} sat is out of range; amounts are 1 to {MAX_MONEY}"
            )
        if isinstance(entry, Payment):
            if entry.value_sat > balance_sat:
                raise MisuseError(
                    f"{where} pays {entry.value_sat} sat of a balance of {balance_sat} sat; begin "
                    "with what the account held before, a receipt of no claimant, or mend the row"
                )
            balance_sat -= entry.value_sat
            continue
        names = [name for name, _ in entry.claims]
        if len(set(names)) < len(names):
            raise MisuseError(
                f"{where} names a claimant twice; give each once, with the whole amount"
            )
        claimed_sat = sum(sat for _, sat in entry.claims)
        if claimed_sat > entry.value_sat or any(sat < 1 for _, sat in entry.claims):
            raise MisuseError(
                f"{where}: {claimed_sat} sat are claimed of {entry.value_sat} sat received; claim "
                f"1 to {entry.value_sat}"
            )
        balance_sat += entry.value_sat
        if balance_sat > MAX_MONEY:
            raise MisuseError(
                f"{where} brings the balance to {balance_sat} sat, more than all money"
            )


def _check_sums(entries: Sequence[Entry], found: Apportionment) -> None:
    claimed: dict[str, int] = {}
    for entry in entries:
        for name, sat in entry.claims if isinstance(entry, Receipt) else ():
            claimed[name] = claimed.get(name, 0) + sat
    for sats in (found.held_sat, *(share.claims_sat for share in found.payments)):
        for name, sat in sats.items():
            claimed[name] -= sat
    if any(claimed.values()):
        raise ConservationError(
            f"under {found.rule} the claims paid and held are not those received; "
            "this is a defect of peelchain, please report it"
        )


def _named(names: Sequence[str], sats: Sequence[int]) -> dict[str, int]:
    return {name: sat for name, sat in zip(names, sats, strict=True) if sat}
