"""Statements as CASE/UCO 1.x JSON-LD.

Parties are identities, addresses digital addresses, statements relationships. What the ontology has
no concept for (satoshis, basis, outpoints) is in the extension namespace `urn:peelchain:terms#`,
which the ontology's validator leaves alone.
"""

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from peelchain.case.interchange.statements import Payment, Statements

Object = dict[str, Any]

OURS = uuid5(NAMESPACE_URL, "urn:peelchain:case-uco")
EXTENSION = "urn:peelchain:terms#"

_CONTEXT = {
    "investigation": "https://ontology.caseontology.org/case/investigation/",
    "core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "kb": "urn:peelchain:kb:",
    "peelchain": EXTENSION,
}


def case_uco(said: Statements) -> dict[str, bytes]:
    """One JSON-LD document: a bundle of an investigation, its parties, addresses and statements."""
    when = when_of(said.date_utc)
    parties = {p.party: _id(said, "identity", p.party) for p in said.parties}
    objects: list[Object] = [
        {
            "@id": _id(said, "tool", said.software),
            "@type": "tool:Tool",
            "core:name": "peelchain",
            "tool:version": said.software.removeprefix("peelchain "),
        }
    ]
    for party in said.parties:
        kind = "identity:Organization" if party.role == "service" else "identity:Identity"
        objects.append(
            {
                "@id": parties[party.party],
                "@type": kind,
                "core:name": party.label,
                "peelchain:role": party.role,
                **({"peelchain:category": party.category} if party.category else {}),
                "peelchain:basis": party.basis,
                "peelchain:source": list(party.sources),
            }
        )
    addresses: dict[str, str] = {}
    for a in said.addresses:
        addresses[a.name] = _id(said, "address", a.name)
        objects.append(_address(said, a.name))
        objects.append(
            _relationship(
                said, f"of:{a.name}:{a.party}", addresses[a.name], parties[a.party], "Held_By",
                {
                    "peelchain:basis": a.basis,
                    "peelchain:source": a.source,
                    "peelchain:error": a.error,
                },
            )
        )  # fmt: skip
    for p in said.payments:
        # a payer whom the report does not name: the output's address is where the money came in
        place = p.address or p.outpoint
        if place not in addresses:
            addresses[place] = _id(said, "address", place)
            objects.append(_address(said, place))
        source = parties[p.payer] if p.payer is not None else addresses[place]
        target = parties[p.payee] if p.payee is not None else addresses[place]
        objects.append(
            _relationship(
                said, f"{p.kind}:{p.outpoint}:{p.payer}:{p.payee}", source, target,
                {"receipt": "Received", "inflow": "Paid_In", "outflow": "Paid_Out"}[p.kind],
                {
                    "core:startTime": when_of(p.time_utc),
                    "peelchain:finding": p.finding,
                    "peelchain:outpoint": p.outpoint,
                    "peelchain:valueSat": _integer(p.value_sat),
                    **_traced(p),
                    "peelchain:basis": p.basis,
                    "peelchain:source": p.source,
                    "peelchain:error": p.error,
                },
            )
        )  # fmt: skip
    investigation = {
        "@id": _id(said, "investigation", said.case),
        "@type": "investigation:Investigation",
        "core:name": said.title,
        "core:description": said.about(),
        "core:objectCreatedTime": when,
        "core:object": [{"@id": one["@id"]} for one in objects],
        "peelchain:digest": said.digest,
    }
    document = {
        "@context": _CONTEXT,
        "@id": _id(said, "bundle", said.digest),
        "@type": "core:Bundle",
        "core:description": said.about(),
        "core:objectCreatedTime": when,
        "core:object": [investigation, *objects],
    }
    text = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return {"statements.case-uco.jsonld": f"{text}\n".encode()}


def _address(said: Statements, value: str) -> Object:
    return {
        "@id": _id(said, "address", value),
        "@type": "observable:DigitalAddress",
        "core:hasFacet": [
            {
                "@id": _id(said, "address-facet", value),
                "@type": "observable:DigitalAddressFacet",
                "observable:addressValue": value,
            }
        ],
    }


def _relationship(
    said: Statements, key: str, source: str, target: str, kind: str, about: Object
) -> Object:
    return {
        "@id": _id(said, "relationship", key),
        "@type": "core:Relationship",
        "core:source": {"@id": source},
        "core:target": {"@id": target},
        "core:isDirectional": True,
        "core:kindOfRelationship": kind,
        **about,
    }


def _traced(payment: Payment) -> Object:
    """The amount traced under each rule."""
    traced = sorted(payment.traced_sat.items())
    return {f"peelchain:tracedSat-{rule}": _integer(sat) for rule, sat in traced}


def when_of(time_utc: str) -> Object:
    """A time as the ontology types it."""
    return {"@type": "xsd:dateTime", "@value": time_utc}


def _integer(value: int) -> Object:
    # as text: a JSON number beyond 2**53 does not survive every reader
    return {"@type": "xsd:integer", "@value": str(value)}


def _id(said: Statements, kind: str, key: str) -> str:
    return f"kb:{kind}-{uuid5(OURS, f'{said.case}:{kind}:{key}')}"
