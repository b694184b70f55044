"""What of a bundle to withhold, asked for in words: kinds of entries, ids, names of parties."""

import re
from collections.abc import Sequence

from peelchain.case.redacted.evidence_read import Evidence
from peelchain.case.redacted.redaction import SECRET, Keep
from peelchain.errors import MisuseError
from peelchain.units import shown

STATEMENTS = ("note", "hypothesis", "evidence", "decision")
"""Kinds of entries whose text can be withheld while the entry stays."""
_FINDING = re.compile("[RIO][1-9][0-9]*")
_EXHIBIT = re.compile("E[1-9][0-9]*")
_ENTRY = re.compile("#[1-9][0-9]*")


def keep_of(evidence: Evidence, without: Sequence[str], keep: Sequence[str]) -> Keep:
    """What stays of a bundle when all of `without` is withheld, and of findings all but `keep`.

    `without` holds findings (I4), exhibits (E2), entries (#7), parties (S3: their names), `exhibit`
    for all exhibits, `label` for the names of all services, or a kind of statement, whose texts are
    withheld. `keep` holds findings, and entries where findings are withheld: of the journal only
    those stay then. Raises MisuseError for a word that is none of these.
    """
    report = evidence.report
    every = {row["id"] for table in ("receipts", "inflows", "outflows") for row in report[table]}
    entities = {row["entity"] for row in evidence.entities}
    exhibits = {str(r["body"]["id"]) for r in evidence.journal if r["kind"] == "exhibit"}
    openings = {(r["seq"], n) for r in evidence.journal for n in r["opened"] if n != SECRET}
    entries = {row["seq"] for row in evidence.journal}
    findings = set(every)
    kept = [word for word in keep if not _ENTRY.fullmatch(word)]
    if kept:
        findings = _known(kept, every, "finding")
    for word in without:
        if word in STATEMENTS:
            texts = {r["seq"] for r in evidence.journal if r["kind"] == word}
            _some(texts, word)
            openings = {pair for pair in openings if pair[0] not in texts}
        elif word == "exhibit":
            _some(exhibits, word)
            exhibits = set()
        elif word == "label":
            entities = {report["subject"]}
        elif _FINDING.fullmatch(word):
            findings -= _known([word], every, "finding")
        elif _EXHIBIT.fullmatch(word):
            exhibits -= _known([word], exhibits, "exhibit")
        elif _ENTRY.fullmatch(word):
            entries -= {int(e) for e in _known([word[1:]], {str(e) for e in entries}, "entry")}
        elif any(row["entity"] == word for row in evidence.entities):
            entities.discard(word)
        else:
            raise MisuseError(
                f"{shown(word)} cannot be withheld; give a finding (I4), an exhibit (E2), an entry "
                f"(#7), a party (S3), 'label', 'exhibit', or one of {', '.join(STATEMENTS)}"
            )
    if findings != every:
        asked = [word[1:] for word in keep if _ENTRY.fullmatch(word)]
        entries &= {int(e) for e in _known(asked, {str(e) for e in entries}, "entry")}
    return Keep(
        findings=None if findings == every else frozenset(findings),
        entities=frozenset(entities),
        exhibits=frozenset(exhibits),
        entries=frozenset(entries),
        openings=frozenset(openings),
    )


def _some(found: set[int] | set[str], kind: str) -> None:
    if not found:
        raise MisuseError(
            f"the bundle has no {kind} to withhold: its journal ends before its report"
        )


def _known(asked: Sequence[str], there: set[str], kind: str) -> set[str]:
    lacking = sorted(set(asked) - there)
    if lacking:
        raise MisuseError(f"the bundle has no {kind} {shown(lacking[0])}; see its report.json")
    return set(asked)


def field_paths(paths: Sequence[tuple[str | int, ...]], asked: str) -> list[tuple[str | int, ...]]:
    """The withheld fields at a path written with `/`, or below it. Raises MisuseError for none."""
    parts = asked.strip("/").split("/")
    found = [path for path in paths if [str(p) for p in path][: len(parts)] == parts]
    if not found:
        raise MisuseError(
            f"nothing is withheld at {shown(asked)}; give a path such as report.json/inflows/I4 or "
            "journal.jsonl/7/opened/text"
        )
    return found
