"""What people say in a case: notes, hypotheses and their evidence, decisions, and undoing."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.casework.moment import moment_of
from peelchain.case.casefile import CaseFile
from peelchain.case.disclosure import rests_on
from peelchain.case.journal import Entry
from peelchain.case.lock import Waiting, silently
from peelchain.case.references import is_reference, name_next, named, refer
from peelchain.case.watching.notice import KINDS as NOTICES
from peelchain.errors import CaseError, MisuseError
from peelchain.script import looks_secret

Row = dict[str, Any]

MOST_CHARACTERS = 100_000
_TXID_DIGITS = 64
_PHRASES = (12, 15, 18, 21, 24)
_SEED_WORD = re.compile(r"[a-z]{3,8}")
_LASTING = ("opened", "key", "export", "erasure", "undo", *NOTICES)
"""Kinds that cannot be undone, but for an undo, which can."""


def note(
    folder: Path,
    text: str,
    about: Sequence[str] = (),
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> Row:
    """Notes a text, about something or nothing; gives the entry."""
    with CaseFile.open(folder) as case, case.at_work(waiting):
        rows = [refer(case, what) for what in about]
        return said(case, "note", {"about": rows}, {"text": checked_text(text)}, date_utc)


def hypothesis(
    folder: Path, text: str, date_utc: datetime | None = None, waiting: Waiting = silently
) -> Row:
    """States a hypothesis, which is named H1, H2, ...; gives the entry."""
    with CaseFile.open(folder) as case, case.at_work(waiting):
        body = {"id": name_next(case, "hypothesis")}
        return said(case, "hypothesis", body, {"text": checked_text(text)}, date_utc)


def evidence(
    folder: Path,
    of: str,
    what: str,
    *,
    speaks_for: bool,
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> Row:
    """Records what speaks for or against a hypothesis: a reference or a text; gives the entry."""
    with CaseFile.open(folder) as case, case.at_work(waiting):
        found = refer(case, of)
        if found["type"] != "hypothesis":
            raise MisuseError(f"{named(found)} is no hypothesis; give H1 or another")
        body: Row = {"hypothesis": found["id"], "speaks": "for" if speaks_for else "against"}
        sealed = {}
        if is_reference(what):
            body["what"] = refer(case, what)
        else:
            sealed["text"] = checked_text(what)
        return said(case, "evidence", body, sealed, date_utc)


def decide(
    folder: Path,
    text: str,
    by: str,
    on: Sequence[str] = (),
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> Row:
    """Records a decision, by whom and on what; gives the entry."""
    if not by.strip():
        raise MisuseError("a decision is somebody's; say whose with --by")
    with CaseFile.open(folder) as case, case.at_work(waiting):
        rows = [refer(case, what) for what in on]
        sealed = {"text": checked_text(text), "by": checked_text(by)}
        return said(case, "decision", {"on": rows}, sealed, date_utc)


def undo(
    folder: Path,
    seq: int,
    reason: str,
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> Row:
    """Takes an entry back by a new one; gives that, and what stands and rests on the old one.

    Nothing leaves the journal, and what rested on the entry is not undone with it.
    Raises CaseError for an entry that is not there, does not stand, or tells of what has happened
    and cannot be taken back.
    """
    with CaseFile.open(folder) as case, case.at_work(waiting):
        entry = next((e for e in case.entries() if e.seq == seq), None)
        if entry is None:
            raise CaseError(f"the journal has {case.journal.last_seq} entries, no {seq}")
        if entry.kind in _LASTING and entry.kind != "undo":
            raise CaseError(f"entry {seq} is of the kind {entry.kind!r}, which cannot be undone")
        if seq in undone(case):
            raise CaseError(f"entry {seq} is undone already")
        standing = case.standing()
        resting = [e.seq for e in standing if seq in rests_on(e, standing)]
        made = said(
            case, "undo", {"undoes": seq, "kind": entry.kind},
            {"reason": checked_text(reason)}, date_utc,
        )  # fmt: skip
        return {**made, "resting": resting}


def undone(case: CaseFile) -> dict[int, int]:
    """What is undone, by its number: the number of the entry that undoes it and stands."""
    return undone_among(case.entries())


def undone_among(entries: Sequence[Entry]) -> dict[int, int]:
    """The same for entries that were read already."""
    found: dict[int, int] = {}
    for entry in reversed(entries):
        if entry.kind == "undo" and entry.seq not in found:
            found.setdefault(int(entry.body["undoes"]), entry.seq)
    return found


def checked_text(text: str) -> str:
    """The text without white space around it.

    Raises MisuseError for one that is empty or too long, or that holds a private key or seed words,
    which are not repeated.
    """
    text = text.strip()
    if not text:
        raise MisuseError("the text is empty; say something")
    if len(text) > MOST_CHARACTERS:
        raise MisuseError(
            f"the text has {len(text):,} characters, and {MOST_CHARACTERS:,} is the most; keep a "
            "long one as a file with 'peelchain case exhibit add'"
        )
    words = text.split()
    if _is_phrase(words) or any(len(w) != _TXID_DIGITS and looks_secret(w) for w in words):
        raise MisuseError(
            "the text holds what looks like a private key or seed words; say that one was found, "
            "and keep the secret itself out of the case"
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MisuseError("the text is not UTF-8; write it in another encoding") from None
    return text


def _is_phrase(words: list[str]) -> bool:
    # a sentence has short words, capitals or stops; seed words (BIP 39) have none of these
    return len(words) in _PHRASES and all(_SEED_WORD.fullmatch(word) for word in words)


def said(case: CaseFile, kind: str, body: Row, sealed: Row, date_utc: datetime | None) -> Row:
    """Journals a statement; gives the entry's number, time, kind and hash, and what it says."""
    case.opening()
    entry = case.append(kind, body, moment_of(date_utc), sealed)
    return {
        "case": str(case.folder),
        "entry": entry.seq,
        "time_utc": entry.time_utc,
        "kind": kind,
        "hash": entry.hash,
        "says": {**body, **sealed},
    }
