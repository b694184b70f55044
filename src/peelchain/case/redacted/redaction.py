"""A bundle for another party: what it may not see left out, and committed to.

What stays is evidence that still proves itself: rows of findings with their paths from outpoint to
outpoint, the transactions of these with those of their prevouts, and of each party the scripts that
the rows rest on with the links that join them to a seed or a tag. What is left out are fields of
the whole bundle; data/redaction.json has the root of salted commitments to each of them.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peelchain.case.canonical import canonical_json, canonical_jsonl
from peelchain.case.redacted.commitments import Commitments
from peelchain.case.redacted.evidence_read import Evidence
from peelchain.case.redacted.fields import fields_of
from peelchain.case.redacted.rows import Part, part_of_rows
from peelchain.case.report.tables import csv_twins
from peelchain.errors import BundleError

Row = dict[str, Any]

REDACTION = "redaction.json"
SECRET = "secret"  # noqa: S105 - the name of a sealed field
"""The sealed field that salts follow from: no bundle shows it, or hashes could be guessed from."""
_NAMING = ("label", "category", "actor", "source", "creator", "lastmod", "file")
_WITHOUT_JOURNAL = frozenset({
    "title", "date_utc", "network", "tip", "subject", "rules", "totals", "receipts", "inflows",
    "outflows", "by_service", "without_rate", "traces", "entities", "rates", "versions", "doubts",
    "method", "assurance", "language", "policy",
})  # fmt: skip
"""The parts of report.json that tell nothing of the journal; any other is left out."""
_NAMES_PARTIES = frozenset({"doubts", "assurance"})
_STAYS = frozenset({
    "case.json", "headers.bin", "blocks.jsonl", "transactions.jsonl", "rates.csv", "report.json",
    "entities.jsonl", "tags.jsonl", "journal.jsonl", "receipts.csv", "inflows.csv", "outflows.csv",
})  # fmt: skip


@dataclass(frozen=True)
class Keep:
    """What stays in a bundle for another party; None: all of its kind.

    `findings` are ids of report.json; the receipts that their paths lead to stay with them.
    `entities` are parties whose names stay, the subject among them. `exhibits` are ids (E1) whose
    entries in the journal stay. `entries` are numbers of the journal's entries whose body stays,
    and `openings` pairs of a number and the name of a sealed field that stays open: left None, all
    stay where all findings do, and none otherwise.
    """

    findings: frozenset[str] | None = None
    entities: frozenset[str] | None = None
    exhibits: frozenset[str] | None = None
    entries: frozenset[int] | None = None
    openings: frozenset[tuple[int, str]] | None = None


@dataclass(frozen=True)
class Redaction:
    """A bundle for another party: its payload, and what was left out.

    `withheld` counts by kind. `commitments` opens single fields of what was left out.
    """

    payload: dict[str, bytes]
    commitments: Commitments
    withheld: dict[str, int]


def part_of_bundle(files: Mapping[str, bytes], keep: Keep, secret: bytes) -> dict[str, bytes]:
    """The payload, for `pack`, of a bundle that holds only what `keep` names.

    `files` are a whole bundle's by their path in it, as `verify.read_files` gives them. `secret`
    has 32 bytes: the salts follow from it. Raises BundleError as `redact` does.
    """
    return redact(files, keep, secret).payload


def date_of(payload: Mapping[str, bytes]) -> datetime:
    """The date that a payload has to be packed with: that of the case."""
    return datetime.fromisoformat(json.loads(payload["case.json"])["date_utc"])


def redact(files: Mapping[str, bytes], keep: Keep, secret: bytes) -> Redaction:
    """The bundle that holds only what `keep` names, with the commitments to all else.

    Raises BundleError for a bundle that is a part already or not whole, and for a finding or party
    that it does not have.
    """
    if f"data/{REDACTION}" in files:
        raise BundleError("the bundle has things withheld already; begin with the whole one")
    evidence = Evidence(files)
    _check_known(evidence, keep)
    part = part_of_rows(evidence, keep.findings)
    counts = dict.fromkeys(("entries", "fields", "files", "findings", "names", "openings"), 0)
    counts["findings"] = part.withheld_rows
    counts["traces"] = part.withheld_traces
    counts["names"], names = _without_names(part, keep.entities)
    part.report = {
        key: value
        for key, value in part.report.items()
        if key in _WITHOUT_JOURNAL and not (counts["names"] and key in _NAMES_PARTIES)
    }
    journal = _journal(evidence, keep, part, names, counts)
    payload = _payload(evidence, part, journal)
    others = [n for n in evidence.names if n not in _STAYS and not n.startswith("traces/")]
    counts["files"] = sum(name not in payload for name in others)
    full = fields_of(evidence)
    shown = fields_of(Evidence({f"data/{name}": content for name, content in payload.items()}))
    missing = {path: value for path, value in full.items() if shown.get(path, _NONE) != value}
    commitments = Commitments(missing, secret)
    counts["fields"] = len(missing)
    payload[REDACTION] = canonical_json(
        {
            "format": "peelchain-redaction",
            "version": 1,
            "of": evidence.digest,
            "root": commitments.root,
            "withheld": counts,
        }
    )
    return Redaction(dict(sorted(payload.items())), commitments, counts)


_NONE = object()


def _check_known(evidence: Evidence, keep: Keep) -> None:
    """Refuses names that the bundle does not have, so that a slip does not withhold in silence."""
    ids = {
        row["id"] for name in ("receipts", "inflows", "outflows") for row in evidence.report[name]
    }
    known: dict[str, tuple[frozenset[Any] | None, set[Any]]] = {
        "finding": (keep.findings, ids),
        "party": (keep.entities, {row["entity"] for row in evidence.entities}),
        "exhibit": (keep.exhibits, set(map(_exhibit, evidence.journal)) - {None}),
        "entry": (keep.entries, {row["seq"] for row in evidence.journal}),
    }
    for kind, (asked, there) in known.items():
        lacking = sorted((asked or frozenset()) - there)
        if lacking:
            raise BundleError(f"the bundle has no {kind} {lacking[0]}; see its report.json")


def _without_names(part: Part, named: frozenset[str] | None) -> tuple[int, list[str]]:
    """Takes the names of other parties out; gives how many parties, and the names."""
    if named is None:
        return 0, []
    names: set[str] = set()
    unnamed = {row["entity"] for row in part.entities} - named
    anchors: set[str] = set()
    for row in part.entities:
        if row["entity"] in unnamed:
            names.add(row["label"])
            row.update(label=None, category=None)
            anchors.update(script["anchor"] for script in row["scripts"] if script["anchor"])
    for tag in part.tags:
        if f"tag:{tag['tag_id']}" in anchors:
            names.update((tag["label"], tag["actor"]))
            tag.update(dict.fromkeys(_NAMING))
    for entity in unnamed & set(part.report.get("entities", {})):
        part.report["entities"][entity].update(label=None, category=None, tags=[])
    for side in part.report["by_service"].values():
        for row in side:
            if row["entity"] in unnamed:
                row["label"] = None
    return len(unnamed), sorted(name for name in names if name and name not in unnamed)


def _journal(
    evidence: Evidence, keep: Keep, part: Part, names: list[str], counts: dict[str, int]
) -> list[Row]:
    rows = []
    for row in evidence.journal:
        stays = not part.withheld_traces if keep.entries is None else row["seq"] in keep.entries
        exhibit = _exhibit(row)
        stays = stays and (None in (exhibit, keep.exhibits) or exhibit in (keep.exhibits or ()))
        # What a run asked for names every seed.
        asks = row["body"].get("parameters") == evidence.case["parameters"]
        if not stays or (asks and part.case != evidence.case) or _tells(row["body"], names):
            counts["entries"] += 1
            rows.append({**row, "body": None, "opened": {}})
            continue
        opened = {
            name: opening
            for name, opening in row["opened"].items()
            if name != SECRET
            and not _tells(opening["value"], names)
            and (
                not part.withheld_traces
                if keep.openings is None
                else (row["seq"], name) in keep.openings
            )
        }
        counts["openings"] += len(row["opened"]) - len(opened)
        rows.append({**row, "opened": opened})
    return rows


def _tells(value: Any, names: list[str]) -> bool:
    """Whether a text in a value holds one of the names, as words or as in the name of a file."""
    text = _plain(json.dumps(value, ensure_ascii=False))
    return any(_plain(name) in text for name in names if _plain(name))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "-", text.lower()).strip("-")


def journal_for_others(lines: bytes) -> bytes:
    """journal.jsonl as a bundle holds it: without the secrets that salts follow from."""
    rows = [json.loads(line) for line in lines.splitlines()]
    for row in rows:
        row["opened"].pop(SECRET, None)
    return canonical_jsonl(rows)


def _exhibit(row: Row) -> str | None:
    """The id of the exhibit that an entry of the journal names, None for any other entry."""
    return str(row["body"]["id"]) if row["kind"] == "exhibit" else None


def _payload(evidence: Evidence, part: Part, journal: list[Row]) -> dict[str, bytes]:
    currencies = [{"currency": line.split(b",")[1].decode()} for line in part.rates[1:]]
    payload = {
        "case.json": canonical_json(part.case),
        "headers.bin": evidence.payload("headers.bin"),
        "blocks.jsonl": part.blocks,
        "transactions.jsonl": part.transactions,
        "entities.jsonl": canonical_jsonl(part.entities),
        "tags.jsonl": canonical_jsonl(part.tags),
        "rates.csv": b"\n".join(part.rates) + b"\n",
        "report.json": canonical_json(part.report),
        "journal.jsonl": canonical_jsonl(journal),
        **csv_twins({**part.report, "rates": currencies}),
    }
    for name in evidence.names:
        trace = name.startswith("traces/") and not part.withheld_traces
        other = name not in _STAYS and name != "report.pdf" and not name.startswith("traces/")
        # What this version does not know may tell of every finding.
        if trace or name == "software.json" or (other and not part.withheld_traces):
            payload[name] = evidence.payload(name)
    return payload
