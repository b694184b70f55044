"""Which service tags hold single scripts to be, where they know it independently."""

from dataclasses import dataclass

import pyarrow as pa

from peelchain.tags.services import confidence_level, parties, service_kind
from peelchain.units import shown

INDEPENDENT = 50
"""Level of confidence from which on a tag is taken for knowledge of its own: the service's own
data, forensics, an authority, a purchase. Tags gathered from the web or by heuristics are below it:
they often rest on the very clustering that they would be held against."""


@dataclass(frozen=True)
class PartyTag:
    """A script that a tag holds to be a party's: its actor, or its label in plain letters."""

    script_pubkey: bytes
    party: str
    tag_id: str
    evidence: str


@dataclass(frozen=True)
class PartyTags:
    """One tag for each script and party, by script and tag_id, and the scripts in dispute.

    `disputed` are scripts that tags hold to be several parties': of these no party is known.
    `passed_over` counts tags of services below the level of confidence.
    """

    tags: tuple[PartyTag, ...]
    disputed: tuple[bytes, ...]
    passed_over: int


def independent_parties(tags: pa.Table, least: int = INDEPENDENT) -> PartyTags:
    """What the tags of services say of single scripts, by tags of at least this confidence.

    Reads the table `tags`. Tags of persons and tags without a service's category say nothing here.
    Parties are told apart as in `services`: by actor, or by label.
    """
    rows = [
        row
        for row in sorted(tags.to_pylist(), key=lambda row: str(row["tag_id"]))
        if service_kind(row["category"]) is not None
    ]
    known = [row for row in rows if confidence_level(row["confidence"]) >= least]
    names = parties([row["label"] for row in known], [row["actor"] for row in known])
    found: dict[bytes, dict[str, PartyTag]] = {}
    for row, party in zip(known, names, strict=True):
        script = row["script_pubkey"]
        evidence = (
            f"tag {row['tag_id']} of {row['file']}: {shown(row['label'])} by {shown(row['source'])}"
        )
        tag = PartyTag(script, party, row["tag_id"], evidence)
        found.setdefault(script, {}).setdefault(party, tag)
    return PartyTags(
        tags=tuple(
            tag
            for script in sorted(found)
            if len(found[script]) == 1
            for tag in found[script].values()
        ),
        disputed=tuple(sorted(script for script, told in found.items() if len(told) > 1)),
        passed_over=len(rows) - len(known),
    )
