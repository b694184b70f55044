"""Files of known kinds, taken apart; what is of no known kind is searched as it is."""

import csv
import gzip
import io
import logging
import mmap
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from peelchain.case.extraction import chats, mail
from peelchain.case.extraction.markup import office_text
from peelchain.case.extraction.parts import MAX_DEPTH, MAX_PART_BYTES, Budget, Part, Parts, within

HEAD_BYTES = 4096
_OFFICE = ("[Content_Types].xml", "content.xml")
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RecursionError,
    NotImplementedError, LookupError, RuntimeError, OverflowError, csv.Error,
)  # fmt: skip


def kind_of(head: bytes, ending: str) -> str:
    """What a file is, by its first bytes and its name's ending: `raw` where it is not known.

    One of zip, gzip, pdf, mailbox, message, json, html, csv, raw.
    """
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if mail.is_mailbox(head):
        return "mailbox"
    if mail.is_message(head):
        return "message"
    ending = ending.lower()
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    if ending == "json" and start.startswith((b"{", b"[")):
        return "json"
    if ending in ("html", "htm") or start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if ending in ("csv", "tsv"):
        return "csv"
    return "raw"


def parts_of_file(path: Path, budget: Budget, *, by_row: bool) -> Parts | None:
    """The parts of a file, None where it is to be searched byte by byte as it is.

    Archives and mailboxes may be of any size; every other file is taken apart up to a bound.
    `by_row` takes tables apart too, for filters. Raises OSError where it cannot be read.
    """
    with path.open("rb") as file:
        kind = kind_of(file.read(HEAD_BYTES), path.suffix[1:])
        size = file.seek(0, io.SEEK_END)
    if kind == "raw" or (kind == "csv" and not by_row):
        return None
    if kind in ("zip", "mailbox") and size > MAX_PART_BYTES:
        return _large(path, kind, budget)
    if size > MAX_PART_BYTES:
        budget.refuse("", f"is too large to be taken apart as {kind}: searched as it is")
        return None
    return parts_of(path.read_bytes(), path.suffix[1:], budget)


def _large(path: Path, kind: str, budget: Budget) -> Parts:
    def opened(name: str, inner: bytes, ending: str, date: datetime | None) -> Parts:
        return parts_of(inner, ending, budget, name, date, 1)

    with path.open("rb") as file:
        try:
            if kind == "zip":
                yield from _zip(file, "", None, budget, opened)
            else:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                    yield from mail.mailbox(mapped, "", budget, opened)
        except _DAMAGED as e:
            budget.refuse("the file", f"is a damaged {kind} file ({type(e).__name__})")


def parts_of(
    content: bytes,
    ending: str,
    budget: Budget,
    outer: str = "",
    date_utc: datetime | None = None,
    depth: int = 0,
) -> Parts:
    """The parts of a file, those of files inside it included. Never raises: see `budget`."""
    kind = kind_of(content[:HEAD_BYTES], ending)
    if depth >= MAX_DEPTH and kind != "raw":
        budget.refuse(outer, f"is nested deeper than {MAX_DEPTH} files")
        return

    def opened(name: str, inner: bytes, inner_ending: str, date: datetime | None) -> Parts:
        return parts_of(inner, inner_ending, budget, name, date, depth + 1)

    try:
        yield from _taken_apart(kind, content, outer, date_utc, budget, opened)
    except _DAMAGED as e:
        budget.refuse(outer or "the file", f"is a damaged {kind} file ({type(e).__name__})")
        yield Part(outer, content, date_utc)


def _taken_apart(
    kind: str,
    content: bytes,
    outer: str,
    date: datetime | None,
    budget: Budget,
    opened: mail.Opened,
) -> Parts:
    if kind == "zip":
        yield from _zip(io.BytesIO(content), outer, date, budget, opened)
    elif kind == "gzip":
        yield from _gzip(content, outer, date, budget, opened)
    elif kind == "pdf":
        yield from _pdf(content, outer, date, budget, opened)
    elif kind == "mailbox":
        yield from mail.mailbox(content, outer, budget, opened)
    elif kind == "message":
        yield from mail.message(content, outer, budget, opened)
    elif kind in ("json", "html", "csv"):
        text = content.decode("utf-8-sig", "replace")
        reader = {"json": chats.json_parts, "html": chats.html_parts, "csv": chats.csv_parts}[kind]
        for part in reader(text, outer):
            yield Part(part.name, part.content, part.date_utc or date)
    else:
        yield Part(outer, content, date)


def _zip(
    file: IO[bytes], outer: str, date: datetime | None, budget: Budget, opened: mail.Opened
) -> Parts:
    with zipfile.ZipFile(file) as archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
        office = any(m.filename in _OFFICE for m in members)
        for number, member in enumerate(members, 1):
            name = within(outer, f"member {number}")
            if member.flag_bits & 1:
                budget.refuse(name, "is encrypted")
                continue
            if not budget.allows(name, member.file_size):
                continue
            with archive.open(member) as packed:
                # a size that lies stops here
                inner = packed.read(member.file_size + 1)
            if len(inner) > member.file_size:
                budget.refuse(name, "is larger than its archive says")
                continue
            when = date or _zip_date(member)
            ending = member.filename.rpartition(".")[2]
            if office and ending in ("xml", "rels"):
                yield Part(name, office_text(inner) + b"\n" + _targets(inner), when, outer)
            else:
                yield from opened(name, inner, ending, when)


def _targets(xml: bytes) -> bytes:
    """What links point to: an office file keeps them in attributes."""
    pieces = xml.split(b'Target="')[1:] + xml.split(b'xlink:href="')[1:]
    return b"\n".join(piece.partition(b'"')[0] for piece in pieces)


def _zip_date(member: zipfile.ZipInfo) -> datetime | None:
    try:
        found = datetime(*member.date_time, tzinfo=UTC)
    except ValueError:
        return None
    return found if found.year > 1980 else None


def _gzip(
    content: bytes, outer: str, date: datetime | None, budget: Budget, opened: mail.Opened
) -> Parts:
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        inner = file.read(MAX_PART_BYTES + 1)
    name = within(outer, "unpacked")
    if budget.allows(name, len(inner)):
        yield from opened(name, inner, "", date)


def _pdf(
    content: bytes, outer: str, date: datetime | None, budget: Budget, opened: mail.Opened
) -> Parts:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    # its warnings may repeat what is in the file
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            budget.refuse(outer or "the file", "is an encrypted PDF")
            return
        when = date or _pdf_date(reader.metadata)
        for number, page in enumerate(reader.pages, 1):
            text = [page.extract_text() or "", *_links(page)]
            name = within(outer, f"page {number}")
            yield Part(name, "\n".join(text).encode("utf-8", "replace"), when, outer)
        for number, (_, files) in enumerate(sorted(reader.attachments.items()), 1):
            for inner in files:
                name = within(outer, f"attachment {number}")
                if budget.allows(name, len(inner)):
                    yield from opened(name, inner, "", when)
    except (PyPdfError, KeyError, TypeError, AttributeError, IndexError, AssertionError) as e:
        # malformed objects surface in pypdf as whatever Python raises on them
        budget.refuse(outer or "the file", f"is a damaged PDF ({type(e).__name__})")


def _pdf_date(metadata: object) -> datetime | None:
    try:
        found = getattr(metadata, "modification_date", None) or getattr(
            metadata, "creation_date", None
        )
    except ValueError:
        return None
    if not isinstance(found, datetime):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _links(page: object) -> list[str]:
    found = []
    for annotation in getattr(page, "annotations", None) or ():
        target = annotation.get_object().get("/A") or {}
        uri = target.get_object().get("/URI") if hasattr(target, "get_object") else None
        if uri:
            found.append(str(uri))
    return found
