"""The group that the verbs of a case belong to."""

from typing import Any

import typer
from typer.core import TyperGroup

_ORDER = (
    *("open", "list", "show", "journal"),
    *("seeds", "run", "report"),
    *("note", "hypothesis", "evidence", "decide", "exhibit", "pictures", "undo"),
    *("challenge", "replay", "diff"),
    *("requests", "returns", "join-table", "table", "expand", "referrals", "forfeiture"),
    *("interchange", "redact", "reveal", "disclosure", "export", "import"),
    *("key", "sign", "timestamp", "erase"),
)
"""The verbs in the order in which a case needs them."""


class _InOrder(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        names = super().list_commands(ctx)
        return sorted(names, key=lambda n: _ORDER.index(n) if n in _ORDER else len(_ORDER))


app = typer.Typer(
    help="Work on a case: its journal and what is made from it.",
    cls=_InOrder,
    no_args_is_help=True,
)
