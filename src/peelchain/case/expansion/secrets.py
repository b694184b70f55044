"""Telling private keys and seed words anywhere in a text, so that it is refused unrepeated."""

import re

from peelchain import _core
from peelchain.errors import MisuseError

_PRIVATE_FORM = re.compile(
    r"[A-Za-z]prv[1-9A-HJ-NP-Za-km-z]{20,}|(?<![0-9A-Za-z])[5KLc9][1-9A-HJ-NP-Za-km-z]{50,51}"
    r"(?![0-9A-Za-z])"
)
"""The form of a private key, mistyped ones too: what is one but for a letter is no less secret."""

REFUSED = (
    "holds a private key or seed words, and was not read; give the public side alone (an xpub, or "
    "a descriptor or export without private keys), and keep secrets out of cases"
)


def holds_secret(text: str) -> bool:
    """Whether a private key or seed words stand anywhere in the text."""
    if _PRIVATE_FORM.search(text):
        return True
    found = _core.scan_bytes(text.encode("utf-8", "replace"), [])
    return any(kind.startswith("secret") for kind, *_ in found)


def refuse_secrets(text: str, where: str) -> None:
    """Raises MisuseError, naming `where` alone, where the text holds a secret."""
    if holds_secret(text):
        raise MisuseError(f"{where} {REFUSED}")
