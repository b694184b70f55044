"""Statements as FollowTheMoney entities, one JSON object a line.

The schemata are LegalEntity and Organization for parties, CryptoWallet for addresses and Payment
for findings. FollowTheMoney's own library is for the tests: it needs ICU.
"""

import json
from hashlib import sha256
from typing import Any

from peelchain.case.interchange.statements import Address, Party, Payment, Statements
from peelchain.units import format_btc

_UNKNOWN = "unknown"


def followthemoney(said: Statements) -> dict[str, bytes]:
    """One file of entities as JSON lines, sorted by kind and order of the report."""
    made = [_party(said, party) for party in said.parties]
    if any(p.payer is None for p in said.payments):
        made.append(
            _entity(said, "LegalEntity", f"party:{_UNKNOWN}", {"name": ["not named by the report"]})
        )
    made += [_wallet(said, address) for address in said.addresses]
    made += [_payment(said, payment) for payment in said.payments]
    lines = (json.dumps(e, sort_keys=True, ensure_ascii=True, separators=(",", ":")) for e in made)
    return {"statements.ftm.json": "".join(f"{line}\n" for line in lines).encode()}


def _party(said: Statements, party: Party) -> dict[str, Any]:
    links = [s for s in party.sources if s.startswith(("http://", "https://"))]
    return _entity(
        said,
        "LegalEntity" if party.role == "subject" else "Organization",
        f"party:{party.party}",
        {
            "name": [party.label],
            "sourceUrl": links,
            "keywords": [word for word in (party.category, party.role) if word],
            "summary": [f"basis: {party.basis}; scripts relied on: {party.scripts}"],
            "notes": [f"source: {source}" for source in party.sources if source not in links],
        },
    )


def _wallet(said: Statements, address: Address) -> dict[str, Any]:
    return _entity(
        said,
        "CryptoWallet",
        f"address:{address.script_pubkey}",
        {
            "name": [address.name],
            "publicKey": [address.name],
            "currency": ["BTC"],
            "currencySymbol": ["BTC"],
            "holder": [_id(said, f"party:{address.party}")],
            "summary": [
                f"held to be {address.party}'s; basis: {address.basis}; source: {address.source}; "
                f"error: {address.error}"
            ],
        },
    )


def _payment(said: Statements, payment: Payment) -> dict[str, Any]:
    return _entity(
        said,
        "Payment",
        f"payment:{payment.kind}:{payment.outpoint}:{payment.payer}:{payment.payee}",
        {
            "payer": [_id(said, f"party:{payment.payer or _UNKNOWN}")],
            "beneficiary": [_id(said, f"party:{payment.payee or _UNKNOWN}")],
            "date": [payment.time_utc.removesuffix("Z")],
            "amount": [format_btc(payment.value_sat)],
            "currency": ["BTC"],
            "transactionNumber": [payment.outpoint],
            "recordId": [payment.finding],
            "programme": [payment.kind],
            "summary": [payment.words()],
        },
    )


def _entity(
    said: Statements, schema: str, key: str, properties: dict[str, list[str]]
) -> dict[str, Any]:
    kept = {name: values for name, values in properties.items() if values}
    return {"id": _id(said, key), "schema": schema, "properties": kept}


def _id(said: Statements, key: str) -> str:
    # a party's id belongs to its case: S1 of two cases are two services
    named = f"{said.case}/{key}".encode()
    return f"peelchain-{sha256(named).hexdigest()[:40]}"
