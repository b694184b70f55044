"""Whom the answers of services link to payments: accounts and persons by ref, never by name.

A link is an assertion: the service said so, under the grade that its source was given. Names and
account numbers lie in the vault; the case's own files know `P7` (who holds an account) and `A7`
(that account).
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from peelchain.case.answers.same_person import first_refs
from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.case.vault.vault import Vault
from peelchain.errors import CaseError, ErasedError, MisuseError

GRADES = tuple(f"{source}{content}" for source in "ABCDEF" for content in "123456")
"""Source and content in the Admiralty system: A1 reliable and confirmed, F6 neither can be judged.

Source: NATO AJP-2.1, annex on the grading of intelligence."""

LINK_COLUMNS = (
    "row", "finding", "direction", "outpoint", "value_sat", "account", "person", "agrees",
)  # fmt: skip
"""Of returns/SEQ/links.csv. `agrees` is 1 where all that the service said fits the chain."""

Payment = tuple[str, str, int]
"""A finding's id, its outpoint and its value in satoshis."""


@dataclass(frozen=True)
class LinkedPerson:
    """Who holds an account, as one return says, and what was paid from or to it.

    `ref` is the person's (P7), `person` the first ref of those decided to be one person with it.
    `entity` and `label` are the service's; `country` is as the service gave it, empty where it did
    not. `payments` agree with the chain in all that was said of them; those in `differing` do not,
    and are not to be relied upon. `entry` is the return's number.
    """

    ref: str
    person: str
    entity: str
    label: str
    account: str
    country: str
    payments: tuple[Payment, ...]
    differing: tuple[Payment, ...]
    grade: str
    entry: int


def checked_grade(text: str) -> str:
    """The grade in capitals. Raises MisuseError for what is none."""
    grade = text.strip().upper()
    if grade not in GRADES:
        raise MisuseError(
            f"{text[:20]!a} is no grade; give the source A to F and the content 1 to 6, such as B2"
        )
    return grade


def linked_persons(
    case: CaseFile, vault: Vault, before: Sequence[Entry] | None = None
) -> list[LinkedPerson]:
    """Every account that a standing return links to a payment, by entry and account.

    `before` are the entries to go by, None for those that stand now. Who was erased is left out.
    Raises CaseError where a return's file is gone or was changed.
    """
    found = []
    entries = case.standing() if before is None else before
    first = first_refs(entries)
    for entry in (e for e in entries if e.kind == "return"):
        rows: dict[tuple[str, str], list[Mapping[str, str]]] = {}
        for row in read_links(case, entry):
            rows.setdefault((row["person"], row["account"]), []).append(row)
        for (ref, account), links in rows.items():
            try:
                country = said_of(vault.records(ref), "country")
            except ErasedError:
                continue
            service = entry.body["service"]
            found.append(
                LinkedPerson(
                    ref=ref,
                    person=first.get(ref, ref),
                    entity=service["entity"],
                    label=service["label"],
                    account=account,
                    country=country,
                    payments=_payments(links, "1"),
                    differing=_payments(links, "0"),
                    grade=str(entry.body["grade"]),
                    entry=entry.seq,
                )
            )
    return found


def read_links(case: CaseFile, entry: Entry) -> list[dict[str, str]]:
    """The rows of a return's links.csv. Raises CaseError where it is not what was journalled."""
    text = read_output(case, entry, f"returns/{entry.seq}/links.csv").decode("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def read_output(case: CaseFile, entry: Entry, name: str) -> bytes:
    """An output of an entry, held against the hash in the journal. Raises CaseError."""
    path = case.output(entry, name)
    try:
        content = path.read_bytes()
    except OSError as e:
        raise CaseError(f"{path}: {e.strerror}; the case is not whole") from None
    if sha256(content).hexdigest() != entry.body.get("outputs", {}).get(name):
        raise CaseError(f"{path} was changed since entry {entry.seq} made it; bring it back")
    return content


def said_of(records: Iterable[Mapping[str, Any]], field: str) -> str:
    """What the last of the records that speaks of a field says, empty for none."""
    said = [str(record[field]) for record in records if record.get(field)]
    return said[-1] if said else ""


def _payments(links: Iterable[Mapping[str, str]], agrees: str) -> tuple[Payment, ...]:
    return tuple(
        (link["finding"], link["outpoint"], int(link["value_sat"]))
        for link in links
        if link["agrees"] == agrees
    )
