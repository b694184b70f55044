"""The folder of a case: its journal and its files, for the owner's eyes only."""

from pathlib import Path

from peelchain import _core
from peelchain.case.journal import Journal
from peelchain.errors import CaseError

JOURNAL = "journal.sqlite"


def open_case(folder: Path) -> Journal:
    """The journal of a new case, or of one whose report was not finished.

    Raises CaseError where the folder holds something else, or a case that has its report.
    """
    journal = folder / JOURNAL
    if journal.exists():
        opened = Journal.open(journal)
        if any(entry.kind == "bundle" for entry in opened.entries()):
            opened.close()
            raise CaseError(
                f"{folder} holds a finished case; give --case another folder, a journal is never "
                "written over"
            )
        return opened
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CaseError(f"{folder} is not empty and no case; give --case a new or empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as e:
        raise CaseError(f"{folder}: {e.strerror}; give --case a folder you may write") from None
    return Journal.create(journal)


def write_file(folder: Path, name: str, content: bytes) -> Path:
    """Writes a file of the case, whole or not at all, readable by its owner only."""
    path = folder / name
    try:
        _core.replace_file(path, content)
        path.chmod(0o600)
    except OSError as e:
        raise CaseError(
            f"{path}: {e.strerror}; make room or check your rights and run the command again"
        ) from None
    return path
