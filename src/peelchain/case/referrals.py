"""Whom a case may refer to which country, and on what conditions.

Payment is not use, and an account is not a person: nobody is referred without two named approvals
of exactly what is known of them, a decision on role, legal basis and recipient, and, where only
inference leads to them, a decision to include them all the same. Source: Directive (EU) 2016/680,
articles 6 (categories of persons), 7 (facts and assessments), 35 to 38 (transfers).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any, Literal

from peelchain.case.answers.returns import LinkedPerson
from peelchain.case.answers.same_person import number_of
from peelchain.case.canonical import canonical_json
from peelchain.case.journal import Entry

Row = dict[str, Any]

ROLES = ("suspect", "victim", "witness", "unknown")
"""Categories of persons. Source: Directive (EU) 2016/680, article 6."""

TRANSFERS = ("member_state", "adequacy", "safeguards", "derogation")
"""On what ground data go to the recipient: within the Union, or articles 36, 37, 38."""

DECIDES = "referral"
APPROVALS = 2
"""Different persons who must approve a referral."""

Basis = Literal["direct", "traced", "candidate"]

BASES: dict[Basis, str] = {
    "direct": "the service paid an address of the subject itself, or was paid by the subject: a "
    "fact of the chain, of an account that the service names",
    "traced": "transactions lie between: that the same person made them is an inference",
    "candidate": "one of several deposits that a service may have credited: an inference",
}


@dataclass(frozen=True)
class Payment:
    """One payment of a person's account, as the last report has it.

    `findings` are ids of that report. `differs` says that the service told otherwise than the chain
    in some point: such a payment is not relied upon. `site_users` are refs of users of a joined
    table whose address a direct payment came to.
    """

    findings: tuple[str, ...]
    direction: str
    outpoint: str
    time_utc: str
    value_sat: int
    entity: str
    service: str
    account: str
    grade: str
    entry: int
    hops: int
    basis: Basis
    differs: bool
    site_users: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """A person whom returns link to payments; `person` is the first of the refs held to be one."""

    person: str
    refs: tuple[str, ...]
    countries: tuple[str, ...]
    payments: tuple[Payment, ...]

    @property
    def by_inference_alone(self) -> bool:
        """Whether no payment that agrees with the chain is direct."""
        return not any(p.basis == "direct" and not p.differs for p in self.payments)

    def row(self) -> Row:
        """The candidate as referrals.json has it."""
        return {**asdict(self), "by_inference_alone": self.by_inference_alone}

    def digest(self) -> str:
        """What an approval is of: a hash of all that is known by then."""
        return sha256(canonical_json(self.row())).hexdigest()


@dataclass(frozen=True)
class State:
    """What is on record about one referral, and what it still lacks: nothing, and it may be sent.

    `lacks` are words of LACKS. `decision` is the last decision, by its entry.
    """

    candidate: Candidate
    approved_by: tuple[str, ...]
    decision: Entry | None
    country: str
    lacks: tuple[str, ...] = field(default=())


LACKS = {
    "approvals": "two different people must approve what is now known of the person",
    "decision": "role, legal basis and recipient must be decided",
    "country": "the returns give no country, or several; the decision must name one",
    "inference": "only inference leads to the person; the decision must include them all the same",
    "excluded": "somebody decided against referring the person",
    "payments": "no payment that agrees with the chain is in the last report",
}
"""Why a person is left out."""


def candidates(
    linked: Iterable[LinkedPerson],
    report: Mapping[str, Any],
    users_of: Mapping[str, Sequence[str]],
) -> list[Candidate]:
    """The persons of returns with their payments in a report, by ref; payments that it lacks go.

    `users_of` gives the refs of a joined table's users for an address.
    """
    places = _places(report)
    receipts = {r["id"]: r for r in report["receipts"]}
    refs: dict[str, set[str]] = {}
    countries: dict[str, set[str]] = {}
    found: dict[str, dict[tuple[str, str], Payment]] = {}
    for link in linked:
        refs.setdefault(link.person, set()).add(link.ref)
        countries.setdefault(link.person, set()).update({link.country} - {""})
        rows = found.setdefault(link.person, {})
        for differs, payments in ((False, link.payments), (True, link.differing)):
            for _, outpoint, value_sat in payments:
                for row, direction in places.get((link.entity, outpoint), []):
                    made = _payment(link, row, direction, outpoint, value_sat, differs=differs)
                    users = _users(row, made, receipts, users_of)
                    known = rows.get((outpoint, direction))
                    if known is not None and not known.differs:
                        ids = tuple(dict.fromkeys((*known.findings, *made.findings)))
                        rows[outpoint, direction] = replace(known, findings=ids)
                    else:
                        rows[outpoint, direction] = replace(made, site_users=users)
    return [
        Candidate(
            person,
            tuple(sorted(refs[person], key=number_of)),
            tuple(sorted(countries[person])),
            tuple(sorted(rows.values(), key=lambda p: (p.time_utc, p.outpoint, p.direction))),
        )
        for person, rows in sorted(found.items(), key=lambda item: number_of(item[0]))
    ]


def states(found: Sequence[Candidate], entries: Sequence[Entry]) -> list[State]:
    """What the journal's entries say of each candidate, and what it lacks."""
    return [_state(candidate, entries) for candidate in found]


def folded_name(name: str) -> str:
    """A name without case and extra white space: the same person does not approve twice."""
    return " ".join(name.split()).casefold()


def _state(candidate: Candidate, entries: Sequence[Entry]) -> State:
    digest = candidate.digest()
    names: dict[str, str] = {}
    decision = None
    for entry in entries:
        if entry.kind == "approval" and entry.body.get("person") == candidate.person:
            name = str(entry.value("by", ""))
            if entry.body["approves"] == digest and name:
                names.setdefault(folded_name(name), name)
        decides = entry.kind == "decision" and entry.body.get("decides") == DECIDES
        if decides and entry.body["person"] == candidate.person:
            decision = entry
    body = {} if decision is None else decision.body
    country = str(body.get("country") or "")
    if not country and len(candidate.countries) == 1:
        country = candidate.countries[0]
    lacks = {
        "approvals": len(names) < APPROVALS,
        "decision": decision is None,
        "country": not country,
        "inference": candidate.by_inference_alone and not body.get("include_inferred"),
        "excluded": bool(body) and not body["refer"],
        "payments": all(p.differs for p in candidate.payments),
    }
    return State(
        candidate,
        tuple(names.values()),
        decision,
        country,
        tuple(word for word, is_lacking in lacks.items() if is_lacking),
    )


def _places(report: Mapping[str, Any]) -> dict[tuple[str, str], list[tuple[Row, str]]]:
    """The rows of a report by service and outpoint, with the direction of money."""
    places: dict[tuple[str, str], list[tuple[Row, str]]] = {}
    for row in report["inflows"]:
        places.setdefault((row["entity"], row["outpoint"]), []).append((row, "paid_out"))
    for row in report["outflows"]:
        places.setdefault((row["entity"], row["outpoint"]), []).append((row, "paid_in"))
        for outpoint in row["deposit_candidates"]:
            key = (row["entity"], outpoint)
            places.setdefault(key, []).append((row, "deposit_candidate"))
    return places


def _payment(
    link: LinkedPerson,
    row: Row,
    direction: str,
    outpoint: str,
    value_sat: int,
    *,
    differs: bool,
) -> Payment:
    # an inflow that is a receipt has no step, an outflow from a receipt of the subject's has one
    is_direct = row["hops"] <= (0 if direction == "paid_out" else 1)
    basis: Basis = "direct" if is_direct else "traced"
    return Payment(
        findings=(row["id"],),
        direction=direction,
        outpoint=outpoint,
        time_utc=row["time_utc"],
        value_sat=value_sat,
        entity=link.entity,
        service=link.label,
        account=link.account,
        grade=link.grade,
        entry=link.entry,
        hops=row["hops"],
        basis="candidate" if direction == "deposit_candidate" else basis,
        differs=differs,
    )


def _users(
    row: Row,
    payment: Payment,
    receipts: Mapping[str, Row],
    users_of: Mapping[str, Sequence[str]],
) -> tuple[str, ...]:
    if payment.direction != "paid_out" or payment.basis != "direct":
        return ()
    paid = [receipts[r]["address"] for r in row["receipts"] if r in receipts]
    found = {ref for address in paid for ref in users_of.get(address, ())}
    return tuple(sorted(found, key=number_of))
