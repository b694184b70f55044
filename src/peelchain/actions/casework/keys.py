"""The key that signs a case's entries, and what the signatures in a journal are worth."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.casework.statements import said
from peelchain.case.attestation.signing import (
    SETTING,
    given_passphrase,
    is_signed,
    new_key,
    read_key,
    setting_of,
)
from peelchain.case.casefile import CaseFile
from peelchain.case.journal import Entry
from peelchain.case.lock import Waiting, silently

Row = dict[str, Any]

SIGNED = "signed"
UNSIGNED = "unsigned"
LACKING = "lacks its signature"
BAD = "bad signature"
UNKNOWN = "unknown key"
HOLDS = (SIGNED, UNSIGNED)
"""States of signatures that say nothing against a journal."""


def make_key(path: Path, passphrase: str | None = None) -> Row:
    """Writes a new key under a passphrase (None: asked for); gives its path and public half."""
    return {"key": str(path), "signer": new_key(path, passphrase or given_passphrase(twice=True))}


def use_key(
    folder: Path,
    path: Path,
    name: str = "",
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
    passphrase: str | None = None,
) -> Row:
    """Has a case's entries signed with a key from now on; the first so signed says whose it is.

    A case that came from elsewhere and whose last key this is goes on without another entry.
    """
    public, sign = read_key(path, passphrase or given_passphrase())
    with CaseFile.open(folder) as case, case.at_work(waiting):
        keys = case.standing("key")
        text = json.dumps({"key": str(path.resolve()), "signer": public})
        case.signer = sign
        if keys and keys[-1].body["signer"] == public:
            case.write(SETTING, text.encode())
            last = keys[-1]
            return {"case": str(folder), "signer": public, "entry": last.seq, "new": False}
        sealed = {"name": name} if name else {}
        made = said(case, "key", {"signer": public}, sealed, date_utc)
        case.write(SETTING, text.encode())
        return {"case": str(folder), "signer": public, "entry": made["entry"], "new": True}


def keys(folder: Path) -> Row:
    """The keys of a case with how many entries each signed, and where the present one lies."""
    with CaseFile.open(folder) as case:
        setting = setting_of(folder)
        entries = case.entries()
        rows = [
            {
                "signer": entry.body["signer"],
                "name": entry.value("name"),
                "entry": entry.seq,
                "time_utc": entry.time_utc,
                "signed": sum(e.signer == entry.body["signer"] for e in entries),
            }
            for entry in entries
            if entry.kind == "key"
        ]
        return {
            "case": str(folder),
            "key": None if setting is None else setting["key"],
            "keys": rows,
            "unsigned": sum(entry.signer is None for entry in entries),
        }


def signatures(entries: list[Entry]) -> list[str]:
    """The state of each entry's signature.

    `signed` by a key that the journal names up to there; `unsigned`, before any is named; `lacks
    its signature` after that; `bad signature`; or `unknown key`, a good signature by another.
    """
    named: set[str] = set()
    found = []
    for entry in entries:
        if entry.kind == "key":
            named.add(str(entry.body.get("signer")))
        if entry.signer is None or entry.signature is None:
            found.append(LACKING if named else UNSIGNED)
        elif not is_signed(entry.signer, entry.signature, bytes.fromhex(entry.hash)):
            found.append(BAD)
        else:
            found.append(SIGNED if entry.signer in named else UNKNOWN)
    return found
