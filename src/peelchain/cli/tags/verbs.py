"""The verbs of `tags`: importing a module gives the noun its commands."""

from peelchain.cli.tags import changes, exports, imports, records
from peelchain.cli.tags.app import app

__all__ = ["app", "changes", "exports", "imports", "records"]
