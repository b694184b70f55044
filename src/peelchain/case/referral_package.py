"""The package for one recipient in one country: its persons, their payments, the proof of those."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from peelchain.case.canonical import canonical_json
from peelchain.case.journal import Entry
from peelchain.case.referrals import BASES, State
from peelchain.csv_text import csv_bytes

Row = dict[str, Any]

MANIFEST = "manifest-sha256.txt"
PAYMENT_COLUMNS = (
    "person", "account", "service", "grade", "direction", "findings", "outpoint", "time_utc",
    "value_sat", "hops", "basis", "site_users",
)  # fmt: skip
_NOTICE = (
    "A payment is not use: who paid an address may have paid for another, or by mistake.",
    "An account is not a person: who holds it is what the service says, under the grade given.",
    "Persons are in categories (role) by Directive (EU) 2016/680, article 6; `basis` parts facts "
    "from assessments (article 7).",
    "The data are for the purpose and on the legal basis stated with each person; passing them on "
    "needs the sender's leave (article 35(1)(e)).",
    "bundle.zip proves the payments listed here: run the verify.py in it. It withholds all else "
    "of the case, and says so.",
)


def person_row(state: State, records: Sequence[Row], users: Mapping[str, str]) -> Row:
    """What a package says of one person; `users` are the names of site users by ref.

    Payments that the service told otherwise than the chain are left out.
    """
    decision = state.decision
    assert decision is not None
    return {
        "ref": state.candidate.person,
        "role": decision.body["role"],
        "legal_basis": decision.value("legal_basis"),
        "recipient": decision.value("recipient"),
        "transfer": decision.body["transfer"],
        "alternatives": decision.value("alternatives"),
        "exculpatory": decision.value("exculpatory"),
        "decided_by": decision.value("by"),
        "approved_by": list(state.approved_by),
        "by_inference_alone": state.candidate.by_inference_alone,
        "said_of_them": list(records),
        "site_users": {
            ref: users[ref]
            for ref in sorted({r for p in state.candidate.payments for r in p.site_users})
            if ref in users
        },
        "payments": payment_rows(state),
    }


def payment_rows(state: State) -> list[Row]:
    """The payments of a person that agree with the chain."""
    return [
        {
            "person": state.candidate.person,
            "account": p.account,
            "service": p.service,
            "grade": p.grade,
            "direction": p.direction,
            "findings": list(p.findings),
            "outpoint": p.outpoint,
            "time_utc": p.time_utc,
            "value_sat": p.value_sat,
            "hops": p.hops,
            "basis": p.basis,
            "site_users": list(p.site_users),
        }
        for p in state.candidate.payments
        if not p.differs
    ]


def package_files(
    opened: Entry, country: str, persons: Sequence[Row], bundle: bytes, digest: str, date_utc: str
) -> dict[str, bytes]:
    """The files of a package by name, its manifest among them."""
    head = {
        "format": "peelchain-referral",
        "version": 1,
        "case": opened.body["name"],
        "country": country,
        "date_utc": date_utc,
        "bundle": digest,
        "bases": dict(BASES),
        "notice": list(_NOTICE),
    }
    payments = [row for person in persons for row in person["payments"]]
    files = {
        "persons.json": canonical_json({**head, "persons": list(persons)}),
        "payments.csv": csv_bytes(
            PAYMENT_COLUMNS, ([_cell(row[c]) for c in PAYMENT_COLUMNS] for row in payments)
        ),
        "bundle.zip": bundle,
        "README.txt": _readme(head, persons, len(payments)),
    }
    lines = (f"{sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return {**files, MANIFEST: "".join(lines).encode()}


def _cell(value: object) -> object:
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _readme(head: Row, persons: Sequence[Row], payments: int) -> bytes:
    lines = [
        f"Referral of case {head['case']} to {head['country']}, {head['date_utc']}",
        f"{len(persons)} persons, {payments} payments",
        "",
        *(f"- {line}" for line in head["notice"]),
        "",
        "What `basis` means:",
        *(f"- {word}: {meaning}" for word, meaning in head["bases"].items()),
        "",
        f"Digest of the bundle: {head['bundle']}",
        "",
    ]
    return "\n".join(lines).encode()
