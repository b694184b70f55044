"""JSON from outside, of any shape."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peelchain.remote.bounded_json import NoJsonError, parsed


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_json_or_refused(body: bytes) -> None:
    try:
        found = parsed(body)
    except NoJsonError as e:
        assert str(e).isascii()
    else:
        assert found == json.loads(body)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no JSON"),
        (b"<html>", "no JSON"),
        (b"\xff\xfe{}", "no JSON"),
        (b"[NaN]", "no JSON"),
        (b"[-Infinity]", "no JSON"),
        (b"9" * 5_000, "no JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b"[" * 5_000 + b"]" * 5_000, "nested too deep"),
        (b'{"a":' * 5_000, "nested too deep"),
        (b"[" + b"0," * 2_000_000 + b"0]", "2,000,001 values, and at most 1,000,000"),
    ],
)
def test_what_is_refused_says_why(body: bytes, why: str) -> None:
    with pytest.raises(NoJsonError, match=why):
        parsed(body)


def test_as_many_values_as_allowed() -> None:
    assert parsed(b"[1,2,3]", 3) == [1, 2, 3]
    with pytest.raises(NoJsonError, match="4 values, and at most 3"):
        parsed(b"[1,2,3,4]", 3)
