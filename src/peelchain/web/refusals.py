"""How a refusal leaves the server: what failed and the remedy, as JSON, with a fitting status."""

import os
from pathlib import Path
from typing import Any

from peelchain.errors import (
    AddressError,
    CaseError,
    MisuseError,
    NotInChainError,
    PeelchainError,
    StoreLockedError,
)

_KINDS: tuple[tuple[type[PeelchainError], str], ...] = (
    (AddressError, "address"),
    (MisuseError, "misuse"),
    (NotInChainError, "not_found"),
    (StoreLockedError, "locked"),
    (CaseError, "case"),
)
_STATUS = {
    "address": 400,
    "misuse": 400,
    "not_found": 404,
    "no_job": 404,
    "no_report": 404,
    "locked": 409,
    "case": 409,
    "conflict": 409,
    "refused": 409,
    "busy": 429,
    "too_long": 503,
    "failed": 409,
}


def kind_of(error: PeelchainError) -> str:
    """The one word by which the page tells refusals apart."""
    named = getattr(error, "kind", None)
    if isinstance(named, str):
        return named
    return next((kind for of, kind in _KINDS if isinstance(error, of)), "refused")


def status_of(kind: str) -> int:
    """The HTTP status of a kind of refusal; never one of a server's fault, but for a time-out."""
    return _STATUS[kind]


def refusal(error: PeelchainError) -> dict[str, Any]:
    """What is answered in place of what was asked for."""
    return {"error": str(error), "kind": kind_of(error)}


def refusal_of_system(error: OSError) -> dict[str, Any]:
    """The same for what the operating system refused: the file's name without its folders."""
    where = f"{Path(os.fsdecode(error.filename)).name}: " if error.filename else ""
    said = f"{where}{error.strerror or error}; check the path, the room and your rights"
    return {"error": said, "kind": "failed"}
