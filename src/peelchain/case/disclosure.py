"""The disclosure schedule: all that was done in a case, and what of it went out to whom.

It lists unused and exculpatory material too: runs that no report tells of, what was undone, and
evidence against a hypothesis.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peelchain.case.casefile import standing
from peelchain.case.journal import Entry
from peelchain.case.references import named
from peelchain.case.watching.notice import KINDS as NOTICES
from peelchain.case.watching.notice import REORGANISATION, WATCHED

Row = dict[str, Any]

STANDS = "stands"
UNDONE = "undone"
UNUSED = "unused"
ALL_OF_IT = "all of it"
"""What is withheld of an entry whose body is left out."""


@dataclass(frozen=True)
class Handed:
    """Something that goes out of a case: by which entry, as what, and to whom where that is said.

    `shown` has the entries in it by number, with the names of the sealed values that it opens; None
    for one of which it has the hash alone.
    """

    entry: int
    how: str
    to: str | None
    shown: Mapping[int, frozenset[str] | None]


def schedule(entries: Sequence[Entry], handed: Sequence[Handed]) -> list[Row]:
    """One row an entry, in order.

    `state` is `stands`, `undone`, or `unused` for a run that no report tells of; `used_by` the
    entries that rest on it; `disclosed` what it went out in, with what of it was `withheld` there;
    `lost` sealed values whose opening the journal has no more; `against` whether it speaks against
    a hypothesis. Sealed texts are not in it.
    """
    stands = {entry.seq for entry in standing(list(entries))}
    stands |= {entry.seq for entry in entries if entry.kind == "undo"}
    uses: dict[int, list[int]] = {}
    for entry in entries:
        for used in sorted(rests_on(entry, entries)):
            uses.setdefault(used, []).append(entry.seq)
    reported = {e.body["run"] for e in entries if e.kind == "report" and e.seq in stands}
    rows = []
    for entry in entries:
        state = STANDS if entry.seq in stands else UNDONE
        if state == STANDS and entry.kind == "run" and entry.seq not in reported:
            state = UNUSED
        rows.append(
            {
                "entry": entry.seq,
                "time_utc": entry.time_utc,
                "kind": entry.kind,
                "id": entry.body.get("id"),
                "state": state,
                "what": what(entry),
                "used_by": uses.get(entry.seq, []),
                "disclosed": [_went(entry, h) for h in handed if entry.seq in h.shown],
                "lost": entry.withheld(),
                "against": entry.body.get("speaks") == "against",
            }
        )
    return rows


def what(entry: Entry) -> str:
    """What an entry is, in words, without any sealed text."""
    body = entry.body
    if entry.kind == "opened":
        return f"case {body['name']} on {body['network']}"
    if entry.kind == "seeds":
        return f"{body['change']} {len(body['seeds'])} seeds"
    if entry.kind == "run":
        return _run(body)
    if entry.kind == "report":
        return f"of run {body['run']}, digest {body['digest']}"
    if entry.kind == "exhibit":
        return named(body["of"]) if "of" in body else f"file of SHA-256 {body['sha256']}"
    if entry.kind == "evidence":
        said = named(body["what"]) if "what" in body else "a text"
        return f"{body['speaks']} {body['hypothesis']}: {said}"
    if entry.kind == "undo":
        return f"undoes entry {body['undoes']} ({body.get('kind')})"
    if "decides" in body:
        persons = body.get("persons") or [body["person"]]
        role = f" as {body['role']}" if body.get("role") else ""
        return f"{str(body['decides']).replace('_', ' ')}: {', '.join(map(str, persons))}{role}"
    if entry.kind in ("note", "decision"):
        about = [named(row) for row in body.get("about", body.get("on", []))]
        about += [str(body["person"])] if "person" in body else []
        return f"about {', '.join(about)}" if about else ""
    if entry.kind == "approval":
        return f"of {body['person']}"
    if entry.kind == "watch":
        return f"{body['change']} {len(body['items'])} items" + (
            f" ({body['of']})" if body["of"] else ""
        )
    if entry.kind in NOTICES:
        return _notices(entry)
    if entry.kind == "export":
        return f"entries up to {body['last_seq']}, SHA-256 {body['sha256']}"
    return ", ".join(f"{name} {digest}" for name, digest in body.get("outputs", {}).items())


def _notices(entry: Entry) -> str:
    body = entry.body
    counts = Counter(str(row["kind"]) for row in body["notices"])
    parts = [f"{count} {kind}" for kind, count in sorted(counts.items())]
    if entry.kind == WATCHED:
        parts.append(f"blocks up to {body['parameters']['until']['height']}")
    if entry.kind == REORGANISATION:
        parts.append(f"fork at {body['fork']['height']}")
    return "; ".join(parts)


def _run(body: Row) -> str:
    known, parameters = body["inputs"]["knowledge"], body["parameters"]
    parts = [
        f"{len(parameters['seeds'])} seeds",
        f"rules {', '.join(parameters['rules'])}",
        f"tip {body['inputs']['tip']['height']}",
        *(f"{k} {v}" for k, v in sorted(parameters["limits"].items()) if v is not None),
    ]
    if known["as_of"] is not None:
        parts.append(f"as of {known['as_of']}")
    if known["without_tags"]:
        parts.append(f"without {len(known['without_tags'])} tags")
    return "; ".join(parts)


def rests_on(entry: Entry, entries: Sequence[Entry]) -> set[int]:
    """The entries that one names: by number, or as the case's name for them."""
    body = entry.body
    rows = [*body.get("about", []), *body.get("on", []), body.get("what"), body.get("of")]
    found = {
        row[key] for row in rows if isinstance(row, dict) for key in ("seq", "report") if key in row
    }
    for key in ("run", "report", "redaction", "request"):
        for where in (body, body.get("parameters", {})):
            if isinstance(where.get(key), int):
                found.add(where[key])
    if "hypothesis" in body:
        found |= {e.seq for e in entries if e.body.get("id") == body["hypothesis"]}
    return {seq for seq in found if 0 < seq < entry.seq}


def _went(entry: Entry, handed: Handed) -> Row:
    opens = handed.shown[entry.seq]
    sealed = set(entry.body.get("sealed", {})) - {"secret"}
    withheld = [ALL_OF_IT] if opens is None else sorted(sealed - opens)
    return {"entry": handed.entry, "how": handed.how, "to": handed.to, "withheld": withheld}
