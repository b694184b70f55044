"""How far a long action has come, told to whoever asked for it."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the steps done and the steps in all (0: not known)."""

Watch = Callable[[str, int, int], bool | None]
"""The same; False asks to stop, and what can keep a part of its answer then does."""


def silent(what: str, done: int, of: int) -> None:
    """Says nothing of progress."""
