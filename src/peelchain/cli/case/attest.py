"""peelchain case timestamp and sign: what others attest of a report, by files alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from peelchain.cli.case.app import app
from peelchain.cli.options import CaseOption, DateOption, JsonOption, checked_date
from peelchain.cli.output import emit, facts, form_of
from peelchain.cli.plain_text import inert

timestamp = typer.Typer(
    help="RFC 3161 timestamps of a report's bundle, carried by hand.", no_args_is_help=True
)
app.add_typer(timestamp, name="timestamp")

PASSPHRASE = "PEELCHAIN_SIGNING_PASSPHRASE"  # noqa: S105 - the name of a variable


@timestamp.command("request")
def request(
    case: CaseOption,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The request, .tsq.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write the request to stamp the last report's bundle; take it to an authority yourself.

    Example: peelchain case timestamp request --case cases/site --out site.tsq
    """
    from peelchain.actions.casework import attest as actions

    form = form_of(json=json)
    answer = actions.request_timestamp(case, out)

    def human() -> Iterator[str]:
        yield from facts([("digest", answer["digest"]), ("request", inert(answer["file"]))])
        yield "send it to a timestamp authority, and give 'case timestamp add' what it answers"

    emit(answer, form, human)


@timestamp.command("add")
def add(
    answer_file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The authority's answer, .tsr.")
    ],
    case: CaseOption,
    authority: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="The authority's certificates, PEM or DER, the root first; may be given again.",
        ),
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Check an authority's answer and put it beside the bundle.

    Example: peelchain case timestamp add site.tsr --authority tsa.pem --case cases/site
    """
    from peelchain.actions.casework import attest as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    answer = actions.add_timestamp(case, answer_file, authority or (), date_utc=moment)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("entry", answer["entry"]),
                ("stamped", answer["time_utc"]),
                ("by", inert(answer["authority"])),
                ("digest", answer["imprint"]),
            ]
        )
        if not answer["trusted"]:
            yield "its signature was not checked: give the authority's certificate with --authority"

    emit(answer, form, human)


@app.command("sign")
def sign(
    case: CaseOption,
    key: Annotated[Path, typer.Option(metavar="FILE", help="PKCS#12, or a private key in PEM.")],
    cert: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The certificates in PEM, the signer's own first."),
    ] = None,
    passphrase_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"Holds the key's passphrase; else {PASSPHRASE}, else it is asked for.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The signed PDF.")
    ] = None,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Write the last report's PDF with a PAdES signature appended; report.pdf stays as it is.

    Example: peelchain case sign --key examiner.p12 --case cases/site --out report.signed.pdf
    """
    from peelchain.actions.casework import attest as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    passphrase = _passphrase(passphrase_file)
    answer = actions.sign_report(case, key, cert, passphrase, out, date_utc=moment)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("entry", answer["entry"]),
                ("signer", inert(answer["signer"])),
                ("certificate", answer["certificate"]),
                ("signed", inert(answer["file"])),
            ]
        )

    emit(answer, form, human)


def _passphrase(file: Path | None) -> bytes | None:
    """The passphrase of a key: from a file, the environment or a prompt; None for an empty one."""
    import getpass
    import os
    import sys

    from peelchain.case.vault.passphrase import passphrase_in

    if file is not None:
        text = passphrase_in(file, inert(str(file)))
    elif PASSPHRASE in os.environ:
        text = os.environ[PASSPHRASE]
    elif sys.stdin.isatty():
        text = getpass.getpass("passphrase of the key (empty for none): ")
    else:
        text = ""
    return text.encode() or None
