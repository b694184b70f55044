"""Every verb of `peelchain case`: importing a file adds its verbs to the group."""

from peelchain.cli.case import exhibits, join_table, journal, opening, runs, seeds, statements
from peelchain.cli.case.app import app

__all__ = ["app", "exhibits", "join_table", "journal", "opening", "runs", "seeds", "statements"]
