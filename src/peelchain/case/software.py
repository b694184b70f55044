"""What a result was made by: the version of peelchain, and the SHA-256 of each of its files."""

from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from peelchain import __version__

_SKIPPED = frozenset({"__pycache__", "py.typed"})


@cache
def software() -> dict[str, Any]:
    """What software.json holds: `name`, `version`, and `files` of the package with their hashes.

    The compiled kernel is among them, so another build of the same source shows.
    """
    files = dict(_files(resources.files("peelchain"), ""))
    return {"name": "peelchain", "version": __version__, "files": dict(sorted(files.items()))}


def _files(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    found = []
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.name in _SKIPPED or entry.name.startswith("."):
            continue
        if entry.is_dir():
            found += _files(entry, f"{name}/")
        else:
            found.append((name, sha256(entry.read_bytes()).hexdigest()))
    return found
