"""The two ends of a question: an outpoint, a transaction, an address, a cluster or a service."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from peelchain.actions.scripts import script_id_of
from peelchain.actions.tracing.filters import Limits
from peelchain.actions.tracing.seeds import (
    Seeds,
    receipts_of,
    refuse_outside,
    scripts_of_cluster,
)
from peelchain.actions.view import StoreView
from peelchain.case.services import Services
from peelchain.errors import AddressError, MisuseError, NotInChainError
from peelchain.store.arrays import Int64
from peelchain.tags.services import Mark, service_kind
from peelchain.units import OutPoint, format_hash, parse_txid, shown

Kind = Literal["outpoint", "tx", "address", "cluster", "service"]

CLUSTER = "cluster:"
SERVICE = "service:"

_TXID = re.compile(r"[0-9a-fA-F]{64}")
_NONE: Int64 = np.empty(0, np.int64)


@dataclass(frozen=True)
class End:
    """One end. `txouts` of an outpoint or transaction, else `scripts`; both rising.

    `direct` are the outputs and scripts that belong to it by no inference: all of them but those
    that a cluster alone says so of.
    """

    text: str
    kind: Kind
    txouts: Int64 = field(default_factory=lambda: _NONE)
    scripts: Int64 = field(default_factory=lambda: _NONE)
    direct_scripts: Int64 = field(default_factory=lambda: _NONE)

    @property
    def is_inferred(self) -> bool:
        """Whether a cluster says what belongs to it."""
        return len(self.direct_scripts) < len(self.scripts)


def ends_of(texts: Sequence[str], view: StoreView, known: Services) -> list[End]:
    """What each text means; each once. Raises MisuseError, AddressError or NotInChainError.

    `TXID:VOUT`, `TXID` (its outputs), an address or script_pubkey in hex, `cluster:ADDRESS`, and
    `service:NAME`, a service's label or party as tags name it.
    """
    found = [_end(text.strip(), view, known) for text in texts]
    for at, end in enumerate(found):
        if end.text in [other.text for other in found[:at]]:
            raise MisuseError(f"{shown(end.text)} is given twice; give it once")
    return found


def seeds_at(ends: Sequence[End], limits: Limits, view: StoreView) -> Seeds:
    """What a walk forward from a set of ends starts from: their outputs, or their receipts.

    The set is one party: what one of its members pays another is no receipt. With several ends each
    is a claimant, by its text. Raises MisuseError where two of them share an output or script, and
    NotInChainError where there is nothing to walk from.
    """
    _check_apart(ends)
    scripts = np.unique(np.concatenate([_NONE, *(end.scripts for end in ends)]))
    named = np.concatenate([_NONE, *(end.txouts for end in ends)])
    named = named[view.chain.outputs(named).value_sat > 0]
    refuse_outside(named, "forward", limits, view)
    taken, told = receipts_of(scripts, "forward", limits, view)
    txouts = np.concatenate([named, np.setdiff1d(taken, named)])
    if not len(txouts):
        raise NotInChainError(
            f"{shown(ends[0].text)} holds no value that is moved in the period asked; give others, "
            "or widen the period"
        )
    outputs = view.chain.outputs(txouts)
    owners = np.zeros(len(txouts), np.int64)
    for at, end in enumerate(ends):
        owners[np.isin(txouts, end.txouts) | np.isin(outputs.script_id, end.scripts)] = at
    return Seeds(
        txouts=txouts,
        sat=outputs.value_sat,
        claimants=tuple(end.text for end in ends) if len(ends) > 1 else (),
        claimant_of=owners if len(ends) > 1 else None,
        scripts=scripts,
        basis="inference" if any(end.is_inferred for end in ends) else "fact",
        receipts=told if len(scripts) else None,
    )


def _check_apart(ends: Sequence[End]) -> None:
    for at, end in enumerate(ends):
        for other in ends[:at]:
            for mine, theirs in ((end.scripts, other.scripts), (end.txouts, other.txouts)):
                if np.intersect1d(mine, theirs).size:
                    raise MisuseError(
                        f"{shown(other.text)} and {shown(end.text)} are one, in part or whole; "
                        "name one of them"
                    )


def end_told(end: End) -> dict[str, Any]:
    """An end for an answer."""
    return {
        "text": end.text,
        "kind": end.kind,
        "outputs": len(end.txouts),
        "scripts": len(end.scripts),
        "basis": "inference" if end.is_inferred else "fact",
    }


def tagged_as(view: StoreView, marks: Iterable[Mark]) -> Int64:
    """The scripts that a tag of their own names as one of these services, rising.

    A tag of the cluster does not count, nor one that names another party, though the cluster's
    prevails over it.
    """
    names = {(mark.label, mark.actor) for mark in marks}
    labels, actors = {label for label, _ in names}, {actor for _, actor in names if actor}
    columns = (view.tags[c].to_pylist() for c in ("label", "actor", "category"))
    own = [
        service_kind(category) is not None and (label in labels or actor in actors)
        for label, actor, category in zip(*columns, strict=True)
    ]
    named = view.tag_script_ids[np.array(own, bool)]
    return np.unique(named[named >= 0])


def _end(text: str, view: StoreView, known: Services) -> End:
    if text.startswith(CLUSTER):
        address = text.removeprefix(CLUSTER).strip()
        own = np.array([script_id_of(address, view)], np.int64)
        return End(text, "cluster", scripts=scripts_of_cluster(address, view), direct_scripts=own)
    if text.startswith(SERVICE):
        return _service(text, view, known)
    if ":" in text:
        outpoint = OutPoint.parse(text)
        return End(str(outpoint), "outpoint", np.array(view.lookup.txout_ids([outpoint]), np.int64))
    if _TXID.fullmatch(text):
        txid = parse_txid(text)
        row = view.lookup.rows_of(
            "txs", view.lookup.tx_ids(txid)[-1:], ["first_txout_id", "txout_count"]
        )
        first, count = next((r["first_txout_id"], r["txout_count"]) for r in row.values())
        return End(format_hash(txid), "tx", np.arange(first, first + count, dtype=np.int64))
    try:
        own = np.array([script_id_of(text, view)], np.int64)
    except AddressError as error:
        raise AddressError(
            f"{error}; an end is TXID:VOUT, TXID, ADDRESS, {CLUSTER}ADDRESS or {SERVICE}NAME"
        ) from None
    return End(text, "address", scripts=own, direct_scripts=own)


def _service(text: str, view: StoreView, known: Services) -> End:
    name = text.removeprefix(SERVICE).strip()
    chosen = [
        at
        for at, mark in enumerate(known.marks)
        if name.casefold() in (mark.label.casefold(), mark.party.casefold())
    ]
    scripts = known.of_marks(chosen)
    if not len(scripts):
        labels = sorted({mark.label for mark in known.marks_in_use()})
        some = ", ".join(shown(label) for label in labels[:20])
        raise MisuseError(
            f"no service is called {shown(name)}"
            + (f"; tags name {some}" if labels else "; import tags that name services")
            + (f" and {len(labels) - 20} more" if len(labels) > 20 else "")
        )
    return End(
        f"{SERVICE}{name}",
        "service",
        scripts=scripts,
        direct_scripts=np.intersect1d(scripts, tagged_as(view, [known.marks[at] for at in chosen])),
    )
