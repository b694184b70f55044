"""peelchain verify: check an evidence bundle."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.options import JsonOption
from peelchain.cli.output import emit, facts, form_of
from peelchain.cli.plain_text import inert


def verify(
    bundle: Annotated[Path, typer.Argument(help="The bundle's zip, or its unpacked folder.")],
    expect: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="The digest on the report's first page.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check an evidence bundle, as the verify.py inside it does.

    Exit 1 says that something does not hold.

    Example: peelchain verify cases/site/bundle.zip --expect DIGEST
    """
    from peelchain.actions import bundles as actions

    form = form_of(json=json)
    answer = actions.verify_bundle(bundle, expect)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("digest", answer["digest"]),
                *((f"{name} checked", f"{n:,}") for name, n in answer["checked"].items()),
                ("result", "all holds" if answer["ok"] else f"{len(answer['failures'])} failures"),
            ]
        )
        for failure in answer["failures"]:
            yield f"  {inert(failure)}"
        if expect is None:
            yield "compare the digest with the one on the report's first page, or give --expect"
        for line in answer["unchecked"]:
            yield f"not checkable here: {inert(line)}"

    emit(answer, form, human)
    if not answer["ok"]:
        raise typer.Exit(1)
