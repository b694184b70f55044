"""Hostile text made plain: no control or invisible characters, white space single."""

import re
import unicodedata
from datetime import date
from functools import lru_cache

_PAYMENT_URI = "bitcoin:"
_ISO_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ].*)?")


@lru_cache(maxsize=8192)
def cleaned(text: str) -> str:
    """The text in NFC, without control, invisible or unassigned characters, white space single.

    Direction overrides are among what is dropped: they make a label read as another.
    """
    if text.isascii() and text.isprintable() and "  " not in text and text == text.strip():
        return text
    kept = (
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    return " ".join("".join(kept).split())


def repaired_address(text: str) -> str:
    """The address a careless copy may have meant; the caller's checksum says whether it did.

    Drops white space, invisible characters, a `bitcoin:` prefix and what follows a `?`; turns
    full-width letters into ASCII; lowers a bech32 address that mixes capitals.
    """
    folded = unicodedata.normalize("NFKC", text)
    plain = "".join(
        character
        for character in folded
        if not character.isspace() and unicodedata.category(character)[0] != "C"
    )
    if plain.lower().startswith(_PAYMENT_URI):
        plain = plain[len(_PAYMENT_URI) :].partition("?")[0]
    if plain.lower().startswith(("bc1", "tb1", "bcrt1")) and plain != plain.upper():
        plain = plain.lower()
    return plain


def iso_day(text: str) -> str:
    """The ISO day a date or time begins with; empty where it is none."""
    match = _ISO_DAY.fullmatch(text)
    try:
        return date.fromisoformat(match[1]).isoformat() if match else ""
    except ValueError:
        return ""
