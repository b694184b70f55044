"""The parts a report is made of, as plain data that the template lays out."""

from collections.abc import Sequence
from typing import Any

Block = dict[str, Any]
Cell = dict[str, Any]


def heading(text: str, level: int = 1) -> Block:
    """A heading; level 1 starts a section."""
    return {"kind": "heading", "text": text, "level": level}


def para(text: str, style: str = "plain") -> Block:
    """A paragraph; style is `plain`, `small`, `lead`, or `intro`: kept with what follows."""
    return {"kind": "para", "text": text, "style": style}


def bullets(items: Sequence[str]) -> Block:
    """A list of short paragraphs."""
    return {"kind": "bullets", "items": list(items)}


def terms(items: Sequence[tuple[str, str]], *, mono: bool = False) -> Block:
    """Names in bold (or in typewriter letters), each with its text."""
    return {"kind": "terms", "items": [list(item) for item in items], "mono": mono}


def hashes(lines: Sequence[str]) -> Block:
    """Long hashes or outpoints, one a line, which never wrap."""
    return {"kind": "hashes", "lines": list(lines)}


def figure(svg: str, alt: str) -> Block:
    """A figure given as SVG, with its description for those who cannot see it."""
    return {"kind": "figure", "svg": svg, "alt": alt}


def column(head: str, width: float | str, align: str = "left") -> dict[str, Any]:
    """A column: its head, its width in points or as `1fr`, and `left` or `right`."""
    return {"head": head, "width": width, "align": align}


def line(text: str, style: str = "plain") -> dict[str, str]:
    """One line of a cell; style is `plain`, `mono`, `small` or `strong`."""
    return {"text": text, "style": style}


def table(
    columns: Sequence[dict[str, Any]],
    rows: Sequence[Sequence[str | Sequence[dict[str, str]]]],
    total: Sequence[str | Sequence[dict[str, str]]] | None = None,
) -> Block:
    """A table whose head repeats on each page; a cell is a text or a list of lines.

    Plain texts of the total are set strong.
    """
    cells = [[[line(c)] if isinstance(c, str) else list(c) for c in row] for row in rows]
    sums = (
        None
        if total is None
        else [[line(c, "strong")] if isinstance(c, str) else list(c) for c in total]
    )
    return {
        "kind": "table",
        "columns": list(columns),
        "rows": cells,
        "total": sums,
    }


def one_page(items: Sequence[Block]) -> Block:
    """Blocks that fill one page and no more: set smaller where they would run over."""
    return {"kind": "one_page", "items": list(items)}


def new_page() -> Block:
    """What follows starts on a new page."""
    return {"kind": "new_page"}


def page(*, landscape: bool) -> Block:
    """A new page, upright or turned, for all that follows."""
    return {"kind": "page", "landscape": landscape}
