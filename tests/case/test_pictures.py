"""Pictures of a case: kept byte for byte, never overwritten by another tab, nothing beside them."""

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain.case import pictures
from peelchain.case.inert_svg import check_svg
from peelchain.case.pictures import ConflictError, NoPictureError, read, write
from peelchain.errors import CaseError, MisuseError

MADE = {"tip_height": 7, "tip_hash": "ab", "policy": "p", "run_id": None, "imports": []}
LATER = {**MADE, "tip_height": 8}
WHEN = "2024-01-31T12:00:00Z"


def saved(folder: Path, name: str, text: bytes, version: str | None = None, **more: bool) -> str:
    fresh = more.get("fresh", False)
    made = LATER if version else MADE
    return write(folder, name, text, made, WHEN, version=version, fresh=fresh).version


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
)


@given(picture=st.dictionaries(st.text(), JSON), spaces=st.sampled_from([None, 1]))
def test_a_picture_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, picture: dict[str, object], spaces: int | None
) -> None:
    folder = tmp_path_factory.mktemp("case")
    text = json.dumps({**picture, ',"picture":': "}\n"}, indent=spaces, ensure_ascii=False)
    try:
        content = text.encode()
    except UnicodeEncodeError:
        return
    saved(folder, "one", content)
    assert read(folder, "one").text == content
    # the file is JSON as a whole, too
    file = json.loads((folder / "pictures" / "one.json").read_bytes())
    assert file["picture"] == json.loads(text)


def test_two_tabs_do_not_overwrite_each_other(tmp_path: Path) -> None:
    first = saved(tmp_path, "one", b'{"nodes":[]}')
    second = saved(tmp_path, "one", b'{"nodes":[1]}', first)
    with pytest.raises(ConflictError, match="saved elsewhere at 2024-01-31T12:00:00Z; open it"):
        saved(tmp_path, "one", b'{"nodes":[2]}', first)
    with pytest.raises(ConflictError):
        saved(tmp_path, "one", b'{"nodes":[2]}')
    assert read(tmp_path, "one").version == second
    pictures.remove(tmp_path, "one", second)
    with pytest.raises(ConflictError, match="was removed"):
        saved(tmp_path, "one", b'{"nodes":[2]}', second)
    assert pictures.names(tmp_path) == []


def test_a_picture_keeps_what_it_was_made_on_until_it_is_looked_up_anew(tmp_path: Path) -> None:
    version = saved(tmp_path, "one", b'{"n":1}')
    version = saved(tmp_path, "one", b'{"n":2}', version)
    assert read(tmp_path, "one").made_on == MADE
    saved(tmp_path, "one", b'{"n":3}', version, fresh=True)
    assert read(tmp_path, "one").made_on == LATER


def test_pictures_are_for_their_owner(tmp_path: Path) -> None:
    saved(tmp_path, "Where it went 2", b"{}")
    assert pictures.names(tmp_path) == ["Where it went 2"]
    modes = [stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "pictures").rglob("*")]
    assert set(modes) == {0o600}
    assert stat.S_IMODE((tmp_path / "pictures").stat().st_mode) == 0o700


def test_a_changed_file_is_no_picture(tmp_path: Path) -> None:
    saved(tmp_path, "one", b'{"n":1}')
    path = tmp_path / "pictures" / "one.json"
    path.write_bytes(path.read_bytes().replace(b'"n":1', b'"n":2'))
    with pytest.raises(CaseError, match="not as it was saved"):
        read(tmp_path, "one")


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a" * 81, "a\x00", "a\n", "end."])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(MisuseError):
        saved(tmp_path, name, b"{}")
    with pytest.raises((MisuseError, NoPictureError)):
        read(tmp_path, name)
    assert list(tmp_path.rglob("*.json")) == []


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"1", b"{", b'{"a":NaN}', b'{"a":Infinity}', b"\xff{}", b'{"a":' * 100_000]
)
def test_what_is_no_picture_is_not_saved(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(MisuseError):
        saved(tmp_path, "one", text)
    assert pictures.names(tmp_path) == []


SVG = '<svg xmlns="http://www.w3.org/2000/svg"{}>{}</svg>'


@pytest.mark.parametrize(
    "content",
    [
        SVG.format("", '<g><text x="1">&lt;script&gt;<tspan>a</tspan></text></g>'),
        SVG.format(' viewBox="0 0 1 1"', '<path d="M0 0" marker-end="url(#arrow)"/>'),
    ],
)
def test_a_drawing_may_be_kept(content: str) -> None:
    check_svg(content.encode())


@pytest.mark.parametrize(
    "content",
    [
        "",
        "text",
        "<svg/>",
        SVG.format("", "<g>"),
        SVG.format("", "<script>1</script>"),
        SVG.format(' onload="x()"', ""),
        SVG.format("", '<g onclick="x()"/>'),
        SVG.format("", "<foreignObject/>"),
        SVG.format("", "<svg/>"),
        SVG.format("", '<image href="http://example.org/a.png"/>'),
        SVG.format("", '<style>@import "a"</style>'),
        SVG.format("", '<rect fill="url(http://example.org/a)"/>'),
        SVG.format("", "<g>" * 200 + "</g>" * 200),
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink">'
        '<g x:href="javascript:1"/></svg>',
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG.format("", "<text>&a;</text>"),
        '<html xmlns="http://www.w3.org/1999/xhtml"/>',
    ],
)
def test_what_does_more_than_draw_is_not_kept(content: str) -> None:
    with pytest.raises(MisuseError):
        check_svg(content.encode())
