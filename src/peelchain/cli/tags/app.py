"""The noun `tags`."""

import typer

app = typer.Typer(help="What others have said of addresses.", no_args_is_help=True)
