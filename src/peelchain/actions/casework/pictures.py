"""Pictures of a case: listed, read, saved; and snapshots, which are exhibits for ever."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.casework.moment import moment_of
from peelchain.actions.casework.statements import checked_text, said
from peelchain.case import pictures as held_pictures
from peelchain.case.casefile import CaseFile
from peelchain.case.inert_svg import check_svg
from peelchain.case.journal import Entry
from peelchain.case.lock import Waiting, silently
from peelchain.case.pictures import ConflictError, NoPictureError, Picture
from peelchain.case.references import name_next
from peelchain.errors import CaseError
from peelchain.units import format_time

Row = dict[str, Any]


def pictures(folder: Path) -> Row:
    """The pictures of a case: name, version, when saved, size, number of nodes, what made on.

    `error` says what is wrong with one that cannot be read, and all else of it is None.
    """
    with CaseFile.open(folder):
        rows = []
        for name in held_pictures.names(folder):
            try:
                found = held_pictures.read(folder, name)
                rows.append({**_told(found), "nodes": _node_count(found), "error": None})
            except CaseError as e:
                nothing = dict.fromkeys(("version", "saved_utc", "bytes", "made_on", "nodes"))
                rows.append({"name": name, **nothing, "error": str(e)})
        return {"case": str(folder), "pictures": rows}


def picture(folder: Path, name: str) -> Row:
    """A picture, its JSON text as `picture`. Raises NoPictureError, CaseError."""
    found = held_pictures.read(folder, name)
    return {**_told(found), "picture": found.text.decode()}


def save_picture(
    folder: Path,
    name: str,
    text: str,
    made_on: Mapping[str, Any],
    *,
    version: str | None = None,
    fresh: bool = False,
    date_utc: datetime | None = None,
) -> Row:
    """Saves a picture over the version that it was made from; see `case.pictures.write`."""
    saved_utc = format_time(int(moment_of(date_utc).timestamp()))
    with CaseFile.open(folder):
        found = held_pictures.write(
            folder, name, text.encode(), made_on, saved_utc, version=version, fresh=fresh
        )
    return _told(found)


def remove_picture(folder: Path, name: str, version: str) -> Row:
    """Removes a picture; its snapshots stay. Raises NoPictureError, ConflictError."""
    held_pictures.remove(folder, name, version)
    return {"name": name, "removed": True}


def snapshot(
    folder: Path,
    name: str,
    svg: str,
    description: str,
    *,
    version: str | None = None,
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> Row:
    """Makes a picture as it is saved an exhibit, with how it looked; gives the entry.

    Both are kept under their SHA-256: the exhibit's file is the picture's JSON, `picture.svg` its
    figure. Raises ConflictError where another version is saved than the one given, MisuseError for
    a figure that does more than draw.
    """
    text, figure = checked_text(description), svg.encode()
    check_svg(figure)
    found = held_pictures.read(folder, name)
    if version not in (None, found.version):
        raise ConflictError("the picture was saved again since it was drawn; take it once more")
    with CaseFile.open(folder) as case, case.at_work(waiting):
        body: Row = {
            "id": name_next(case, "exhibit"),
            "type": "file",
            "sha256": case.keep(found.text),
            "size_bytes": len(found.text),
            "kept": True,
            "picture": {
                "svg_sha256": case.keep(figure),
                "svg_size_bytes": len(figure),
                "made_on": found.made_on,
            },
        }
        return said(case, "exhibit", body, {"text": text, "file": f"{name}.json"}, date_utc)


def snapshots(folder: Path) -> Row:
    """The snapshots that stand: entry, exhibit, time, name, text, hashes, what made on."""
    with CaseFile.open(folder) as case:
        found = [_snapshot_told(e) for e in case.standing("exhibit") if "picture" in e.body]
        return {"case": str(folder), "snapshots": found}


def snapshot_as_it_was(folder: Path, seq: int) -> Row:
    """A snapshot with its picture and figure, byte for byte. One that was undone is still given.

    Raises NoPictureError for an entry that is none, MissingInputError where a copy was changed.
    """
    with CaseFile.open(folder) as case:
        entry = next((e for e in case.entries() if e.seq == seq), None)
        if entry is None or entry.kind != "exhibit" or "picture" not in entry.body:
            raise NoPictureError(f"entry {seq} of the journal is no snapshot of a picture")
        stands = any(e.seq == seq for e in case.standing("exhibit"))
        return {
            **_snapshot_told(entry),
            "undone": not stands,
            "picture": case.kept(entry.body["sha256"]).decode(),
            "svg": case.kept(entry.body["picture"]["svg_sha256"]).decode(),
        }


def _told(found: Picture) -> Row:
    return {
        "name": found.name,
        "version": found.version,
        "saved_utc": found.saved_utc,
        "bytes": len(found.text),
        "made_on": found.made_on,
    }


def _node_count(found: Picture) -> int | None:
    nodes = held_pictures.checked_picture(found.text).get("nodes")
    return len(nodes) if isinstance(nodes, dict | list) else None


def _snapshot_told(entry: Entry) -> Row:
    body = entry.body
    file = entry.value("file")
    return {
        "entry": entry.seq,
        "id": body["id"],
        "time_utc": entry.time_utc,
        "name": file.removesuffix(".json") if isinstance(file, str) else None,
        "text": entry.value("text"),
        "sha256": body["sha256"],
        "svg_sha256": body["picture"]["svg_sha256"],
        "made_on": body["picture"]["made_on"],
    }
