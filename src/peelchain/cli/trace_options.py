"""The options that the trace commands share, each written once."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from peelchain.cli.options import MOST
from peelchain.errors import MisuseError
from peelchain.units import MAX_HEIGHT

if TYPE_CHECKING:
    from peelchain.actions.tracing.seeds import SeedsAsked

SeedOption = Annotated[
    list[str] | None,
    typer.Option(
        "--seed",
        metavar="OUTPOINT",
        help="TXID:VOUT, or TXID:VOUT=SATOSHIS for a part; - reads them from stdin, one a line. "
        "May be given again.",
    ),
]
AddressOption = Annotated[
    list[str] | None,
    typer.Option(
        "--address",
        metavar="ADDRESS",
        help="What this address was paid; several are one party. May be given again.",
    ),
]
ClusterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="What the cluster of this address was paid. May be given again.",
    ),
]
ClaimantOption = Annotated[
    list[str] | None,
    typer.Option(
        "--claimant",
        metavar="NAME=OUTPOINTS",
        help="What one of several claimants lost: NAME=TXID:VOUT,TXID:VOUT=SATOSHIS. "
        "May be given again.",
    ),
]
SeedFileOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--seeds",
        metavar="FILE",
        help="Seeds as CSV with the columns outpoint, satoshis, claimant; the last two may lack. "
        "May be given again.",
    ),
]
RuleOption = Annotated[
    list[str] | None,
    typer.Option(
        "--rule",
        metavar="RULE",
        help="A tracing rule, or `all`; may be given again, and value_sat is told for the first. "
        "Default: pro-rata.",
    ),
]
LowOption = Annotated[
    int | None,
    typer.Option("--min-height", metavar="N", min=0, max=MAX_HEIGHT, help="Cut below this height."),
]
HighOption = Annotated[
    int | None,
    typer.Option("--max-height", metavar="N", min=0, max=MAX_HEIGHT, help="Cut above this height."),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help="Cut below the first block made at or after this day or moment, UTC.",
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Cut above the last block made by the end of this day, UTC."),
]
MaxTxsOption = Annotated[
    int | None,
    typer.Option(
        "--max-txs",
        metavar="N",
        min=1,
        max=MOST,
        help="Stop after so many transactions; what is pending then is cut, the answer partial.",
    ),
]
ThroughOption = Annotated[
    list[str] | None,
    typer.Option(
        "--through",
        metavar="NAME",
        help="Walk through this service, as tags name it, instead of stopping. May be given again.",
    ),
]
ThroughCategoryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--through-category",
        metavar="CATEGORY",
        help="Walk through services of this category, such as shop. May be given again.",
    ),
]
FiatOption = Annotated[
    str | None,
    typer.Option(
        "--fiat",
        metavar="CURRENCY",
        help="The worth on the day of each movement, by the imported rates.",
    ),
]
RatesOfOption = Annotated[
    str | None,
    typer.Option("--rates-of", metavar="NAME", help="Use this publisher's rates alone."),
]
TablesOption = Annotated[
    Path | None,
    typer.Option(
        "--tables",
        metavar="DIR",
        help="Write the tables (hops, terminals ...) into this new folder, as Parquet and CSV.",
    ),
]
FiguresOption = Annotated[
    Path | None,
    typer.Option(
        "--figures",
        metavar="DIR",
        help="Draw the trace under the first rule as SVG: flow, sankey, cumulative.",
    ),
]


def seeds_asked(
    seed: list[str] | None,
    address: list[str] | None,
    cluster: list[str] | None,
    claimant: list[str] | None,
    files: list[Path] | None,
) -> "SeedsAsked":
    """The seeds of a command's options. Raises BadParameter where there is none."""
    from peelchain.actions.tracing.seeds import SeedsAsked

    if not any((seed, address, cluster, claimant, files)):
        raise typer.BadParameter(
            "there is nothing to trace; give --seed, --address, --cluster, --claimant or --seeds"
        )
    return SeedsAsked(_seeds_read(seed), address or (), cluster or (), claimant or (), files or ())


def _seeds_read(seeds: list[str] | None) -> tuple[str, ...]:
    """The seeds, with `-` replaced by the lines of stdin. Raises MisuseError where it has none."""
    given = list(seeds or ())
    if "-" not in given:
        return tuple(given)
    read = [line.strip() for line in sys.stdin]
    found = [s for s in given if s != "-"] + [line for line in read if line]
    if not found:
        raise MisuseError("there is no seed on stdin; give TXID:VOUT, one a line")
    return tuple(found)


def direction_asked(given: str) -> Literal["forward", "backward"]:
    """The direction of a trace. Raises MisuseError for anything else."""
    if given == "forward":
        return "forward"
    if given == "backward":
        return "backward"
    raise MisuseError(f"{given!r} is no direction of a trace; use forward or backward")
