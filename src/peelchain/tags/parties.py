"""Which service tags hold single scripts to be, where they know it independently."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from peelchain.tags.circular import drawn_from_clustering
from peelchain.tags.services import Int64, confidence_level, parties, service_kind
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


def independent_parties(
    tags: pa.Table, least: int = INDEPENDENT, *, scripts: Collection[bytes] | None = None
) -> PartyTags:
    """What the tags of services say of single scripts, by tags of at least this confidence.

    Reads the table `tags`, in any order; with `scripts` the answer is that on these alone. Tags of
    persons, tags without a service's category and tags drawn from a clustering say nothing here.
    Parties are told apart as in `services`: by actor, or by label.
    """
    of_services = tags.filter(rows_where(tags["category"], lambda c: service_kind(c) is not None))
    confident = rows_where(of_services["confidence"], lambda c: confidence_level(c) >= least)
    known = of_services.filter(confident)
    known = known.filter(pa.array(~drawn_from_clustering(known)))
    # the party of a label may rest on a tag of another script
    party, names = _parties(known)
    if scripts is not None:
        wanted = pc.is_in(known["script_pubkey"], pa.array(sorted(scripts), pa.binary()))
        chosen = np.asarray(wanted.combine_chunks().to_numpy(zero_copy_only=False), dtype=bool)
        known, party = known.filter(pa.array(chosen)), party[chosen]
    order = pc.sort_indices(known, [("script_pubkey", "ascending"), ("tag_id", "ascending")])
    rows = order.to_numpy()
    script, party = _codes(known["script_pubkey"])[rows], party[rows]
    pairs = script * (len(names) + 1) + party
    firsts = np.sort(np.unique(pairs, return_index=True)[1])
    several = np.bincount(script[firsts], minlength=1)[script[firsts]] > 1
    columns = ("script_pubkey", "tag_id", "file", "label", "source")
    told = known.select(columns).take(pa.array(rows[firsts])).to_pylist()
    return PartyTags(
        tags=tuple(
            PartyTag(
                row["script_pubkey"],
                names[at],
                row["tag_id"],
                f"tag {row['tag_id']} of {row['file']}: {shown(row['label'])} by "
                f"{shown(row['source'])}",
            )
            for row, at, disputed in zip(
                told, party[firsts].tolist(), several.tolist(), strict=True
            )
            if not disputed
        ),
        disputed=tuple(
            dict.fromkeys(
                row["script_pubkey"]
                for row, disputed in zip(told, several.tolist(), strict=True)
                if disputed
            )
        ),
        passed_over=of_services.num_rows - known.num_rows if scripts is None else 0,
    )


def rows_where(column: pa.ChunkedArray, holds: Callable[[str | None], bool]) -> pa.Array:
    """Which rows of a column of texts hold, asked once for each different text."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    yes = np.array([holds(text) for text in encoded.dictionary.to_pylist()], dtype=np.bool_)
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    return pa.array(yes[codes] if len(codes) else np.zeros(0, dtype=np.bool_))


def _parties(known: pa.Table) -> tuple[Int64, list[str]]:
    """The party of each row as a place among the parties' names, told once for each label."""
    labels, actors = (known[c].combine_chunks() for c in ("label", "actor"))
    width = 1 + len(actors.unique())
    both = _codes(labels) * width + _codes(actors)
    _, first, back = np.unique(both, return_index=True, return_inverse=True)
    some = pa.array(first)
    told = parties(labels.take(some).to_pylist(), actors.take(some).to_pylist())
    names = sorted(set(told))
    place = {name: at for at, name in enumerate(names)}
    places = np.array([place[name] for name in told], dtype=np.int64)
    return places[back] if len(back) else np.zeros(0, dtype=np.int64), names


def _codes(column: pa.Array | pa.ChunkedArray) -> Int64:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    encoded = column.dictionary_encode(null_encoding="encode")
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
