"""Mail: single messages and mailboxes, with their parts and attachments."""

import mmap
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from peelchain.case.extraction.markup import html_text
from peelchain.case.extraction.parts import Budget, Part, Parts, within

_HEADERS = re.compile(
    rb"(?:return-path|received|message-id|mime-version|delivered-to|from|to|date|subject|x-[a-z-]+)"
    rb":[ \t]",
    re.IGNORECASE,
)
_BEGINS = re.compile(rb"(?:^|\n)From [^\n]{1,300}\n")

Opened = Callable[[str, bytes, str, datetime | None], Parts]
"""Takes an attachment apart: its name, bytes, file name's ending and the date around it."""


def is_message(head: bytes) -> bool:
    """Whether a file begins as a mail message does."""
    lines = head.lstrip(b"\r\n").splitlines()[:12]
    return len([line for line in lines if _HEADERS.match(line)]) >= 2


def is_mailbox(head: bytes) -> bool:
    """Whether a file begins as an mbox does (RFC 4155)."""
    if not head.startswith(b"From "):
        return False
    return is_message(head.partition(b"\n")[2])


def mailbox(content: bytes | mmap.mmap, outer: str, budget: Budget, opened: Opened) -> Parts:
    """The parts of every message of an mbox."""
    begins = [m.start() + (content[m.start()] == 10) for m in _BEGINS.finditer(content)]
    for number, (start, end) in enumerate(zip(begins, [*begins[1:], len(content)], strict=True), 1):
        one = content[start:end].partition(b"\n")[2]
        yield from message(one, within(outer, f"message {number}"), budget, opened)


def message(content: bytes, outer: str, budget: Budget, opened: Opened) -> Parts:
    """The headers, texts and attachments of a message, decoded, in one group."""
    try:
        read = message_from_bytes(content, policy=policy.default)
    except (ValueError, LookupError, RecursionError, TypeError):
        budget.refuse(outer, "is no readable message")
        return
    date = _date(read)
    headers = "\n".join(f"{name}: {value}" for name, value in _items(read))
    yield Part(within(outer, "headers"), headers.encode("utf-8", "replace"), date, outer)
    for number, part in enumerate(read.walk(), 1):
        if part.is_multipart():
            continue
        name = within(outer, f"part {number}")
        decoded = _decoded(part)
        if decoded is None:
            budget.refuse(name, "could not be decoded")
        elif not budget.allows(name, len(decoded)):
            continue
        elif part.get_content_maintype() == "text" and not part.get_filename():
            text = decoded.decode(_charset(part), "replace")
            if part.get_content_subtype() == "html":
                text = html_text(text)
            yield Part(name, text.encode("utf-8", "replace"), date, outer)
        else:
            ending = (part.get_filename() or "").rpartition(".")[2]
            for inner in opened(name, decoded, ending, date):
                yield Part(inner.name, inner.content, inner.date_utc or date, outer)


def _items(read: EmailMessage) -> list[tuple[str, str]]:
    try:
        return [(name, str(value)) for name, value in read.items()]
    except (ValueError, LookupError, TypeError, AttributeError, IndexError):
        # the library trips over some malformed headers: their raw text serves as well
        return [(str(name), str(value)) for name, value in read.raw_items()]


def _decoded(part: EmailMessage) -> bytes | None:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError):
        return None
    return payload if isinstance(payload, bytes) else None


def _charset(part: EmailMessage) -> str:
    try:
        name = part.get_content_charset() or "utf-8"
        "".encode(name)
    except (LookupError, ValueError, TypeError):
        return "utf-8"
    return name


def _date(read: EmailMessage) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(read["Date"]))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
        return None
