"""Texts and waiting: what the verbs that record what somebody says have in common."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from peelchain.cli.output import Form, emit, facts

_MOST = 1_000_000

TextArgument = Annotated[
    str, typer.Argument(metavar="TEXT", help="The text; - reads it from the pipe.")
]


def text_of(given: str) -> str:
    """The text of an argument; `-` is what comes through the pipe."""
    return sys.stdin.read(_MOST) if given == "-" else given


@contextmanager
def waiting() -> Iterator[Callable[[str], None]]:
    """What to call while another process works on the case: it is told on stderr."""
    from peelchain.cli.progress import progress

    with progress() as report:
        yield lambda whom: report(whom, 0, 0)


def emit_entry(answer: Mapping[str, Any], form: Form, name: str | None = None) -> None:
    """Writes the answer of a verb that made one entry."""

    def human() -> Iterator[str]:
        pairs = [
            ("name", name),
            ("entry", f"{answer['entry']} ({answer['kind']})"),
            ("time", answer["time_utc"]),
            ("hash", answer["hash"]),
        ]
        yield from facts(pairs)

    emit(answer, form, human)
