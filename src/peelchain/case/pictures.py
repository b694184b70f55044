"""Pictures of the flow that a case is worked with: drafts, saved over and over, byte for byte.

A picture is the page's own JSON text. It lies in `pictures/NAME.json` beside what it was made on:
one JSON object whose last key, `picture`, is that text as it came.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from peelchain import _core
from peelchain.case.canonical import canonical_json
from peelchain.case.lock import held
from peelchain.errors import CaseError, MisuseError
from peelchain.units import shown

Row = dict[str, Any]

PICTURES = "pictures"
MOST_BYTES = 16 << 20
MOST_PICTURES = 1_000

_NAME = re.compile(r"\w(?:[\w .-]{0,78}[\w-])?")
_ENDING = ".json"
_JOINT = b',"picture":'
_WAIT_SECONDS = 10.0


class ConflictError(CaseError):
    """A picture was saved elsewhere since it was read."""

    kind = "conflict"


class NoPictureError(CaseError):
    """A case has no picture of this name."""

    kind = "not_found"


@dataclass(frozen=True)
class Picture:
    """A saved picture: its JSON `text`, when it was saved, and what it was made on.

    `version` is the SHA-256 of the text.
    """

    name: str
    text: bytes
    version: str
    saved_utc: str
    made_on: Row


def checked_picture(text: bytes) -> Row:
    """The JSON object that a picture's text is. Raises MisuseError for anything else."""
    if len(text) > MOST_BYTES:
        raise MisuseError(
            f"the picture has {len(text):,} bytes, and {MOST_BYTES:,} is the most; hide or remove "
            "some of it"
        )
    try:
        found = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as e:
        raise MisuseError(f"the picture is no JSON: {shown(str(e))}") from None
    if not isinstance(found, dict):
        raise MisuseError("the picture is no JSON object; save it from the canvas")
    return found


def names(folder: Path) -> list[str]:
    """The names of a case's pictures, in order."""
    if not (folder / PICTURES).is_dir():
        return []
    return sorted(
        p.name.removesuffix(_ENDING)
        for p in (folder / PICTURES).iterdir()
        if p.suffix == _ENDING
        and p.is_file()
        and not p.is_symlink()
        and _NAME.fullmatch(p.name.removesuffix(_ENDING))
    )


def read(folder: Path, name: str) -> Picture:
    """A picture of a case. Raises NoPictureError, and CaseError for a file that was changed."""
    path = _path(folder, name)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NoPictureError(f"the case has no picture {shown(name)}; save one first") from None
    except OSError as e:
        raise CaseError(f"{path.name}: {e.strerror}; the picture cannot be read") from None
    head, joint, rest = content.partition(_JOINT)
    text = rest.removesuffix(b"}\n")
    try:
        about = json.loads(head + b"}")
        if joint and sha256(text).hexdigest() == about["version"]:
            return Picture(name, text, about["version"], about["saved_utc"], about["made_on"])
    except (ValueError, KeyError, TypeError):
        pass
    raise CaseError(f"{path.name} is not as it was saved; remove it, or bring back a copy")


def write(
    folder: Path,
    name: str,
    text: bytes,
    made_on: Mapping[str, Any],
    saved_utc: str,
    *,
    version: str | None,
    fresh: bool,
) -> Picture:
    """Saves a picture over that of the `version`, or None for a new one; gives it as it lies there.

    What is there keeps what it was made on, unless all of it was looked up anew (`fresh`). Raises
    ConflictError where another version is there.
    """
    checked_picture(text)
    path = _path(folder, name)
    with _alone(folder):
        there = read(folder, name) if path.exists() else None
        _check_version(name, there, version)
        if there is None and len(names(folder)) >= MOST_PICTURES:
            raise CaseError(f"the case has {MOST_PICTURES:,} pictures; remove some")
        kept = dict(made_on) if there is None or fresh else there.made_on
        found = sha256(text).hexdigest()
        about = {"format": "peelchain-picture-file", "made_on": kept, "saved_utc": saved_utc}
        head = canonical_json(about | {"version": found}).removesuffix(b"}\n")
        _core.replace_file(path, head + _JOINT + text + b"}\n")
        path.chmod(0o600)
    return Picture(name, text, found, saved_utc, kept)


def remove(folder: Path, name: str, version: str) -> None:
    """Removes a picture of this version. Raises NoPictureError, ConflictError."""
    with _alone(folder):
        _check_version(name, read(folder, name), version)
        _path(folder, name).unlink()


def _check_version(name: str, there: Picture | None, version: str | None) -> None:
    if there is None and version is not None:
        raise ConflictError(f"the picture {shown(name)} was removed; save it under another name")
    if there is not None and version != there.version:
        raise ConflictError(
            f"the picture {shown(name)} was saved elsewhere at {there.saved_utc}; open it again, "
            "or save this one under another name"
        )


def _path(folder: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise MisuseError(
            f"{shown(name)} cannot be a picture's name; give up to 80 letters, digits, spaces, "
            "hyphens or underscores"
        )
    return folder / PICTURES / f"{name}{_ENDING}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    # a lock of their own: a run that takes long holds the case, and drawing goes on meanwhile
    place = folder / PICTURES
    place.mkdir(mode=0o700, exist_ok=True)
    with held(place, wait_seconds=_WAIT_SECONDS):
        yield


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")
