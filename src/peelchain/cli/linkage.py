"""peelchain coinjoin linkage."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from peelchain.cli.options import (
    CsvOption,
    JsonOption,
    OutOption,
    ShortOption,
    StoreOption,
    TableOption,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, table
from peelchain.cli.progress import progress
from peelchain.units import format_btc

_COLUMNS = ("vin", "vout", "interpretations", "probability", "certain")
_MOST_CELLS = 400
"""Links that a table shows as a matrix; more are for --json and --csv."""


def linkage(
    txid: Annotated[str, typer.Argument(metavar="TXID", help="The transaction.")],
    store: StoreOption,
    parties: Annotated[
        int | None,
        typer.Option(
            "--parties",
            metavar="N",
            min=1,
            help="Count interpretations of at least so many parties; as the detector found.",
        ),
    ] = None,
    finest: Annotated[
        bool, typer.Option("--finest", help="Only those whose parties cannot be split further.")
    ] = False,
    shared: Annotated[
        list[int] | None,
        typer.Option(
            "--shared",
            metavar="VOUT",
            min=0,
            help="An output all pay together, as a coordinator's fee. May be given again.",
        ),
    ] = None,
    most_gain_sat: Annotated[
        int | None,
        typer.Option(
            "--most-gain-sat",
            metavar="SATOSHIS",
            min=0,
            max=2**50,
            help="What a party may gain; 0, or 0.5% of the common value in a JoinMarket.",
        ),
    ] = None,
    most_paid_sat: Annotated[
        int | None,
        typer.Option(
            "--most-paid-sat",
            metavar="SATOSHIS",
            min=0,
            max=2**50,
            help="What a party may pay beyond the miner's fee and shared outputs.",
        ),
    ] = None,
    max_steps: Annotated[
        int | None,
        typer.Option("--max-steps", metavar="N", min=1, max=2**50, help="Give up after so many."),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
) -> None:
    """Which input may have paid which output of a CoinJoin, as far as the values tell.

    Example: peelchain coinjoin linkage TXID --store chain.store
    """
    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    from peelchain.actions.tracing import linkage as actions

    with progress() as report:
        answer = actions.coinjoin_linkage(
            txid,
            Path(store),
            parties_at_least=parties,
            finest=finest,
            shared=tuple(shared or ()),
            most_gain_sat=most_gain_sat,
            most_paid_sat=most_paid_sat,
            max_steps=max_steps,
            progress=report,
        )
    rows = Rows(_COLUMNS, ([link[name] for name in _COLUMNS] for link in answer["links"]))
    emit(answer, form, lambda: _lines(answer, short), lambda: rows)


def _lines(answer: dict[str, Any], short: bool) -> Iterator[str]:
    entropy = answer["entropy_bits"]
    count = answer["interpretations"]
    yield from facts(
        (
            ("transaction", answer["txid"]),
            ("CoinJoin", answer["type"] or "not by any detector"),
            ("parties", f"at least {answer['parties_at_least']}"),
            ("fee", format_btc(answer["fee_sat"])),
            ("a party may gain", format_btc(answer["most_gain_sat"])),
            ("a party may lose", format_btc(answer["most_loss_sat"])),
            ("interpretations", None if count is None else f"{count:,}"),
            ("entropy", None if entropy is None else f"{entropy:.4f} bits"),
            ("gave up", answer["gave_up"]),
        )
    )
    if count == 0:
        yield "no interpretation has so many parties: the values exclude nothing"
    yield ""
    yield from table(
        ("vout", "value_sat", "equal outputs", "possible inputs", "address"),
        (
            [o[k] for k in ("vout", "value_sat", "equal_outputs", "possible_inputs", "address")]
            for o in answer["outputs"]
        ),
        short=short,
    )
    yield ""
    certain = [link for link in answer["links"] if link["certain"]]
    cells = len(answer["inputs"]) * len(answer["outputs"])
    if answer["gave_up"] is None and cells <= _MOST_CELLS:
        yield "share of interpretations that link input and output"
        yield from _matrix(answer)
    elif answer["gave_up"] is None:
        yield f"{cells} pairs; --json and --csv have them all"
    if certain:
        yield "linked in every interpretation:"
        yield from (f"  input {link['vin']} and output {link['vout']}" for link in certain)
    yield "a share of interpretations is no probability that somebody paid somebody"
    yield ""
    yield from facts(footing(answer))


def _matrix(answer: dict[str, Any]) -> Iterator[str]:
    shares = {(link["vin"], link["vout"]): link["probability"] for link in answer["links"]}
    vouts = [o["vout"] for o in answer["outputs"]]

    def cell(vin: int, vout: int) -> str:
        share = shares.get((vin, vout))
        return "-" if share is None else f"{share:.4f}"

    rows = (
        [i["vin"], i["value_sat"], *(cell(i["vin"], vout) for vout in vouts)]
        for i in answer["inputs"]
    )
    yield from table(("vin", "value_sat", *(f"{vout} output" for vout in vouts)), rows)
