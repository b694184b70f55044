"""Bundles are valid bags, the same bytes every time, and whole or not there."""

import hashlib
import json
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import bagit
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain.case.bundle import pack, seal
from peelchain.case.canonical import canonical_json, canonical_jsonl
from peelchain.case.verify import parse_json, read_files
from peelchain.errors import BundleError

PAYLOAD = {"case.json": b"{}\n", "traces/a.json": b"[1]\n", "report.pdf": bytes(range(256))}
DATE = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)


def test_the_bag_validates_with_the_bagit_library(tmp_path: Path) -> None:
    digest = pack(PAYLOAD, name="case-1", date_utc=DATE, out=tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        archive.extractall(tmp_path)
    bag = bagit.Bag(str(tmp_path / "case-1"))
    bag.validate()
    assert bag.info["Bagging-Date"] == "2026-01-31"
    assert bag.info["Payload-Oxum"] == f"{3 + 4 + 256}.3"
    assert set(bag.payload_entries()) == {f"data/{path}" for path in PAYLOAD}
    tag_manifest = (tmp_path / "case-1/tagmanifest-sha256.txt").read_bytes()
    assert hashlib.sha256(tag_manifest).hexdigest() == digest
    (tmp_path / "case-1/data/report.pdf").write_bytes(b"other")
    with pytest.raises(bagit.BagValidationError):
        bag.validate()


def test_the_same_payload_gives_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for n, payload in enumerate((PAYLOAD, dict(reversed(PAYLOAD.items())))):
        moment = DATE.astimezone(timezone(timedelta(hours=5 * n)))
        digests.add(pack(payload, name="c", date_utc=moment, out=tmp_path / f"{n}.zip"))
    assert (tmp_path / "0.zip").read_bytes() == (tmp_path / "1.zip").read_bytes()
    assert digests == {seal(PAYLOAD, date_utc=DATE).digest}


def test_files_on_the_disk_give_the_same_bundle_as_bytes(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(PAYLOAD["report.pdf"])
    mixed: dict[str, bytes | Path] = {**PAYLOAD, "report.pdf": tmp_path / "part"}
    digests = {
        pack(PAYLOAD, name="c", date_utc=DATE, out=tmp_path / "bytes.zip"),
        pack(mixed, name="c", date_utc=DATE, out=tmp_path / "files.zip"),
    }
    assert len(digests) == 1
    assert (tmp_path / "bytes.zip").read_bytes() == (tmp_path / "files.zip").read_bytes()
    with pytest.raises(BundleError, match="could not write the bundle"):
        pack({"x": tmp_path / "gone"}, name="c", date_utc=DATE, out=tmp_path / "x.zip")


def test_the_zip_is_stored_sorted_and_dated_alike(tmp_path: Path) -> None:
    pack(PAYLOAD, name="c", date_utc=DATE, out=tmp_path / "c.zip")
    with zipfile.ZipFile(tmp_path / "c.zip") as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert names == sorted(names)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    files = read_files(tmp_path / "c.zip")
    assert files == dict(seal(PAYLOAD, date_utc=DATE).files)


def test_the_digest_moves_with_every_file_and_the_date() -> None:
    digests = {seal(PAYLOAD, date_utc=DATE).digest}
    for path, content in PAYLOAD.items():
        digests.add(seal({**PAYLOAD, path: content + b"x"}, date_utc=DATE).digest)
    digests.add(seal(PAYLOAD, date_utc=DATE + timedelta(days=1)).digest)
    assert len(digests) == len(PAYLOAD) + 2


@pytest.mark.parametrize(
    "path", ["../x", "/x", "a//b", "", ".x", "a/.b", "a b", "a\nb", "a\\b", "\u00fc", "a/../b"]
)
def test_refuses_paths_that_are_not_plain(path: str) -> None:
    with pytest.raises(BundleError, match="cannot be a file of a bundle"):
        seal({path: b""}, date_utc=DATE)


def test_refuses_names_that_differ_in_case_only() -> None:
    with pytest.raises(BundleError, match="differ in case"):
        seal({"a.json": b"", "A.json": b""}, date_utc=DATE)


@pytest.mark.parametrize("name", ["", "..", "a/b", ".a", "a b"])
def test_refuses_a_name_that_is_no_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot name a bundle"):
        pack(PAYLOAD, name=name, date_utc=DATE, out=tmp_path / "x.zip")
    assert not list(tmp_path.iterdir())


def test_refuses_a_date_without_a_zone() -> None:
    with pytest.raises(BundleError, match="time zone"):
        seal(PAYLOAD, date_utc=datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_bundle_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/file").write_bytes(b"")
    for out in (tmp_path / "none/x.zip", tmp_path / "taken"):
        with pytest.raises(BundleError, match="could not write the bundle"):
            pack(PAYLOAD, name="c", date_utc=DATE, out=out)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "taken"]


def test_replaces_an_older_bundle_whole(tmp_path: Path) -> None:
    out = tmp_path / "c.zip"
    out.write_bytes(b"older")
    pack(PAYLOAD, name="c", date_utc=DATE, out=out)
    assert zipfile.is_zipfile(out)
    assert [file.name for file in tmp_path.iterdir()] == ["c.zip"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 10**19 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_canonical_json_reads_back_and_is_what_the_verifier_accepts(value: Any) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert text.isascii()
    assert text.count(b"\n") == 1
    assert parse_json(text.decode()) == value


def test_canonical_json_is_one_form() -> None:
    assert canonical_json({"b": [1, "\u00fc"], "a": None}) == b'{"a":null,"b":[1,"\\u00fc"]}\n'
    assert canonical_jsonl([{"a": 1}, {}]) == b'{"a":1}\n{}\n'


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": [0.5]}, "a[0]"),
        ({"a": -1}, "a"),
        ([10**19], "[0]"),
        ({1: 2}, "key 1"),
        ({"x": b""}, "x"),
    ],
)
def test_canonical_json_refuses_what_reads_differently_elsewhere(value: Any, where: str) -> None:
    with pytest.raises(BundleError) as caught:
        canonical_json(value)
    assert where in str(caught.value)


def test_canonical_json_refuses_depth_without_end() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(BundleError, match="deep"):
        canonical_json(value)
