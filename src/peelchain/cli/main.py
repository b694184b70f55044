"""The command `peelchain`."""

import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from peelchain import __version__
from peelchain.cli import (
    bundles,
    chain,
    chain_export,
    change,
    cluster,
    coinjoin,
    entities,
    evaluate,
    extract,
    investigate,
    rates,
    serve,
    show,
    simulate,
    simulate_returns,
    trace,
    watch,
)
from peelchain.cli.case.verbs import app as case_app
from peelchain.cli.output import INTERRUPTED
from peelchain.cli.plain_text import inert
from peelchain.cli.tags.verbs import app as tags_app
from peelchain.errors import PeelchainError

app = typer.Typer(
    name="peelchain",
    help="Follows money on the Bitcoin block chain for those who must prove where it went. "
    "Nothing leaves this machine.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.command(name="investigate")(investigate.investigate)
app.add_typer(case_app, name="case")
chain.app.command(name="export")(chain_export.export)
app.add_typer(chain.app, name="chain")
app.add_typer(cluster.app, name="cluster")
app.add_typer(change.app, name="change")
app.add_typer(coinjoin.app, name="coinjoin")
app.add_typer(tags_app, name="tags")
app.add_typer(entities.app, name="entities")
app.add_typer(rates.app, name="rates")
app.add_typer(trace.app, name="trace")
app.add_typer(watch.app, name="watch")
app.command(name="tx")(show.tx)
app.command(name="address")(show.address)
app.command(name="sql")(show.sql)
app.command(name="extract")(extract.extract)
app.command(name="verify")(bundles.verify)
app.command(name="serve")(serve.serve)
app.command(name="simulate")(simulate.simulate)
app.command(name="simulate-returns")(simulate_returns.simulate_returns)
app.add_typer(evaluate.app, name="evaluate")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"peelchain {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; exits 0 done, 1 failed, 2 misuse, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a label or file name that the terminal's encoding lacks is no reason to stop
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_run(list(sys.argv[1:] if arguments is None else arguments)))


def _run(arguments: list[str]) -> int:
    try:
        command = typer.main.get_command(app)
        with command.make_context("peelchain", arguments) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as e:
        return e.exit_code
    except PeelchainError as e:
        return _failed(str(e), e.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        print("stopped; what was committed before stays", file=sys.stderr)
        return INTERRUPTED
    except TyperException as e:
        return _misused(e)
    except BrokenPipeError:
        # the reader of the pipe has gone; keep the interpreter from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as e:
        where = f"{e.filename}: " if e.filename else ""
        return _failed(f"{where}{e.strerror or e}; check the path, the room and your rights")
    except Exception as e:  # noqa: BLE001 - the last resort: a defect is told in a line, too
        if os.environ.get("PEELCHAIN_TRACEBACK"):
            traceback.print_exc()
        return _failed(
            f"a defect of peelchain, {type(e).__name__}: please report the command; "
            "with PEELCHAIN_TRACEBACK=1 it says where"
        )
    return 0


def _failed(message: str, code: int = 1) -> int:
    for number, line in enumerate(message.split("\n")):
        print(("" if number else "error: ") + inert(line), file=sys.stderr)
    return code


def _misused(e: TyperException) -> int:
    show = getattr(e, "show", None)
    if show is None:
        return _failed(str(e), 2)
    shown = io.StringIO()
    show(shown)
    # the message may repeat an argument, which may hold anything
    for line in shown.getvalue().rstrip("\n").split("\n"):
        print(inert(line), file=sys.stderr)
    return e.exit_code
