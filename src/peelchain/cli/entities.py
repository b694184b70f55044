"""peelchain entities: who is behind clusters, by whose word, and why they are one."""

from collections.abc import Iterator
from typing import Annotated

import typer

from peelchain.cli.options import (
    AsOfOption,
    CsvOption,
    JsonOption,
    OutOption,
    PolicyOption,
    ShortOption,
    StoreOption,
    TableOption,
    knowledge_of,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table

app = typer.Typer(help="Clusters that somebody attributed.", no_args_is_help=True)


@app.command("list")
def list_entities(
    store: StoreOption,
    policy: PolicyOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Every cluster that tags name: actor, jurisdictions, size, how many tags. The rows are those.

    Example: peelchain entities list --store chain.store
    """
    from peelchain.actions.tagging import entities as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.list_entities(store, policy or [], knowledge_of(as_of))

    def rows() -> Iterator[list[object]]:
        for entity in answer["entities"]:
            laws = " ".join(entity["jurisdictions"])
            yield [laws if c == "jurisdictions" else entity[c] for c in actions.ENTITY_COLUMNS]

    def human() -> Iterator[str]:
        columns = ("party", "label", "category", "jurisdictions", "cluster_id", "scripts", "tags")
        at = [actions.ENTITY_COLUMNS.index(name) for name in columns]
        yield from table(columns, ([row[i] for i in at] for row in rows()))
        yield ""
        yield from facts([("as of", answer["as_of"]), *footing(answer)])

    emit(answer, form, human, lambda: Rows(actions.ENTITY_COLUMNS, rows()))


@app.command("show")
def show(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="An actor, a label, or an address of the entity.")
    ],
    store: StoreOption,
    policy: PolicyOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
    short: ShortOption = False,
) -> None:
    """An entity with the certificate behind: its tags, and the transactions that join them.

    Example: peelchain entities show bitmex --store chain.store
    """
    from peelchain.actions.tagging import entities as actions

    form = form_of(json=json, short=short)
    answer = actions.show_entity(what, store, policy or [], knowledge_of(as_of))

    def human() -> Iterator[str]:
        for actor in answer["actors"]:
            laws = ", ".join(actor["jurisdictions"]) or "none given"
            yield from facts(
                [("actor", f"{actor['label']} ({actor['actor']})"), ("site", actor["uri"]),
                 ("jurisdictions", laws)]
            )  # fmt: skip
            yield ""
        for entity in answer["entities"]:
            yield from facts(
                [
                    ("entity", f"{entity['label']} ({entity['category']})"),
                    (entity["scope"], f"{entity['cluster_id']}, {entity['scripts']:,} scripts"),
                    ("tags", f"{entity['anchors_in_all']:,}"),
                    ("contested", "yes; see 'peelchain tags conflicts'" if entity["contested"]
                     else None),
                ]
            )  # fmt: skip
            anchors = ("tag_id", "address", "label", "confidence", "source")
            yield from table(anchors, ([tag[c] for c in anchors] for tag in entity["anchors"]))
            if entity["links"]:
                yield "joined by"
                steps = ("txid", "rule", "address_a", "address_b")
                rows = ([step[c] for c in steps] for step in entity["links"])
                yield from table(steps, rows, short=form.short)
            yield ""
        yield from facts([("as of", answer["as_of"]), *footing(answer)])

    emit(answer, form, human)
