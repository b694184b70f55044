"""What the case's journal adds to a report: hypotheses, exhibits, files, and all that was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peelchain.case.digests import digest_of
from peelchain.case.journal import Entry
from peelchain.case.references import named
from peelchain.case.report.blocks import Block, column, heading, line, page, para, table
from peelchain.case.report.catalogue import Texts
from peelchain.case.report.inert import breakable, printable

_SAID = 2000
_MOST_LINES = 12
_MOST_ENTRIES = 400
_MOST_FILES = 400
_HASH_LINE = 64
_NOT_LISTED = frozenset({"opened", "undo"})


@dataclass(frozen=True)
class Record:
    """The journal as it stood before the report, and the files that it comes with.

    `entries` are all of them, undone ones too; `standing` the numbers of those that stand. `files`
    are names in the bundle with their SHA-256.
    """

    entries: tuple[Entry, ...] = ()
    standing: frozenset[int] = frozenset()
    files: Mapping[str, str] = field(default_factory=dict)

    def of(self, kind: str) -> list[Entry]:
        """The entries of a kind that stand."""
        return [e for e in self.entries if e.kind == kind and e.seq in self.standing]


NOTHING = Record()
"""Of a report made without a journal."""


def digests(payload: Mapping[str, bytes | Path]) -> dict[str, str]:
    """The SHA-256 of each file of a payload, by its path in the bundle."""
    return {f"data/{name}": digest_of(content) for name, content in sorted(payload.items())}


def hypotheses(texts: Texts, record: Record) -> list[Block]:
    """Each hypothesis with what speaks for and against it; none where none was stated."""
    stated = record.of("hypothesis")
    if not stated:
        return []
    evidence = record.of("evidence")
    made = [heading(texts.say("hypotheses.heading")), para(texts.say("hypotheses.intro"))]
    for entry in stated:
        name = printable(entry.body["id"], 12)
        made.append(heading(texts.say("hypotheses.one", id=name), 2))
        made.append(para(breakable(_told(texts, entry))))
        mine = [e for e in evidence if e.body["hypothesis"] == entry.body["id"]]
        columns = [
            column(texts.say("hypotheses.for"), "1fr"),
            column(texts.say("hypotheses.against"), "1fr"),
        ]
        cells = [
            _side(texts, [e for e in mine if e.body["speaks"] == side])
            for side in ("for", "against")
        ]
        made.append(table(columns, [cells]))
    return made


def _side(texts: Texts, evidence: Sequence[Entry]) -> list[dict[str, str]]:
    if not evidence:
        return [line(texts.say("hypotheses.nothing"), "small")]
    lines = [line(_evidence(texts, entry)) for entry in evidence[:_MOST_LINES]]
    if more := max(0, len(evidence) - _MOST_LINES):
        lines.append(line(texts.say("flow.more", count=more), "small"))
    return lines


def exhibits(texts: Texts, record: Record) -> list[Block]:
    """The exhibits of the case and the files of the bundle, each with its hash."""
    made = [heading(texts.say("exhibits.heading"))]
    if shown := record.of("exhibit"):
        columns = [
            column(texts.say("exhibits.id"), 36),
            column(texts.say("exhibits.what"), "1fr"),
            column(texts.say("exhibits.hash"), 262),
        ]
        rows: list[list[Any]] = [
            [printable(e.body["id"], 12), _exhibit(texts, e), _hash(e)] for e in shown
        ]
        made += [para(texts.say("exhibits.intro"), "intro"), table(columns, rows)]
    else:
        made.append(para(texts.say("exhibits.none")))
    if record.files:
        columns = [
            column(texts.say("exhibits.file"), "1fr"),
            column(texts.say("exhibits.hash"), 262),
        ]
        listed = list(record.files.items())
        files: list[list[Any]] = [
            [breakable(printable(name, 120)), [line(digest, "mono")]]
            for name, digest in listed[:_MOST_FILES]
        ]
        made += [
            heading(texts.say("exhibits.files_heading"), 2),
            para(texts.say("exhibits.files_intro"), "intro"),
            table(columns, files),
        ]
        if len(listed) > _MOST_FILES:
            more = len(listed) - _MOST_FILES
            made.append(para(texts.count("exhibits.files_more", more), "small"))
    return made


def disclosure(texts: Texts, record: Record) -> list[Block]:
    """The schedule of all that was done in the case, abandoned and undone work included."""
    listed = [e for e in record.entries if e.kind not in _NOT_LISTED]
    if not listed:
        return []
    columns = [
        column(texts.say("disclosure.entry"), 36, "right"),
        column(texts.say("disclosure.time"), 104),
        column(texts.say("disclosure.kind"), 84),
        column(texts.say("disclosure.what"), "1fr"),
        column(texts.say("disclosure.state"), 80),
    ]
    rows: list[list[Any]] = [
        [
            str(entry.seq),
            entry.time_utc,
            texts.name("kind", printable(entry.kind, 40)),
            _done(texts, entry),
            texts.say("disclosure.stands" if entry.seq in record.standing else "disclosure.undone"),
        ]
        for entry in listed[-_MOST_ENTRIES:]
    ]
    made = [
        page(landscape=True),
        heading(texts.say("disclosure.heading")),
        para(texts.say("disclosure.intro")),
        table(columns, rows),
    ]
    if more := max(0, len(listed) - _MOST_ENTRIES):
        made.append(para(texts.count("disclosure.more", more), "small"))
    return [*made, page(landscape=False)]


def _told(texts: Texts, entry: Entry, name: str = "text") -> str:
    value = entry.value(name)
    return texts.say("disclosure.withheld") if value is None else printable(value, _SAID)


def _evidence(texts: Texts, entry: Entry) -> str:
    if "what" in entry.body:
        return breakable(printable(named(entry.body["what"]), 200))
    return breakable(_told(texts, entry))


def _exhibit(texts: Texts, entry: Entry) -> list[dict[str, str]]:
    body = entry.body
    if "of" in body:
        of = printable(named(body["of"]), 200)
    else:
        of = _told(texts, entry, "file")
        if not body.get("kept"):
            of = texts.say("exhibits.not_kept", file=of)
    return [line(breakable(_told(texts, entry))), line(breakable(of), "small")]


def _hash(entry: Entry) -> list[dict[str, str]]:
    return [line(printable(entry.body.get("sha256") or "–"), "mono")]


def _done(texts: Texts, entry: Entry) -> list[dict[str, str]]:
    """What an entry says, as far as words of the journal tell it without its sealed texts."""
    body = entry.body
    parameters: Mapping[str, Any] = body.get("parameters") or {}
    parts = []
    if entry.kind == "run":
        parts.append(
            texts.say(
                "disclosure.run",
                seeds=texts.count("disclosure.seeds", len(parameters.get("seeds", ()))),
                rules=", ".join(texts.name("rule", str(r)) for r in parameters.get("rules", ())),
                height=body.get("inputs", {}).get("tip", {}).get("height", "–"),
            )
        )
    elif entry.kind == "report":
        parts.append(texts.say("disclosure.report", run=body.get("run", "–")))
    elif name := body.get("id"):
        parts.append(printable(name, 40))
    services: Sequence[Any] = parameters.get("services") or ()
    if services:
        parts.append(", ".join(printable(s, 20) for s in services[:_MOST_LINES]))
    lines = [line(breakable(part)) for part in parts]
    if sealed := body.get("sealed"):
        withheld = sorted(set(sealed) - set(entry.opened))
        if withheld:
            lines.append(line(texts.say("disclosure.withheld"), "small"))
    if outputs := body.get("outputs"):
        lines.append(line(texts.count("disclosure.outputs", len(outputs)), "small"))
    return lines or [line("–")]
