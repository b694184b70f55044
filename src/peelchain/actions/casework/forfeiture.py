"""What is left to freeze or forfeit, as a derivation: schedule, watch list, claimants' parts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.casework.findings import CaseFindings, derive_findings
from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.what_if import view_of_run
from peelchain.actions.casework.work import Result, Work, carry_out
from peelchain.actions.progress import Progress, silent
from peelchain.actions.tracing.seed_file import SeedRow, read_seed_file
from peelchain.case.answers.returns import read_links
from peelchain.case.canonical import canonical_json
from peelchain.case.casefile import CaseFile
from peelchain.case.forfeiture import (
    Left,
    claims_on,
    latest_rates,
    left,
    watch_list,
    with_holders,
    worth,
)
from peelchain.case.spreadsheet import Sheet, xlsx
from peelchain.case.support.rule_table import AllRules, rule_table, under_all_rules
from peelchain.case.vault.vault import Vault
from peelchain.csv_text import csv_bytes
from peelchain.errors import CaseError, ConservationError, SourceError
from peelchain.script import address
from peelchain.trace.walk import RULES, Trace, trace
from peelchain.units import format_time

Row = dict[str, Any]

KIND = "forfeiture"
CLAIMANT = "claimant"

AMOUNTS = tuple(f"traced_sat_{rule}" for rule in RULES)
UNSPENT = (
    *("id", "outpoint", "address", "held_by", "basis", "height", "time_utc", "value_sat"),
    *(*AMOUNTS, "least_sat", "most_sat"),
)
ACCOUNTS = (
    *("id", "entity", "label", "address", "basis", "payments", "first_utc", "last_utc"),
    *("value_sat", *AMOUNTS, "least_sat", "most_sat", "findings", "deposit_candidates", "holders"),
)
WHERE = ("type", "entity", "label", *AMOUNTS, "least_sat", "most_sat")
WATCH = ("watch", "outpoint", "address", "script_pubkey", "value_sat", "reason", "asset")
CLAIMS = ("claimant", "asset", "rule", "traced_sat")
COLUMNS = ("id", "label", "address", "outpoint", "value_sat", *AMOUNTS, "least_sat", "most_sat")


def forfeiture(
    folder: Path,
    store: Path,
    claimants: Path | None = None,
    date_utc: datetime | None = None,
    progress: Progress = silent,
) -> Row:
    """What of the case's money is left where, journalled; gives the schedule.

    `claimants` is a CSV file with the columns outpoint, satoshis and claimant, its outpoints being
    receipts of the case. Names go to the vault: all that is written names claimants by ref. Raises
    SourceError naming file and row, CaseError without a run.
    """
    with CaseFile.open(folder) as case, view_of_run(case, store, progress) as view:
        rows = read_seed_file(claimants) if claimants is not None else []
        parameters: Row = {"claims": []}
        if rows:
            _check_claims(rows, derived_of(case, view, progress))
            refs = _refs(folder, rows)
            parameters["claims"] = [
                {"outpoint": str(row.outpoint), "sat": row.sat, "claimant": refs[str(row.claimant)]}
                for row in rows
            ]
        return carry_out(
            case,
            KIND,
            forfeiture_of_case,
            parameters,
            moment_of(date_utc),
            view=view,
            progress=progress,
        )


def forfeiture_of_case(work: Work) -> Result:
    """The derivation of a `forfeiture` entry, of the last run before it."""
    run = work.last("run")
    if run is None:
        raise CaseError(f"{work.case.folder} has no run yet; run 'peelchain case run' first")
    view = work.store
    opened = work.last("opened")
    label = "subject" if opened is None else str(opened.body["subject"])
    derived = derive_findings(view, run.body["parameters"], label, work.progress)
    every = under_all_rules(view.chain, derived.request("forward"), work.progress)
    rates = latest_rates(derived.sources.rates, work.moment.date())
    what = left(derived.sources, derived.subject, derived.found, every, rates, work.progress)
    labels = {entity["entity"]: entity["label"] for entity in derived.owned.entities}
    table = rule_table(every, derived.found, labels, work.progress)
    first = table["rules"][0]
    where = [{**r, "fiat": worth(r["traced_sat"][first], rates)} for r in table["rows"]]
    claims = _claims(derived, every, what, work.parameters["claims"], work.progress)
    totals = _totals(what, where, table["rules"])
    schedule: Row = {
        "date_utc": format_time(int(work.moment.timestamp())),
        "network": view.network.name,
        "tip": {"height": view.tip["tip_height"], "hash": view.tip["tip_hash"]},
        "policy": derived.sources.policy,
        "run": run.seq,
        "rules": table["rules"],
        "rates": {
            currency: {"date": str(day), "price": f"{rate.price:f}", "source": rate.source}
            for currency, (day, rate) in sorted(rates.items())
        },
        "seeds_sat": table["seeds_sat"],
        "totals": totals,
        "where": where,
        "services": _services(derived, where),
        "unspent": what.unspent,
        "accounts": with_holders(what.accounts, _links(work)),
        "claims": claims,
    }
    watch = watch_list(_subject_scripts(derived), what)
    outputs = _outputs(f"{KIND}/{work.seq}", schedule, watch)
    facts = {"run": run.seq, "totals": totals}
    counts = {"unspent": len(what.unspent), "accounts": len(what.accounts), "watch": len(watch)}
    return Result(
        outputs=outputs,
        facts={**facts, "counts": counts},
        answer={**view.tip, **schedule, "counts": counts},
    )


def derived_of(case: CaseFile, view: Any, progress: Progress) -> CaseFindings:
    """The findings of the case's last run. Raises CaseError without one."""
    run, opened = case.last("run"), case.last("opened")
    if run is None:
        raise CaseError(f"{case.folder} has no run yet; run 'peelchain case run' first")
    label = "subject" if opened is None else str(opened.body["subject"])
    return derive_findings(view, run.body["parameters"], label, progress)


def schedule_rows(answer: Row) -> list[list[Any]]:
    """The unspent outputs, then the accounts, under COLUMNS."""
    return [
        [
            *(row["id"], row.get("label") or row.get("held_by"), row["address"]),
            *(row.get("outpoint"), row["value_sat"]),
            *(row["traced_sat"][rule] for rule in RULES),
            *(row["least_sat"], row["most_sat"]),
        ]
        for row in (*answer["unspent"], *answer["accounts"])
    ]


def _check_claims(rows: Sequence[SeedRow], derived: CaseFindings) -> None:
    """Raises SourceError for a row that claims what is no receipt, twice, or more than it holds."""
    worth_of = {row["outpoint"]: row["value_sat"] for row in derived.found.receipts}
    seen: set[tuple[str, str | None]] = set()
    claimed: dict[str, int] = {}
    for row in rows:
        outpoint = str(row.outpoint)
        if row.claimant is None:
            raise SourceError(f"{row.where}: names no claimant; give every row one")
        if outpoint not in worth_of:
            raise SourceError(
                f"{row.where}: {outpoint} is no receipt of the subject; claim outputs that are in "
                "receipts.csv"
            )
        if (outpoint, row.claimant) in seen:
            raise SourceError(f"{row.where}: claims {outpoint} again; give it once, in whole")
        seen.add((outpoint, row.claimant))
        whole = worth_of[outpoint]
        claimed[outpoint] = claimed.get(outpoint, 0) + (whole if row.sat is None else row.sat)
        if claimed[outpoint] > whole or row.sat == 0:
            raise SourceError(
                f"{row.where}: {claimed[outpoint]} sat of {outpoint} are claimed together, it "
                f"holds {whole}; give each claimant a part"
            )


def _refs(folder: Path, rows: Sequence[SeedRow]) -> dict[str, str]:
    """The vault's ref of each claimant, added where the vault does not know the name."""
    refs: dict[str, str] = {}
    with Vault.open(folder) as vault:
        for name in dict.fromkeys(str(row.claimant) for row in rows):
            known = vault.find(CLAIMANT, name)
            record = {"kind": CLAIMANT, "name": name}
            refs[name] = known[0] if known else vault.add(record, keys=[(CLAIMANT, name)])[0]
    return refs


def _claims(
    derived: CaseFindings,
    every: AllRules,
    what: Left,
    claims: Sequence[Mapping[str, Any]],
    progress: Progress,
) -> list[Row]:
    """What of each asset is each claimant's under each rule, what nobody claims among them."""
    if not claims:
        return []
    receipts = [row["outpoint"] for row in derived.found.receipts]
    txouts = dict(zip(receipts, derived.subject.receipts.tolist(), strict=True))
    worth_of = {row["outpoint"]: row["value_sat"] for row in derived.found.receipts}
    names: list[str | None] = list(dict.fromkeys(str(c["claimant"]) for c in claims))
    seeds = []
    lacking = dict(worth_of)
    for claim in claims:
        outpoint = str(claim["outpoint"])
        sat = worth_of[outpoint] if claim["sat"] is None else int(claim["sat"])
        lacking[outpoint] -= sat
        seeds.append((txouts[outpoint], sat, names.index(str(claim["claimant"]))))
    rest = [(txouts[o], sat, len(names)) for o, sat in lacking.items() if sat]
    if rest:
        names.append(None)
    every_seed = seeds + rest
    request = replace(
        derived.request("forward"),
        rules=tuple(every.trace.rules),
        seed_txouts=np.array([txout for txout, _, _ in every_seed], np.int64),
        seed_traced_sat=np.array([sat for _, sat, _ in every_seed], np.int64),
        seed_claimants=np.array([claimant for _, _, claimant in every_seed], np.int64),
        hops=False,
        paths=False,
    )
    done = trace(
        derived.sources.chain, request, lambda stage, n, of: progress(f"claims {stage}", n, of or 0)
    )
    _check_same(every.trace, done)
    claimed: dict[str | None, int] = {}
    for _, sat, claimant in every_seed:
        claimed[names[claimant]] = claimed.get(names[claimant], 0) + sat
    return [
        {**row, "claimed_sat": claimed[row["claimant"]]} for row in claims_on(what, done, names)
    ]


def _check_same(alone: Trace, together: Trace) -> None:
    for rule, outcome in alone.rules.items():
        if outcome.totals != together.rules[rule].totals:
            raise ConservationError(
                f"under {rule} the claimants together come to other totals than the seeds; this is "
                "a defect of peelchain, please report it"
            )


def _links(work: Work) -> list[Row]:
    """What services answered of payments, as far as it agrees with the chain."""
    return [
        {
            "return": entry.seq,
            "grade": str(entry.body["grade"]),
            **{key: row[key] for key in ("outpoint", "account", "person")},
        }
        for entry in work.before
        if entry.kind == "return"
        for row in read_links(work.case, entry)
        if row["agrees"] == "1"
    ]


def _totals(what: Left, where: Sequence[Row], rules: Sequence[str]) -> Row:
    own = [row for row in what.unspent if row["held_by"]]
    others = [row for row in what.unspent if not row["held_by"]]

    def under(rows: Sequence[Row]) -> dict[str, int]:
        return {rule: sum(row["traced_sat"][rule] for row in rows) for rule in rules}

    kinds = ("service", "unspent")
    return {
        "subject_unspent": len(own),
        "subject_unspent_sat": sum(row["value_sat"] for row in own),
        "subject_unspent_traced_sat": under(own),
        "others_unspent": len(others),
        "others_unspent_sat": under(others),
        "services_sat": under([row for row in where if row["type"] == "service"]),
        "elsewhere_sat": under([row for row in where if row["type"] not in kinds]),
    }


def _services(derived: CaseFindings, where: Sequence[Row]) -> list[Row]:
    """What each service was paid and, of what it paid out, what reached the subject.

    Whether it still holds what it was paid, the chain does not tell: the service does.
    """
    back = {row["entity"]: row["traced_sat"] for row in derived.found.by_service["inflows"]}
    none = dict.fromkeys(derived.rules, 0)
    return [
        {
            "entity": row["entity"],
            "label": row["label"],
            "traced_sat": row["traced_sat"],
            "least_sat": row["least_sat"],
            "most_sat": row["most_sat"],
            "fiat": row["fiat"],
            "paid_to_subject_sat": back.get(row["entity"], none),
        }
        for row in where
        if row["type"] == "service"
    ]


def _subject_scripts(derived: CaseFindings) -> list[Row]:
    sources = derived.sources
    scripts = sources.lookup.scripts(derived.subject.scripts.tolist())
    return [
        {"address": address(script, sources.network), "script_pubkey": script.hex()}
        for _, script in sorted(scripts.items())
    ]


def _outputs(folder: str, schedule: Row, watch: list[Row]) -> dict[str, bytes | Path]:
    currencies = list(schedule["rates"])
    tables: dict[str, tuple[tuple[str, ...], list[list[Any]]]] = {
        "unspent": _table(UNSPENT, schedule["unspent"], currencies),
        "accounts": _table(ACCOUNTS, schedule["accounts"], currencies),
        "where": _table(WHERE, schedule["where"], currencies),
        "watch": _table(WATCH, watch, []),
    }
    if schedule["claims"]:
        rows = [
            [claim["claimant"], part["asset"], rule, sat]
            for claim in schedule["claims"]
            for part in claim["assets"]
            for rule, sat in part["traced_sat"].items()
        ]
        tables["claims"] = (CLAIMS, rows)
    keys = ("date_utc", "network", "tip", "run")
    listed = {
        "format": "peelchain-watch",
        "version": 1,
        **{key: schedule[key] for key in keys},
        "watch": watch,
    }
    return {
        f"{folder}/schedule.json": canonical_json(schedule),
        f"{folder}/schedule.xlsx": xlsx([Sheet(n, *table) for n, table in tables.items()]),
        f"{folder}/watch.json": canonical_json(listed),
        **{f"{folder}/{name}.csv": csv_bytes(*table) for name, table in tables.items()},
    }


def _table(
    columns: tuple[str, ...], rows: Sequence[Row], currencies: Sequence[str]
) -> tuple[tuple[str, ...], list[list[Any]]]:
    """The columns with one of fiat for each currency, and the rows under them."""
    cells = [
        [_cell(row, column) for column in columns] + [row["fiat"].get(c) for c in currencies]
        for row in rows
    ]
    return (*columns, *(f"fiat_{c}" for c in currencies)), cells


def _cell(row: Row, column: str) -> Any:
    if column in AMOUNTS:
        return row["traced_sat"][column.removeprefix("traced_sat_")]
    value = row[column]
    if not isinstance(value, list):
        return value
    if column == "holders":
        return " ".join(dict.fromkeys(item["person"] for item in value))
    return " ".join(item["outpoint"] if isinstance(item, dict) else item for item in value)
