"""Where a workbench finds things: its store, its cases, what was uploaded."""

import re
from dataclasses import dataclass
from pathlib import Path

from peelchain.case.casefile import JOURNAL
from peelchain.errors import CaseError, MisuseError
from peelchain.units import shown

_CASE = re.compile(r"\w(?:[\w .-]{0,98}[\w-])?")
_UPLOAD = re.compile(r"[0-9a-f]{32}")


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

    def upload(self, upload: str) -> Path:
        """The file of an upload, by the name that it had. Raises MisuseError for one not there."""
        if _UPLOAD.fullmatch(upload):
            files = [p for p in (self.scratch / "uploads" / upload).glob("*") if p.is_file()]
            if files:
                return files[0]
        raise MisuseError("there is no such upload; uploads go when the server ends: upload again")
