"""An open case: its folder, its journal, and what of the journal still stands."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from peelchain import _core
from peelchain.case.journal import Entry, Journal, Signer
from peelchain.errors import CaseError

JOURNAL = "journal.sqlite"
INPUTS = "inputs"
"""The folder of what was read from outside, each file named by its SHA-256."""


class CaseFile:
    """An open case. Close it, or use it in a `with` statement.

    Every file of a case is readable by its owner only. `signer` signs what is appended.
    """

    def __init__(self, folder: Path, journal: Journal, signer: Signer | None = None) -> None:
        self.folder = folder
        self.journal = journal
        self.signer = signer

    @classmethod
    def create(cls, folder: Path) -> Self:
        """A new case in a new or empty folder. Raises CaseError for any other."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            what = "holds a case already" if (folder / JOURNAL).exists() else "is not empty"
            raise CaseError(f"{folder} {what}; give --case a new or empty folder")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        except OSError as e:
            raise CaseError(f"{folder}: {e.strerror}; give --case a folder you may write") from None
        return cls(folder, Journal.create(folder / JOURNAL))

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The case in a folder. A broken journal opens, and `append` refuses. Raises CaseError."""
        if not (folder / JOURNAL).is_file():
            raise CaseError(
                f"{folder} holds no case; give --case the folder of one, or begin one with "
                "'peelchain investigate' or 'peelchain case open'"
            )
        return cls(folder, Journal.open(folder / JOURNAL))

    def append(
        self,
        kind: str,
        body: dict[str, Any],
        moment: datetime,
        sealed: Mapping[str, Any] | None = None,
    ) -> Entry:
        """A new entry of the journal; see `Journal.append`."""
        return self.journal.append(kind, body, moment, sealed=sealed, signer=self.signer)

    def entries(self) -> list[Entry]:
        """Every entry, undone ones too."""
        return list(self.journal.entries())

    def standing(self, *kinds: str, before: int | None = None) -> list[Entry]:
        """The entries that no later entry undoes, of some kinds or of all, in order.

        `before` looks at the journal as it was before that entry. An undo that is undone itself
        counts for nothing.
        """
        return standing([e for e in self.entries() if before is None or e.seq < before], *kinds)

    def last(self, kind: str, before: int | None = None) -> Entry | None:
        """The last entry of a kind that stands."""
        found = self.standing(kind, before=before)
        return found[-1] if found else None

    def write(self, name: str, content: bytes) -> Path:
        """Writes a file of the case (`name` may have folders), whole or not at all, mode 0600."""
        path = self.folder / name
        try:
            for folder in reversed(path.relative_to(self.folder).parents):
                (self.folder / folder).mkdir(mode=0o700, exist_ok=True)
            _core.replace_file(path, content)
            path.chmod(0o600)
        except OSError as e:
            raise CaseError(
                f"{path}: {e.strerror}; make room or check your rights and run the command again"
            ) from None
        return path

    def read(self, name: str) -> bytes:
        """A file of the case. Raises CaseError where it cannot be read."""
        try:
            return (self.folder / name).read_bytes()
        except OSError as e:
            raise CaseError(f"{self.folder / name}: {e.strerror}; the case is not whole") from None

    def keep(self, content: bytes) -> str:
        """Keeps a copy of something read from outside that is not personal; gives its SHA-256."""
        digest = sha256(content).hexdigest()
        if not (self.folder / INPUTS / digest).exists():
            self.write(f"{INPUTS}/{digest}", content)
        return digest

    def kept(self, digest: str) -> bytes:
        """What `keep` kept. Raises CaseError where it is gone or not what it was."""
        content = self.read(f"{INPUTS}/{digest}")
        if sha256(content).hexdigest() != digest:
            raise CaseError(
                f"{self.folder / INPUTS / digest} was changed; bring back the file of that hash"
            )
        return content

    def close(self) -> None:
        """Lets go of the journal."""
        self.journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def standing(entries: list[Entry], *kinds: str) -> list[Entry]:
    """Those of the entries that none of them undoes, of some kinds or of all, in order."""
    undone: set[int] = set()
    for entry in reversed(entries):
        if entry.kind == "undo" and entry.seq not in undone:
            undone.add(int(entry.body["undoes"]))
    return [
        entry
        for entry in entries
        if entry.seq not in undone and entry.kind != "undo" and (not kinds or entry.kind in kinds)
    ]


def name_of(folder: Path) -> str:
    """The name of a case: its folder's, in letters that a file name may have anywhere."""
    kept = [c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in folder.resolve().name]
    words = [word for word in "".join(kept).split("-") if word]
    return "-".join(words)[:60] or "case"
