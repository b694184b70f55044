"""JSON from outside, bounded before it is taken apart."""

import json
from typing import NoReturn


class NoJsonError(ValueError):
    """Bytes are no JSON, or more of it than was asked for; says which in a few words."""


def parsed(body: bytes, most_values: int = 1_000_000) -> object:
    """The value in some bytes of JSON.

    Raises NoJsonError for bytes that hold none, NaN or infinities, numbers of thousands of digits,
    a thousand levels, or more than so many lists, objects and members.
    """
    values = body.count(b"[") + body.count(b"{") + body.count(b",")
    if values > most_values:
        raise NoJsonError(f"it has some {values:,} values, and at most {most_values:,} are taken")
    try:
        found: object = json.loads(body, parse_constant=_refuse)
    except RecursionError:
        raise NoJsonError("it is nested too deep") from None
    except ValueError:
        raise NoJsonError("it is no JSON") from None
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
