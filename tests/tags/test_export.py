"""What is exported reads back the same, and keeps to GraphSense's schema."""

import datetime as dt
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from peelchain.network import MAINNET
from peelchain.script import address, p2wpkh
from peelchain.tags.export import CSV_COLUMNS, actorpack, tagpacks, tags_csv
from peelchain.tags.forms import as_asked
from peelchain.tags.tagpack import read_lists, read_tagpack

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)

# GraphSense's tagpack_schema.yaml and actorpack_schema.yaml: field, type, whether it is demanded
PACK = {
    "title": (str, True),
    "creator": (str, True),
    "description": (str, False),
    "owner": (str, False),
    "is_public": (bool, False),
}
TAG = {
    "label": (str, True),
    "source": (str, True),
    "currency": (str, True),
    "network": (str, True),
    "context": (str, False),
    "confidence": (str, True),
    "is_cluster_definer": (bool, False),
    "lastmod": (dt.date, False),
    "category": (str, False),
    "abuse": (str, False),
    "address": (str, False),
    "tx_hash": (str, False),
    "actor": (str, False),
    "concepts": (list, False),
    "tag_type": (str, False),
}
ACTOR = {
    "id": (str, True),
    "uri": (str, True),
    "label": (str, True),
    "lastmod": (dt.date, True),
    "categories": (list, True),
    "jurisdictions": (list, False),
    "context": (object, False),
    "aliases": (list, False),
}

word = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters="\0"), min_size=1, max_size=12
)
text = st.lists(word, min_size=1, max_size=3).map(" ".join)
day = st.dates(dt.date(2009, 1, 3), dt.date(2030, 1, 1)).map(str)
tags = st.lists(
    st.fixed_dictionaries(
        {
            "address": st.integers(1, 6).map(lambda n: address(p2wpkh(bytes([n]) * 20), MAINNET)),
            "label": text,
            "source": text,
            "confidence": st.sampled_from(["service_data", "web_crawl"]),
        },
        optional={
            "category": text,
            "abuse": text,
            "actor": text,
            "concepts": st.lists(text, min_size=1, max_size=3),
            "context": text,
            "tag_type": text,
            "is_cluster_definer": st.booleans(),
            "lastmod": day,
            "created": day,
            "valid_from": st.just("2010-05-06"),
            "valid_until": st.just("2020-01-02"),
            "derived_from": text,
            "creator": text,
        },
    ),
    min_size=1,
    max_size=8,
)


def imported(folder: Path, given_tags: list[dict[str, Any]]) -> pa.Table:
    path = folder / "given.yaml"
    pack = {"title": "t", "creator": "me", "currency": "BTC", "tags": given_tags}
    path.write_text(yaml.safe_dump(pack, allow_unicode=True), encoding="utf-8")
    found = read_tagpack(path, MAINNET, recorded_utc=NOW)
    assert not found.rejected
    return found.tags


def content(table: pa.Table) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "file"} for row in table.to_pylist()]


@settings(deadline=None, max_examples=40)
@given(tags)
def test_tags_read_back_the_same_from_tagpack_and_csv(tmp_path_factory, given_tags):
    folder = tmp_path_factory.mktemp("export")
    first = imported(folder, given_tags)
    packs = []
    for number, (_, pack) in enumerate(tagpacks(first, title="T", description="d")):
        packs.append(folder / f"{number}.yaml")
        packs[-1].write_text(pack, encoding="utf-8")
    back = read_lists(packs, MAINNET, recorded_utc=NOW)
    assert (back.rejected, back.repaired, back.duplicates) == ((), (), 0)
    assert content(back.tags) == content(first)
    table = folder / "tags.csv"
    table.write_text("".join(tags_csv(first)), encoding="utf-8", newline="")
    back = read_lists([table], MAINNET, recorded_utc=NOW, reading=as_asked("csv"))
    assert (back.rejected, back.repaired, back.duplicates) == ((), (), 0)
    assert content(back.tags) == content(first)
    for path in packs:
        keeps_to_graphsense(yaml.safe_load(path.read_text(encoding="utf-8")))


def keeps_to_graphsense(pack: dict[str, Any]) -> None:
    shared = {name: value for name, value in pack.items() if name != "tags"}
    for name, (_, demanded) in PACK.items():
        assert not demanded or name in shared
    assert set(shared) <= {*PACK, *TAG}
    for own in pack["tags"]:
        said = {**{k: v for k, v in shared.items() if k in TAG}, **own}
        assert set(own) <= set(TAG)
        for name, (kind, demanded) in TAG.items():
            assert not demanded or name in said
            assert name not in said or isinstance(said[name], kind), (name, said[name])


def test_the_real_actors_read_back_the_same(shared_data, tmp_path):
    path = shared_data / "tagpacks" / "actors" / "graphsense.actorpack.yaml"
    first = read_lists([path], MAINNET, recorded_utc=NOW).actors
    out = tmp_path / "again.actorpack.yaml"
    written = actorpack(first, title="t", creator="c", description="d")
    out.write_text(written, encoding="utf-8")
    back = read_lists([out], MAINNET, recorded_utc=NOW)
    assert back.rejected == ()
    assert content(back.actors) == content(first)
    pack = yaml.load(written, yaml.CSafeLoader)
    assert pack["creator"] == "Graphsense Core Team"
    for actor in pack["actors"]:
        assert set(actor) <= set(ACTOR)
        for name, (kind, demanded) in ACTOR.items():
            assert not demanded or name in actor, (actor["id"], name)
            assert name not in actor or isinstance(actor[name], kind)


def test_a_cell_that_a_spreadsheet_would_run_is_made_inert(tmp_path):
    table = imported(
        tmp_path,
        [{"address": address(p2wpkh(bytes(20)), MAINNET), "label": "=1+1", "source": "'=x"}],
    )
    head, line = "".join(tags_csv(table)).splitlines()
    assert head == ",".join(CSV_COLUMNS)
    assert line.split(",")[1:3] == ["'=1+1", "''=x"]
