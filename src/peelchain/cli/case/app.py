"""The group that the verbs of a case belong to."""

import typer

app = typer.Typer(
    help="Work on a case: its journal and what is made from it.", no_args_is_help=True
)
