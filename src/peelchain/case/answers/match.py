"""An answer held against the schedule that was sent: what it links, and what does not fit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from peelchain.case.answers.file import AnswerRow
from peelchain.units import format_btc, format_time

KINDS = (
    "amount", "time", "address", "holder", "two_accounts", "repeated", "ambiguous", "not_asked",
    "unknown_output", "unknown_txid", "not_answered",
)  # fmt: skip
"""Mismatches. The first five leave a link that does not agree, the others none."""

CANDIDATE = "deposit_candidate"
"""The direction of a row about an output that may be a customer's deposit: any may be left out."""

OutputCount = Callable[[str], int | None]
"""How many outputs the transaction of a txid has, None where the chain lacks it."""


@dataclass(frozen=True)
class Asked:
    """A row of a schedule: a payment that the service was asked about; `time` is its block's.

    `finding` may name several, joined by a space. What the service took in is answered by any of
    the deposits it may have come from.
    """

    finding: str
    direction: str
    txid: str
    vout: int
    address: str
    time: int
    value_sat: int

    @property
    def outpoint(self) -> str:
        """TXID:VOUT."""
        return f"{self.txid}:{self.vout}"


@dataclass(frozen=True)
class Link:
    """A payment asked about and the account that the service names for it, by its own number.

    `row` is that of the answer; `agrees`: all that the row says fits the chain.
    """

    row: int
    asked: Asked
    account: str
    agrees: bool


@dataclass(frozen=True)
class Mismatch:
    """What does not fit: `row` of the answer (0: none), `kind` of KINDS, told and expected.

    Neither account numbers nor names are repeated.
    """

    row: int
    finding: str
    outpoint: str
    kind: str
    told: str
    expected: str


@dataclass(frozen=True)
class Matched:
    """Links in the order of the answer, mismatches by row, those without one last."""

    links: tuple[Link, ...]
    mismatches: tuple[Mismatch, ...]


def match(
    rows: Sequence[AnswerRow],
    asked: Sequence[Asked],
    outputs: OutputCount,
    tolerance_seconds: int,
) -> Matched:
    """Each row of an answer with the payment it is about.

    A row is about the output it names; one that names no output, about the only one asked for of
    its transaction, or the only such with its address and amount. A payment that two rows give to
    two accounts is linked to both, and neither link agrees.
    """
    by_txid: dict[str, list[Asked]] = {}
    for payment in {p.outpoint: p for p in reversed(asked)}.values():
        by_txid.setdefault(payment.txid, []).append(payment)
    found: list[tuple[AnswerRow, Asked]] = []
    mismatches: list[Mismatch] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        fitting = _fitting(row, by_txid.get(row.txid, []))
        if len(fitting) != 1:
            mismatches.append(_unplaced(row, len(fitting), outputs))
        elif (fitting[0].outpoint, row.account) in seen:
            mismatches.append(_of(row, fitting[0], "repeated"))
        else:
            seen.add((fitting[0].outpoint, row.account))
            found.append((row, fitting[0]))
    contested = _contested(found)
    holders = _two_holders(rows)
    links = []
    for row, payment in found:
        faults = _faults(row, payment, tolerance_seconds)
        if payment.outpoint in contested:
            faults.append(_of(row, payment, "two_accounts"))
        if row.account in holders:
            faults.append(_of(row, payment, "holder"))
        mismatches += faults
        links.append(Link(row.row, payment, row.account, not faults))
    answered = {finding for _, payment in found for finding in payment.finding.split()}
    left = [
        p
        for p in asked
        if p.direction != CANDIDATE and not answered.intersection(p.finding.split())
    ]
    mismatches.sort(key=lambda m: (m.row, KINDS.index(m.kind)))
    mismatches += [Mismatch(0, p.finding, p.outpoint, "not_answered", "", "") for p in left]
    return Matched(tuple(links), tuple(mismatches))


def _fitting(row: AnswerRow, asked: list[Asked]) -> list[Asked]:
    if row.vout is not None:
        return [payment for payment in asked if payment.vout == row.vout]
    if len(asked) <= 1:
        return asked
    by_address = [p for p in asked if row.address and _same_address(row.address, p.address)]
    if len(by_address) == 1:
        return by_address
    by_amount = [p for p in by_address or asked if p.value_sat == row.amount_sat]
    return by_amount if len(by_amount) == 1 else by_address or asked


def _unplaced(row: AnswerRow, fitting: int, outputs: OutputCount) -> Mismatch:
    place = row.txid if row.vout is None else f"{row.txid}:{row.vout}"
    if fitting:
        return Mismatch(row.row, "", place, "ambiguous", f"{fitting} outputs fit", "1")
    count = outputs(row.txid)
    if count is None:
        return Mismatch(row.row, "", place, "unknown_txid", row.txid, "")
    if row.vout is not None and row.vout >= count:
        return Mismatch(row.row, "", place, "unknown_output", str(row.vout), f"below {count}")
    return Mismatch(row.row, "", place, "not_asked", "", "")


def _faults(row: AnswerRow, payment: Asked, tolerance_seconds: int) -> list[Mismatch]:
    faults = []
    if row.amount_sat is not None and row.amount_sat != payment.value_sat:
        told, expected = format_btc(row.amount_sat), format_btc(payment.value_sat)
        faults.append(_of(row, payment, "amount", told, expected))
    if row.time is not None and abs(row.time - payment.time) > tolerance_seconds:
        told, expected = format_time(row.time), format_time(payment.time)
        faults.append(_of(row, payment, "time", told, expected))
    if row.address is not None and not _same_address(row.address, payment.address):
        faults.append(_of(row, payment, "address", row.address, payment.address))
    return faults


def _of(row: AnswerRow, payment: Asked, kind: str, told: str = "", expected: str = "") -> Mismatch:
    return Mismatch(row.row, payment.finding, payment.outpoint, kind, told, expected)


def _same_address(one: str, other: str) -> bool:
    """Whether two texts are one address; Bech32 may be in capitals (BIP 173)."""
    return one == other or (one.isupper() and one.lower() == other)


def _contested(found: Iterable[tuple[AnswerRow, Asked]]) -> set[str]:
    accounts: dict[str, set[str]] = {}
    for row, payment in found:
        accounts.setdefault(payment.outpoint, set()).add(row.account)
    return {outpoint for outpoint, named in accounts.items() if len(named) > 1}


def _two_holders(rows: Iterable[AnswerRow]) -> set[str]:
    """Accounts for which rows give different holders."""
    said: dict[str, set[tuple[tuple[str, str], ...]]] = {}
    for row in rows:
        said.setdefault(row.account, set()).add(tuple(sorted(row.who.items())))
    return {account for account, holders in said.items() if _differ(holders)}


def _differ(holders: set[tuple[tuple[str, str], ...]]) -> bool:
    merged: Mapping[str, str]
    merged = {}
    for holder in sorted(holders):
        for field, value in holder:
            if merged.get(field, value) != value:
                return True
            merged = {**merged, field: value}
    return False
