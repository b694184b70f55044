"""Every verb of `peelchain case`: importing a file adds its verbs to the group."""

from peelchain.cli.case import (
    attest,
    exhibits,
    journal,
    keys,
    opening,
    redact,
    replay,
    runs,
    seeds,
    statements,
    transfer,
)
from peelchain.cli.case.app import app

__all__ = [
    "app",
    "attest",
    "exhibits",
    "journal",
    "keys",
    "opening",
    "redact",
    "replay",
    "runs",
    "seeds",
    "statements",
    "transfer",
]
from peelchain.cli.case import forfeiture

__all__ = ["app", "exhibits", "forfeiture", "journal", "opening", "runs", "seeds", "statements"]
from peelchain.cli.case import requests

__all__ = ["app", "exhibits", "journal", "opening", "requests", "runs", "seeds", "statements"]
from peelchain.cli.case import returns

__all__ = ["app", "exhibits", "journal", "opening", "returns", "runs", "seeds", "statements"]
from peelchain.cli.case import expand

__all__ = ["app", "exhibits", "expand", "journal", "opening", "runs", "seeds", "statements"]
