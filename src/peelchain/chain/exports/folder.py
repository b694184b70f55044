"""The folder of an export: which of its files are whole, so that a stopped export goes on.

While it grows, `.export.jsonl` has a first line of what is exported and a line for each piece that
is whole. At the end `manifest.json`, `SHA256SUMS` and `README.md` are written. An export into its
own folder again keeps the pieces that still hold and makes the others.
"""

import fcntl
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from peelchain import __version__, _core
from peelchain.chain.exports.files import Compression, Piece, Written
from peelchain.errors import MisuseError, PeelchainError
from peelchain.units import shown

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
README = "README.md"
FORMAT = "peelchain-export"
_JOURNAL = ".export.jsonl"
_MOST_BYTES = 256 << 20

Pieces = dict[str, list[Written]]
"""The files of each piece that is whole, by the piece's key."""


class ExportFolder:
    """A folder that is being exported into. Use it by `opened`."""

    def __init__(self, path: Path, journal: TextIO, told: Pieces) -> None:
        self.path = path
        self._journal = journal
        self._told = told
        self._pieces: Pieces = {}

    def kept(self, key: str) -> bool:
        """Whether the piece is whole already; it then stays."""
        files = self._told.get(key)
        if files is None or not all(_is_there(self.path, f) for f in files):
            return False
        if key not in self._pieces:
            self._pieces[key] = files
        return True

    def piece(self, compression: Compression) -> Piece:
        """A new piece, whose files are written into this folder."""
        return Piece(self.path, compression)

    def add(self, key: str, files: list[Written]) -> None:
        """Takes note of a piece whose files are whole."""
        self._pieces[key] = files
        self._journal.write(_line(key, files))
        self._journal.flush()

    def finish(self, order: Iterable[str], told: Mapping[str, Any], readme: str) -> list[Written]:
        """Writes what describes the folder, takes away what pieces no more have; gives the files.

        Pieces stand in the order of their keys given. Only files that an earlier run of this export
        told of are taken away.
        """
        self._pieces = {key: self._pieces[key] for key in order if key in self._pieces}
        files = [f for piece in self._pieces.values() for f in piece]
        stale = {f.name for piece in self._told.values() for f in piece} - {f.name for f in files}
        for name in sorted(stale):
            (self.path / name).unlink(missing_ok=True)
        sums = "".join(f"{f.sha256}  {f.name}\n" for f in sorted(files, key=lambda f: f.name))
        pieces = [
            {"key": key, "files": [asdict(f) for f in files]} for key, files in self._pieces.items()
        ]
        body = {"format": FORMAT, "software": f"peelchain {__version__}", **told, "pieces": pieces}
        _core.replace_file(self.path / README, readme.encode())
        _core.replace_file(self.path / SUMS, sums.encode())
        _core.replace_file(
            self.path / MANIFEST, json.dumps(body, indent=1, ensure_ascii=True).encode() + b"\n"
        )
        (self.path / _JOURNAL).unlink(missing_ok=True)
        return files


@contextmanager
def opened(path: Path, identity: Mapping[str, Any], *, force: bool) -> Iterator[ExportFolder]:
    """The folder, made where there is none, with what it holds of the export of this identity.

    Raises MisuseError for a folder that holds something else, unless `force`: then the files of
    another export are taken away, and no others; PeelchainError where another export writes there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        before = _told(path)
        if before is None and any(p.name != _JOURNAL for p in path.iterdir()) and not force:
            raise MisuseError(
                f"{path} holds files that are no export; give an empty or new folder with -o, or "
                "--force to write among them"
            )
        if before is not None and before[0] != identity:
            if not force:
                raise MisuseError(
                    f"{path} holds another export ({_difference(before[0], identity)}); give "
                    "another folder with -o, or --force to replace it"
                )
            _remove(path, before[1])
            before = None
        pieces = before[1] if before else {}
        with (path / _JOURNAL).open("a+", encoding="utf-8") as journal:
            _lock(path, journal)
            journal.truncate(0)
            journal.write(json.dumps(identity, sort_keys=True) + "\n")
            journal.writelines(_line(key, files) for key, files in pieces.items())
            journal.flush()
            (path / MANIFEST).unlink(missing_ok=True)
            yield ExportFolder(path, journal, pieces)
    except OSError as e:
        raise PeelchainError(
            f"{e.filename or path}: {e.strerror or e}; give a folder that you may write with -o"
        ) from None


def _lock(path: Path, journal: TextIO) -> None:
    try:
        fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PeelchainError(
            f"another export is writing {path}; wait for it, or give another folder with -o"
        ) from None


def _told(path: Path) -> tuple[dict[str, Any], Pieces] | None:
    """The identity of the export that the folder holds and its pieces; None where it has none."""
    for name, read in ((_JOURNAL, _of_journal), (MANIFEST, _of_manifest)):
        file = path / name
        if not file.is_file() or file.stat().st_size > _MOST_BYTES:
            continue
        try:
            return read(file.read_text("utf-8"))
        except (ValueError, KeyError, TypeError, AttributeError):
            # an unreadable one tells nothing: the folder is then taken for a stranger's
            continue
    return None


def _of_journal(text: str) -> tuple[dict[str, Any], Pieces]:
    first, *lines = text.splitlines()
    identity = dict(json.loads(first))
    pieces: Pieces = {}
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            # the last line of a run that was killed as it wrote
            break
        pieces[row["key"]] = [_written(f) for f in row["files"]]
    return identity, pieces


def _of_manifest(text: str) -> tuple[dict[str, Any], Pieces]:
    body = json.loads(text)
    if body["format"] != FORMAT:
        raise ValueError(f"its format is {shown(str(body['format']))}")
    pieces = {row["key"]: [_written(f) for f in row["files"]] for row in body["pieces"]}
    return dict(body["export"]), pieces


def _written(row: Any) -> Written:
    written = Written(str(row["name"]), int(row["rows"]), int(row["bytes"]), str(row["sha256"]))
    if ".." in written.name.split("/") or written.name.startswith("/") or "\0" in written.name:
        raise ValueError("a file outside the folder")
    return written


def _line(key: str, files: Iterable[Written]) -> str:
    return json.dumps({"key": key, "files": [asdict(f) for f in files]}) + "\n"


def _is_there(folder: Path, file: Written) -> bool:
    path = folder / file.name
    return path.is_file() and path.stat().st_size == file.bytes


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    for name in now:
        if before.get(name) != now[name]:
            return f"its {name.replace('_', ' ')} is {before.get(name)}, not {now[name]}"
    return "its options differ"


def _remove(path: Path, pieces: Pieces) -> None:
    for files in pieces.values():
        for file in files:
            (path / file.name).unlink(missing_ok=True)
    for name in (MANIFEST, SUMS, README, _JOURNAL):
        (path / name).unlink(missing_ok=True)
