"""peelchain cluster: run, show, export, explain, superclusters."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from peelchain.cli.explained import carried, joined, not_joined, suspicions
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
from peelchain.cli.progress import progress
from peelchain.units import format_btc

app = typer.Typer(help="Who controls what: clusters and their reasons.", no_args_is_help=True)

_MOST_MEMBERS = 100_000_000
_MOST_CUT = 1_000_000

ExcludeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--without", metavar="TXID", help="Leave this transaction out; may be given again."
    ),
]
CutBoundOption = Annotated[
    int,
    typer.Option(
        metavar="N", min=1, max=_MOST_CUT, help="Look for a cut of at most so many transactions."
    ),
]


@app.command()
def run(
    store: StoreOption,
    without: ExcludeOption = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Link by this rule; may be given again. Default: multi_input."
        ),
    ] = None,
    without_detector: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="Link transactions of this kind; may be given again."),
    ] = None,
    cannot_link: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Keep apart what this file states; may be given again."),
    ] = None,
    services_apart: Annotated[
        bool, typer.Option("--services-apart", help="Keep apart what is tagged as two services.")
    ] = False,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Do not go on from an earlier run.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Cluster the chain: scripts spent together, CoinJoins excepted.

    Goes on from the same policy's last run. Other choices make another policy, and both are kept.

    Example: peelchain cluster run --store chain.store
    """
    from peelchain.actions import clusters as actions

    form = form_of(json=json)
    asked = actions.Asked(
        rules=tuple(rule or actions.Asked().rules),
        without_detectors=tuple(without_detector or ()),
        exclude=tuple(without or ()),
        cannot_link=tuple(cannot_link or ()),
        services_apart=services_apart,
    )
    with progress() as report:
        answer = actions.run(store, asked, report, from_scratch=from_scratch)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("links", f"{answer['links']:,}"),
                (
                    "clusters",
                    f"{answer['clusters']:,} of {answer['clustered_scripts']:,} scripts "
                    f"(of {answer['scripts']:,} in the chain)",
                ),
                ("CoinJoins left out", f"{answer['coinjoins']:,}"),
                ("lookalikes", f"{answer['lookalikes']:,}"),
                *(
                    [("merges refused", f"{answer['conflicts']:,}")]
                    if answer["constraints"]
                    else []
                ),
                *footing(answer),
            ]
        )

    emit(answer, form, human)


@app.command()
def show(
    address: Annotated[str, typer.Argument(help="An address of the cluster.")],
    store: StoreOption,
    limit: Annotated[
        int, typer.Option(metavar="N", min=0, max=_MOST_MEMBERS, help="At most so many members.")
    ] = 1000,
    policy: PolicyOption = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """The cluster of an address: size, totals, service and members. The rows are the members.

    Example: peelchain cluster show 12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S --store chain.store
    """
    from peelchain.actions import clusters as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.show(address, store, limit, policy, knowledge_of(as_of))

    def human() -> Iterator[str]:
        service = answer["service"]
        yield from facts(
            [
                ("cluster", f"{answer['cluster_id']} of {answer['scripts']:,} scripts"),
                ("basis", answer["basis"]),
                (
                    "service",
                    f"{service['label']} ({service['category']})" if service else "none known",
                ),
                *(("conflicting tags", ", ".join(labels)) for labels in answer["conflicts"]),
                *_doubted(answer["possible_payjoins"]),
                (
                    "received",
                    f"{format_btc(answer['received_sat'])} BTC in {answer['outputs']:,} outputs",
                ),
                ("balance", f"{format_btc(answer['balance_sat'])} BTC"),
                ("seen", f"{answer['first_seen_utc']} to {answer['last_seen_utc']}"),
                *footing(answer),
            ]
        )
        yield ""
        yield from table(
            ["member"], ((m["address"] or f"script {m['script_id']}",) for m in answer["members"])
        )
        if len(answer["members"]) < answer["scripts"]:
            yield f"the first {len(answer['members']):,}; --limit shows more"

    emit(
        answer,
        form,
        human,
        lambda: Rows(
            actions.EXPORT_COLUMNS,
            ((m["address"], m["script_id"], answer["cluster_id"]) for m in answer["members"]),
        ),
    )


def _doubted(possible: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if possible["transactions"]:
        yield (
            "may be PayJoins",
            f"{possible['transactions']:,} of the {possible['links']:,} transactions that join it: "
            "payer and payee are joined if so",
        )


@app.command()
def export(
    store: StoreOption,
    policy: PolicyOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Every clustered script: address, script_id, cluster_id; as CSV where nothing else is asked.

    Scripts that share a cluster with no other have no row.

    Example: peelchain cluster export --store chain.store --csv -o clusters.csv
    """
    from peelchain.actions import clusters as actions
    from peelchain.actions.policies import policy_asked
    from peelchain.actions.view import StoreView

    form = form_of(json=json, csv=csv, table=table_, output=output, default="csv")
    with StoreView(store, policy_asked(store, policy or [], [])) as view:
        exported = actions.export(view)
        answer = dict(exported.answer)
        if form.kind == "json":
            answer["rows"] = [
                dict(zip(actions.EXPORT_COLUMNS, row, strict=True)) for row in exported.rows
            ]

        def human() -> Iterator[str]:
            yield from table(actions.EXPORT_COLUMNS, exported.rows)
            yield ""
            yield from facts(footing(answer))

        emit(answer, form, human, lambda: Rows(actions.EXPORT_COLUMNS, exported.rows))


@app.command()
def explain(
    a: Annotated[str, typer.Argument(metavar="ADDRESS1", help="An address.")],
    b: Annotated[str, typer.Argument(metavar="ADDRESS2", help="Another.")],
    store: StoreOption,
    policy: PolicyOption = None,
    without: ExcludeOption = None,
    cut_bound: CutBoundOption = 16,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
) -> None:
    """Why two addresses are held to be one party, what that hangs on, or what came nearest.

    The shortest chain of transactions that joins them, and the fewest whose exclusion parts them.
    The rows are the links of that chain, from the first address to the second.

    Example: peelchain cluster explain ADDRESS1 ADDRESS2 --store chain.store
    """
    from peelchain.actions.explain import explain_link

    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    answer = explain_link(a, b, store, without, policies=policy, cut_bound=cut_bound)
    columns = ("txid", "rule", "script_a", "script_b")
    links = [[link[c] for c in columns] for link in answer["links"]]

    def human() -> Iterator[str]:
        if not answer["joined"]:
            yield "not joined under this policy"
            yield ""
            yield from not_joined(answer["nearest"], short=short)
        elif not links:
            yield "one and the same script"
        else:
            yield from joined(answer, short=short)
        yield from suspicions(answer["superclusters"] or [])
        yield ""
        yield from facts(footing(answer))

    emit(answer, form, human, lambda: Rows(columns, links))


@app.command()
def policies(store: StoreOption, json: JsonOption = False) -> None:
    """The policies under which the store was clustered, and whether they stand on the tip.

    Example: peelchain cluster policies --store chain.store
    """
    from peelchain.actions import clusters as actions

    form = form_of(json=json)
    answer = actions.policies(store)

    def human() -> Iterator[str]:
        if not answer["policies"]:
            yield "none yet: run 'peelchain cluster run'"
        for policy in answer["policies"]:
            told = policy["definition"]
            yield from facts(
                [
                    ("policy", policy["policy"] + (" (default)" if policy["is_default"] else "")),
                    ("rules", ", ".join(told["rules"]) or "none"),
                    ("giving no link", ", ".join(told["detectors"]) or "none"),
                    *(
                        [("without", f"{len(told['exclusions']):,} transactions")]
                        if told["exclusions"]
                        else []
                    ),
                    *(
                        [("merges refused", f"{policy['conflicts']:,}")]
                        if told["constraints"]
                        else []
                    ),
                    ("links", f"{policy['links']:,}"),
                    (
                        "up to height",
                        f"{policy['run_tip_height']:,}"
                        + ("" if policy["stands"] else ", which is not the tip"),
                    ),
                    ("run", policy["run_id"]),
                ]
            )
            yield ""
        yield from facts(footing(answer))

    emit(answer, form, human)


@app.command("superclusters")
def superclusters_(
    store: StoreOption,
    policy: PolicyOption = None,
    as_of: AsOfOption = None,
    cut_bound: CutBoundOption = 16,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
) -> None:
    """Clusters that have grown as no party's should: two services in one, or great parts joined.

    The rows are the transactions that carry them.

    Example: peelchain cluster superclusters --store chain.store
    """
    from peelchain.actions import superclusters as actions

    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    answer = actions.find(store, policy, cut_bound, knowledge_of(as_of))

    def human() -> Iterator[str]:
        if not answer["clusters"]:
            yield "no cluster is suspected"
        yield from carried(answer["clusters"], short=short)
        yield ""
        yield from facts(footing(answer))

    emit(answer, form, human, lambda: Rows(actions.COLUMNS, actions.rows(answer["clusters"])))
