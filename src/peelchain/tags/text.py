"""Hostile text made plain: no control or invisible characters, white space single."""

import unicodedata
from functools import lru_cache

_PAYMENT_URI = "bitcoin:"


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
