"""peelchain evaluate: measured error of rules, detectors and policies."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from peelchain.cli import field, marks, patterns
from peelchain.cli.options import (
    MOST,
    CsvOption,
    JsonOption,
    OutOption,
    PolicyOption,
    StoreOption,
    TableOption,
    piped,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of
from peelchain.cli.output import table as lines_of
from peelchain.cli.progress import progress
from peelchain.cli.rate_rows import emit_rates, share

app = typer.Typer(help="How often rules and clusters are right.", no_args_is_help=True)

app.add_typer(field.app, name="field")
app.command("patterns")(patterns.measured)
app.command("marks")(marks.measured)

_SHOWN = 20

JobsOption = Annotated[int, typer.Option(metavar="N", min=1, max=256, help="Economies at once.")]
IntoOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Put the rows into this file of error rates."),
]


@app.command()
def table(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV with the columns address and entity.")
    ],
    store: StoreOption,
    complete: Annotated[
        bool,
        typer.Option(
            "--complete", help="Certify that it lists every address of its entities: precision too."
        ),
    ] = False,
    policy: PolicyOption = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the rates in the store's table error_rates.")
    ] = False,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Error of the clustering on addresses whose owners are known. The rows are the entities.

    Example: peelchain evaluate table seized.csv --store chain.store
    """
    from peelchain.actions import evaluate as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.table(piped(file), store, policy, complete=complete, keep=keep)
    entities = [[e[c] for c in actions.ENTITY_COLUMNS] for e in answer["entities"]]

    def human() -> Iterator[str]:
        whole = answer["whole_entities"]
        said = answer["precision"]
        yield from facts(
            [
                ("measured", f"{answer['addresses']:,} addresses of {answer['rows']:,} rows"),
                ("recall of pairs", share(answer["recall"])),
                ("recall of addresses", share(answer["b_cubed_recall"])),
                (
                    "precision of pairs",
                    share(said) if said else "unknown: the table is not certified complete",
                ),
                ("entities found whole", f"{whole['right']:,} of {whole['of']:,}"),
                ("clusters of several", f"{len(answer['mixed_clusters']):,}"),
                *((f"rows: {name}", f"{n:,}") for name, n in answer["problems"].items()),
                *footing(answer),
            ]
        )
        yield ""
        yield from lines_of(actions.ENTITY_COLUMNS, entities[:_SHOWN])
        if len(entities) > _SHOWN:
            yield f"the first {_SHOWN} of {len(entities):,} entities; --csv has all"
        if answer["remarks"]:
            yield ""
            for remark in answer["remarks"][:_SHOWN]:
                yield from facts([(f"line {remark['line']}", _remark(remark))])
            if len(answer["remarks"]) > _SHOWN:
                yield f"the first {_SHOWN} of {len(answer['remarks']):,} remarks; --json has all"

    emit(answer, form, human, lambda: Rows(actions.ENTITY_COLUMNS, entities))


@app.command()
def simulated(
    work: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Where results are kept; what is there is not redone."),
    ],
    economies: Annotated[
        int, typer.Option(metavar="N", min=1, max=100_000, help="Economies a condition.")
    ] = 12,
    blocks: Annotated[
        int, typer.Option(metavar="N", min=0, max=MOST, help="Blocks of each economy.")
    ] = 600,
    condition: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="This condition alone; may be given again."),
    ] = None,
    choosing: Annotated[
        bool, typer.Option("--choosing", help="Seeds to look at while one writes a rule.")
    ] = False,
    jobs: JobsOption = 1,
    keep_chains: Annotated[
        bool, typer.Option("--keep-chains", help="Leave the chains there for another version.")
    ] = False,
    into: IntoOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Error of every policy, rule and detector on simulated economies that none has seen.

    Example: peelchain evaluate simulated --work work --economies 12 --condition habits
    """
    from peelchain.actions import evaluate as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    with progress() as report:
        answer = actions.simulated(
            economies,
            blocks,
            work,
            condition or (),
            choosing=choosing,
            jobs=jobs,
            keep=keep_chains,
            into=into,
            progress=report,
        )
    emit_rates(answer, form)


@app.command()
def change(
    train: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Train and measure anew, with chains in this folder."),
    ] = None,
    jobs: JobsOption = 1,
    into: IntoOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Error of the change rules and of the predictor, on economies that trained nothing.

    Example: peelchain evaluate change --csv -o change.csv
    """
    from peelchain.actions import evaluate as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    with progress() as report:
        answer = actions.change(train, jobs=jobs, into=into, progress=report)
    emit_rates(answer, form)


@app.command()
def coinjoins(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of sets, such as data/coinjoins.")
    ],
    labels: Annotated[
        Path, typer.Option(metavar="FILE", help="CSV with the columns txid, set and verdict.")
    ],
    into: IntoOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Error of the CoinJoin detectors on real transactions that were judged one by one.

    Example: peelchain evaluate coinjoins data/coinjoins --labels docs/methods/coinjoin-labels.csv
    """
    from peelchain.actions import evaluate as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    emit_rates(actions.coinjoins(folder, labels, into), form)


@app.command()
def rates(
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="These instead of those that are shipped."),
    ] = None,
    rule: Annotated[
        str | None, typer.Option(metavar="RULE", help="Of this rule, detector or policy only.")
    ] = None,
    stratum: Annotated[
        str | None, typer.Option(metavar="STRATUM", help="Of this stratum only, such as all.")
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """The measured error rates that answers and reports quote.

    Example: peelchain evaluate rates --rule multi_input
    """
    from peelchain.actions import evaluate as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    emit_rates(actions.rates(file, rule, stratum), form, chosen=stratum is not None)


def _remark(remark: Mapping[str, Any]) -> str:
    other = f" (line {remark['other_line']})" if remark["other_line"] else ""
    return f"{remark['address']} {remark['reason']}{other}".strip()
