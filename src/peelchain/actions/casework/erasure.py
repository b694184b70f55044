"""Erasure: a person's data destroyed in the vault, and the journal told why and by whom."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.casework.statements import checked_text, said
from peelchain.case.casefile import CaseFile
from peelchain.case.lock import Waiting, silently
from peelchain.case.vault.vault import Vault
from peelchain.errors import CaseError, MisuseError

KIND = "erasure"


def erase(
    folder: Path,
    refs: Sequence[str],
    reason: str,
    by: str,
    date_utc: datetime | None = None,
    waiting: Waiting = silently,
) -> dict[str, Any]:
    """Destroys persons (P7) or kept files (F1) by their refs; gives the entry.

    Files that tell of a person go with it. `sent` are the entries by which packages with one of
    them left the case: their recipients must be told (Directive (EU) 2016/680, article 16(6)).
    """
    if not refs:
        raise MisuseError("say who is to be erased, by ref, such as P12")
    if not by.strip():
        raise MisuseError("an erasure is somebody's decision; say whose with --by")
    sealed = {"reason": checked_text(reason), "by": checked_text(by)}
    with CaseFile.open(folder) as case, case.at_work(waiting):
        if not Vault.exists(folder):
            raise CaseError(f"{folder} holds no personal data; there is nothing to erase")
        with Vault.open(folder) as vault:
            gone = vault.erase(refs)
        sent = [
            entry.seq
            for entry in case.standing("referral")
            if set(entry.body.get("sent", ())) & set(gone["persons"])
        ]
        return said(case, KIND, {**gone, "sent": sent}, sealed, date_utc)
