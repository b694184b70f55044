"""Every verb of `peelchain case`: importing a file adds its verbs to the group."""

from peelchain.cli.case import challenge, exhibits, forfeiture, journal, opening, runs, seeds, statements
from peelchain.cli.case.app import app

__all__ = ["app", "challenge", "exhibits", "forfeiture", "journal", "opening", "runs", "seeds", "statements"]
