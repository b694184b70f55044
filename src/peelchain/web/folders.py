"""Where a workbench finds things: its store, its cases, what was uploaded."""

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from peelchain.case.casefile import JOURNAL
from peelchain.errors import CaseError, MisuseError
from peelchain.units import shown

_CASE = re.compile(r"\w(?:[\w .-]{0,98}[\w-])?")
_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Folders:
    """The store, the folder of cases, and a private folder for what does not outlive the server."""

    store: Path
    cases: Path
    scratch: Path

    def case(self, name: str) -> Path:
        """The folder of a case. Raises MisuseError for no name, CaseError for no case."""
        folder = self.new_case(name)
        if folder.is_symlink() or not (folder / JOURNAL).is_file():
            raise CaseError(f"there is no case {shown(name)}; 'Cases' lists those there are")
        return folder

    def new_case(self, name: str) -> Path:
        """The folder that a case of this name has or would have. Raises MisuseError.

        A name is letters, digits, spaces, dots, hyphens and underscores, so it names no other
        folder than one right in the folder of cases.
        """
        if not _CASE.fullmatch(name):
            raise MisuseError(
                f"{shown(name)} cannot be a case's name; give up to 100 letters, digits, spaces, "
                "hyphens or underscores"
            )
        return self.cases / name

    def case_names(self) -> list[str]:
        """The names of the cases that are there, in order."""
        if not self.cases.is_dir():
            return []
        return sorted(
            p.name
            for p in self.cases.iterdir()
            if _CASE.fullmatch(p.name) and not p.is_symlink() and (p / JOURNAL).is_file()
        )

    def new_made(self) -> tuple[str, Path]:
        """A new name for a file that is made for a download, and the private folder for it."""
        key = secrets.token_hex(16)
        folder = self.scratch / "made" / key
        folder.mkdir(parents=True, mode=0o700)
        return key, folder

    def made(self, made: str) -> Path:
        """The file that was made under this name. Raises MisuseError for one not there."""
        return self._one_file(
            "made", made, "such file; it goes when the server ends: make it again"
        )

    def upload(self, upload: str) -> Path:
        """The file of an upload, by the name that it had. Raises MisuseError for one not there."""
        return self._one_file(
            "uploads", upload, "such upload; uploads go when the server ends: upload again"
        )

    def _one_file(self, kind: str, key: str, lacking: str) -> Path:
        if _KEY.fullmatch(key):
            files = [p for p in (self.scratch / kind / key).glob("*") if p.is_file()]
            if files:
                return files[0]
        raise MisuseError(f"there is no {lacking}")
