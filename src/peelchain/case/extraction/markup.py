"""Text of HTML and of office XML, without running or fetching anything in it."""

import re
from html import unescape
from html.parser import HTMLParser

_LINE_ENDS = re.compile(
    rb"</(?:w:p|a:p|text:p|text:h|table:table-cell|table:table-row|si|c|row|is|p|v)>"
    rb"|<(?:w:br|w:tab|w:cr|text:tab|text:line-break)\b[^>]*>"
)
_TAG = re.compile(rb"<[^>]*>")
_BLOCKS = frozenset(
    ("p", "div", "br", "td", "th", "tr", "li", "pre", "h1", "h2", "h3", "h4", "section", "table")
)
_LINKS = frozenset(("href", "src", "content", "value", "title", "alt", "data-address"))


def office_text(xml: bytes) -> bytes:
    """The text of an office document's XML: runs of a paragraph joined, paragraphs on lines.

    The tags are cut out, not parsed: entities that an XML parser would follow are inert.
    """
    text = _TAG.sub(b"", _LINE_ENDS.sub(b"\n", xml))
    return unescape(text.decode("utf-8", "replace")).encode()


class _Text(HTMLParser):
    """Collects text, and the links of tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")
        for name, value in attrs:
            if value and name in _LINKS:
                self.pieces.append(f"\n{value}\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def html_text(html: str) -> str:
    """The text of HTML, its links on lines of their own."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return "".join(reader.pieces)
