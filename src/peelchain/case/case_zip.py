"""A whole case as one zip: journal, inputs, outputs; checked byte by byte when it is taken in."""

import json
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from peelchain.case.archive import PRIVATE_MODE, Content, write_archive
from peelchain.case.canonical import canonical_json
from peelchain.case.casefile import INPUTS, JOURNAL, CaseFile
from peelchain.case.digests import digest_of
from peelchain.case.journal import Entry, Journal
from peelchain.case.watching.outbox import FOLDER as WATCH
from peelchain.errors import BundleError, CaseError

Row = dict[str, Any]

FORMAT = "peelchain-case"
VERSION = 1
CONTENTS = "export.json"
LINES = "journal.jsonl"
FILES = "files/"
PRIVATE = "private/"

_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_NAME = re.compile(rf"{_PART}(?:/{_PART}){{0,15}}")
_FOLDER = re.compile(_PART)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20
_MOST_FILES = 1_000_000
_MOST_LIST_BYTES = 256 << 20


@dataclass(frozen=True)
class Held:
    """The files of a case by their place in it: those to hand on, and the rest of its folder.

    `missing` are outputs that the journal names and that are not there as it names them.
    """

    files: dict[str, str]
    missing: list[str]
    left_out: list[str]


def held_files(case: CaseFile) -> Held:
    """What of a case's folder its journal accounts for: SHA-256 by place."""
    wanted = places(case.entries())
    files, missing = {}, []
    for place, digest in sorted(wanted.items()):
        path = case.folder / place
        if path.is_file() and not path.is_symlink() and digest_of(path) == digest:
            files[place] = digest
        else:
            missing.append(place)
    for path in sorted((case.folder / INPUTS).glob("*")):
        if path.is_file() and _DIGEST.fullmatch(path.name) and digest_of(path) == path.name:
            files[f"{INPUTS}/{path.name}"] = path.name
    known = {*files, *missing, JOURNAL}
    rest = (p.relative_to(case.folder).as_posix() for p in case.folder.rglob("*") if p.is_file())
    left = sorted(
        p
        for p in rest
        if p not in known and not p.startswith((".", PRIVATE, f"{WATCH}/")) and p != "signing.json"
    )
    return Held(files, missing, left)


def places(entries: list[Entry]) -> dict[str, str]:
    """Where each output that the entries name lies now, with its SHA-256."""
    found: dict[str, str] = {}
    owner: dict[str, int] = {}
    for entry in entries:
        for name, digest in entry.body.get("outputs", {}).items():
            if name in owner:
                found[f"earlier/{owner[name]}/{name}"] = found[name]
            found[name], owner[name] = digest, entry.seq
    return found


def write_zip(
    case: CaseFile, held: Held, private: Mapping[str, Path], name: str, out: IO[bytes]
) -> Row:
    """Writes the zip of a case; gives what it says of itself. The same case has the same bytes."""
    lines = case.journal.export()
    entries = case.entries()
    digests = {
        **{f"{FILES}{place}": digest for place, digest in held.files.items()},
        **{f"{PRIVATE}{place}": digest_of(path) for place, path in private.items()},
        LINES: digest_of(lines),
    }
    contents: Row = {
        "format": FORMAT,
        "version": VERSION,
        "case": name,
        "entries": len(entries),
        "last_hash": entries[-1].hash if entries else None,
        "openings": sum(len(entry.opened) for entry in entries),
        "personal_data": bool(private),
        "files": digests,
    }
    files: dict[str, Content] = {
        **{f"{FILES}{place}": case.folder / place for place in held.files},
        **{f"{PRIVATE}{place}": path for place, path in private.items()},
        CONTENTS: canonical_json(contents),
        LINES: lines,
    }
    folder = {f"{name}/{place}": content for place, content in files.items()}
    write_archive(folder, out, mode=PRIVATE_MODE)
    return contents


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive. Raises CaseError for what is none, or is damaged where it is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except OSError as e:
        raise CaseError(f"{path}: {e.strerror or e}; give the file of an exported case") from None
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as e:
        raise CaseError(f"{path} is damaged ({e}); ask for it again") from None


def take_in(archive: zipfile.ZipFile, path: Path, folder: Path) -> Row:
    """Writes the case in an archive to a new folder; gives what it says of itself.

    Raises CaseError naming what is wrong: a name that leads outside, an entry that is compressed or
    larger than the archive, a file that is not listed, not there, or not of its hash, a journal
    that does not hold, or outputs that are not what it says.
    """
    members = _members(archive, path)
    contents = _contents(archive, path, members)
    listed = contents["files"]
    for name in sorted({*members, *listed}):
        if name not in listed and name != CONTENTS:
            raise CaseError(f"{path} has the file {name}, which its {CONTENTS} does not list")
        if name not in members:
            raise CaseError(f"{path} lacks the file {name}, which its {CONTENTS} lists")
    for name in sorted(listed):
        if name == LINES:
            continue
        place = name.removeprefix(FILES)
        _copy(archive, members[name], folder / place, path, listed[name])
    raw = archive.read(members[LINES])
    if digest_of(raw) != listed[LINES]:
        raise CaseError(f"{path}: {LINES} is not of the hash that it is listed with")
    entries = _entries(raw, path)
    _check_outputs(entries, listed, path)
    with Journal.restore(folder / JOURNAL, entries) as journal:
        if journal.broken is not None:
            raise CaseError(f"{path}: {journal.broken.removeprefix(f'{journal.path} ')}")
    last = entries[-1].hash if entries else None
    if len(entries) != contents["entries"] or last != contents["last_hash"]:
        raise CaseError(f"{path}: {LINES} does not end where {CONTENTS} says")
    return contents


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """The entries by their name within the one folder."""
    found: dict[str, zipfile.ZipInfo] = {}
    size = path.stat().st_size
    infos = archive.infolist()
    if len(infos) > _MOST_FILES:
        raise CaseError(f"{path} has {len(infos):,} entries, more than a case has")
    if sum(info.file_size for info in infos) > size:
        raise CaseError(f"{path} claims to hold more bytes than it has; it is no exported case")
    folders, lowered = set(), set()
    for info in infos:
        folder, _, name = info.orig_filename.partition("/")
        if not _FOLDER.fullmatch(folder) or not _NAME.fullmatch(name):
            raise CaseError(
                f"{path} has the entry {info.orig_filename[:80]!a}, which is no name of a case"
            )
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise CaseError(f"{path}: {name} is compressed, which an exported case never is")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise CaseError(f"{path}: {name} is no ordinary file")
        if name.lower() in lowered:
            raise CaseError(f"{path} has {name} twice")
        folders.add(folder)
        lowered.add(name.lower())
        found[name] = info
    if len(folders) != 1:
        raise CaseError(f"{path} is no exported case: it does not hold one folder")
    return found


def _contents(archive: zipfile.ZipFile, path: Path, members: Mapping[str, zipfile.ZipInfo]) -> Row:
    if CONTENTS not in members or members[CONTENTS].file_size > _MOST_LIST_BYTES:
        raise CaseError(f"{path} is no exported case: it has no {CONTENTS}")
    try:
        told = json.loads(archive.read(members[CONTENTS]))
        files = told["files"]
        good = all(
            isinstance(name, str)
            and _DIGEST.fullmatch(digest)
            and (name == LINES or name.startswith((FILES, PRIVATE)))
            for name, digest in files.items()
        )
        known = (told["format"], told["version"]) == (FORMAT, VERSION)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CaseError(f"{path}: {CONTENTS} is damaged; ask for the export again") from None
    if not known:
        raise CaseError(f"{path} was exported by another version; use that one")
    if not good or LINES not in files:
        raise CaseError(f"{path}: {CONTENTS} is damaged; ask for the export again")
    return dict(told)


def _copy(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, path: Path, digest: str
) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = sha256()
    with archive.open(info) as source, target.open("xb") as out:
        target.chmod(0o600)
        while chunk := source.read(_CHUNK):
            found.update(chunk)
            out.write(chunk)
    if found.hexdigest() != digest:
        raise CaseError(f"{path}: {info.filename} is not of the hash that it is listed with")


def _entries(raw: bytes, path: Path) -> list[Entry]:
    found = []
    for number, line in enumerate(raw.splitlines(keepends=True), 1):
        try:
            told = json.loads(line)
            if canonical_json(told) != line:
                raise ValueError("it is not canonical JSON")
            found.append(Entry.from_json(told))
        except (ValueError, TypeError, KeyError, RecursionError, BundleError) as e:
            raise CaseError(f"{path}: {LINES} line {number} is no entry: {e}") from None
    return found


def _check_outputs(entries: list[Entry], listed: Mapping[str, str], path: Path) -> None:
    named = places(entries)
    for name, digest in listed.items():
        if not name.startswith(FILES):
            continue
        place = name.removeprefix(FILES)
        in_inputs = place == f"{INPUTS}/{digest}"
        if not in_inputs and named.get(place) != digest:
            raise CaseError(f"{path}: {place} is not what the journal says of it")
