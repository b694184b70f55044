"""JSON in the one form that evidence is written and hashed in (docs/evidence-format.md)."""

import json
from collections.abc import Iterable
from typing import Any

from peelchain.errors import BundleError

_MAX_NUMBER = 10**19
_MAX_DEPTH = 100


def canonical_json(value: Any) -> bytes:
    """The canonical JSON of a value, one line with its newline.

    Keys sorted, no spaces, ASCII. Lists and tuples, dicts with text keys, text, True, False, None
    and whole numbers from 0 to 19 digits; raises BundleError naming where anything else lies, for a
    float or a negative number reads differently elsewhere: write it as text.
    """
    _check(value, "the value", 0)
    return (json.dumps(value, sort_keys=True, separators=(",", ":")) + "\n").encode("ascii")


def canonical_jsonl(values: Iterable[Any]) -> bytes:
    """The canonical JSON of each value, one a line. Raises BundleError as `canonical_json` does."""
    return b"".join(canonical_json(value) for value in values)


def _check(value: Any, where: str, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise BundleError(f"{where[:80]}... is nested more than {_MAX_DEPTH} deep")
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int):
        if not 0 <= value < _MAX_NUMBER:
            raise BundleError(
                f"{where} is a number below 0 or of more than 19 digits; write it as text"
            )
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{where}[{index}]", depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise BundleError(f"{where} has the key {key!a}; keys are text")
            _check(item, f"{where}.{key}", depth + 1)
    else:
        raise BundleError(
            f"{where} is of the type {type(value).__name__}, which canonical JSON does not hold; "
            "write it as text"
        )
