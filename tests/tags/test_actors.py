"""Actors of an ActorPack, and broken packs refused."""

import pytest

from peelchain.errors import TagError
from peelchain.tags.actors import read_actorpack


def test_the_real_actors(shared_data):
    actors = read_actorpack(shared_data / "tagpacks" / "actors" / "graphsense.actorpack.yaml")
    assert len(actors) == 3_813
    assert list(actors) == sorted(actors)
    assert (actors["bitmex"].label, actors["bitmex"].jurisdictions) == ("BitMEX", ("SC",))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("title: x\ntags: []\n", "has no list of actors"),
        ("actors:\n- id: a\n", "line 2: an actor has no id or no label"),
        ("actors:\n- id: a\n  label: A\n- id: a\n  label: B\n", "line 4: the actor 'a' stands"),
        ("actors:\n- id: a\n  label: [A]\n", "label is not text"),
        ("actors:\n- id: a\n  label: A\n  jurisdictions: SC\n", "not a list of texts"),
        ("actors:\n- nonsense\n", "is not a set of fields"),
    ],
)
def test_a_broken_pack_is_refused_with_its_line(tmp_path, text, reason):
    path = tmp_path / "actors.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TagError, match=r"'actors\.yaml'") as refused:
        read_actorpack(path)
    assert reason in str(refused.value)
