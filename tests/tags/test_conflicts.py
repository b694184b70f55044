"""Circular support and conflicts: what is drawn from a clustering, and who comes first, by what."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peelchain.schema import TABLES
from peelchain.tags.circular import drawn_from_clustering
from peelchain.tags.conflicts import CRITERIA, contested
from peelchain.tags.services import confidence_level, parties

SCHEMA = TABLES["tags"].schema


def table(rows):
    blank = dict.fromkeys(SCHEMA.names)
    return pa.Table.from_pylist(
        [{**blank, "tag_id": f"{n:016x}", **row} for n, row in enumerate(rows)], SCHEMA
    )


@pytest.mark.parametrize(
    ("fields", "drawn"),
    [
        ({}, False),
        ({"confidence": "heuristic"}, True),
        ({"confidence": "forensic"}, False),
        ({"derived_from": "tag 0123"}, True),
        ({"source": "our cluster of 2024"}, True),
        ({"source": "https://clusterfund.example"}, False),
        ({"context": '{"method": "co-spending"}'}, True),
        ({"context": "multi-input heuristics"}, True),
        ({"tag_type": "cluster"}, True),
        ({"source": "peelchain run 12"}, True),
        ({"label": "cluster"}, False),
    ],
)
def test_a_tag_drawn_from_a_clustering_says_so_somewhere(fields, drawn):
    found = drawn_from_clustering(table([{"source": "s", "label": "x", **fields}]))
    assert found.tolist() == [drawn]


def test_no_tags_are_none_drawn():
    assert drawn_from_clustering(SCHEMA.empty_table()).tolist() == []


row = st.fixed_dictionaries(
    {
        "label": st.sampled_from(["North", "NORTH", "East", "West"]),
        "actor": st.sampled_from([None, None, "north", "east"]),
        "confidence": st.sampled_from([None, "web_crawl", "service_data", "unheard"]),
        "lastmod": st.sampled_from([None, "2020-01-01", "2021-02-03"]),
    }
)


@settings(deadline=None)
@given(st.lists(st.tuples(row, st.integers(-1, 2), st.integers(0, 3)), max_size=10))
def test_conflicts_are_those_of_plain_sorting(given_rows):
    tags = table([{**fields, "source": "s"} for fields, _, _ in given_rows])
    subjects = np.array([subject for _, subject, _ in given_rows], dtype=np.int64)
    scripts = np.array([script for _, _, script in given_rows], dtype=np.int64)
    found = contested(tags, subjects, scripts)
    rows = tags.to_pylist()
    names = parties([r["label"] for r in rows], [r["actor"] for r in rows])
    for subject in {-1, 0, 1, 2}:
        own = [at for at in range(len(rows)) if subjects[at] == subject]
        named = {names[at] for at in own}
        if subject < 0 or len(named) < 2:
            assert subject not in found
            continue

        def key(party, own=own):
            mine = [at for at in own if names[at] == party]
            best = min(
                (
                    -confidence_level(rows[at]["confidence"]),
                    -int((rows[at]["lastmod"] or "0").replace("-", "")),
                    rows[at]["tag_id"],
                )
                for at in mine
            )
            return best[0], -len({int(scripts[at]) for at in mine}), best[1], best[2]

        ranked = sorted(named, key=key)
        claims = found[subject]
        assert [claim.party for claim in claims] == ranked
        assert sum(claim.tags for claim in claims) == len(own)
        for before, after in pairwise(claims):
            first = next(
                name
                for name, a, b in zip(CRITERIA, key(before.party), key(after.party), strict=True)
                if a != b
            )
            assert before.decided_by == first
        assert claims[-1].decided_by is None
