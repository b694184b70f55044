"""peelchain watch: a case stays alive."""

import json as json_text
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from peelchain.cli.case.texts import waiting
from peelchain.cli.options import (
    CsvOption,
    DateOption,
    JsonOption,
    NetworkOption,
    OutOption,
    StoreOption,
    TableOption,
    checked_date,
)
from peelchain.cli.output import Rows, emit, facts, footing, form_of, say, table
from peelchain.cli.plain_text import inert
from peelchain.cli.source_options import YesOption, agreeing
from peelchain.errors import MisuseError

Row = dict[str, Any]

_RUN = "run"


class _RunsByDefault(TyperGroup):
    """A group in which what is no command is the first argument of `run`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = [_RUN, *args]
        return list(super().parse_args(ctx, args))


app = typer.Typer(
    cls=_RunsByDefault,
    help="Watch a case: follow what it traced, and tell what moves. `peelchain watch CASE` is "
    "`peelchain watch run CASE`.",
    no_args_is_help=True,
)

CaseArgument = Annotated[
    Path, typer.Argument(metavar="CASE", help="The case's folder.", envvar="PEELCHAIN_CASE")
]
ItemsArgument = Annotated[
    list[str],
    typer.Argument(metavar="ITEM...", help="An address, an outpoint TXID:VOUT, cluster:ADDRESS."),
]
WhyOption = Annotated[
    str, typer.Option(metavar="TEXT", help="Why; it is sealed in the journal and never sent.")
]


@app.command(_RUN)
def run(
    case: CaseArgument,
    store: StoreOption,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="What to follow: core:DIR, rpc:URL, or for a partial store a server such as "
            "esplora:URL; without it other commands bring the store up.",
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Look once and end, for a timer of the system.")
    ] = False,
    interval: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0.2, max=86_400, help="Between two looks."),
    ] = 60.0,
    confirmations: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, max=1_000, help="Tell of a block when it has so many confirmations."
        ),
    ] = 1,
    quiet: Annotated[bool, typer.Option("--quiet", help="Tell nothing on the terminal.")] = False,
    desktop: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="A folder that gets a file for each notice, and a pop-up where notify-send is.",
        ),
    ] = None,
    mail: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Mail by the SMTP server in this TOML file (mode 0600): host, from, to, security "
            "(starttls, tls, none), port, user, password_file, certificate.",
        ),
    ] = None,
    webhook: Annotated[
        str | None,
        typer.Option(metavar="URL", help="POST each notice there, signed; @FILE holds the URL."),
    ] = None,
    webhook_secret: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The secret that signs them (mode 0600); else PEELCHAIN_WEBHOOK_SECRET.",
        ),
    ] = None,
    webhook_plain: Annotated[
        bool, typer.Option("--webhook-plain", help="Allow http: to another machine.")
    ] = False,
    mempool: Annotated[
        bool,
        typer.Option(
            "--mempool/--no-mempool", help="Tell of what a node has heard of and no block has yet."
        ),
    ] = True,
    rpc_cookie: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The node's .cookie, as for `chain ingest`."),
    ] = None,
    rpc_auth: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A file of mode 0600 with USER:PASSWORD of the node."),
    ] = None,
    rpc_certificate: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The certificate that the node made for itself."),
    ] = None,
    proxy: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Reach the source through this SOCKS proxy."),
    ] = None,
    yes: YesOption = False,
    network: NetworkOption = None,
    json: JsonOption = False,
) -> None:
    """Follow a source and a case's watch list, until Ctrl-C: trace on what moves, and tell.

    With --json each notice is a line of JSON on stdout, and the last line says what it came to.

    Example: peelchain watch run cases/site --store chain.store --source core:/home/me/.bitcoin
    """
    from peelchain.actions.watching import channels as to
    from peelchain.actions.watching import follow as actions
    from peelchain.cli.progress import progress

    form = form_of(json=json)
    asked = actions.WatchAsked(
        case=case,
        store=store,
        source=source,
        network=network,
        once=once,
        interval_s=interval,
        confirmations=confirmations,
        mempool=mempool,
        options={
            "rpc-cookie": rpc_cookie,
            "rpc-auth": rpc_auth,
            "rpc-certificate": rpc_certificate,
            "proxy": proxy,
        },
        agree=agreeing(yes=yes),
    )
    chosen = [] if quiet else [to.terminal(_show_json if json else _show)]
    if desktop is not None:
        chosen.append(to.folder(desktop))
    if mail is not None:
        chosen.append(to.mail(mail))
    if webhook is not None:
        chosen.append(to.web(webhook, webhook_secret, plain=webhook_plain))
    elif webhook_secret is not None or webhook_plain:
        raise MisuseError("--webhook-secret and --webhook-plain go with --webhook URL; give it")
    with stoppable_sleep() as sleep:
        answer = actions.watch(asked, chosen, say=say, sleep=sleep, working=progress)

    def human() -> Iterator[str]:
        yield from facts(
            [
                ("notices", answer["notices"]),
                ("sent", answer["sent"]),
                ("not sent yet", answer["owed"] or None),
                ("looked up to height", answer["looked_height"]),
                *footing(answer),
            ]
        )

    emit(answer, form, human)


@app.command("add")
def add(
    case: CaseArgument,
    items: ItemsArgument,
    why: WhyOption,
    kind: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="frozen, seized (these are alarms), suspect, service, victim or other.",
        ),
    ] = "other",
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Add to what a case watches beside its traces, by an entry of the journal.

    Example: peelchain watch add cases/site bc1q34aq5drpuwy3wgl9lhup9892qp6svr8ldzyy7c --why order
    """
    _change(case, items, why, kind, date, add=True, json=json)


@app.command("remove")
def remove(
    case: CaseArgument,
    items: ItemsArgument,
    why: WhyOption,
    date: DateOption = None,
    json: JsonOption = False,
) -> None:
    """Take something off the watch list, by an entry of the journal.

    Example: peelchain watch remove cases/site bc1q34aq5drpuwy3wgl9lhup9892qp6svr8ldzyy7c --why done
    """
    _change(case, items, why, "other", date, add=False, json=json)


@app.command("list")
def list_items(
    case: CaseArgument,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """List what a case watches: its watch list, beside what its last run traces.

    Example: peelchain watch list cases/site
    """
    from peelchain.actions.watching import change as actions

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.listed(case)
    columns = ("entry", "kind", "type", "name", "why")

    def rows() -> Iterator[list[object]]:
        return ([row[c] for c in columns] for row in answer["items"])

    def human() -> Iterator[str]:
        if answer["run"] is None:
            yield "no run yet: only what is listed here is watched"
        else:
            yield f"run {answer['run']}: the traced value of {len(answer['seeds'])} seeds"
        yield from table(columns, rows())

    emit(answer, form, human, lambda: Rows(columns, rows()))


@app.command("notices")
def notices(
    case: CaseArgument,
    standing: Annotated[
        bool,
        typer.Option("--standing", help="Only what stands: nothing retracted, mined or dropped."),
    ] = False,
    json: JsonOption = False,
    csv: CsvOption = False,
    table_: TableOption = False,
    output: OutOption = None,
) -> None:
    """List the notices of a case, what became of each, and to whom each was sent.

    Example: peelchain watch notices cases/site --standing
    """
    from peelchain.actions.watching import change as actions
    from peelchain.case.watching.words import subject

    form = form_of(json=json, csv=csv, table=table_, output=output)
    answer = actions.notices(case, standing=standing)
    columns = ("entry", "raised_utc", "state", "kind", "watch", "txid", "height", "what", "id")

    def rows() -> Iterator[list[object]]:
        for row in answer["notices"]:
            told = {**row, "watch": row["of"]["name"], "what": subject(row)}
            yield [told.get(c) for c in columns]

    def human() -> Iterator[str]:
        yield from table(columns, rows())
        if answer["owed"]:
            yield f"{answer['owed']} are not sent yet"

    emit(answer, form, human, lambda: Rows(columns, rows()))


def _change(
    case: Path, items: list[str], why: str, kind: str, date: Any, *, add: bool, json: bool
) -> None:
    from peelchain.actions.watching import change as actions

    form = form_of(json=json)
    moment = checked_date(date, "--date")
    with waiting() as wait:
        answer = actions.change(
            case, items, add=add, why=why, of=kind, date_utc=moment, waiting=wait
        )

    def human() -> Iterator[str]:
        count = len(answer["says"]["items"])
        yield f"{count} items {'added' if add else 'removed'} by entry {answer['entry']}"
        yield f"the case watches {answer['watched']} items now, beside its traces"

    emit(answer, form, human)


def _show(notice: Row) -> None:
    from peelchain.case.watching.words import lines

    if notice["loud"] and sys.stdout.isatty():
        sys.stdout.write("\a")
    for line in lines(notice):
        sys.stdout.write(inert(line) + "\n")
    sys.stdout.write("\n")
    sys.stdout.flush()


def _show_json(notice: Row) -> None:
    sys.stdout.write(json_text.dumps(notice, sort_keys=True, ensure_ascii=True) + "\n")
    sys.stdout.flush()


@contextmanager
def stoppable_sleep() -> Iterator[Callable[[float], bool]]:
    """A sleep that Ctrl-C or SIGTERM ends: it gives False then, and at once ever after.

    What is under way is finished first; a second Ctrl-C ends it where it is.
    """
    stop = threading.Event()

    def asked(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        say("stopping when this look is done; Ctrl-C again ends at once")

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, asked) for number in numbers}
    try:
        yield lambda seconds: not stop.wait(seconds)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
