"""Actors of an ActorPack: what is kept of each, whose law holds, and what is refused."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest
import yaml

from peelchain.errors import TagError
from peelchain.network import MAINNET
from peelchain.schema import TABLES
from peelchain.tags.actors import jurisdictions_of, latest_actors
from peelchain.tags.forms import as_asked
from peelchain.tags.tagpack import TagImport, read_lists

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def read(tmp_path, text: str) -> TagImport:
    path = tmp_path / "actors.yaml"
    path.write_text(text, encoding="utf-8")
    return read_lists([path], MAINNET, recorded_utc=NOW, reading=as_asked("actorpack"))


def test_every_real_actor_is_kept_as_a_plain_yaml_reader_sees_it(shared_data):
    path = shared_data / "tagpacks" / "actors" / "graphsense.actorpack.yaml"
    read = read_lists([path], MAINNET, recorded_utc=NOW)
    assert read.actors.schema.equals(TABLES["actors"].schema)
    assert (read.actors.num_rows, read.rejected, read.tags.num_rows) == (3_813, (), 0)
    with path.open(encoding="utf-8") as file:
        plain = {a["id"]: a for a in yaml.load(file, yaml.CBaseLoader)["actors"]}
    for row in read.actors.to_pylist():
        said = plain[row["actor"]]
        laws = said.get("jurisdictions") or []
        assert json.loads(row["jurisdictions"]) == sorted({law for law in laws if law})
        assert json.loads(row["categories"]) == list(dict.fromkeys(said["categories"]))
    assert jurisdictions_of(read.actors, "bitmex") == ("SC",)
    assert jurisdictions_of(read.actors, "no such actor") == ()
    assert jurisdictions_of(read.actors, None) == ()


def test_of_an_actor_imported_twice_the_last_counts(tmp_path):
    first = read(tmp_path, "actors:\n- id: a\n  label: Old\n- id: b\n  label: B\n").actors
    second = read(tmp_path, "actors:\n- id: a\n  label: New\n  jurisdictions: [AT, AT]\n").actors
    both = latest_actors(pa.concat_tables([first, second]))
    assert dict(zip(both["actor"].to_pylist(), both["label"].to_pylist(), strict=True)) == {
        "a": "New",
        "b": "B",
    }
    assert jurisdictions_of(both, "a") == ("AT",)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("- id: a\n", 4, "an actor has no id or no label"),
        ("- id: good\n  label: B\n", 4, "the actor 'good' stands"),
        ("- id: a\n  label: [A]\n", 4, "label is not text"),
        ("- id: a\n  label: A\n  jurisdictions: SC\n", 4, "not a list of texts"),
        ("- nonsense\n", 4, "is not a set of fields"),
    ],
)
def test_a_broken_actor_is_refused_alone_with_its_line(tmp_path, text, line, reason):
    result = read(tmp_path, "actors:\n- id: good\n  label: Good\n" + text)
    assert result.actors["label"].to_pylist() == ["Good"]
    (refused,) = result.rejected
    assert (refused.file, refused.line) == ("actors.yaml", line)
    assert reason in refused.reason


def test_a_file_that_is_no_actorpack_is_refused(tmp_path):
    with pytest.raises(TagError, match=r"'actors\.yaml': has no list of actors"):
        read(tmp_path, "title: x\ntags: []\n")
