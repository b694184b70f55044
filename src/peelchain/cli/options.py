"""The options that many commands share, each written once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peelchain.errors import MisuseError
from peelchain.units import shown

if TYPE_CHECKING:
    from peelchain.tags.knowledge import Knowledge

_LAST_YEAR = 2105

MOST = 2**63 - 1
"""The greatest number that an option takes: what the tables can hold."""

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="The rows as CSV.")]
TableOption = Annotated[
    bool, typer.Option("--table", help="Tables for people (what a terminal gets anyway).")
]
ShortOption = Annotated[bool, typer.Option("--short", help="Cut hashes in tables.")]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write to this file, as CSV where nothing else is asked; - is stdout.",
    ),
]
StoreOption = Annotated[
    Path,
    typer.Option(
        "--store", "-s", metavar="STORE", help="The store's folder.", envvar="PEELCHAIN_STORE"
    ),
]
PolicyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--policy", metavar="ID", help="The policy, as `cluster run` named it; the default one."
    ),
]
NetworkOption = Annotated[
    str | None,
    typer.Option(
        "--network",
        metavar="NETWORK",
        help="mainnet, testnet3, testnet4, signet, regtest, or another chain, such as litecoin.",
    ),
]
MaxHopsOption = Annotated[
    int | None,
    typer.Option(
        "--max-hops", metavar="N", min=0, max=MOST, help="Cut after so many transactions."
    ),
]
MinValueOption = Annotated[
    int | None,
    typer.Option(
        "--min-value-sat",
        metavar="SATOSHIS",
        min=0,
        max=MOST,
        help="Cut at outputs that are worth less.",
    ),
]

CaseOption = Annotated[
    Path,
    typer.Option("--case", "-c", metavar="DIR", help="The case's folder.", envvar="PEELCHAIN_CASE"),
]
OptionalStoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store", "-s", metavar="STORE", help="The store's folder.", envvar="PEELCHAIN_STORE"
    ),
]

LanguageOption = Annotated[
    str, typer.Option(metavar="CODE", help="The language of what is written: en or es.")
]

DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]
"""The forms in which a date is taken."""

DateOption = Annotated[
    datetime | None,
    typer.Option(
        metavar="DATE",
        help="The date of the entry, UTC, such as 2024-01-31 or 2024-01-31T12:00:00Z; "
        "default SOURCE_DATE_EPOCH where it is set, else now.",
        formats=DATES,
    ),
]

RecordedOption = Annotated[
    datetime | None,
    typer.Option(
        metavar="DATE",
        help="The moment to record, UTC; default SOURCE_DATE_EPOCH where it is set, else now.",
        formats=DATES,
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Only what was recorded by then, UTC: a day counts whole, a time such as "
        "2024-01-31T12:00:00Z to the second.",
    ),
]

STDIN = "/dev/stdin"


def piped(path: Path) -> Path:
    """The path, with `-` for what comes through the pipe."""
    return Path(STDIN) if str(path) == "-" else path


def knowledge_of(as_of: str | None) -> "Knowledge":
    """What is known as of a moment, or all of it. Raises MisuseError for a text that is none."""
    from peelchain.tags.knowledge import ALL, Knowledge

    return ALL if as_of is None else Knowledge(as_of=known_by(as_of))


def known_by(as_of: str | None) -> datetime | None:
    """The last second of what a text of --as-of names. Raises MisuseError for one that is none."""
    if as_of is None:
        return None
    for form in DATES:
        try:
            moment = datetime.strptime(as_of.strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
        if form == DATES[0]:
            moment += timedelta(days=1, seconds=-1)
        return checked_date(moment, "--as-of")
    raise MisuseError(
        f"--as-of: {shown(as_of)} is no date; give one such as 2024-01-31 or 2024-01-31T12:00:00Z"
    )


def checked_date(given: datetime | None, option: str) -> datetime | None:
    """The date, when block headers could hold it; else MisuseError."""
    if given is not None and not 1970 <= given.year <= _LAST_YEAR:
        raise MisuseError(f"{option}: {given:%Y-%m-%d} is out of range; give 1970 to {_LAST_YEAR}")
    return given
