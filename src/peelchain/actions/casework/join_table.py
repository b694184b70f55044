"""A seized table joined with the chain: its users in the vault, the totals in the journal.

Who paid what is stored nowhere: it follows from the vault and the chain, so that erasing a person
erases it too. The journal holds a keyed hash of it.
"""

import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.casework.investigate import cluster_if_needed
from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.work import Result, Work, carry_out
from peelchain.actions.evaluate import rate_of_table
from peelchain.actions.progress import Progress, silent
from peelchain.actions.quoted_rates import quoted_row
from peelchain.actions.view import StoreView
from peelchain.case.canonical import canonical_json
from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.case.subject import Subject
from peelchain.case.table_join import (
    NOBODY,
    Joined,
    Payers,
    block_times,
    join_table,
    payers,
    sum_sat,
)
from peelchain.case.user_table import PROBLEMS, UserTable, decode, read_user_table
from peelchain.case.vault.vault import Batch, KeyColumn, Vault
from peelchain.csv_text import csv_bytes
from peelchain.errors import CaseError, ErasedError
from peelchain.evaluate.error_rates import ErrorRate, Measured, written
from peelchain.evaluate.table_error import table_error
from peelchain.script import address
from peelchain.units import format_time

KIND = "table"
PAYER_COLUMNS = ("ref", "receipts", "value_sat", "first_utc", "last_utc")
RECEIPT_COLUMNS = ("ref", "address", "outpoint", "time_utc", "height", "value_sat")
REJECT_COLUMNS = ("row", "problem", "other_row", "meaning")
MISSING_COLUMNS = ("address", "receipts", "received_sat")

Row = dict[str, Any]


@dataclass(frozen=True)
class Listed:
    """What a table lists: of each row the place of its user and the script; N users."""

    users: int
    owners: Sequence[int]
    scripts: Sequence[bytes]


def join_user_table(
    folder: Path,
    store: Path,
    file: Path,
    mapping: Mapping[str, str],
    *,
    certified_complete: bool = False,
    date_utc: datetime | None = None,
    progress: Progress = silent,
) -> Row:
    """Reads a table of users into the vault and joins it with the chain; gives the totals.

    `certified_complete` says that somebody vouches for the table having every address of its
    party: only then can it tell which of a cluster's addresses are strangers. An import that fails
    leaves nothing in the vault.
    """
    moment = moment_of(date_utc)
    cluster_if_needed(store, progress)
    with StoreView(store) as view, CaseFile.open(folder) as case, case.at_work():
        table = read_user_table(file, view.network, mapping, progress)
        with Vault.open(folder) as vault:
            batch = _stored(vault, table, progress)
            try:
                parameters = {
                    "batch": {"number": batch.number, "first": f"P{batch.first_person}",
                              "count": batch.count, "root": batch.root},
                    "certified_complete": certified_complete,
                    "file": {"encoding": table.encoding, "delimiter": table.delimiter,
                             "rows": table.count},
                    "problems": dict(sorted(Counter(r.problem for r in table.rejects).items())),
                    "rejects": case.keep(_rejects(table)),
                }  # fmt: skip
                derivation = partial(_first_join, table=table, file=file)
                answer = carry_out(
                    case, KIND, derivation, parameters, moment, view=view, progress=progress
                )
            except BaseException:
                vault.discard(batch)
                raise
        return {**view.tip, "policy": view.policy.name, "run_id": view.clusters.run_id, **answer}


def table_of_case(work: Work) -> Result:
    """The derivation of a `table` entry: the vault's batch joined with the chain.

    Raises ErasedError where one of its users was erased.
    """
    return _joined(work, _listed_again(work))


def payers_of_case(
    folder: Path,
    store: Path,
    entry: int | None = None,
    refs: Sequence[str] = (),
    *,
    names: bool = False,
    progress: Progress = silent,
) -> Row:
    """Who paid by a joined table, with every receipt: derived again, for it is stored nowhere.

    `payers` and `receipts` are rows by ref, of all users or of `refs`; with `names` a payer has
    `user`, as the table names it. `as_recorded` says whether all is as the journal has it, null
    where users were erased since, who are left out and counted in `erased`.
    """
    with StoreView(store) as view, CaseFile.open(folder) as case:
        made = _entry(case, entry)
        if not Vault.exists(folder):
            raise CaseError(f"{folder} was brought here without its personal data; bring those too")
        with Vault.open(folder) as vault:
            batch = vault.batch(made.body["parameters"]["batch"]["number"])
            known, listed, erased = _listed_still(vault, batch, view)
            joined = _of_entry(view, case, made, listed)
            found = payers(joined)
            wanted = [_place(ref, batch) for ref in refs]
            rows = _payer_rows(view, batch, joined, found, wanted)
            for row in rows if names else []:
                row["user"] = known[_place(row["ref"], batch)]
            return {
                **view.tip,
                "policy": view.policy.name,
                "run_id": view.clusters.run_id,
                "entry": made.seq,
                "erased": erased,
                "as_recorded": None if erased else _as_recorded(made, joined),
                "payers": rows,
                "receipts": _receipt_rows(view, batch, joined, wanted),
            }


def _stored(vault: Vault, table: UserTable, progress: Progress) -> Batch:
    records = table.records()
    keys = [
        KeyColumn("user", table.users, range(len(table.users))),
        KeyColumn("address", table.addresses, table.owner),
    ]
    if not records:
        raise CaseError("no row of the table could be read; see --map, and the columns it names")
    return vault.add_many(records, keys, lambda done: progress("sealing", done, len(records)))


def _first_join(work: Work, table: UserTable, file: Path) -> Result:
    """As `table_of_case`, of what was just read; the file's name and hash are sealed."""
    made = _joined(work, Listed(len(table.users), table.owner, table.scripts))
    told = {"name": file.name, "sha256": table.sha256, "headings": list(table.headings)}
    return Result(made.outputs, made.facts, {"file": told}, made.answer)


def _joined(work: Work, listed: Listed) -> Result:
    view, given = work.store, work.parameters
    subject, run = _subject(view, work.before)
    work.progress("joining", 0, 3)
    party = np.empty(0, np.int64) if subject is None else subject.scripts
    joined = join_table(view.chain, view.lookup, listed.scripts, listed.owners, party)
    found = payers(joined)
    work.progress("joining", 1, 3)
    rate = _error(view, work, joined, complete=given["certified_complete"])
    folder = f"tables/{work.seq}"
    outputs: dict[str, bytes | Path] = {
        f"{folder}/rejects.csv": work.case.kept(given["rejects"]),
    }
    summary: Row = {
        "table": {
            **given["file"],
            "users": listed.users,
            "addresses": len(set(listed.scripts)),
            "certified_complete": given["certified_complete"],
            "problems": given["problems"],
        },
        "totals": _totals(view, joined, found),
        "cluster": None,
        "error_rate": None if rate is None else quoted_row(rate),
    }
    if subject is not None:
        rows, summary["cluster"] = _against(view, subject, joined, run)
        outputs[f"{folder}/not-in-table.csv"] = csv_bytes(MISSING_COLUMNS, rows)
    if rate is not None:
        text = written(Measured((rate,)))
        outputs[f"{folder}/error_rates.json"] = text.encode("ascii")
    outputs[f"{folder}/summary.json"] = canonical_json(summary)
    work.progress("joining", 3, 3)
    return Result(
        outputs=outputs,
        facts={**summary, "receipts": _digest(work.secret(), joined)},
        answer=summary,
    )


def _subject(view: StoreView, before: Sequence[Entry]) -> tuple[Subject | None, int | None]:
    """The party of the last run before an entry, and that run's number."""
    runs = [entry for entry in before if entry.kind == "run"]
    if not runs:
        return None, None
    return view.subject_of(runs[-1].body["parameters"]["seeds"]), runs[-1].seq


def _totals(view: StoreView, joined: Joined, found: Payers) -> Row:
    ends = joined.heights[[0, -1]] if len(joined.heights) else joined.heights
    times = [format_time(t) for t in block_times(view.lookup, ends).tolist()]
    first, last = times or (None, None)
    shared = joined.users == NOBODY
    return {
        "addresses_in_chain": len(joined.script_ids),
        "addresses_paid": len(np.unique(joined.receipt_scripts)),
        "users_paid": len(found.users),
        "receipts": len(joined.txouts),
        "received_sat": sum_sat(joined.values),
        "shared_receipts": int(shared.sum()),
        "shared_sat": sum_sat(joined.values[shared]),
        "internal_receipts": joined.internal_count,
        "internal_sat": joined.internal_sat,
        "first_utc": first,
        "last_utc": last,
    }


def _error(view: StoreView, work: Work, joined: Joined, *, complete: bool) -> ErrorRate | None:
    """How the clustering does on the table, whose addresses are held to be one party's."""
    ids = joined.script_ids
    if not len(ids):
        return None
    index = view.clusters.index
    clusters = index.cluster_of(ids)
    error = table_error(
        np.zeros(len(ids), np.int64), clusters, index.sizes_of(clusters), complete=complete
    )
    opened = work.last("opened")
    name = "a case" if opened is None else f"case {opened.body['name']}"
    data = f"seized table of {name}, entry {work.seq}: {len(ids)} addresses"
    command = "peelchain case join-table" + (" --certified-complete" if complete else "")
    return rate_of_table(error, view.clusters.policy, data, command)


def _against(
    view: StoreView, subject: Subject, joined: Joined, run: int | None
) -> tuple[list[tuple[object, ...]], Row]:
    """The subject's addresses that the table lacks, and how far both agree."""
    in_both = np.isin(joined.script_ids, subject.scripts)
    missing = subject.scripts[~np.isin(subject.scripts, joined.script_ids)]
    outside = joined.script_ids[~in_both]
    outside_sat = joined.values[np.isin(joined.receipt_scripts, outside)]
    paid = view.chain.outputs(view.chain.outputs_of_scripts(missing))
    places = np.searchsorted(missing, paid.script_id)
    counts = np.bincount(places, minlength=len(missing))
    sums = np.zeros(len(missing), np.int64)
    np.add.at(sums, places, paid.value_sat)
    scripts = view.lookup.scripts(missing.tolist())
    rows: list[tuple[object, ...]] = [
        (address(scripts[script_id], view.network) or scripts[script_id].hex(), count, value)
        for script_id, count, value in zip(
            missing.tolist(), counts.tolist(), sums.tolist(), strict=True
        )
    ]
    found, there = int(in_both.sum()), len(joined.script_ids)
    return rows, {
        "run": run,
        "scripts": len(subject.scripts),
        "found": found,
        "of": there,
        "recall": f"{found * 10_000 // there / 10_000:.4f}" if there else None,
        "outside": len(outside),
        "outside_sat": sum_sat(outside_sat),
        "not_in_table": len(missing),
        "not_in_table_sat": sum_sat(sums),
    }


def _digest(secret: bytes, joined: Joined) -> str:
    """A keyed hash of every receipt with its user, by the ids that the chain gives outputs."""
    told = b"".join(a.astype("<i8").tobytes() for a in (joined.txouts, joined.values, joined.users))
    return hmac.digest(secret, told, "sha256").hex()


def _as_recorded(entry: Entry, joined: Joined) -> bool:
    secret = entry.value("secret")
    if secret is None:
        raise ErasedError(f"the secret of entry {entry.seq} was erased")
    return bool(_digest(bytes.fromhex(secret), joined) == entry.body["receipts"])


def _listed_again(work: Work) -> Listed:
    given = work.parameters["batch"]
    with work.vault() as vault:
        batch = vault.batch(given["number"])
        if batch.root != given["root"]:
            raise CaseError(f"the vault's batch {batch.number} is not that of entry {work.seq}")
        _, listed, erased = _listed_still(vault, batch, work.store)
        if erased:
            raise ErasedError(f"{erased} users of the table were erased")
        return listed


def _listed_still(
    vault: Vault, batch: Batch, view: StoreView
) -> tuple[dict[int, str], Listed, int]:
    """The users that were not erased, by place; what the table lists of them; how many were."""
    owners: list[int] = []
    texts: list[str] = []
    known: dict[int, str] = {}
    for place, record in enumerate(vault.batch_parsed(batch.number)):
        if record is None:
            continue
        known[place] = record["user"]
        for text in record["addresses"]:
            owners.append(place)
            texts.append(text)
    scripts = decode(texts, view.network)
    pairs = [(o, s) for o, s in zip(owners, scripts, strict=True) if s is not None]
    listed = Listed(len(known), [o for o, _ in pairs], [s for _, s in pairs])
    return known, listed, batch.count - len(known)


def _of_entry(view: StoreView, case: CaseFile, entry: Entry, listed: Listed) -> Joined:
    """The join of an entry's table as far as the tip that the entry saw."""
    subject, _ = _subject(view, case.standing(before=entry.seq))
    party = np.empty(0, np.int64) if subject is None else subject.scripts
    return join_table(
        view.chain, view.lookup, listed.scripts, listed.owners, party,
        last_height=int(entry.body["inputs"]["tip"]["height"]),
    )  # fmt: skip


def _entry(case: CaseFile, seq: int | None) -> Entry:
    tables = case.standing(KIND)
    if not tables:
        raise CaseError(f"{case.folder} has no table; run 'peelchain case join-table' first")
    if seq is None:
        return tables[-1]
    for entry in tables:
        if entry.seq == seq:
            return entry
    raise CaseError(f"entry {seq} is no table; tables are {', '.join(str(e.seq) for e in tables)}")


def _place(ref: str, batch: Batch) -> int:
    digits = ref.removeprefix("P")
    place = int(digits) - batch.first_person if digits.isascii() and digits.isdigit() else -1
    if not 0 <= place < batch.count:
        last = batch.first_person + batch.count - 1
        raise CaseError(
            f"{ref[:20]!a} is no user of this table; they are P{batch.first_person} to P{last}"
        )
    return place


def _payer_rows(
    view: StoreView, batch: Batch, joined: Joined, found: Payers, wanted: Sequence[int]
) -> list[Row]:
    chosen = np.isin(found.users, wanted) if wanted else np.ones(len(found.users), bool)
    times = [
        block_times(view.lookup, joined.heights[ends[chosen]]).tolist()
        for ends in (found.first, found.last)
    ]
    columns = (c[chosen].tolist() for c in (found.users, found.counts, found.values))
    return [
        {
            "ref": f"P{batch.first_person + user}",
            "receipts": count,
            "value_sat": value,
            "first_utc": format_time(first),
            "last_utc": format_time(last),
        }
        for user, count, value, first, last in zip(*columns, *times, strict=True)
    ]


def _receipt_rows(
    view: StoreView, batch: Batch, joined: Joined, wanted: Sequence[int]
) -> list[Row]:
    chosen = np.flatnonzero(np.isin(joined.users, wanted) if wanted else joined.users != NOBODY)
    txouts, txs = joined.txouts[chosen], joined.tx_ids[chosen]
    vouts = view.lookup.vouts(txouts.tolist())
    txids = view.lookup.txids(np.unique(txs).tolist())
    scripts = view.lookup.scripts(np.unique(joined.receipt_scripts[chosen]).tolist())
    heights = joined.heights[chosen]
    times = block_times(view.lookup, heights)
    at = np.array([vouts[txout] for txout in txouts.tolist()], np.int64)
    columns = (joined.users[chosen], joined.receipt_scripts[chosen], txs, at, times,
               heights, joined.values[chosen])  # fmt: skip
    return [
        {
            "ref": f"P{batch.first_person + user}",
            "address": address(scripts[script], view.network),
            "outpoint": f"{txids[tx][::-1].hex()}:{vout}",
            "time_utc": format_time(time),
            "height": height,
            "value_sat": value,
        }
        for user, script, tx, vout, time, height, value in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]


def _rejects(table: UserTable) -> bytes:
    rows = ((r.row, r.problem, r.other or "", PROBLEMS[r.problem]) for r in table.rejects)
    return csv_bytes(REJECT_COLUMNS, rows)
