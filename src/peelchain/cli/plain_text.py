"""Text for a terminal: what could steer it made visible, and how wide the rest is."""

import unicodedata


def inert(text: str) -> str:
    """The text with each character that does not print, newlines included, shown as an escape.

    Covers terminal escapes and the bidirectional overrides (Unicode TR 36).
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def width(text: str) -> int:
    """The columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_columns(c) for c in text)


def _escaped(c: str) -> str:
    return f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"


def _columns(c: str) -> int:
    if unicodedata.combining(c):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1
