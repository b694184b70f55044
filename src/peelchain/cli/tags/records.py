"""peelchain tags list, show, conflicts, check: what was said, by whom, when, and what disagrees."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from peelchain.cli.options import (
    AsOfOption,
    CsvOption,
    JsonOption,
    OutOption,
    PolicyOption,
    StoreOption,
    TableOption,
    knowledge_of,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.tags.app import app

_MOST = 2**31


@app.command("list")
def list_tags(
    store: StoreOption,
    actor: Annotated[str | None, typer.Option(metavar="ID", help="Of this actor.")] = None,
    category: Annotated[str | None, typer.Option(metavar="NAME", help="Of it.")] = None,
    label: Annotated[str | None, typer.Option(metavar="TEXT", help="With this label.")] = None,
    source: Annotated[str | None, typer.Option(metavar="TEXT", help="From this source.")] = None,
    confidence: Annotated[str | None, typer.Option(metavar="CLASS", help="Of it.")] = None,
    retracted: Annotated[
        bool, typer.Option("--retracted", help="Those that were taken back too.")
    ] = False,
    limit: Annotated[
        int, typer.Option(metavar="N", min=0, max=_MOST, help="At most so many.")
    ] = 1_000,
    as_of: AsOfOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """List tags. The rows are the tags.

    Example: peelchain tags list --category exchange --as-of 2024-01-31 --store chain.store
    """
    from peelchain.actions.tagging import records as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    wanted = actions.Wanted(actor, category, label, source, confidence, limit, retracted)
    answer = actions.list_tags(wanted, store, knowledge_of(as_of))
    rows = [[tag[name] for name in actions.TAG_COLUMNS] for tag in answer["tags"]]

    def human() -> Iterator[str]:
        columns = ("tag_id", "address", "label", "category", "actor", "confidence", "source")
        yield from table(columns, ([tag[c] for c in columns] for tag in answer["tags"]))
        yield ""
        yield from facts([("tags", f"{answer['count']:,}"), *_known(answer), *footing(answer)])

    emit(answer, form, human, lambda: Rows(actions.TAG_COLUMNS, rows))


@app.command("show")
def show(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="An address, a tag_id or the id of an actor.")
    ],
    store: StoreOption,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """The tags of an address or actor, each with its history: imports, corrections, retractions.

    Example: peelchain tags show 12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S --store chain.store
    """
    from peelchain.actions.tagging import records as actions

    form = form_of(json=json)
    answer = actions.show_tags(what, store, knowledge_of(as_of))

    def human() -> Iterator[str]:
        for tag in answer["tags"]:
            named = ("address", "label", "category", "actor", "source", "confidence")
            later = actions.TAG_COLUMNS[8:-2]
            yield from facts(
                [
                    ("tag", f"{tag['tag_id']}: {tag['state']}"),
                    *((name, tag[name]) for name in (*named, *later)),
                    *(
                        ("recorded", f"{r['recorded_utc']} from {r['file']}")
                        for r in tag["records"]
                    ),
                    *(
                        (c["change"], f"{c['recorded_utc']} by {c['by']}: {c['reason']}")
                        for c in tag["changes"]
                    ),
                ]
            )
            yield ""
        yield from facts([*_known(answer), *footing(answer)])

    emit(answer, form, human)


@app.command("conflicts")
def conflicts(
    store: StoreOption,
    policy: PolicyOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Addresses and clusters that tags name several parties for. The rows are the parties, ranked.

    Example: peelchain tags conflicts --store chain.store --csv -o conflicts.csv
    """
    from peelchain.actions.tagging import records as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.conflicts(store, policy or [], knowledge_of(as_of))
    rows = actions.conflict_rows(answer)

    def human() -> Iterator[str]:
        for conflict in answer["conflicts"]:
            where = conflict["address"] or f"cluster {conflict['cluster_id']}"
            yield from facts([(conflict["scope"], where)])
            columns = ("label", "confidence", "scripts", "lastmod", "source", "decided_by")
            heads = ("label", "confidence", "scripts", "changed", "source", "before the next by")
            yield from table(heads, ([claim[c] for c in columns] for claim in conflict["claims"]))
            yield ""
        count = f"{answer['addresses']:,} addresses, {answer['clusters']:,} clusters"
        yield from facts([("contested", count), *_known(answer), *footing(answer)])

    emit(answer, form, human, lambda: Rows(actions.CONFLICT_COLUMNS, rows))


@app.command("check")
def check(
    store: StoreOption,
    policy: PolicyOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Tags that need a look: circular support, users of mixers, unknown classes.

    Example: peelchain tags check --store chain.store
    """
    from peelchain.actions.tagging import records as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.check(store, policy or [], knowledge_of(as_of))
    rows = [[row[name] for name in actions.CHECK_COLUMNS] for row in answer["findings"]]

    def human() -> Iterator[str]:
        columns = ("finding", "tag_id", "address", "label", "what")
        if rows:
            yield from table(columns, ([row[c] for c in columns] for row in answer["findings"]))
            yield ""
        yield from facts(
            [
                ("tags", f"{answer['tags']:,}"),
                *((name, f"{count:,}") for name, count in answer["counts"].items()),
                *_known(answer),
                *footing(answer),
            ]
        )

    emit(answer, form, human, lambda: Rows(actions.CHECK_COLUMNS, rows))


def _known(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [] if answer["as_of"] is None else [("as of", answer["as_of"])]
