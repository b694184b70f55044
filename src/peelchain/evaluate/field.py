"""A ledger of attributions that were made before the answer was known, and of the answers.

One JSON object a line, in canonical form, each with the SHA-256 of the line before it, so that a
line that is changed, moved or removed from the middle shows. Whoever holds the file can still write
it anew from the start or cut its end: send the hash of the last line along with the legal request,
and the request itself anchors the claim.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

from peelchain.errors import MisuseError, SourceError
from peelchain.evaluate.error_rates import Counted, ErrorRate, rate

Answer = Literal["right", "wrong", "none"]

FIRST_PREV = "0" * 64
_MOST_LINE = 20_000
_MOST_TEXT = 1_000
_LOCK_KEYS = {"seq", "kind", "date", "claim", "address", "entity", "rule", "policy", "run_id",
              "tip_height", "tip_hash", "note", "prev"}  # fmt: skip
_ANSWER_KEYS = {"seq", "kind", "date", "claim", "answer", "note", "prev"}


@dataclass(frozen=True)
class Claim:
    """What is claimed: that the address belongs to the entity, by this rule, as of this tip."""

    address: str
    entity: str
    rule: str
    policy: str
    run_id: str
    tip_height: int
    tip_hash: str


@dataclass(frozen=True)
class Entry:
    """One line: `seq` from 1, its `kind` lock or answer, its fields, and its SHA-256."""

    seq: int
    kind: str
    fields: Mapping[str, Any]
    hash: str


@dataclass(frozen=True)
class Score:
    """How many claims of a rule were locked, and what came of them."""

    rule: str
    locked: int
    right: int
    wrong: int
    none: int
    open: int


@dataclass(frozen=True)
class Ledger:
    """The entries of a field ledger, whose chain holds, with the hash of the last line."""

    entries: tuple[Entry, ...]
    head: str

    def claim(self, claim_id: str) -> Entry | None:
        """The entry that locked a claim; None where there is none."""
        return next((e for e in self.entries if _is(e, "lock", claim_id)), None)

    def answer(self, claim_id: str) -> Entry | None:
        """The answer to a claim; None where none has come."""
        return next((e for e in self.entries if _is(e, "answer", claim_id)), None)

    def scores(self) -> tuple[Score, ...]:
        """The score of every rule, sorted by its name."""
        answers = {e.fields["claim"]: e.fields["answer"] for e in self.entries if e.kind != "lock"}
        found: dict[str, list[str]] = {}
        for entry in self.entries:
            if entry.kind == "lock":
                said = answers.get(entry.fields["claim"], "open")
                found.setdefault(entry.fields["rule"], []).append(said)
        return tuple(
            Score(rule, len(said), *(said.count(a) for a in (*get_args(Answer), "open")))
            for rule, said in sorted(found.items())
        )

    def rates(self, made_by: str) -> list[ErrorRate]:
        """A row a rule: of its claims that were answered right or wrong, how many were right.

        No answer says nothing of the claim; how many had none is in `data`.
        """
        return [
            rate(
                s.rule,
                "all",
                Counted(said=((s.right, s.right + s.wrong),)),
                data=f"field: {s.locked} claims locked, {s.none} without an answer, {s.open} open",
                basis="field",
                unit="attributions",
                made_by=made_by,
            )
            for s in self.scores()
        ]


Append = Callable[[str, Mapping[str, Any]], Entry]


def read_ledger(path: Path) -> Ledger:
    """The ledger in a file. Raises SourceError, naming the line, where it is no whole ledger."""
    try:
        with path.open("rb") as file:
            return _read(path, file)
    except OSError as e:
        raise SourceError(
            f"{path}: {e.strerror}; lock a claim first with 'peelchain evaluate field lock'"
        ) from None


def lock(path: Path, claim: Claim, day: date, note: str = "") -> Entry:
    """Adds a claim, before anybody is asked; the ledger is made where there is none.

    One claim an address and rule: whoever could name two entities would always be right once.
    Raises MisuseError where there is one already, SourceError for a damaged ledger.
    """
    said = {**vars(claim), "note": note, "date": day.isoformat()}
    _check_texts(said)
    with _appending(path, create=True) as (ledger, append):
        known = next((e for e in ledger.entries if _same_matter(e, claim)), None)
        if known is not None:
            raise MisuseError(
                f"{path} line {known.seq} has locked a claim on this address by rule {claim.rule} "
                f"already, as {known.fields['claim']}; a claim is made once"
            )
        return append("lock", {**said, "claim": _claim_id(claim)})


def answer(path: Path, claim_id: str, said: Answer, day: date, note: str = "") -> Entry:
    """Adds the answer to a claim.

    Raises MisuseError where the claim was never locked, has an answer, or is dated after it.
    """
    if said not in get_args(Answer):
        raise MisuseError(f"answer {said!r:.40} is none of {', '.join(get_args(Answer))}")
    _check_texts({"note": note})
    with _appending(path, create=False) as (ledger, append):
        locked = ledger.claim(claim_id)
        if locked is None:
            raise MisuseError(
                f"{path} has locked no claim {claim_id!r:.40}; an answer counts only when the "
                "claim was locked before it"
            )
        before = ledger.answer(claim_id)
        if before is not None:
            raise MisuseError(
                f"{path} line {before.seq} has the answer to claim {claim_id}: "
                f"{before.fields['answer']}; a second one is not taken"
            )
        if day.isoformat() < locked.fields["date"]:
            raise MisuseError(
                f"the answer of {day} is older than claim {claim_id}, locked on "
                f"{locked.fields['date']}; check --date"
            )
        return append(
            "answer",
            {"claim": claim_id, "answer": said, "note": note, "date": day.isoformat()},
        )


def _claim_id(claim: Claim) -> str:
    return sha256(_canonical(vars(claim))).hexdigest()[:16]


def _canonical(fields: Mapping[str, Any]) -> bytes:
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return text.encode("ascii") + b"\n"


def _is(entry: Entry, kind: str, claim_id: str) -> bool:
    return entry.kind == kind and bool(entry.fields["claim"] == claim_id)


def _same_matter(entry: Entry, claim: Claim) -> bool:
    said = entry.fields
    return entry.kind == "lock" and (said["address"], said["rule"]) == (claim.address, claim.rule)


def _check_texts(fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if isinstance(value, str) and len(value) > _MOST_TEXT:
            raise MisuseError(f"{name} has {len(value):,} characters; {_MOST_TEXT:,} is the most")
        if name in ("address", "entity", "rule") and not value:
            raise MisuseError(f"{name} is empty; say it")


def _read(path: Path, file: BinaryIO) -> Ledger:
    entries: list[Entry] = []
    head = FIRST_PREV
    claims: dict[str, str] = {}
    matters: set[tuple[str, str]] = set()
    answered: set[str] = set()
    for number, line in enumerate(_lines(path, file), 1):
        fields = _fields(path, number, line)
        if fields["seq"] != number or fields["prev"] != head:
            raise SourceError(
                f"{path} line {number} does not follow the one before it: a line was changed, "
                "moved or removed; go back to the copy whose last hash was sent"
            )
        claim_id = fields["claim"]
        if fields["kind"] == "lock":
            named = {k: fields[k] for k in Claim.__dataclass_fields__}
            matter = (fields["address"], fields["rule"])
            if matter in matters or claim_id != _claim_id(Claim(**named)):
                raise SourceError(f"{path} line {number}: claim {claim_id!r:.40} is not its own")
            matters.add(matter)
            claims[claim_id] = fields["date"]
        elif (
            claim_id not in claims
            or claim_id in answered
            or fields["answer"] not in get_args(Answer)
            or fields["date"] < claims[claim_id]
        ):
            raise SourceError(f"{path} line {number} answers no claim that waits for an answer")
        else:
            answered.add(claim_id)
        head = sha256(line).hexdigest()
        entries.append(Entry(number, fields["kind"], fields, head))
    return Ledger(tuple(entries), head)


def _lines(path: Path, file: BinaryIO) -> Iterator[bytes]:
    number = 0
    while line := file.readline(_MOST_LINE):
        number += 1
        if not line.endswith(b"\n"):
            raise SourceError(
                f"{path} line {number} is cut off or over {_MOST_LINE:,} bytes; if writing it was "
                "interrupted, remove that line and give the command again"
            )
        yield line


def _fields(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise SourceError(f"{path} line {number} is no JSON; it is no line of a ledger") from None
    kind = fields.get("kind") if isinstance(fields, dict) else None
    keys = _LOCK_KEYS if kind == "lock" else _ANSWER_KEYS if kind == "answer" else None
    numbers = ("seq", "tip_height")
    if (
        keys is None
        or set(fields) != keys
        or any(type(fields[k]) is not (int if k in numbers else str) for k in keys)
        or _canonical(fields) != line
    ):
        raise SourceError(f"{path} line {number} is not as a ledger writes it; it was changed")
    return dict(fields)


@contextmanager
def _appending(path: Path, *, create: bool) -> Iterator[tuple[Ledger, Append]]:
    """The ledger, held for this process alone, and a function that adds an entry to it."""
    flags = os.O_RDWR | (os.O_CREAT if create else 0)
    try:
        number = os.open(path, flags, 0o600)
    except OSError as e:
        raise SourceError(
            f"{path}: {e.strerror}; lock a claim first with 'peelchain evaluate field lock'"
        ) from None
    with os.fdopen(number, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        ledger = _read(path, file)

        def append(kind: str, fields: Mapping[str, Any]) -> Entry:
            seq = len(ledger.entries) + 1
            whole = {**fields, "kind": kind, "seq": seq, "prev": ledger.head}
            line = _canonical(whole)
            file.seek(0, os.SEEK_END)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
            return Entry(seq, kind, whole, sha256(line).hexdigest())

        yield ledger, append


def open_claims(ledger: Ledger) -> list[Entry]:
    """The locked claims that wait for an answer, in the order of the ledger."""
    answered = {e.fields["claim"] for e in ledger.entries if e.kind == "answer"}
    return [e for e in ledger.entries if e.kind == "lock" and e.fields["claim"] not in answered]
