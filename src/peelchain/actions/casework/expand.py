"""A seized wallet, expanded to its addresses and joined with the chain."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.work import Result, Work, carry_out
from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.case.canonical import canonical_json
from peelchain.case.casefile import CaseFile
from peelchain.case.expansion.gap import DEFAULT_GAP, BranchUse, Derived, expand
from peelchain.case.expansion.secrets import refuse_secrets
from peelchain.case.expansion.wallets import (
    MAX_BYTES,
    Wallet,
    wallet_of_file,
    wallet_of_row,
    wallet_of_text,
)
from peelchain.csv_text import csv_bytes
from peelchain.errors import MisuseError, SourceError
from peelchain.network import by_name
from peelchain.script import address, script_type
from peelchain.store.lookup import History
from peelchain.units import format_time

Row = dict[str, Any]

ADDRESS_COLUMNS = (
    "branch", "role", "index", "address", "script_pubkey", "script_type", "used", "receipts",
    "received_sat", "spends", "sent_sat", "balance_sat", "first_utc", "last_utc", "cluster",
)  # fmt: skip
RECEIPT_COLUMNS = (
    "branch", "role", "index", "address", "outpoint", "value_sat", "height", "time_utc", "spent_by",
)  # fmt: skip
BRANCH_COLUMNS = (
    "branch", "descriptor", "kind", "role", "derived", "used", "last_used", "widest_gap",
    "trailing", "received_sat", "sent_sat", "balance_sat",
)  # fmt: skip

_JSON_BYTES = 64 * 1024


def expand_wallet(
    case: Path,
    store: Path,
    given: str,
    *,
    gap: int = DEFAULT_GAP,
    until: int | None = None,
    date_utc: datetime | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Expands an extended key, a descriptor or a wallet export and journals what it comes to.

    Of an export its public keys and scripts are kept, and the SHA-256 of the file. Raises
    MisuseError for private keys and for what is none of these, SourceError for a bad file.
    """
    moment = moment_of(date_utc)
    with StoreView(store) as view, CaseFile.open(case) as opened:
        network = by_name(view.network.name)
        digest = None
        path = _file(given)
        if path is None:
            wallet = wallet_of_text(given, network)
        else:
            content = _content(path)
            digest = sha256(content).hexdigest()
            wallet = wallet_of_file(content, network)
        parameters = {
            "wallet": opened.keep(canonical_json(wallet.row())),
            "source_sha256": digest,
            "gap": gap,
            "until": until,
        }
        answer = carry_out(
            opened, "expansion", expansion_of_case, parameters, moment, view=view, progress=progress
        )
    return {
        **answer,
        "rejected": [{"line": line, "reason": why} for line, why in wallet.rejected],
    }


def expansion_of_case(work: Work) -> Result:
    """The derivation of an `expansion` entry: addresses, receipts, branches and their sums.

    Writes expansions/SEQ/addresses.csv, receipts.csv, branches.csv, and seeds.txt, which names the
    used addresses one a line.
    """
    import json

    view = work.store
    wallet = wallet_of_row(json.loads(work.case.kept(str(work.parameters["wallet"]))))
    derived, uses = expand(
        wallet.branches,
        view.lookup,
        int(work.parameters["gap"]),
        work.parameters["until"],
        lambda done, of: work.progress("derive", done, of),
    )
    known = view.lookup.script_ids(wallet.scripts)
    derived += [Derived(-1, None, script, known.get(script)) for script in wallet.scripts]
    joined = _joined(derived, uses, view, work.progress)
    branches = _branch_rows(uses, joined.addresses)
    totals = joined.totals(branches)
    folder = f"expansions/{work.seq}"
    used = [row["address"] for row in joined.addresses if row["used"] == "yes" and row["address"]]
    answer = {
        **view.tip,
        "form": wallet.form,
        "notes": [*wallet.notes, *_network_notes(wallet, view.network.name)],
        "totals": totals,
        "branches": branches,
        "clusters": joined.clusters,
    }
    return Result(
        outputs={
            f"{folder}/addresses.csv": _table(ADDRESS_COLUMNS, joined.addresses),
            f"{folder}/receipts.csv": _table(RECEIPT_COLUMNS, joined.receipts),
            f"{folder}/branches.csv": _table(BRANCH_COLUMNS, branches),
            f"{folder}/seeds.txt": "".join(f"{a}\n" for a in dict.fromkeys(used)).encode(),
        },
        facts={"form": wallet.form, "totals": totals, "clusters": joined.clusters},
        answer=answer,
    )


class _Joined:
    """The rows that scripts come to on the chain."""

    def __init__(self) -> None:
        self.addresses: list[Row] = []
        self.receipts: list[Row] = []
        self.clusters: list[Row] = []
        self.internal_sat = 0

    def totals(self, branches: list[Row]) -> Row:
        """Sums over distinct scripts: a script that two branches share counts once."""
        distinct = {row["script_pubkey"]: row for row in self.addresses}.values()
        return {
            "branches": len(branches),
            "addresses": len(distinct),
            "used": sum(row["used"] == "yes" for row in distinct),
            "receipts": sum(row["receipts"] for row in distinct),
            "received_sat": sum(row["received_sat"] for row in distinct),
            "internal_sat": self.internal_sat,
            "sent_sat": sum(row["sent_sat"] for row in distinct),
            "balance_sat": sum(row["balance_sat"] for row in distinct),
            "clusters": len(self.clusters),
        }


_EVERY = 2**31 - 1


def _joined(
    derived: list[Derived], uses: list[BranchUse], view: StoreView, progress: Progress
) -> _Joined:
    joined = _Joined()
    roles = [use.branch.role for use in uses]
    used = sorted({d.script_id for d in derived if d.script_id is not None})
    owners = dict(zip(used, view.clusters.index.cluster_of(used).tolist(), strict=True))
    names = _cluster_names(sorted(set(owners.values())), view)
    histories: dict[int, History] = {}
    for at, script_id in enumerate(used):
        progress("receipts", at, len(used))
        histories[script_id] = view.lookup.history(script_id, _EVERY)
    spenders = {s.tx_id for h in histories.values() for s in h.spends}
    told: set[int] = set()
    for one in derived:
        head = {
            "branch": "" if one.branch < 0 else f"B{one.branch + 1}",
            "role": "listed" if one.branch < 0 else roles[one.branch],
            "index": one.index,
            "address": address(one.script, view.network),
        }
        history = histories.get(one.script_id) if one.script_id is not None else None
        joined.addresses.append(
            {
                **head,
                "script_pubkey": one.script.hex(),
                "script_type": str(script_type(one.script)),
                **_sums(history),
                "cluster": names[owners[one.script_id]] if one.script_id is not None else "",
            }
        )
        if history is not None and one.script_id is not None and one.script_id not in told:
            told.add(one.script_id)
            joined.receipts += [{**head, **row} for row in _receipts(history, view)]
    joined.internal_sat = _internal(histories, spenders, view)
    joined.clusters = _clusters(owners, names, view)
    progress("receipts", len(used), len(used))
    return joined


def _sums(history: History | None) -> Row:
    if history is None:
        empty = dict.fromkeys(("receipts", "received_sat", "spends", "sent_sat", "balance_sat"), 0)
        return {"used": "no", **empty, "first_utc": None, "last_utc": None}
    return {
        "used": "yes",
        "receipts": history.receipt_count,
        "received_sat": history.received_sat,
        "spends": history.spend_count,
        "sent_sat": history.sent_sat,
        "balance_sat": history.received_sat - history.sent_sat,
        "first_utc": format_time(history.times[0]),
        "last_utc": format_time(history.times[1]),
    }


def _receipts(history: History, view: StoreView) -> list[Row]:
    from peelchain.units import format_hash

    outputs = view.lookup.rows_of(
        "txouts", [r.txout_id for r in history.receipts], ["tx_id", "vout"]
    )
    tx_ids = {o["tx_id"] for o in outputs.values()}
    tx_ids |= {r.spender[0] for r in history.receipts if r.spender}
    txs = view.lookup.rows_of("txs", tx_ids, ["txid", "height"])
    times = {
        b.height: b.time_seconds for b in view.lookup.blocks({t["height"] for t in txs.values()})
    }
    rows = []
    for receipt in history.receipts:
        output = outputs[receipt.txout_id]
        tx = txs[output["tx_id"]]
        rows.append(
            {
                "outpoint": f"{format_hash(tx['txid'])}:{output['vout']}",
                "value_sat": receipt.value_sat,
                "height": tx["height"],
                "time_utc": format_time(times[tx["height"]]),
                "spent_by": format_hash(txs[receipt.spender[0]]["txid"])
                if receipt.spender
                else None,
            }
        )
    return rows


def _internal(histories: Mapping[int, History], spenders: set[int], view: StoreView) -> int:
    """What the wallet received in transactions that spend its own outputs."""
    txouts = {r.txout_id: r.value_sat for h in histories.values() for r in h.receipts}
    made = view.lookup.rows_of("txouts", txouts, ["tx_id"])
    return sum(sat for txout, sat in txouts.items() if made[txout]["tx_id"] in spenders)


def _cluster_names(clusters: list[int], view: StoreView) -> dict[int, str]:
    """A name for each cluster that means something outside the store: its first script's."""
    scripts = view.lookup.scripts(clusters)
    return {c: address(scripts[c], view.network) or scripts[c].hex() for c in clusters}


def _clusters(owners: Mapping[int, int], names: Mapping[int, str], view: StoreView) -> list[Row]:
    """The clusters that the used scripts fall in: how many of each cluster are the wallet's."""
    index = view.clusters.index
    rows = []
    for cluster in sorted(set(owners.values())):
        own = [script for script, owner in owners.items() if owner == cluster]
        mark = view.services.mark(own[0])
        rows.append(
            {
                "cluster": names[cluster],
                "scripts": len(index.members(cluster)),
                "of_wallet": len(own),
                "label": None if mark is None else mark.label,
            }
        )
    return sorted(rows, key=lambda row: (-row["of_wallet"], row["cluster"]))


def _branch_rows(uses: list[BranchUse], addresses: list[Row]) -> list[Row]:
    sums: dict[str, list[int]] = {}
    for row in addresses:
        kept = sums.setdefault(row["branch"], [0, 0, 0])
        for at, name in enumerate(("received_sat", "sent_sat", "balance_sat")):
            kept[at] += row[name]
    rows = []
    for number, use in enumerate(uses, 1):
        received, sent, balance = sums.get(f"B{number}", [0, 0, 0])
        rows.append(
            {
                "branch": f"B{number}",
                "descriptor": use.branch.descriptor,
                "kind": use.branch.kind,
                "role": use.branch.role,
                "derived": use.derived,
                "used": use.used,
                "last_used": use.last_used,
                "widest_gap": use.widest_gap,
                "trailing": use.trailing,
                "received_sat": received,
                "sent_sat": sent,
                "balance_sat": balance,
            }
        )
    return rows


def _network_notes(wallet: Wallet, network: str) -> list[str]:
    test = any("tpub" in branch.descriptor for branch in wallet.branches)
    main = any("xpub" in branch.descriptor for branch in wallet.branches)
    if test and network == "mainnet":
        return ["a key says it is of a test network; its scripts were looked for on mainnet"]
    if main and network != "mainnet":
        return [f"a key says it is of mainnet; its scripts were looked for on {network}"]
    return []


def _table(columns: tuple[str, ...], rows: list[Row]) -> bytes:
    return csv_bytes(columns, ([row[c] for c in columns] for row in rows))


def _file(given: str) -> Path | None:
    """The file that an argument names, None where it is a key or a descriptor itself."""
    if "(" in given or given[1:4] == "pub":
        return None
    refuse_secrets(given, "what was given")
    path = Path(given)
    if path.exists():
        return path
    raise MisuseError(
        "what was given is no extended public key, no descriptor and no file; give one of these"
    )


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as e:
        raise SourceError(f"{path}: {e.strerror}; give a wallet export that you may read") from None
