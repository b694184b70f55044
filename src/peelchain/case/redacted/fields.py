"""The fields of a bundle that can be withheld one by one, each by its path."""

from hashlib import sha256
from typing import Any

from peelchain.case.redacted.commitments import Path
from peelchain.case.redacted.evidence_read import Evidence

_OF_THE_CHAIN = frozenset({"headers.bin", "blocks.jsonl", "transactions.jsonl", "rates.csv"})
"""Public, and left out where nothing needs them: never committed to."""
_TWINS = frozenset({"receipts.csv", "inflows.csv", "outflows.csv"})
_BY_LINE = frozenset({
    "case.json", "report.json", "entities.jsonl", "tags.jsonl", "journal.jsonl"
})  # fmt: skip


def fields_of(evidence: Evidence) -> dict[Path, Any]:
    """Each field with its value: of case, report, parties, tags and journal; else a file's hash."""
    fields: dict[Path, Any] = {}
    for key, value in evidence.case.items():
        fields["case.json", key] = value
    for key, value in evidence.report.items():
        if key in ("receipts", "inflows", "outflows"):
            for row in value:
                for name, cell in row.items():
                    fields["report.json", key, row["id"], name] = cell
        elif key == "entities":
            for entity, said in value.items():
                fields["report.json", key, entity] = said
        else:
            fields["report.json", key] = value
    for row in evidence.entities:
        for key in ("role", "label", "category", "basis"):
            fields["entities.jsonl", row["entity"], key] = row[key]
        for script in row["scripts"]:
            fields["entities.jsonl", row["entity"], "scripts", script["script_pubkey"]] = script
        for link in row["links"]:
            ends = (link["txid"], link["script_a"], link["script_b"])
            fields["entities.jsonl", row["entity"], "links", *ends] = link["rule"]
    for row in evidence.tags:
        for key, value in row.items():
            fields["tags.jsonl", row["tag_id"], key] = value
    for row in evidence.journal:
        fields["journal.jsonl", row["seq"], "body"] = row["body"]
        for name, opening in row["opened"].items():
            fields["journal.jsonl", row["seq"], "opened", name] = opening
    for name in evidence.names:
        if name not in _BY_LINE | _OF_THE_CHAIN | _TWINS:
            fields[name, "sha256"] = sha256(evidence.payload(name)).hexdigest()
    return fields
