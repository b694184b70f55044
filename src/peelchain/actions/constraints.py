"""What keeps clusters apart in a store: tags of different services, and a user's statements."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peelchain.actions.view import StoreView
from peelchain.cluster.constraints import Constraints, Label, Pair
from peelchain.tags.parties import INDEPENDENT, independent_parties
from peelchain.tags.statements import read_statements

SERVICE = "service"
"""The kind of label that tags of services give."""


@dataclass(frozen=True)
class Gathered:
    """The constraints as the store's chain has them, and what they were made of.

    `digest` is the SHA-256 (hex) of all that was given, whether the chain has the scripts or not:
    it does not change when the chain grows. `told` counts what was used and what was not.
    """

    constraints: Constraints
    digest: str
    told: dict[str, Any]


def gather(view: StoreView, files: Sequence[Path] = (), *, services: bool = True) -> Gathered:
    """The constraints of a store: by its tags of services, and by files of statements.

    Raises TagError for a file that cannot be read, MisuseError where statements and tags contradict
    each other, both naming file and row.
    """
    statements = [row for file in files for row in read_statements(file, view.network).rows]
    known = independent_parties(view.tags) if services and view.tags.num_rows else None
    tags = known.tags if known else ()
    scripts = {
        *(tag.script_pubkey for tag in tags),
        *(script for row in statements for script in (row.script_a, row.script_b)),
    }
    ids = view.lookup.script_ids(scripts) if scripts else {}
    # all, so that a contradiction is seen even where the chain lacks a script: those get numbers
    # of their own, which no script of the chain has
    absent = {script: -1 - at for at, script in enumerate(sorted(scripts - ids.keys()))}
    number = {**ids, **absent}
    every = Constraints(
        tuple(Label(number[t.script_pubkey], SERVICE, t.party, t.evidence) for t in tags),
        tuple(Pair(number[s.script_a], number[s.script_b], s.evidence) for s in statements),
    )
    there = Constraints(
        tuple(label for label in every.labels if label.script_id >= 0),
        tuple(pair for pair in every.pairs if min(pair.script_a, pair.script_b) >= 0),
    )
    given = [
        *([SERVICE, INDEPENDENT, t.script_pubkey.hex(), t.party, t.evidence] for t in tags),
        *(["statement", s.script_a.hex(), s.script_b.hex(), s.evidence] for s in statements),
    ]
    canonical = "\n".join(sorted(json.dumps(row, separators=(",", ":")) for row in given))
    return Gathered(
        there,
        hashlib.sha256(canonical.encode("ascii")).hexdigest() if given else "",
        {
            "services": len({label.party for label in there.labels}),
            "tagged_scripts": len(there.labels),
            "tagged_scripts_not_in_chain": len(every.labels) - len(there.labels),
            "disputed_scripts": len(known.disputed) if known else 0,
            "tags_passed_over": known.passed_over if known else 0,
            "statements": len(there.pairs),
            "statements_not_in_chain": [s.place for s in statements if _absent(s, ids)],
        },
    )


def _absent(statement: Any, ids: dict[bytes, int]) -> bool:
    return statement.script_a not in ids or statement.script_b not in ids
