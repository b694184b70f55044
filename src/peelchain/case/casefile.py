"""An open case: its folder, its journal, and what of the journal still stands."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from peelchain import _core
from peelchain.case.attestation.signing import signer_of
from peelchain.case.digests import digest_of
from peelchain.case.journal import Entry, Journal, Signer
from peelchain.case.lock import Waiting, held, silently
from peelchain.errors import CaseError, MissingInputError

JOURNAL = "journal.sqlite"
INPUTS = "inputs"
"""The folder of what was read from outside, each file named by its SHA-256."""
SCRATCH = ".scratch-"
"""How the folder begins in which a derivation works."""
EARLIER = "earlier"
"""The folder of outputs that a later entry replaced, by the number of the entry that made them."""
PENDING = ".pending-"
"""How the folder begins in which an entry's outputs wait until the journal has the entry."""


class CaseFile:
    """An open case. Close it, or use it in a `with` statement.

    Every file of a case is readable by its owner only. `signer` signs what is appended: that of the
    case's key where one was set up and none is given.
    """

    def __init__(self, folder: Path, journal: Journal, signer: Signer | None = None) -> None:
        self.folder = folder
        self.journal = journal
        self.signer = signer
        self._at_work = False

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

    @contextmanager
    def at_work(self, waiting: Waiting = silently) -> Iterator[None]:
        """Has the case for this process alone, so that the next entry's number is known.

        What a process that died left is settled first: outputs whose entry the journal has go where
        they belong, others are removed. Raises CaseError on a broken journal, where another
        process works on the case for too long, and where it may not be written.
        """
        if self._at_work:
            yield
            return
        self.refuse_if_broken()
        with held(self.folder, waiting):
            self.journal.refresh()
            self.refuse_if_broken()
            self._at_work = True
            try:
                self._settle()
                yield
            finally:
                self._at_work = False

    def append(
        self,
        kind: str,
        body: dict[str, Any],
        moment: datetime,
        sealed: Mapping[str, Any] | None = None,
    ) -> Entry:
        """A new entry of the journal; see `Journal.append` and `at_work`."""
        with self.at_work():
            self.prepare_to_sign()
            return self.journal.append(kind, body, moment, sealed=sealed, signer=self.signer)

    def prepare_to_sign(self) -> None:
        """Opens the key of a case that has one. Raises CaseError where it does not open."""
        if self.signer is None and any(e.kind == "key" for e in self.entries()):
            self.signer = signer_of(self.folder)[1]

    def refuse_if_broken(self) -> None:
        """Raises CaseError, naming the entry, where the journal's chain is broken."""
        if self.journal.broken is not None:
            raise CaseError(
                f"{self.journal.broken}; nothing can be added: keep it as it is and open a new case"
            )

    def entries(self) -> list[Entry]:
        """Every entry, undone ones too; of a broken journal those before the break."""
        held = self.journal.last_seq
        return [e for e in self.rows() if self.journal.broken is None or e.seq <= held]

    def rows(self) -> list[Entry]:
        """Every entry that can be read, in a broken journal those that do not hold too."""
        found = []
        try:
            for entry in self.journal.entries():
                found.append(entry)
        except CaseError:
            if self.journal.broken is None:
                raise
        return found

    def opening(self) -> Entry:
        """The first entry, which says what the case is about. Raises CaseError without one."""
        entries = self.entries()
        if not entries:
            raise CaseError(
                self.journal.broken
                or f"{self.folder} holds a case that was never opened; run 'peelchain case open'"
            )
        return entries[0]

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

    def pending(self, seq: int) -> Path:
        """The folder in which the outputs of entry `seq` wait for their entry."""
        return self.folder / f"{PENDING}{seq}"

    def place(self, entry: Entry) -> None:
        """Moves the outputs that wait for this entry to where they belong.

        One of the same name that an earlier entry made goes to earlier/SEQ/. Doing it again after
        it was cut short does the rest.
        """
        waiting, target = self.pending(entry.seq), self.folder
        for name in entry.body.get("outputs", {}):
            source = waiting / name
            if not source.exists():
                continue
            if (target / name).exists():
                aside = self.folder / EARLIER / str(self._owner(name, entry.seq)) / name
                if not aside.exists():
                    self._moved(target / name, aside)
            self._moved(source, target / name)
        shutil.rmtree(waiting, ignore_errors=True)

    def output(self, entry: Entry, name: str) -> Path:
        """Where an output of an entry lies now."""
        return self.outputs(entry, (name,))[name]

    def outputs(self, entry: Entry, names: Iterable[str] | None = None) -> dict[str, Path]:
        """Where outputs of an entry lie now, by name: those of these names, or all of its own."""
        made = [e.body.get("outputs", {}) for e in self.entries() if e.seq > entry.seq]
        return {
            name: self.folder / EARLIER / str(entry.seq) / name
            if any(name in later for later in made)
            else self.folder / name
            for name in (entry.body.get("outputs", {}) if names is None else names)
        }

    def _owner(self, name: str, before: int) -> int:
        made = (e.seq for e in self.entries() if name in e.body.get("outputs", {}))
        return max((seq for seq in made if seq < before), default=0)

    def _moved(self, source: Path, target: Path) -> None:
        for folder in reversed(target.relative_to(self.folder).parents):
            (self.folder / folder).mkdir(mode=0o700, exist_ok=True)
        source.chmod(0o600)
        source.replace(target)
        _core.sync_dir(target.parent)

    def _settle(self) -> None:
        for folder in self.folder.glob(f"{SCRATCH}*"):
            shutil.rmtree(folder, ignore_errors=True)
        left = sorted(p for p in self.folder.glob(f"{PENDING}*") if p.is_dir())
        if not left:
            return
        entries = {entry.seq: entry for entry in self.entries()}
        for folder in left:
            entry = entries.get(int("0" + folder.name.removeprefix(PENDING)))
            outputs = {} if entry is None else entry.body.get("outputs", {})
            there = {n: d for n, d in outputs.items() if (folder / n).is_file()}
            if entry is not None and all(digest_of(folder / n) == d for n, d in there.items()):
                self.place(entry)
            shutil.rmtree(folder, ignore_errors=True)

    def read(self, name: str) -> bytes:
        """A file of the case. Raises CaseError where it cannot be read."""
        try:
            return (self.folder / name).read_bytes()
        except OSError as e:
            raise CaseError(f"{self.folder / name}: {e.strerror}; the case is not whole") from None

    def keep(self, content: bytes) -> str:
        """Keeps a copy of something read from outside that is not personal; gives its SHA-256."""
        digest = digest_of(content)
        if not (self.folder / INPUTS / digest).exists():
            self.write(f"{INPUTS}/{digest}", content)
        return digest

    def kept(self, digest: str) -> bytes:
        """What `keep` kept. Raises MissingInputError where it is gone or not what it was."""
        path = self.folder / INPUTS / digest
        try:
            content = path.read_bytes()
        except OSError as e:
            raise MissingInputError(
                f"{path}: {e.strerror}; bring back the file of that hash"
            ) from None
        if digest_of(content) != digest:
            raise MissingInputError(f"{path} was changed; bring back the file of that hash")
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
