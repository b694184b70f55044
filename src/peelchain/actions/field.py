"""The field: attributions locked before a legal request, scored by the answers."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from peelchain.actions.policies import policy_asked
from peelchain.actions.view import StoreView
from peelchain.evaluate.field import (
    Answer,
    Claim,
    Entry,
    Ledger,
    answer,
    lock,
    open_claims,
    read_ledger,
)
from peelchain.script import address, script_pubkey

SCORE_COLUMNS = ("rule", "locked", "right", "wrong", "none", "open")


def lock_claim(
    text: str,
    entity: str,
    rule: str,
    ledger: Path,
    store: Path,
    day: date,
    note: str = "",
    policies: list[str] | None = None,
) -> dict[str, Any]:
    """Locks the claim that an address belongs to an entity, as of the store's tip."""
    with StoreView(store, policy_asked(store, policies or [], [])) as view:
        script = script_pubkey(text, view.network)
        run = view.cluster_run()
        claim = Claim(
            # one way of writing for one address, so that a claim is known again
            address=address(script, view.network) or text,
            entity=entity,
            rule=rule,
            policy=view.policy.name,
            run_id=run.run_id if run else "",
            tip_height=view.store.manifest.tip_height,
            tip_hash=view.store.manifest.tip_hash,
        )
    return _told(lock(ledger, claim, day, note))


def answer_claim(
    claim: str, said: Answer, ledger: Path, day: date, note: str = ""
) -> dict[str, Any]:
    """Enters the answer to a locked claim: right, wrong, or none was given."""
    return _told(answer(ledger, claim, said, day, note))


def score(ledger: Path) -> dict[str, Any]:
    """The score of every rule, and the claims that wait for an answer."""
    read: Ledger = read_ledger(ledger)
    return {
        "entries": len(read.entries),
        "head": read.head,
        "scores": [asdict(s) for s in read.scores()],
        "rows": [asdict(r) for r in read.rates("peelchain evaluate field score")],
        "open": [
            {key: e.fields[key] for key in ("claim", "date", "address", "entity", "rule")}
            for e in open_claims(read)
        ],
    }


def _told(entry: Entry) -> dict[str, Any]:
    fields = {k: v for k, v in entry.fields.items() if k != "prev"}
    return {**fields, "hash": entry.hash}
