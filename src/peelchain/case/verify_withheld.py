"""Checks what a peelchain evidence bundle says of things left out of it; verify.py runs it.

A bundle made for another party may lack findings, names, entries of the journal and files. What it
lacks was committed to: data/redaction.json has the root of a tree of hashes, one for each field
left out. A field's hash is salted, so nothing can be guessed from it; whoever holds the salt can
open the field later, and `check_opening` tells whether that is the field that was left out.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

KINDS = ("entries", "fields", "files", "findings", "names", "openings", "traces")


def need(holds: object, what: str) -> None:
    """Fails, saying what, unless the condition holds."""
    if not holds:
        raise AssertionError(what[:300])


def fields(value: Any, names: str) -> list[Any]:
    """The values of an object that has exactly these fields."""
    need(type(value) is dict and set(value) == set(names.split()), f"fields must be {names}")
    return [value[name] for name in names.split()]


def check_withheld(facts: Any) -> None:
    """Reads what the bundle says was left out; a whole bundle has no such file."""
    if "data/redaction.json" not in facts.files:
        return
    value = facts.read_json("data/redaction.json")
    form, version, of, root, counts = fields(value, "format version of root withheld")
    need((form, version) == ("peelchain-redaction", 1), "is not of a format known here")
    hashes = [text for text in (of, root) if re.fullmatch("[0-9a-f]{64}", text)]
    need(len(hashes) == 2, "of and root are hashes")
    need(type(counts) is dict and set(counts) == set(KINDS), f"withheld: must count {KINDS}")
    need(all(type(count) is int for count in counts.values()), "withheld: must count")
    traces = [name for name in facts.files if name.startswith("data/traces/")]
    need(not (traces and counts["traces"]), "the traces are here, and said to be withheld")
    need(counts["traces"] or not counts["findings"], "traces are withheld where findings are")
    pages = {"data/report.pdf"} & set(facts.files)
    need(not pages, "data/report.pdf would show what is withheld")
    facts.withheld, facts.root = counts, root


def check_opening(facts: Any, opening: Any) -> str:
    """What an opening shows, in words; fails unless it is of a field this bundle leaves out."""
    path, salt, value, branch = fields(opening, "path salt value branch")
    need(facts.withheld, "nothing is withheld from this bundle")
    need(len(bytes.fromhex(salt)) == 32, "a salt has 32 bytes")
    text = facts.canonical({"path": path, "value": value})
    node = sha256(b"\0" + bytes.fromhex(salt) + text.encode()).digest()
    for side, other in branch:
        need(side in ("left", "right") and len(other) == 64, "malformed branch")
        pair = (bytes.fromhex(other), node) if side == "left" else (node, bytes.fromhex(other))
        node = sha256(b"\1" + pair[0] + pair[1]).digest()
    need(node.hex() == facts.root, "is not of a field that was withheld here")
    return f"{'/'.join(map(str, path))} = {facts.canonical(value).strip()}"
