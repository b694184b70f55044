"""What was written into the chain, as bytes and, where it is text, as text that does nothing."""

from typing import Any

Row = dict[str, Any]

_MOST_TEXT = 10_000


def payload_of(script: bytes) -> Row | None:
    """What an OP_RETURN script carries; None for any other script.

    `hex` are the bytes of its pushes, `text` what they are in UTF-8, None where they are not.
    """
    if script[:1] != b"\x6a":
        return None
    carried = b"".join(_pushes(script[1:]))
    return {"hex": carried.hex(), "bytes": len(carried), "text": text_of(carried)}


def text_of(carried: bytes) -> str | None:
    """The text in UTF-8 that bytes hold; None where they hold none, or something else too."""
    try:
        text = carried.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not text or any(ord(c) < 32 and c not in "\t\n\r" for c in text):
        return None
    return text[:_MOST_TEXT]


def readable_runs(carried: bytes) -> list[str]:
    """The runs of at least four ASCII characters among bytes, as in a coinbase's script."""
    runs, run = [], ""
    for byte in (*carried, 0):
        if 32 <= byte < 127:
            run += chr(byte)
            continue
        if len(run) >= 4:
            runs.append(run)
        run = ""
    return runs


def _pushes(rest: bytes) -> list[bytes]:
    """The data of a script's pushes; what does not parse stands there as it is."""
    found, at = [], 0
    while at < len(rest):
        code = rest[at]
        size, head = code, 1
        if 0x4C <= code <= 0x4E:
            width = 1 << (code - 0x4C)
            size, head = int.from_bytes(rest[at + 1 : at + 1 + width], "little"), 1 + width
        elif code > 0x4E:
            # a small number, or no push at all
            size = 0
        if at + head + size > len(rest):
            found.append(rest[at:])
            break
        found.append(rest[at + head : at + head + size])
        at += head + size
    return found
