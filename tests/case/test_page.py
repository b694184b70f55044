"""The report page: its JSON survives, and no text in it can become markup."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from peelchain.case.page import fill, page
from peelchain.errors import CaseError

HOSTILE = '</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> & \u2028\u2029 "'
REPORT = {"title": HOSTILE, "totals": {"received_sat": 2_100_000_000_000_000}, "receipts": []}


class _Scripts(HTMLParser):
    """Collects the text of every script element, and the policy, as a browser would cut them."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.tags: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag == "meta" and dict(attrs).get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(attrs)["content"] or ""

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "script" and self.cdata_elem == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)


def _read(built: bytes) -> _Scripts:
    parser = _Scripts()
    parser.feed(built.decode())
    parser.close()
    return parser


def test_report_is_in_the_page_word_for_word():
    (data,) = [text for attrs, text in _read(page(REPORT)).scripts if attrs.get("id") == "report"]
    assert json.loads(data) == REPORT


def test_hostile_label_stays_inert():
    parser = _read(page(REPORT))
    assert len(parser.scripts) == 2, "a label opened or closed a script element"
    assert "img" not in parser.tags
    (data,) = [text for attrs, text in parser.scripts if attrs.get("id") == "report"]
    assert not set(data) & set("<>&\u2028\u2029")


def test_policy_admits_the_one_script_by_hash_and_no_network():
    parser = _read(page(REPORT))
    (code,) = [text for attrs, text in parser.scripts if attrs.get("id") != "report"]
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in parser.policy
    assert "default-src 'none'" in parser.policy
    assert "unsafe" not in parser.policy


def test_page_refers_to_nothing_outside_itself():
    text = page({}).decode()
    # The names of the SVG and XHTML namespaces are not fetched.
    left = re.sub(r"http://www\.w3\.org/(2000/svg|1999/xhtml)", "", text)
    assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]|\bsrc=|@import|url\(", left)


def test_same_report_same_bytes():
    assert page({"b": 1, "a": 2}) == page({"a": 2, "b": 1})


@pytest.mark.parametrize("template", ["no place", "__PEELCHAIN_REPORT__ __PEELCHAIN_REPORT__"])
def test_page_without_one_place_is_refused(template):
    with pytest.raises(CaseError, match="make install"):
        fill(template, {})
