"""Text from chain, tags and files, made harmless and visible before it is shown."""

import unicodedata

_LIMIT = 80
_WORD = 20
_PIECE = 10
_BREAK = "\u200b"


def inert(text: object, limit: int = _LIMIT) -> str:
    """`text` with each control, format, private or unassigned character shown as ‹U+XXXX›.

    That covers newlines, terminal escapes and the bidirectional overrides that make a label read
    otherwise than it is stored (Unicode TR 36). Longer than `limit` characters ends in an ellipsis.
    """
    shown = str(text)
    cut = len(shown) > limit
    shown = "".join(_visible(c) for c in shown[: limit - 1 if cut else limit])
    return shown + "…" if cut else shown


def printable(text: object, limit: int = _LIMIT) -> str:
    """`inert` text that the report's fonts can show: a character beyond them becomes ‹U+XXXX›."""
    return "".join(c if _in_fonts(c) else f"‹U+{ord(c):04X}›" for c in inert(text, limit))


def breakable(text: str) -> str:
    """`text` with zero-width spaces in every word of over 20 characters, so that no cell overflows.

    Shorter words stay whole: a name copied from the page is then the name.
    """
    return " ".join(_BREAK.join(_pieces(word)) for word in text.split(" "))


def _pieces(word: str) -> list[str]:
    if len(word) <= _WORD:
        return [word]
    return [word[i : i + _PIECE] for i in range(0, len(word), _PIECE)]


def _visible(c: str) -> str:
    category = unicodedata.category(c)
    # Marks can pile up without end on one letter and reach over the lines around it.
    if category[0] == "C" or category in ("Zl", "Zp", "Mn", "Me", "Mc"):
        return f"‹U+{ord(c):04X}›"
    return " " if category == "Zs" else c


def _in_fonts(c: str) -> bool:
    # Latin, Greek, Cyrillic; then the punctuation, currency signs and arrows the fonts have.
    return c < "\u0250" or "\u0370" <= c < "\u0500" or c in _EXTRA


_EXTRA = frozenset("‐‑‒–—―‘’‚“”„†‡•…‰′″‹›€£₿™−≤≥≠→←\u200b")
