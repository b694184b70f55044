"""A whole case handed on as one file, and taken in elsewhere."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.casework.statements import checked_text, said
from peelchain.case.case_zip import held_files, opened_zip, take_in, write_zip
from peelchain.case.casefile import JOURNAL, CaseFile
from peelchain.case.digests import digest_of
from peelchain.case.lock import Waiting, silently
from peelchain.case.vault.key import KEY
from peelchain.case.vault.key import PRIVATE as PRIVATE_FOLDER
from peelchain.errors import CaseError, MisuseError

Row = dict[str, Any]


def export_case(
    folder: Path,
    out: Path,
    to: str = "",
    *,
    with_personal_data: bool = False,
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> Row:
    """Writes a case as one zip and journals that, with its SHA-256 and to whom it went.

    Personal data goes with it only when asked, encrypted as it lies, and never its key. Raises
    CaseError where `out` exists or the journal is broken, MisuseError for a place inside the case.
    """
    if folder.resolve() in out.resolve().parents:
        raise MisuseError(f"{out} lies in the case itself; choose another place")
    if out.exists():
        raise CaseError(f"{out} exists already; choose another name")
    with CaseFile.open(folder) as case, case.at_work(waiting):
        name = str(case.opening().body["name"])
        sealed = {"to": checked_text(to)} if to else {}
        held = held_files(case)
        with _personal(folder, wanted=with_personal_data) as private, _written(out) as part:
            with part.open("wb") as file:
                contents = write_zip(case, held, private, name, file)
                file.flush()
                os.fsync(file.fileno())
            digest = digest_of(part)
            body = {
                "sha256": digest,
                "last_seq": contents["entries"],
                "last_hash": contents["last_hash"],
                "files": len(contents["files"]),
                "personal_data": bool(private),
            }
            # journalled before it can be handed on: an export that nobody knows of would be worse
            made = said(case, "export", body, sealed, date_utc)
        return {
            **made,
            "file": str(out),
            "sha256": digest,
            "files": len(contents["files"]),
            "openings": contents["openings"],
            "personal_data": bool(private),
            "missing": held.missing,
            "left_out": held.left_out,
        }


def import_case(file: Path, folder: Path) -> Row:
    """Takes an exported case into a new or empty folder; gives what it holds.

    Nothing is left in the folder where anything is wrong with the file. Raises CaseError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "holds a case already" if (folder / JOURNAL).exists() else "is not empty"
        raise CaseError(f"{folder} {what}; give a new or empty folder")
    parent = folder.resolve().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, prefix=".peelchain-") as place:
            new = Path(place) / "case"
            new.mkdir(mode=0o700)
            with opened_zip(file) as archive:
                contents = take_in(archive, file, new)
            if folder.exists():
                folder.rmdir()
            new.rename(folder)
    except OSError as e:
        raise CaseError(
            f"{e.filename or folder}: {e.strerror or e}; make room or check your rights"
        ) from None
    with CaseFile.open(folder) as case:
        signed = any(entry.kind == "key" for entry in case.entries())
        missing = held_files(case).missing
    return {
        "case": str(folder),
        "name": contents["case"],
        "entries": contents["entries"],
        "last_hash": contents["last_hash"],
        "files": len(contents["files"]),
        "openings": contents["openings"],
        "personal_data": contents["personal_data"],
        "signed": signed,
        "missing": missing,
    }


@contextmanager
def _personal(folder: Path, *, wanted: bool) -> Iterator[dict[str, Path]]:
    """The files of the vault but for its key, by their place in its folder; held still."""
    private = folder / PRIVATE_FOLDER
    if not wanted or not private.is_dir():
        yield {}
        return
    key = (folder / KEY).name
    connections = []
    try:
        found = {}
        for path in sorted(p for p in private.rglob("*") if p.is_file()):
            place = path.relative_to(private).as_posix()
            if place == key or place.endswith(("-journal", "-wal", "-shm")):
                continue
            if path.suffix == ".sqlite":
                connection = sqlite3.connect(path, isolation_level=None, timeout=5)
                connections.append(connection)
                # nobody writes while it is copied
                connection.execute("BEGIN IMMEDIATE")
            found[place] = path
        yield found
    except sqlite3.Error as e:
        raise CaseError(f"{private}: {e}; is another peelchain at work on the case?") from None
    finally:
        for connection in connections:
            connection.close()


@contextmanager
def _written(out: Path) -> Iterator[Path]:
    """A place beside a file, which it takes once all is well. Mode 0600."""
    try:
        handle, name = tempfile.mkstemp(dir=out.resolve().parent, prefix=f".{out.name}.")
        os.close(handle)
    except OSError as e:
        raise CaseError(f"{out}: {e.strerror}; choose a place that you may write") from None
    part = Path(name)
    try:
        yield part
        shutil.move(part, out)
    except OSError as e:
        raise CaseError(f"{out}: {e.strerror}; make room and run the command again") from None
    finally:
        part.unlink(missing_ok=True)
