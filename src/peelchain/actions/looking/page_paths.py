"""Paths of the workbench's pages."""

import re

_OTHER = re.compile(r"[^A-Za-z0-9._~-]")


def path_part(text: str) -> str:
    """A text as one part of a path, percent-encoded."""
    return _OTHER.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace")), text
    )
