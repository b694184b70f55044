"""Every verb of `peelchain case`: importing a file adds its verbs to the group."""

from peelchain.cli.case import expand, journal
from peelchain.cli.case.app import app

__all__ = ["app", "expand", "journal"]
