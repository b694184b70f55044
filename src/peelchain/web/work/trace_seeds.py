"""The seeds of a page's question, told apart by how they are written."""

import re
from typing import Any

import numpy as np

from peelchain.actions.casework.seeds import traced_seeds
from peelchain.actions.tracing.ends import CLUSTER, ends_of
from peelchain.actions.tracing.places import Places
from peelchain.actions.tracing.seeds import SeedsAsked
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError
from peelchain.units import shown
from peelchain.web.folders import Folders
from peelchain.web.work.questions import Seeded

Row = dict[str, Any]

_TXID = re.compile(r"[0-9a-fA-F]{64}")


def seeds_asked(folders: Folders, body: Seeded) -> SeedsAsked:
    """The seeds of a question by their kind; a txid stands for its outputs that hold value.

    Raises MisuseError where there is none.
    """
    given = [*body.seeds, *seeds_of_case(folders, body.case)]
    files = [] if body.upload is None else [folders.upload(body.upload)]
    claims = [f"{claim.claimant}={','.join(claim.outpoints)}" for claim in body.claims]
    if not (given or files or claims):
        raise MisuseError("there is nothing to trace; give an address, a txid or an outpoint")
    clusters, outpoints, txids, addresses = [], [], [], []
    for text in dict.fromkeys(given):
        if text.startswith(CLUSTER):
            clusters.append(text.removeprefix(CLUSTER).strip())
        elif ":" in text:
            outpoints.append(text)
        elif _TXID.fullmatch(text):
            txids.append(text)
        else:
            addresses.append(text)
    if txids:
        outpoints += _outputs_of(folders, txids)
    return SeedsAsked(outpoints, addresses, clusters, claims, files)


def seeds_of_case(folders: Folders, case: str | None) -> list[str]:
    """The seeds of a case; none where no case is named."""
    return [] if case is None else traced_seeds(folders.case(case))


def seed_told(text: str, view: StoreView) -> Row:
    """What a seed's text means in the chain. Raises MisuseError or NotInChainError."""
    name = text.partition("=")[0].strip() if ":" in text else text
    (end,) = ends_of([name], view, view.services)
    if end.kind == "service":
        raise MisuseError(f"{shown(text)} is a service; name its addresses or clusters")
    txouts = end.txouts
    if end.kind in ("address", "cluster"):
        txouts = np.asarray(view.chain.outputs_of_scripts(end.scripts), np.int64)
    return {
        "text": text,
        "kind": end.kind,
        "scripts": len(end.scripts),
        "outputs": len(txouts),
        "value_sat": sum(view.chain.outputs(txouts).value_sat.tolist()),
        "basis": "inference" if end.is_inferred else "fact",
        "error": None,
    }


def _outputs_of(folders: Folders, txids: list[str]) -> list[str]:
    with StoreView(folders.store) as view:
        found: list[str] = []
        for end in ends_of(txids, view, view.services):
            valued = end.txouts[view.chain.outputs(end.txouts).value_sat > 0]
            if not len(valued):
                raise MisuseError(f"transaction {shown(end.text)} has no output of value to trace")
            places = Places(view, valued.tolist())
            found += [places.outpoint(txout) for txout in valued.tolist()]
        return found
