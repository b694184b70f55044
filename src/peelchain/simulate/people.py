"""Who the parties of an economy say they are: made-up persons, as each service knows them.

Nobody is real: names are numbers, mail goes to `.example`. Persons are drawn from the seed apart
from the economy, so that they change nothing in it.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from random import Random

from peelchain.simulate.truth import Owner, Table

PERSON_ROLES = frozenset({"user", "operator", "affiliate"})
"""Roles of natural persons; every other party is a company."""

_OTHER_MAIL, _OTHER_NAME, _OTHER_BIRTH, _OTHER_DOCUMENT = 0.10, 0.06, 0.05, 0.05
_SHARED_MAIL = 0.02


@dataclass(frozen=True, slots=True)
class Person:
    """One party as it is: `kind` is person or company; a company has no birth date.

    `document` is the number of the paper it shows. Some persons share the mailbox of another.
    """

    owner_id: str
    kind: str
    name: str
    birth_date: str
    email: str
    document: str
    country: str


@dataclass(frozen=True, slots=True)
class Identity:
    """A party as a service knows it; `differs` names the fields that are not as they should be."""

    service_id: str
    account: str
    owner_id: str
    kind: str
    name: str
    birth_date: str
    email: str
    document: str
    country: str
    differs: str


def people_of(seed: int, owners: Iterable[Owner]) -> list[Person]:
    """Every owner as a person or a company, in their order."""
    made: list[Person] = []
    for owner in owners:
        rng = Random(f"peelchain person {seed} {owner.owner_id}")
        is_person = owner.role in PERSON_ROLES
        mailbox = owner.owner_id.replace("-", "")
        earlier = [p for p in made if p.kind == "person"]
        email = f"{mailbox}@mail.example"
        if is_person and earlier and rng.random() < _SHARED_MAIL:
            email = earlier[-1].email
        made.append(
            Person(
                owner.owner_id,
                "person" if is_person else "company",
                owner.name,
                _birth_date(rng) if is_person else "",
                email,
                f"{owner.country}-{rng.randrange(10**8):08d}",
                owner.country,
            )
        )
    return made


def identities_of(
    seed: int, people: Sequence[Person], accounts: Table, withdrawals: Table
) -> list[Identity]:
    """Each account at a service with who holds it, as that service has it in its books."""
    of_owner = {person.owner_id: person for person in people}
    held = {(row[0], row[1]): row[2] for row in accounts.rows}
    held.update({(row[0], row[1]): row[5] for row in withdrawals.rows})
    return [
        _known_as(seed, str(service), str(account), of_owner[str(customer)])
        for (service, account), customer in sorted(held.items())
    ]


def write_people(folder: Path, people: Sequence[Person], identities: Sequence[Identity]) -> None:
    """Write persons.csv and identities.csv, with a README on their columns, to a new folder."""
    folder.mkdir()
    write_rows(folder / "persons.csv", [f.name for f in fields(Person)], map(astuple, people))
    write_rows(
        folder / "identities.csv", [f.name for f in fields(Identity)], map(astuple, identities)
    )
    (folder / "README.md").write_text(_README, encoding="ascii", newline="\n")


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a CSV in ASCII with LF line ends."""
    with path.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _birth_date(rng: Random) -> str:
    return f"{rng.randint(1950, 2000)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def _known_as(seed: int, service: str, account: str, person: Person) -> Identity:
    """The person as it registered there: at times with another mailbox, name, date or paper."""
    rng = Random(f"peelchain identity {seed} {service} {person.owner_id}")
    known = Identity(
        service,
        account,
        person.owner_id,
        person.kind,
        person.name,
        person.birth_date,
        person.email,
        person.document,
        person.country,
        "",
    )
    if person.kind != "person":
        return known
    mailbox, host = person.email.split("@")
    changes: dict[str, str] = {}
    if rng.random() < _OTHER_MAIL:
        changes["email"] = f"{mailbox}.{rng.randint(2, 9)}@{host}"
    if rng.random() < _OTHER_NAME:
        changes["name"] = person.name.upper()
    if rng.random() < _OTHER_BIRTH:
        changes["birth_date"] = _birth_date(rng)
    if rng.random() < _OTHER_DOCUMENT:
        changes["document"] = f"{person.country}-{rng.randrange(10**8):08d}"
    return replace(known, differs=" ".join(changes), **changes)


_README = """# Who the parties are

Nobody in it is real: names are numbers, mail goes to `.example`.

## persons.csv

Every party: owner_id as in owners.csv; kind, person or company; name, birth_date, email, document
(number of the paper it shows) and country as they are. Some persons share another's mailbox.

## identities.csv

Every account at a service with its holder as that service has it: service_id, account, owner_id,
the fields of persons.csv, and in differs those of them, joined by a space, that are not as in
persons.csv: another mailbox, spelling, birth date or paper.

## seized.csv

Every row of ../../seized/users.csv with what holds of it: site_user, address, owner_id,
registered_utc, and paid, 1 where a payment came to the address.

## dirt.csv

What is wrong with ../../seized/users-dirty.csv: row (1 is the first after the heading), fault
(repeated, malformed, other_chain, secret, empty, unreadable) and the site_user it was made of.
"""
