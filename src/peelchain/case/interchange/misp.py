"""Statements as a MISP event, made by MISP's own library.

Parties' addresses are `btc-wallet` objects, findings `btc-transaction` objects; every attribute has
in its comment what it rests on. Nothing is marked for detection (`to_ids`): an address of a service
is no indicator of wrongdoing.
"""

import json
import warnings
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from peelchain.case.interchange.statements import Statements
from peelchain.errors import PeelchainError
from peelchain.units import format_btc

OURS = uuid5(NAMESPACE_URL, "urn:peelchain:misp")


def misp(said: Statements) -> dict[str, bytes]:
    """One event as JSON, for the own organisation only until somebody widens it.

    Raises PeelchainError where the library pymisp is not installed.
    """
    try:
        from pymisp import MISPEvent, MISPObject
    except ImportError:
        raise PeelchainError(
            "MISP needs the extra `interchange`; run 'pip install peelchain[interchange]'"
        ) from None
    when = datetime.fromisoformat(said.date_utc)
    event = MISPEvent()
    event.uuid = str(uuid5(OURS, f"event:{said.case}"))
    event.info = said.title
    event.date = when.date()
    event.timestamp = when
    event.published = False
    event.distribution = 0
    event.threat_level_id = 4
    event.analysis = 2
    _attribute(event, "comment", said.about(), "what this event is", "about", when)
    labels = said.label_of

    def add(template: str, key: str, comment: str, values: dict[str, str]) -> Any:
        made = MISPObject(template, strict=True)
        made.uuid = str(uuid5(OURS, f"{said.case}:{key}"))
        made.comment = comment
        made.timestamp = when
        for relation, value in values.items():
            attribute = made.add_attribute(
                relation, value=value, to_ids=False, comment=comment, timestamp=when
            )
            assert attribute is not None
            attribute.uuid = str(uuid5(OURS, f"{said.case}:{key}:{relation}"))
        return event.add_object(made)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for a in said.addresses:
            if a.address is None:
                continue
            add(
                "btc-wallet",
                f"wallet:{a.address}:{a.party}",
                f"held to be {labels[a.party]}'s; basis: {a.basis}; source: {a.source}; "
                f"error: {a.error}",
                {"wallet-address": a.address},
            )
        for p in said.payments:
            values = {
                "transaction-number": p.txid,
                "time": p.time_utc,
                "value_BTC": format_btc(p.value_sat),
            }
            if p.address is not None:
                values["btc-address"] = p.address
            payer = labels.get(p.payer or "", "not named")
            payee = labels.get(p.payee or "", "not named")
            add(
                "btc-transaction",
                f"{p.kind}:{p.outpoint}:{p.payer}:{p.payee}",
                f"{payer} to {payee}, output {p.outpoint}; {p.words()}",
                values,
            )
    text = json.dumps(json.loads(event.to_json()), sort_keys=True, separators=(",", ":"))
    return {"statements.misp.json": f'{{"Event":{text}}}\n'.encode()}


def _attribute(event: Any, kind: str, value: str, comment: str, key: str, when: datetime) -> None:
    made = event.add_attribute(kind, value, comment=comment, to_ids=False, timestamp=when)
    made.uuid = str(uuid5(OURS, f"{event.uuid}:{key}"))
