"""Work on a case: a derivation makes results of parameters, and the journal keeps their hashes.

Every verb that makes something for a case is a `Derivation`: a pure function of the store, of what
the journal holds before it, of files kept in the case and of its parameters. `carry_out` runs it,
writes what it made and journals parameters, inputs and the SHA-256 of every output; replay runs the
same function again and compares. So a derivation reads no clock and draws no random number but
its entry's secret, which the journal seals.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain import __version__, _core
from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.case.casefile import SCRATCH, CaseFile
from peelchain.case.digests import digest_of
from peelchain.case.journal import Entry
from peelchain.case.vault.vault import Vault
from peelchain.errors import CaseError, ErasedError, MissingInputError, MisuseError

SOFTWARE = f"peelchain {__version__}"
SECRET = "secret"  # noqa: S105 - a name, not a secret
"""The name under which an entry's secret is sealed."""


@dataclass(frozen=True)
class Work:
    """What a derivation may read.

    `seq` is the number of the entry that it makes, `before` the entries that stood by then;
    `scratch` is a folder for outputs too large for memory. `view` is None where no store was given:
    `store` then refuses.
    """

    case: CaseFile
    seq: int
    view: StoreView | None
    before: tuple[Entry, ...]
    parameters: Mapping[str, Any]
    moment: datetime
    scratch: Path
    draw: Callable[[], str]
    progress: Progress = silent

    def secret(self) -> bytes:
        """32 bytes from which salts follow: drawn when it is first carried out, and sealed then.

        Raises ErasedError on replay where the secret was erased.
        """
        return bytes.fromhex(self.draw())

    def vault(self) -> Vault:
        """The case's personal data; close it. Raises MissingInputError where it is not here.

        `Vault.open` would begin a new one, and replay must not write.
        """
        if not Vault.exists(self.case.folder):
            raise MissingInputError(
                f"{self.case.folder} does not have the personal data that this rests on; a case is "
                "exported without, unless --with-personal-data is given"
            )
        return Vault.open(self.case.folder)

    @property
    def store(self) -> StoreView:
        """The open store. Raises MisuseError where none was given."""
        if self.view is None:
            raise MisuseError("this needs the chain; give --store")
        return self.view

    def run(self) -> Entry | None:
        """The run that the parameters name as `run`, else the last one. Raises CaseError."""
        asked = self.parameters.get("run")
        if asked is None:
            return self.last("run")
        for entry in self.before:
            if entry.seq == asked and entry.kind == "run":
                return entry
        raise CaseError(f"entry {asked} is no run that stands; 'peelchain case show' lists them")

    def last(self, kind: str) -> Entry | None:
        """The last entry of a kind."""
        found = [entry for entry in self.before if entry.kind == kind]
        return found[-1] if found else None


@dataclass(frozen=True)
class Result:
    """What a derivation made.

    `outputs` are files by their name in the case's folder: bytes, or a file in the scratch folder.
    `facts` go into the entry's body, `sealed` beside it; `answer` is for whoever asked.
    """

    outputs: Mapping[str, bytes | Path] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)


Derivation = Callable[[Work], Result]


def inputs_of_store(view: StoreView) -> dict[str, Any]:
    """What a result rests on in the store, as the journal keeps it: tip, policy, imports."""
    return {
        "network": view.network.name,
        "tip": {"height": view.tip["tip_height"], "hash": view.tip["tip_hash"]},
        "policy": view.policy.name,
        "definition": view.policy.canonical_json(),
        "imports": [r.run_id for stage in ("tags", "rates") for r in view.import_runs(stage)],
        "knowledge": view.knowledge.described(),
    }


def carry_out(
    case: CaseFile,
    kind: str,
    derivation: Derivation,
    parameters: Mapping[str, Any],
    moment: datetime,
    *,
    view: StoreView | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Runs a derivation, writes its files and journals it as an entry of `kind`; gives its answer.

    The answer has `entry` (its number) and `files` (the paths by name) added. Files are written
    first, to a place where they wait for their entry: one cut short either counts whole or not.
    """
    with case.at_work(lambda whom: progress(whom, 0, 0)), _scratch(case) as scratch:
        # not after an hour's work
        case.prepare_to_sign()
        drawn: dict[str, str] = {}
        work = Work(
            case=case,
            seq=case.journal.last_seq + 1,
            view=view,
            before=tuple(case.standing()),
            parameters=parameters,
            moment=moment,
            scratch=Path(scratch),
            draw=lambda: drawn.setdefault(SECRET, secrets.token_hex(32)),
            progress=progress,
        )
        result = derivation(work)
        digests = digests_of(result)
        body = {"parameters": dict(parameters), "software": SOFTWARE, **result.facts}
        if view is not None:
            body["inputs"] = inputs_of_store(view)
        if digests:
            body["outputs"] = digests
        try:
            for name, made in sorted(result.outputs.items()):
                _staged(case.pending(work.seq) / name, made)
            entry = case.append(kind, body, moment, {**result.sealed, **drawn})
        except BaseException:
            if case.journal.last_seq < work.seq:
                shutil.rmtree(case.pending(work.seq), ignore_errors=True)
            raise
        case.place(entry)
    paths = {name: str(case.folder / name) for name in sorted(result.outputs)}
    return {**result.answer, "entry": entry.seq, "files": paths}


@dataclass(frozen=True)
class Again:
    """What a derivation made when it was run again: facts, sealed values, digests of outputs."""

    facts: Mapping[str, Any]
    sealed: Mapping[str, Any]
    outputs: Mapping[str, str]


def derive_again(
    case: CaseFile,
    entry: Entry,
    derivation: Derivation,
    *,
    view: StoreView | None = None,
    progress: Progress = silent,
) -> Again:
    """What the derivation of an entry makes now, of what stood before it; nothing is kept."""
    with tempfile.TemporaryDirectory(prefix="peelchain-") as scratch:
        work = Work(
            case=case,
            seq=entry.seq,
            view=view,
            before=tuple(case.standing(before=entry.seq)),
            parameters=entry.body["parameters"],
            moment=datetime.fromisoformat(entry.time_utc),
            scratch=Path(scratch),
            draw=lambda: _kept_secret(entry),
            progress=progress,
        )
        result = derivation(work)
        return Again(result.facts, result.sealed, digests_of(result))


def digests_of(result: Result) -> dict[str, str]:
    """The SHA-256 of each output, by name, in hex."""
    return {name: digest_of(made) for name, made in sorted(result.outputs.items())}


def _kept_secret(entry: Entry) -> str:
    secret = entry.value(SECRET)
    if secret is None:
        raise ErasedError(f"the secret of entry {entry.seq} was erased; it cannot be derived again")
    return str(secret)


def _scratch(case: CaseFile) -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(dir=case.folder, prefix=SCRATCH)
    except OSError as e:
        raise CaseError(f"{case.folder}: {e.strerror}; check your rights and the room") from None


def _staged(target: Path, made: bytes | Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if isinstance(made, bytes):
            _core.replace_file(target, made)
        else:
            shutil.move(made, target)
            with target.open("rb") as file:
                os.fsync(file.fileno())
            _core.sync_dir(target.parent)
        target.chmod(0o600)
    except OSError as e:
        raise CaseError(f"{target}: {e.strerror}; make room and run the command again") from None
