"""Every verb of `peelchain case`: importing a file adds its verbs to the group."""

from peelchain.cli.case import (
    disclosure,
    exhibits,
    journal,
    keys,
    opening,
    replay,
    runs,
    seeds,
    statements,
    transfer,
)
from peelchain.cli.case.app import app

__all__ = [
    "app",
    "disclosure",
    "exhibits",
    "journal",
    "keys",
    "opening",
    "replay",
    "runs",
    "seeds",
    "statements",
    "transfer",
]
