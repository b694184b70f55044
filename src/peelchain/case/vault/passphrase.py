"""A passphrase from the environment: never an argument, for those show in lists of processes."""

import os
from pathlib import Path

from peelchain.errors import CaseError


def passphrase_set(variable: str, file_variable: str) -> str | None:
    """The passphrase in one variable, or in the file that the other names; None for neither.

    Raises CaseError where that file cannot be read or is empty.
    """
    given = os.environ.get(variable)
    if given:
        return given
    named = os.environ.get(file_variable)
    return passphrase_in(Path(named), f"the file that {file_variable} names") if named else None


def passphrase_in(file: Path, called: str) -> str:
    """The passphrase in a file, without its last line break, which belongs to the editor.

    `called` is what an error calls the file. Raises CaseError where it cannot be read or is empty.
    """
    try:
        text = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as e:
        raise CaseError(
            f"{called} cannot be read ({type(e).__name__}); name a text file that you may read"
        ) from None
    if not text:
        raise CaseError(f"{called} is empty; write the passphrase into it")
    return text
