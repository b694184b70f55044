"""No bytes make the readers of seized files fail: what cannot be read is told."""

import io
import json
import zipfile
from contextlib import suppress

from hypothesis import example, given, settings
from hypothesis import strategies as st

from peelchain.case.expansion.wallets import wallet_of_file
from peelchain.case.extraction.files import kind_of, parts_of
from peelchain.case.extraction.parts import Budget
from peelchain.errors import PeelchainError
from peelchain.network import MAINNET

ENDINGS = ["", "txt", "json", "html", "csv", "eml", "zip", "pdf", "docx"]
STARTS = [
    b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"%PDF-1.7\n", b"From a b\nFrom: x\nTo: y\n", b"{", b"[",
    b"From: x\nTo: y\nContent-Type: multipart/mixed; boundary=b\n\n--b\n", b"<html><a href='",
]  # fmt: skip

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["date", "text", "messages", "desc", "descriptors", "keystore", "xpub", "keystores",
                 "scriptType", "addresses", "wallet_type", "x1/", "descriptor", "timestamp"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=300), st.sampled_from(ENDINGS))
@example(b"{", b'"date": 99999999999999999999}', "json")
@example(b"", b'[{"date": "9999999999999999999"}]', "json")
@example(b"%PDF-1.7\n", b"1 0 obj<</Type/Catalog/Pages 1 0 R>>endobj trailer<</Root 1 0 R>>", "pdf")
def test_any_bytes_are_taken_apart_or_told(start, rest, ending):
    budget = Budget()
    parts = list(parts_of(start + rest, ending, budget))
    assert parts or budget.left_out or kind_of(start + rest, ending) != "raw"
    assert all(isinstance(part.content, bytes) for part in parts)


@settings(max_examples=200, deadline=None)
@given(json_values)
def test_any_json_is_a_chat_or_a_wallet_or_told(value):
    content = json.dumps(value).encode()
    budget = Budget()
    list(parts_of(content, "json", budget))
    with suppress(PeelchainError):
        wallet_of_file(content, MAINNET)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_archive_does_not_fail(data):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", "<w:p>x</w:p>" * 20)
        archive.writestr("[Content_Types].xml", "<x/>")
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    list(parts_of(bytes(content), "docx", Budget()))
