"""peelchain trace ledger: a custodian's own books under the account rules."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from peelchain.cli.options import (
    CsvOption,
    JsonOption,
    OutOption,
    ShortOption,
    TableOption,
    piped,
)
from peelchain.cli.output import Rows, emit, facts, form_of, table
from peelchain.cli.plain_text import inert
from peelchain.units import format_btc

Row = dict[str, Any]

COLUMNS = ("rule", "kind", "row", "reference", "value_sat", "claimant", "share_sat")

_MOST_CLAIMANTS = 6
_MOST_PAYMENTS = 100
"""Beyond these a table says no more to the eye; --csv and --json have all."""


def ledger(
    books: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The account's entries in CSV; - is stdin."),
    ],
    rule: Annotated[
        list[str] | None,
        typer.Option(
            "--rule",
            metavar="RULE",
            help="A rule of scope account, such as account-fifo; all of them unless given. May be "
            "given again.",
        ),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
    short: ShortOption = False,
) -> None:
    """Whose money each payment of an account's own books was, under each account rule.

    The rows are the shares of each payment, and of what is held in the end.

    Example: peelchain trace ledger books.csv --rule account-fifo --rule account-pool
    """
    from peelchain.actions.tracing.ledger import LedgerAsked, trace_ledger

    form = form_of(json=json, csv=csv, table=table_, output=output, short=short)
    answer = trace_ledger(LedgerAsked(piped(books), rule or ("all",)))
    emit(
        answer,
        form,
        lambda: _lines(answer, short=form.short),
        lambda: Rows(COLUMNS, shares(answer)),
    )


def shares(answer: Row) -> Iterator[list[Any]]:
    """A row under COLUMNS for each share above nothing; no claimant is the account's own money.

    Those of a payment, or of what is held, add up to its `value_sat`.
    """
    for at, rule in enumerate(answer["rules"]):
        for payment in answer["payments"]:
            share = payment["shares"][at]
            head = [rule["rule"], "payment", payment["row"], payment["reference"]]
            for claim in share["claims"]:
                yield [*head, payment["value_sat"], claim["claimant"], claim["share_sat"]]
            if share["own_sat"]:
                yield [*head, payment["value_sat"], None, share["own_sat"]]
        head = [rule["rule"], "held", None, None, answer["balance_sat"]]
        for claimant in rule["claimants"]:
            if claimant["held_sat"]:
                yield [*head, claimant["claimant"], claimant["held_sat"]]
        if rule["own_held_sat"]:
            yield [*head, None, rule["own_held_sat"]]


def _lines(answer: Row, *, short: bool) -> Iterator[str]:
    yield from facts(
        [
            ("books", answer["books"]),
            ("receipts", f"{answer['receipts']:,} of {format_btc(answer['received_sat'])} BTC"),
            (
                "payments",
                f"{len(answer['payments']):,} of {format_btc(answer['paid_sat'])} BTC",
            ),
            ("left", f"{format_btc(answer['balance_sat'])} BTC"),
        ]
    )
    yield ""
    wide = max(len(rule["rule"]) for rule in answer["rules"])
    for rule in answer["rules"]:
        yield (
            f"{rule['rule']:{wide}}  claims {format_btc(rule['claimed_sat'])} = "
            f"paid {format_btc(rule['paid_sat'])} + held {format_btc(rule['held_sat'])} BTC"
        )
    yield ""
    yield from table(
        ["claimant", "rule", "claimed BTC", "paid out BTC", "held BTC"],
        (
            [
                claimant["claimant"],
                rule["rule"],
                *(format_btc(claimant[f"{what}_sat"]) for what in ("claimed", "paid", "held")),
            ]
            for at in range(len(answer["claimants"]))
            for rule in answer["rules"]
            for claimant in [rule["claimants"][at]]
        ),
        short=short,
    )
    names = [claimant["claimant"] for claimant in answer["claimants"]]
    if len(names) > _MOST_CLAIMANTS:
        yield ""
        yield f"the shares of {len(names):,} claimants in each payment: --csv and --json list them"
        return
    for at, rule in enumerate(answer["rules"]):
        yield ""
        yield f"{rule['rule']} (scope account: these books are the account)"
        yield from table(
            ["row", "reference", "value BTC", *(f"{inert(n)} BTC" for n in names), "own BTC"],
            _table_rows(answer, at, names),
            short=short,
        )
    left_out = len(answer["payments"]) - _MOST_PAYMENTS
    if left_out > 0:
        yield ""
        yield f"and {left_out:,} payments more, which --csv and --json list"


def _table_rows(answer: Row, at: int, names: list[str]) -> Iterator[list[Any]]:
    for payment in islice(answer["payments"], _MOST_PAYMENTS):
        share = payment["shares"][at]
        of = {claim["claimant"]: claim["share_sat"] for claim in share["claims"]}
        sats = [payment["value_sat"], *(of.get(name, 0) for name in names), share["own_sat"]]
        yield [payment["row"], payment["reference"], *map(format_btc, sats)]
    rule = answer["rules"][at]
    held = [claimant["held_sat"] for claimant in rule["claimants"]]
    sats = [answer["balance_sat"], *held, rule["own_held_sat"]]
    yield ["held", "", *map(format_btc, sats)]
