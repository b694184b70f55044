"""peelchain verify: check an evidence bundle."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.options import JsonOption
from peelchain.cli.output import emit, facts, form_of
from peelchain.cli.plain_text import inert
from peelchain.cli.progress import progress


def verify(
    bundle: Annotated[Path, typer.Argument(help="The bundle's zip, or its unpacked folder.")],
    expect: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="The digest on the report's first page.")
    ] = None,
    opening: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Opens withheld fields; `case reveal` writes it."),
    ] = None,
    kernel: Annotated[
        bool,
        typer.Option(
            "--kernel",
            help="Have Bitcoin Core's code verify the scripts of what is spent (extra `simulate`).",
        ),
    ] = False,
    timestamp: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="An authority's timestamp, .tsr; those in the bundle's case are found.",
        ),
    ] = None,
    authority: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Certificates of the timestamp authority, root first."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check an evidence bundle, as the verify.py inside it does.

    Exit 1 says that something does not hold.

    Example: peelchain verify cases/site/bundle.zip --expect DIGEST
    """
    from peelchain.actions import bundles as actions

    form = form_of(json=json)
    with progress() as tell:
        answer = actions.verify_bundle(
            bundle,
            expect,
            opening=opening,
            kernel=kernel,
            timestamps=timestamp or (),
            authorities=authority or (),
            progress=tell,
        )

    def human() -> Iterator[str]:
        scripts = answer["kernel"] or {"inputs": 0, "transactions": 0, "lacking": 0}
        core = f"{scripts['inputs']:,} inputs of {scripts['transactions']:,} transactions"
        withheld = [f"{n:,} {kind}" for kind, n in answer["withheld"].items() if n]
        stamps = [
            ("timestamp", f"{s['time_utc']} by {inert(s['authority'])}")
            for s in answer["timestamps"]
        ]
        yield from facts(
            [
                ("digest", answer["digest"]),
                *((f"{name} checked", f"{n:,}") for name, n in answer["checked"].items()),
                *([("scripts by Core", core)] if answer["kernel"] else []),
                *stamps,
                *([("withheld", ", ".join(withheld))] if withheld else []),
                ("result", "all holds" if answer["ok"] else f"{len(answer['failures'])} failures"),
            ]
        )
        for failure in answer["failures"]:
            yield f"  {inert(failure)}"
        for line in answer["opened"]:
            yield f"opened: {inert(line)}"
        if expect is None:
            yield "compare the digest with the one on the report's first page, or give --expect"
        if scripts["lacking"]:
            yield (
                f"scripts not verified: {scripts['lacking']:,} transactions, whose prevouts are "
                "not all here"
            )
        for line in answer["unchecked"]:
            yield f"not checkable here: {inert(line)}"

    emit(answer, form, human)
    if not answer["ok"]:
        raise typer.Exit(1)
