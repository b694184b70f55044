"""The parts of report.json on doubts and on measured error, made up."""

import hashlib
from typing import Any


def txid_of(*parts: object) -> str:
    """64 hex digits fixed by the parts."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def no_doubts() -> dict[str, Any]:
    """A report's part `doubts` where nothing is in doubt."""
    quiet = {
        "entity": "site",
        "transactions": 0,
        "links": 40,
        "relied_on": 0,
        "txids": [],
        "scripts": 57,
        "scripts_without": 57,
        "received_sat_without": 1,
    }
    return {
        "possible_payjoins": [quiet],
        "superclusters": [],
        "tag_conflicts": [],
        "subject_tags": [],
    }


def doubts_of() -> dict[str, Any]:
    """A report's part `doubts` with one of each kind, and two parties that may hold PayJoins."""
    (quiet,) = no_doubts()["possible_payjoins"]
    return {
        "possible_payjoins": [
            quiet
            | {
                "transactions": 3,
                "relied_on": 2,
                "txids": [txid_of("payjoin", n) for n in range(3)],
            }
            | {"scripts_without": 50, "received_sat_without": 10**8},
            quiet
            | {"entity": "service-1", "transactions": 1, "links": 1, "txids": [txid_of("payjoin")]}
            | {"scripts": 300, "scripts_without": 299, "received_sat_without": None},
        ],
        "superclusters": [
            {
                "entities": ["service-1"],
                "address": "bcrt1qsupercluster",
                "scripts": 300,
                "services": ["Exchange North", "Market East"],
                "jumps": 2,
                "txids": [txid_of("jump")],
            }
        ],
        "tag_conflicts": [
            {"entity": "service-1", "label": "Exchange North", "others": ["Desk"], "count": 1}
        ],
        "subject_tags": [{"label": "Desk", "category": "exchange", "scripts": 2}],
    }


def rate(
    rule: str, precision: str | None, recall: str | None, **more: str | None
) -> dict[str, str | None]:
    """A row of the report's error rates with limits of 0.9 and 1."""
    row: dict[str, str | None] = {
        "rule": rule,
        "stratum": "all",
        "data": "habits: 10 economies of 600 blocks",
        "basis": "simulated",
        "unit": "merges",
        "made_by": "peelchain evaluate run",
        "seeds": "1 to 10",
    }
    for name, share in (("precision", precision), ("recall", recall)):
        row[name] = share
        row[f"{name}_low"] = None if share is None else "0.9000"
        row[f"{name}_high"] = None if share is None else "1.0000"
    return row | more
