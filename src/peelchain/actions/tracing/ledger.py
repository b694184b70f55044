"""A custodian's own books under the account rules: whose each payment is, and what is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peelchain.actions.tracing.account_scope import SCOPE
from peelchain.actions.tracing.rules import ALL, account_rules_of, public_rule
from peelchain.errors import SourceError
from peelchain.trace.ledger import (
    Apportionment,
    Entry,
    Receipt,
    apportion_ledger,
    read_ledger,
)
from peelchain.units import shown

Row = dict[str, Any]


@dataclass(frozen=True)
class LedgerAsked:
    """Books in a CSV file, and rules of scope account by their names, or `all`."""

    books: Path
    rules: Sequence[str] = (ALL,)


def trace_ledger(asked: LedgerAsked) -> Row:
    """Whose each payment of the books is under each rule, by claimant, with the sums.

    Raises SourceError naming file and row for books that do not hold together or name no claimant,
    and MisuseError for a rule that is not of scope account.
    """
    rules = account_rules_of(asked.rules)
    entries = read_ledger(asked.books)
    name = shown(asked.books.name)
    claimed = _claimed(entries)
    if not claimed:
        raise SourceError(
            f"{name} names no claimant; name one in the column claimant of each receipt followed"
        )
    found = apportion_ledger(entries, rules)
    received = [entry.value_sat for entry in entries if isinstance(entry, Receipt)]
    first = found[rules[0]]
    return {
        "books": asked.books.name,
        "receipts": len(received),
        "received_sat": sum(received),
        "paid_sat": sum(share.value_sat for share in first.payments),
        "balance_sat": first.balance_sat,
        "claimed_sat": sum(claimed.values()),
        "claimants": [{"claimant": name, "claimed_sat": sat} for name, sat in claimed.items()],
        "rules": [_rule_row(outcome, claimed) for outcome in found.values()],
        "payments": [
            {
                "row": entries[share.entry].row,
                "reference": entries[share.entry].reference,
                "value_sat": share.value_sat,
                "shares": [
                    _share(rule, outcome.payments[at].claims_sat, outcome.payments[at].own_sat)
                    for rule, outcome in found.items()
                ],
            }
            for at, share in enumerate(first.payments)
        ],
    }


def _claimed(entries: Sequence[Entry]) -> dict[str, int]:
    """What came in for each claimant, in the order in which the books name them."""
    claimed: dict[str, int] = {}
    for entry in entries:
        for name, sat in entry.claims if isinstance(entry, Receipt) else ():
            claimed[name] = claimed.get(name, 0) + sat
    return claimed


def _rule_row(found: Apportionment, claimed: dict[str, int]) -> Row:
    paid = dict.fromkeys(claimed, 0)
    for share in found.payments:
        for name, sat in share.claims_sat.items():
            paid[name] += sat
    held = {name: found.held_sat.get(name, 0) for name in claimed}
    return {
        "rule": public_rule(found.rule),
        "scope": SCOPE,
        "claimed_sat": sum(claimed.values()),
        "paid_sat": sum(paid.values()),
        "held_sat": sum(held.values()),
        "own_paid_sat": sum(share.own_sat for share in found.payments),
        "own_held_sat": found.own_sat,
        "claimants": [
            {
                "claimant": name,
                "claimed_sat": claimed[name],
                "paid_sat": paid[name],
                "held_sat": held[name],
            }
            for name in claimed
        ],
    }


def _share(rule: str, claims_sat: dict[str, int], own_sat: int) -> Row:
    return {
        "rule": public_rule(rule),
        "claims": [{"claimant": name, "share_sat": sat} for name, sat in claims_sat.items()],
        "own_sat": own_sat,
    }
