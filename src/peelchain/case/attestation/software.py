"""What a result was made by: the version of peelchain, and the SHA-256 of each of its files.

The compiled kernel differs from machine to machine where its source does not: its source is named.
"""

from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from peelchain import __version__, _core

_SKIPPED = frozenset({"__pycache__", "py.typed"})
_SHOWN = "web/static/workbench"
"""The page of the workbench shows results and makes none, and it is built anew for each machine."""
_COMPILED = (".so", ".pyd", ".new")
KERNEL = "_core"
"""The name in `files` under which the digest of the kernel's source stands."""


@cache
def software() -> dict[str, Any]:
    """What software.json holds: `name`, `version`, and `files` of the package with their hashes.

    In place of the compiled kernel the digest of its source stands there.
    """
    files = dict(_files(resources.files("peelchain"), ""))
    files[KERNEL] = _core.source_sha256()
    return {"name": "peelchain", "version": __version__, "files": dict(sorted(files.items()))}


def _files(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    found = []
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.name in _SKIPPED or entry.name.startswith(".") or entry.name.endswith(_COMPILED):
            continue
        if name == _SHOWN:
            continue
        if entry.is_dir():
            found += _files(entry, f"{name}/")
        else:
            found.append((name, sha256(entry.read_bytes()).hexdigest()))
    return found
