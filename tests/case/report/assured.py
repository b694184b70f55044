"""The parts of a report that say how far it holds, and a journal to go with it."""

from typing import Any

from tests.case.report.conftest import hash_of

from peelchain.case.journal import Entry, Opening
from peelchain.case.report import Record

RULES = ("pro_rata", "index_fifo", "index_lifo", "tiho", "dirty_first", "clean_first")


def assurance_of(report: dict[str, Any]) -> dict[str, Any]:
    """`assurance` of a report in the layout of docs/evidence-format.md."""
    tables, controls = {}, {}
    for direction, side in (("backward", "inflows"), ("forward", "outflows")):
        rows = [
            {
                "entity": service["entity"],
                "type": "service",
                "label": service["label"],
                "traced_sat": {
                    rule: service["traced_sat"]["pro_rata"] + i for i, rule in enumerate(RULES)
                },
                "least_sat": 1_000 + n,
                "most_sat": service["traced_sat"]["pro_rata"] + 7_777,
            }
            for n, service in enumerate(report["by_service"][side])
        ]
        rest = {
            "entity": None,
            "type": "unspent",
            "label": "unspent",
            "least_sat": 0,
            "most_sat": 5,
            "traced_sat": dict.fromkeys(RULES, 3),
        }
        tables[direction] = {"rules": list(RULES), "seeds_sat": 9, "rows": [*rows, rest]}
        controls[direction] = {
            "rule": "pro_rata",
            "draws": 20,
            "seeds": 42,
            "matched": 41,
            "services": [
                {
                    "entity": service["entity"],
                    "arrived_sat": service["traced_sat"]["pro_rata"],
                    "share": "0.4321",
                    "reaching_seeds": 9,
                    "rank": 1,
                    "draws_reaching": 17,
                    "draws_with_as_much": 2,
                    "as_much_low": "0.0123",
                    "as_much_high": "0.3170",
                    "share_low": "0.0100",
                    "share_median": "0.0456",
                    "share_high": "0.0999",
                }
                for service in report["by_service"][side]
            ],
        }
    first = report["inflows"][0]
    return {
        "rule_table": tables,
        "null_control": controls,
        "findings": {
            row["id"]: {
                "basis": "inference",
                "facts": 3,
                "inferences": [
                    {
                        "kind": "link",
                        "rule": "multi_input",
                        "count": 5,
                        "precision": "0.9",
                        "precision_low": "0.8",
                        "data": "x",
                    }
                ],
                "assertions": ["t1"],
                "truth_low": "0.8765",
                "least_sat": 12,
                "most_sat": 3_456,
                "alternatives": [
                    {"kind": "batch", "count": 4, "txids": []},
                    {"kind": "change_of_hands", "count": 2, "txids": []},
                ],
            }
            for row in [*report["inflows"], *report["outflows"]]
        },
        "would_change": [
            {
                "finding": first["entity"],
                "direction": "backward",
                "label": report["entities"][first["entity"]]["label"],
                "was_sat": 123_456_789,
                "below_sat": None,
                "outcome": "another_service",
                "becomes": {"label": "Desk Seven", "traced_sat": 5},
                "size": 1,
                "minimum": True,
                "sets": [
                    {
                        "elements": [
                            {
                                "kind": "link",
                                "id": hash_of("member"),
                                "rule": "multi_input",
                                "label": None,
                                "doubt": "0.0042",
                                "doubt_basis": "simulated",
                            }
                        ],
                        "doubt": "0.0042",
                    }
                ],
            }
        ],
    }


def record_of(*, withheld: bool = False) -> Record:
    """A hypothesis with evidence on both sides, exhibits, and a run that was undone."""
    said: tuple[tuple[str, dict[str, Any], dict[str, str]], ...] = (
        ("opened", {"name": "x"}, {}),
        (
            "run",
            {
                "parameters": {"seeds": ["a", "b"], "rules": ["pro_rata"]},
                "inputs": {"tip": {"height": 777}},
            },
            {},
        ),
        ("hypothesis", {"id": "H1"}, {"text": "One man runs both sites"}),
        (
            "evidence",
            {"hypothesis": "H1", "speaks": "for", "what": {"type": "finding", "id": "I2"}},
            {},
        ),
        ("evidence", {"hypothesis": "H1", "speaks": "against"}, {"text": "Two languages"}),
        (
            "exhibit",
            {"id": "E1", "type": "file", "sha256": hash_of("page"), "size_bytes": 5, "kept": False},
            {"text": "Saved page", "file": "page.html"},
        ),
    )
    entries = tuple(
        Entry(
            seq=number,
            time_utc="2026-01-30T10:00:00Z",
            kind=kind,
            body={**body, "sealed": dict.fromkeys(sealed, "00")},
            prev="",
            hash="",
            opened={}
            if withheld
            else {name: Opening(salt="00", value=value) for name, value in sealed.items()},
        )
        for number, (kind, body, sealed) in enumerate(said, 1)
    )
    standing = frozenset(entry.seq for entry in entries if entry.kind != "run")
    return Record(entries, standing, {"data/report.json": hash_of("file")})
