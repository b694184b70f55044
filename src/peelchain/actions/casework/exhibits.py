"""Exhibits: files, transactions, outputs and findings that a case puts a number on."""

import os
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from peelchain.actions.casework.statements import checked_text, said
from peelchain.case.casefile import INPUTS, CaseFile
from peelchain.case.digests import digest_of
from peelchain.case.lock import Waiting, silently
from peelchain.case.references import name_next, refer
from peelchain.errors import CaseError, MisuseError
from peelchain.units import shown

Row = dict[str, Any]

_WHOLE = "whole"

MOST_KEPT_BYTES = 1 << 30
"""The greatest file of which a copy is kept in the case."""


def add_exhibit(
    folder: Path,
    what: str,
    description: str,
    *,
    hash_only: bool = False,
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> Row:
    """Makes a file, or whatever a reference names, the exhibit E1, E2, ...; gives the entry.

    A file is kept by its hash, or with `hash_only` its hash and size alone. Its name is sealed.
    Raises CaseError for a file that cannot be read or is too large to keep.
    """
    checked_text(description)
    path = Path(what)
    if path.exists():
        return exhibit_file(
            folder, path, description, hash_only=hash_only, date_utc=date_utc, waiting=waiting
        )
    if hash_only:
        raise CaseError(f"{shown(what)} is no file; --hash-only is for files")
    try:
        return exhibit_reference(folder, what, description, date_utc=date_utc, waiting=waiting)
    except MisuseError as e:
        raise MisuseError(f"{shown(what)} is no file either: {e}") from None


def exhibit_file(
    folder: Path,
    path: Path,
    description: str,
    *,
    hash_only: bool = False,
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> Row:
    """Makes a file an exhibit, as `add_exhibit`."""
    text = checked_text(description)
    with CaseFile.open(folder) as case, case.at_work(waiting):
        body: Row = {"id": name_next(case, "exhibit"), **_file(case, path, hash_only)}
        return said(case, "exhibit", body, {"text": text, "file": _name(path)}, date_utc)


def exhibit_reference(
    folder: Path,
    reference: str,
    description: str,
    *,
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> Row:
    """Makes what a reference names an exhibit; no file is ever read. Raises as `refer`."""
    text = checked_text(description)
    with CaseFile.open(folder) as case, case.at_work(waiting):
        of = refer(case, reference)
        body: Row = {"id": name_next(case, "exhibit"), "type": "reference", "of": of}
        return said(case, "exhibit", body, {"text": text}, date_utc)


def exhibits(folder: Path) -> Row:
    """The exhibits that stand, with whether the copy of each file is there and whole.

    `copy` is `whole`, `changed` or `missing`, None where none is kept.
    """
    with CaseFile.open(folder) as case:
        rows = []
        for entry in case.standing("exhibit"):
            body = entry.body
            rows.append(
                {
                    "id": body["id"],
                    "entry": entry.seq,
                    "time_utc": entry.time_utc,
                    "type": body["type"],
                    "of": body.get("of"),
                    "sha256": body.get("sha256"),
                    "size_bytes": body.get("size_bytes"),
                    "file": entry.value("file"),
                    "text": entry.value("text"),
                    "copy": _copies(case, body) if body.get("kept") else None,
                    "picture": body.get("picture"),
                }
            )
        return {"case": str(folder), "exhibits": rows}


def kept_file(folder: Path, exhibit: str) -> tuple[Path, str]:
    """The copy of the file that an exhibit keeps, and the name that the file had.

    Raises CaseError where it keeps none, and where the copy is gone or is not what it was.
    """
    with CaseFile.open(folder) as case:
        entry = next((e for e in case.standing("exhibit") if e.body["id"] == exhibit), None)
        if entry is None or not entry.body.get("kept"):
            raise CaseError(f"the case keeps no file as exhibit {shown(exhibit)}")
        state = _copy(case, entry.body["sha256"])
        if state != "whole":
            raise CaseError(f"the file of exhibit {exhibit} is {state}; bring back a whole copy")
        return case.folder / INPUTS / entry.body["sha256"], str(entry.value("file", exhibit))


def _file(case: CaseFile, path: Path, hash_only: bool) -> Row:
    try:
        if not path.is_file():
            raise CaseError(f"{path} is no ordinary file; give one")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if not hash_only and size > MOST_KEPT_BYTES:
                raise CaseError(
                    f"{path} has {size:,} bytes, too many to keep a copy of; give --hash-only"
                )
            if hash_only:
                digest = file_digest(file, "sha256").hexdigest()
            else:
                content = file.read()
                size, digest = len(content), case.keep(content)
    except OSError as e:
        raise CaseError(f"{path}: {e.strerror}; check that you may read it") from None
    return {"type": "file", "sha256": digest, "size_bytes": size, "kept": not hash_only}


def _name(path: Path) -> str:
    # a name that is not UTF-8 cannot be written as JSON text as it is
    return path.name.encode(errors="backslashreplace").decode()


def _copies(case: CaseFile, body: Row) -> str:
    """The worse state of a file's copy and, of a picture, of its figure's."""
    states = [_copy(case, body["sha256"])]
    if "picture" in body:
        states.append(_copy(case, body["picture"]["svg_sha256"]))
    return next((s for s in states if s != _WHOLE), _WHOLE)


def _copy(case: CaseFile, digest: str) -> str:
    try:
        found = digest_of(case.folder / INPUTS / digest)
    except OSError:
        return "missing"
    return _WHOLE if found == digest else "changed"
