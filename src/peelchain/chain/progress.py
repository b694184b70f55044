"""How far the work on a chain has come, told as one value."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """What is being done, how much of it is, and of how much (0: not known).

    Both are bytes of blocks where `in_bytes`, else what the work counts. `height` is the last block
    ingested; `time_utc` the time of a block at or shortly below it, in seconds since 1970. None:
    the work has no height, or no block is there yet. `size_bytes` is what came so far, where that
    tells more.
    """

    what: str
    done: int
    of: int
    in_bytes: bool = False
    height: int | None = None
    time_utc: int | None = None
    size_bytes: int | None = None


Progress = Callable[[Step], None]


def silent(step: Step) -> None:
    """Says nothing of progress."""
