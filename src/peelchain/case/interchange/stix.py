"""Statements as a STIX 2.1 bundle, every object checked by the standard's own library.

Addresses and transactions are the published extensions `cryptocurrency-wallet` and
`cryptocurrency-transaction`, with their ids by value as OASIS asks of observables. What STIX has no
word for (satoshis, the basis of a statement) is in an extension of peelchain's own.
"""

import json
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from peelchain.case.interchange.statements import ASSERTION, FACT, Payment, Statements
from peelchain.errors import PeelchainError

Object = dict[str, Any]

OBSERVABLES = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The namespace of the ids of observables (STIX 2.1, section 2.9)."""
OURS = uuid5(NAMESPACE_URL, "urn:peelchain:stix")

WALLET = "extension-definition--be78509e-6958-51b1-8b26-d17ee0eba2d7"
TRANSACTION = "extension-definition--151d042d-4dcf-5e44-843f-1024440318e5"
STATEMENT = f"extension-definition--{uuid5(OURS, 'statement')}"

_ABOUT_STATEMENT = (
    "What a statement of a case rests on: basis (fact, inference, assertion), its source, its "
    "error as measured, and amounts in satoshis."
)
_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["extension_type", "basis"],
    "properties": {
        "extension_type": {"const": "property-extension"},
        "basis": {"enum": ["fact", "inference", "assertion"]},
        "source": {"type": "string"},
        "error": {"type": "string"},
        "finding": {"type": "string"},
        "outpoint": {"type": "string"},
        "value_sat": {"type": "integer"},
        "traced_sat": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
}


def stix(said: Statements) -> dict[str, bytes]:
    """One bundle as JSON. Raises PeelchainError where the library stix2 is not installed."""
    made = _Made(said)
    made.objects.append(made.identity(said.software, "system", "the program that made this bundle"))
    author = made.objects[-1]["id"]
    made.extension(author)
    parties: dict[str, str] = {}
    for party in said.parties:
        kind = "organization" if party.role == "service" else "unknown"
        words = f"{party.role}; basis: {party.basis}; sources: {', '.join(party.sources) or 'none'}"
        one = made.identity(party.label, kind, words, key=f"{said.case}:{party.party}")
        one["created_by_ref"] = author
        if party.category:
            one["labels"] = [party.category]
        parties[party.party] = one["id"]
        made.objects.append(one)
    for a in said.addresses:
        wallet = made.wallet(a.name)
        made.relate(
            "attributed-to", wallet, parties[a.party], f"{a.name}:{a.party}",
            {"basis": a.basis, "source": a.source, "error": a.error},
        )  # fmt: skip
    for p in said.payments:
        transaction = made.transaction(p)
        if p.payer is None or p.payee is None:
            # a payer whom the report does not name: the output itself is the statement
            known = p.payer or p.payee
            assert known is not None
            ends = (transaction, parties[known], "related-to")
        else:
            ends = (parties[p.payer], parties[p.payee], "related-to")
        made.relate(
            ends[2], ends[0], ends[1], f"{p.kind}:{p.outpoint}:{p.payer}:{p.payee}",
            {
                "basis": p.basis,
                "source": p.source,
                "error": p.error,
                "finding": p.finding,
                "outpoint": p.outpoint,
                "value_sat": p.value_sat,
                "traced_sat": dict(p.traced_sat),
            },
            words=_words(p),
        )  # fmt: skip
    made.report(author)
    bundle = {
        "type": "bundle",
        "id": f"bundle--{uuid5(OURS, f'bundle:{said.case}:{said.digest}')}",
        "objects": _checked(made.objects),
    }
    text = json.dumps(bundle, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return {"statements.stix.json": f"{text}\n".encode()}


def _words(payment: Payment) -> str:
    verb = {"receipt": "received", "inflow": "paid in", "outflow": "paid out"}[payment.kind]
    return f"{verb} by {payment.outpoint} at {payment.time_utc}; {payment.words()}"


class _Made:
    """The objects of a bundle, each once."""

    def __init__(self, said: Statements) -> None:
        self.said = said
        self.when = _milliseconds(said.date_utc)
        self.objects: list[Object] = []
        self._known: set[str] = set()

    def identity(self, name: str, kind: str, words: str, key: str = "") -> Object:
        return {
            "type": "identity",
            "spec_version": "2.1",
            "id": f"identity--{uuid5(OURS, f'identity:{key or name}')}",
            "created": self.when,
            "modified": self.when,
            "name": name,
            "description": words,
            "identity_class": kind,
        }

    def extension(self, author: str) -> None:
        self.objects.append(
            {
                "type": "extension-definition",
                "spec_version": "2.1",
                "id": STATEMENT,
                "created_by_ref": author,
                "created": self.when,
                "modified": self.when,
                "name": "peelchain statement",
                "description": _ABOUT_STATEMENT,
                "schema": json.dumps(_SCHEMA, sort_keys=True),
                "version": "1.0.0",
                "extension_types": ["property-extension"],
            }
        )

    def wallet(self, value: str) -> str:
        one = {
            "type": "cryptocurrency-wallet",
            "spec_version": "2.1",
            "id": f"cryptocurrency-wallet--{uuid5(OBSERVABLES, value)}",
            "value": value,
            "extensions": {WALLET: {"extension_type": "new-sco"}},
        }
        return self._add(one)

    def transaction(self, payment: Payment) -> str:
        one: Object = {
            "type": "cryptocurrency-transaction",
            "spec_version": "2.1",
            "id": f"cryptocurrency-transaction--{uuid5(OBSERVABLES, payment.txid)}",
            "symbol": "BTC",
            "value": payment.txid,
            "block_id": str(payment.height),
            "execution_time": payment.time_utc,
            "extensions": {TRANSACTION: {"extension_type": "new-sco"}},
        }
        return self._add(one)

    def _add(self, one: Object) -> str:
        if one["id"] not in self._known:
            self._known.add(one["id"])
            self.objects.append(one)
        return str(one["id"])

    def relate(
        self, kind: str, source: str, target: str, key: str, about: Object, words: str = ""
    ) -> None:
        extension = {"extension_type": "property-extension", **about}
        self._add(
            {
                "type": "relationship",
                "spec_version": "2.1",
                "id": f"relationship--{uuid5(OURS, f'{self.said.case}:{kind}:{key}')}",
                "created_by_ref": self.objects[0]["id"],
                "created": self.when,
                "modified": self.when,
                "relationship_type": kind,
                "description": words or f"basis: {about['basis']}; source: {about['source']}",
                "source_ref": source,
                "target_ref": target,
                "confidence": {FACT: 100, ASSERTION: 50}.get(about["basis"], 75),
                "extensions": {STATEMENT: extension},
            }
        )

    def report(self, author: str) -> None:
        self.objects.append(
            {
                "type": "report",
                "spec_version": "2.1",
                "id": f"report--{uuid5(OURS, f'report:{self.said.case}')}",
                "created_by_ref": author,
                "created": self.when,
                "modified": self.when,
                "published": self.when,
                "name": self.said.title,
                "description": self.said.about(),
                "object_refs": sorted(
                    o["id"] for o in self.objects if o["type"] != "extension-definition"
                ),
            }
        )


def _checked(objects: list[Object]) -> list[Object]:
    """The objects, each accepted by the library; extensions of others it takes as they are."""
    try:
        import stix2
    except ImportError:
        raise PeelchainError(
            "STIX needs the extra `interchange`; run 'pip install peelchain[interchange]'"
        ) from None
    for one in objects:
        stix2.parse(dict(one), allow_custom=True, version="2.1")
    return objects


def _milliseconds(time_utc: str) -> str:
    return f"{datetime.fromisoformat(time_utc):%Y-%m-%dT%H:%M:%S}.000Z"
