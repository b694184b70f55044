"""peelchain case requests: which services to ask, and what each is sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer

from peelchain.cli.case.app import app
from peelchain.cli.options import (
    MOST,
    CaseOption,
    CsvOption,
    DateOption,
    JsonOption,
    LanguageOption,
    OutOption,
    StoreOption,
    TableOption,
    checked_date,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.plain_text import inert
from peelchain.cli.progress import progress
from peelchain.errors import MisuseError

requests_app = typer.Typer(
    help="Requests to services: which to ask, and what each is sent.", no_args_is_help=True
)
app.add_typer(requests_app, name="requests")

ShareOption = Annotated[
    str, typer.Option(metavar="SHARE", help="The share to cover, such as 0.9; 1 is all.")
]
OfOption = Annotated[
    str, typer.Option("--of", metavar="WHAT", help="What to cover a share of: value or payers.")
]
MostOption = Annotated[
    int | None, typer.Option("--most", metavar="N", min=1, max=MOST, help="No more requests.")
]
NearOption = Annotated[
    int,
    typer.Option(
        "--near",
        metavar="N",
        min=0,
        max=MOST,
        help="Ask about withdrawals with at most so many private transactions before the subject.",
    ),
]
AllOption = Annotated[
    bool, typer.Option("--all-payments", help="Ask about withdrawals however far they are.")
]

_STEPS = ("entity", "label", "adds", "sum", "planned")


@requests_app.command("plan")
def plan(
    case: CaseOption,
    share: ShareOption = "0.9",
    of: OfOption = "value",
    most: MostOption = None,
    near: NearOption = 1,
    all_payments: AllOption = False,
    curve: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the curve there, as SVG.")
    ] = None,
    language: LanguageOption = "en",
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Pick the fewest requests that cover a share of the value or of the payers.

    Example: peelchain case requests plan --case cases/site --of payers --share 0.8
    """
    from peelchain.actions.casework import requests as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    asked = actions.PlanRequest(
        share=share,
        of=_of(of),
        most=most,
        near=None if all_payments else near,
        language=language,
    )
    answer = actions.plan_requests(case, asked)
    if curve is not None:
        actions.write_curve(answer, curve)

    def human() -> Iterator[str]:
        yield from table([*_STEPS, "share"], _steps(answer))
        yield ""
        yield _verdict(answer)

    emit(answer, form, human, lambda: Rows([*_STEPS, "share"], _steps(answer)))


@requests_app.command("write")
def write(
    case: CaseOption,
    store: StoreOption,
    service: Annotated[
        list[str] | None,
        typer.Option(
            "--service", metavar="NAME", help="A service by its id or label; may be given again."
        ),
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="The services of the plan by the next options.")
    ] = False,
    share: ShareOption = "0.9",
    of: OfOption = "value",
    most: MostOption = None,
    near: NearOption = 1,
    all_payments: AllOption = False,
    ask: Annotated[str, typer.Option(metavar="TEXT", help="What else to ask.")] = "",
    language: LanguageOption = "en",
    date: DateOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """Write one schedule of payments a service, as CSV, XLSX and PDF, by jurisdiction.

    Example: peelchain case requests write --case cases/site --store chain.store --plan
    """
    from peelchain.actions.casework import requests as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    far = None if all_payments else near
    request = actions.WriteRequest(
        case=case,
        store=store,
        services=tuple(service or ()),
        plan=actions.PlanRequest(share, _of(of), most, far) if plan else None,
        near=far,
        ask=ask,
        language=language,
        date_utc=checked_date(date, "--date"),
    )
    with progress() as report:
        answer = actions.write_requests(request, report)
    columns = ("entity", "label", "jurisdictions", "rows", "paid_out_sat", "paid_in_sat", "file")

    def rows() -> list[list[Any]]:
        return [
            [
                s["entity"],
                s["label"],
                " ".join(s["jurisdictions"]),
                s["count"],
                s["paid_out_sat"],
                s["paid_in_sat"],
                answer["files"][s["files"][0]],
            ]
            for s in answer["services"]
        ]

    def human() -> Iterator[str]:
        for group in answer["by_jurisdiction"]:
            where = ", ".join(group["jurisdictions"]) or "jurisdiction not known"
            yield inert(where)
            mine = [row for row in rows() if row[0] in group["services"]]
            yield from ("  " + line for line in table(columns, mine))
            yield ""
        left = answer["left_out"]
        yield from facts(
            [
                ("entry", answer["entry"]),
                ("left out: too far", f"{left['too_far']:,}"),
                ("left out: no amount", f"{left['without_amount']:,}"),
                *footing(answer),
            ]
        )

    emit(answer, form, human, lambda: Rows(columns, rows()))


def _of(text: str) -> Literal["value", "payers"]:
    if text not in ("value", "payers"):
        raise MisuseError(f"--of {text[:40]!a} is not value or payers; give one of them")
    return cast(Literal["value", "payers"], text)


def _steps(answer: dict[str, Any]) -> list[list[Any]]:
    return [
        [*(step[c] for c in _STEPS[:-1]), "yes" if step["planned"] else "no", step["share"]]
        for step in answer["steps"]
    ]


def _verdict(answer: dict[str, Any]) -> str:
    number = len(answer["services"])
    requests = "1 request" if number == 1 else f"{number} requests"
    unit = "sat" if answer["of"] == "value" else "payers"
    covered = f"{answer['covered']:,} of {answer['weight']:,} {unit}"
    if not answer["reached"]:
        return f"{requests} cover {covered}; {answer['needed']:,} were wanted"
    sure = "no fewer can" if answer["proved"] else f"no fewer than {answer['at_least']} can"
    return f"{requests} cover {covered}; {sure}"
