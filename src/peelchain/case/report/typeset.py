"""Blocks to PDF: the template report.typ, compiled to the same bytes on every machine."""

import json
from datetime import datetime
from importlib import resources
from typing import Any

import typst

from peelchain.case.report.blocks import Block
from peelchain.errors import BundleError
from peelchain.units import shown

_STANDARDS: list[Any] = ["a-2a", "ua-1"]


def content(
    language: str,
    date_utc: str,
    running: dict[str, str],
    body: list[Block],
    front: Block | None = None,
) -> dict[str, Any]:
    """A document as the template takes it: every text final, every amount already formatted.

    `running` holds title, header, footer, number (with {page} and {pages}) and contents. Raises
    BundleError for a malformed date.
    """
    return {
        "language": language,
        "date": _date(date_utc),
        "page": running,
        "front": front,
        "body": body,
    }


def pdf(document: dict[str, Any]) -> bytes:
    """The document as PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1)."""
    return bytes(_compiled(document, "pdf", pdf_standards=_STANDARDS))


def pages(document: dict[str, Any], ppi: float = 72) -> list[bytes]:
    """The document's pages as PNG images."""
    made = _compiled(document, "png", ppi=ppi)
    return [made] if isinstance(made, bytes) else list(made)


def picture(svg: str, ppi: float = 144) -> bytes:
    """A figure as PNG, for documents that take no SVG."""
    made = typst.compile(
        b"#set page(width: auto, height: auto, margin: 0pt)\n"
        b'#image(bytes(sys.inputs.svg), format: "svg", width: 800pt)\n',
        format="png",
        ppi=ppi,
        ignore_system_fonts=True,
        sys_inputs={"svg": svg},
        timestamp=0,
    )
    return bytes(made)


def _date(date_utc: str) -> list[int]:
    try:
        when = datetime.fromisoformat(date_utc)
    except ValueError as error:
        raise BundleError(
            f"case.json: date_utc {shown(date_utc)} is not an ISO date; take it from the journal"
        ) from error
    return [when.year, when.month, when.day, when.hour, when.minute, when.second]


def _compiled(document: dict[str, Any], form: Any, **options: Any) -> Any:
    folder = resources.files(__package__)
    # Data goes in as JSON and is typeset as text: nothing of it is ever read as markup. The
    # embedded fonts and a fixed time keep the bytes the same on every machine.
    return typst.compile(
        folder.joinpath("report.typ").read_bytes(),
        format=form,
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(document, sort_keys=True)},
        timestamp=0,
        **options,
    )
