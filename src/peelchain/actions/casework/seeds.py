"""The seeds of a case: what a run starts from where it is not told otherwise."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.casework.statements import said
from peelchain.actions.view import StoreView
from peelchain.case.casefile import CaseFile
from peelchain.case.lock import Waiting, silently
from peelchain.case.subject import read_seeds
from peelchain.errors import CaseError, MisuseError, NotInChainError
from peelchain.network import Network, by_name
from peelchain.script import script_pubkey
from peelchain.units import OutPoint, parse_txid, shown

Row = dict[str, Any]

_TXID_DIGITS = 64


def change_seeds(
    folder: Path,
    given: list[str],
    *,
    add: bool,
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> Row:
    """Adds seeds to a case or removes them by an entry; gives it with the seeds that it leaves.

    Seeds are checked as texts; a run finds out whether the chain has them. Raises MisuseError for
    one that is no address, txid or outpoint, CaseError for one to remove that is not there.
    """
    seeds = sorted(set(read_seeds(given)))
    with CaseFile.open(folder) as case, case.at_work(waiting):
        check_seeds(seeds, by_name(str(case.opening().body["network"])))
        known = seeds_of(case)
        strange = [seed for seed in seeds if (seed in known) == add]
        if strange:
            what = "is a seed already" if add else "is no seed"
            raise CaseError(
                f"{shown(strange[0])} {what} of the case; see 'peelchain case seeds list'"
            )
        body: Row = {"change": "add" if add else "remove", "seeds": seeds}
        made = said(case, "seeds", body, {}, date_utc)
        return {**made, "seeds": seeds_of(case)}


def seeds(folder: Path) -> Row:
    """The seeds of a case as its entries leave them, sorted."""
    with CaseFile.open(folder) as case:
        return {"case": str(folder), "seeds": seeds_of(case)}


def seeds_of(case: CaseFile) -> list[str]:
    """The seeds as the entries that stand leave them, sorted."""
    found: set[str] = set()
    for entry in case.standing("seeds"):
        if entry.body["change"] == "add":
            found.update(entry.body["seeds"])
        else:
            found.difference_update(entry.body["seeds"])
    return sorted(found)


def seeds_in_use(case: CaseFile) -> list[str]:
    """What a run of a case starts from: its seeds, or its last run's where nobody ever set any."""
    last = case.last("run")
    if last is None or case.standing("seeds"):
        return seeds_of(case)
    return list(last.body["parameters"]["seeds"])


def traced_seeds(folder: Path) -> list[str]:
    """The same of the case in a folder."""
    with CaseFile.open(folder) as case:
        return seeds_in_use(case)


def told_of(seed: str, view: StoreView) -> Row:
    """What a run would make of a seed: `error` where it is none, else whether the chain has it.

    `kind` is `address`, `txid` or `outpoint`; `scripts` how many scripts its cluster has, None
    where it stands for itself or is not there.
    """
    kind = "outpoint" if ":" in seed else "txid" if len(seed) == _TXID_DIGITS else "address"
    row: Row = {"seed": seed, "kind": kind, "error": None, "in_chain": False, "scripts": None}
    try:
        if seed.startswith("@"):
            raise MisuseError("that names a file; paste the seeds themselves")
        read_seeds([seed])
        check_seeds([seed], view.network)
    except MisuseError as e:
        return row | {"error": str(e)}
    if kind == "address":
        script = script_pubkey(seed, view.network)
        known = view.lookup.script_ids([script])
        ids = [*known.values(), *view.lookup.paid_as_key(script).values()]
        if not ids:
            return row
        index = view.clusters.index
        clusters = np.unique(index.cluster_of(np.array(ids, np.int64)))
        scripts = sum(len(index.members(int(cluster))) for cluster in clusters)
        return row | {"in_chain": True, "scripts": scripts}
    try:
        if kind == "txid":
            view.lookup.tx_ids(parse_txid(seed))
        else:
            view.lookup.txout_ids([OutPoint.parse(seed)])
    except NotInChainError:
        return row
    return row | {"in_chain": True}


def check_seeds(seeds: Iterable[str], network: Network) -> None:
    """Raises MisuseError for a seed that is no address of the network, txid or outpoint."""
    for seed in seeds:
        if ":" in seed:
            OutPoint.parse(seed)
        elif len(seed) == _TXID_DIGITS:
            parse_txid(seed)
        else:
            try:
                script_pubkey(seed, network)
            except MisuseError as e:
                raise type(e)(f"seed {shown(seed)}: {e}") from None
