"""peelchain tags export: what a store holds, as TagPack, ActorPack or CSV."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.options import AsOfOption, JsonOption, StoreOption, knowledge_of
from peelchain.cli.output import emit, facts, footing, form_of
from peelchain.cli.tags.app import app


@app.command("export")
def export(
    store: StoreOption,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The file.")],
    form_name: Annotated[
        str, typer.Option("--format", metavar="FORM", help="tagpack, actorpack or csv.")
    ] = "tagpack",
    title: Annotated[str, typer.Option(metavar="TEXT", help="The pack's title.")] = "Tags",
    actor: Annotated[str | None, typer.Option(metavar="ID", help="Of this actor.")] = None,
    category: Annotated[str | None, typer.Option(metavar="NAME", help="Of it.")] = None,
    label: Annotated[str | None, typer.Option(metavar="TEXT", help="With this label.")] = None,
    source: Annotated[str | None, typer.Option(metavar="TEXT", help="From this source.")] = None,
    confidence: Annotated[str | None, typer.Option(metavar="CLASS", help="Of it.")] = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """Write the tags that stand, or the actors. `tags import` reads the file back the same.

    Example: peelchain tags export --category exchange -o exchanges.yaml --store chain.store
    """
    from peelchain.actions.tagging.export import export_tags
    from peelchain.actions.tagging.records import Wanted

    form = form_of(json=json)
    wanted = Wanted(actor, category, label, source, confidence)
    answer = export_tags(
        out, store, form_name, wanted=wanted, title=title, knowledge=knowledge_of(as_of)
    )

    def human() -> Iterator[str]:
        missing = [f"{n:,} without {name}" for name, n in answer["lacking"].items() if n]
        demands = f"{', '.join(missing)}, which GraphSense's schema demands" if missing else None
        yield from facts(
            [
                ("exported", f"{answer['exported']:,}"),
                *(("file", file) for file in answer["files"]),
                ("lacking", demands),
                ("as of", answer["as_of"]),
                *footing(answer),
            ]
        )

    emit(answer, form, human)
