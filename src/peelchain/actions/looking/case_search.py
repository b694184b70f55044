"""What a text names in cases: notes, hypotheses, exhibits, findings, entries of the journal."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from peelchain.actions.looking.page_paths import path_part
from peelchain.case.casefile import JOURNAL, CaseFile
from peelchain.case.journal import Entry
from peelchain.case.references import named, refer
from peelchain.errors import PeelchainError
from peelchain.tags.naming import words_of

Row = dict[str, Any]

MOST = 30
_CASES_HELD = 50
_KINDS = ("note", "hypothesis", "evidence", "exhibit", "decision")
_PAGES = {"exhibit": "exhibits", "note": "notes", "hypothesis": "notes", "evidence": "notes"}
_REFERENCE = re.compile(r"[RIO][1-9][0-9]{0,8}|#[1-9][0-9]{0,8}")
_SHORT = 160


def search_cases(asked: str, folders: list[Path]) -> list[Row]:
    """What a text names in these cases: by name first, then by the beginnings of its words.

    A case whose journal cannot be read gives nothing.
    """
    found: list[Row] = []
    for folder in folders:
        try:
            found += _in_case(asked.strip(), folder)
        except PeelchainError:
            continue
        if len(found) >= MOST:
            break
    found.sort(key=lambda hit: hit["why"] != "exact")
    return found[:MOST]


def _in_case(asked: str, folder: Path) -> Iterator[Row]:
    words = words_of(asked)
    items = _items(folder, (folder / JOURNAL).stat().st_mtime_ns)
    if words and all(_begins(words_of(folder.name), word) for word in words):
        yield _hit("case", folder, folder.name, "", "beginning")
    if _REFERENCE.fullmatch(asked.upper()):
        yield from _referred(asked.upper(), folder)
    for entry, item, text, held in items:
        if item is not None and item == asked.upper():
            yield _hit(entry.kind, folder, item, text, "exact", entry)
        elif asked and asked == text:
            yield _hit(entry.kind, folder, item or f"#{entry.seq}", text, "exact", entry)
        elif words and all(_begins(held, word) for word in words):
            yield _hit(entry.kind, folder, item or f"#{entry.seq}", text, "beginning", entry)


def _referred(asked: str, folder: Path) -> Iterator[Row]:
    with CaseFile.open(folder) as case:
        try:
            about = refer(case, asked)
        except PeelchainError:
            return
    if about["type"] == "finding":
        label = " ".join(filter(None, (about.get("label"), about["outpoint"])))
        page = f"/case/{path_part(folder.name)}/report?finding={path_part(asked)}"
        yield {**_hit("finding", folder, asked, label, "exact"), "to": page}
    else:
        page = f"/case/{path_part(folder.name)}/journal?entry={about['seq']}"
        yield {**_hit("entry", folder, asked, about["kind"], "exact"), "to": page}


@lru_cache(maxsize=_CASES_HELD)
def _items(folder: Path, changed_ns: int) -> list[tuple[Entry, str | None, str, tuple[str, ...]]]:
    """Entries that say something, with their name, text and words, as the journal now has them."""
    found = []
    with CaseFile.open(folder) as case:
        for entry in case.standing(*_KINDS):
            text = str(entry.value("text", ""))
            if "of" in entry.body:
                text = f"{named(entry.body['of'])} {text}".strip()
            elif entry.kind == "exhibit":
                text = f"{entry.value('file', '')} {text}".strip()
            if text:
                found.append((entry, entry.body.get("id"), text, words_of(text)))
    return found


def _hit(
    kind: str, folder: Path, label: str, text: str, why: str, entry: Entry | None = None
) -> Row:
    page = f"/case/{path_part(folder.name)}"
    if entry is not None:
        page += f"/{_PAGES.get(kind, 'journal')}?entry={entry.seq}"
    return {
        "kind": kind,
        "label": label,
        "text": text[:_SHORT],
        "case": folder.name,
        "to": page,
        "why": why,
    }


def _begins(words: tuple[str, ...], part: str) -> bool:
    return any(word.startswith(part) for word in words)
