"""The key that signs a case: which it is, whether it is open, how it is set up.

Keys lie in a private folder beside the cases; a page names them, never a path. A passphrase is held
in memory and goes with the server.
"""

import re
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from peelchain.actions.casework import keys
from peelchain.case.attestation.signing import hold_passphrase, is_open, setting_of
from peelchain.errors import CaseError, MisuseError
from peelchain.units import shown
from peelchain.web.asked import BenchDep, CaseDep
from peelchain.web.patience import patience
from peelchain.web.routes.cases import Line, Row, named
from peelchain.web.workbench import Workbench

router = APIRouter(tags=["case"])

Passphrase = Annotated[str, Field(min_length=1, max_length=1_000)]
_NAME = re.compile(r"\w[\w-]{0,59}")
_ENDING = ".key"


class Unlocking(BaseModel):
    """The passphrase of the case's key."""

    passphrase: Passphrase


class KeyUse(Unlocking):
    """The key that signs from now on, made if `new`, and whose it is."""

    key: Line
    new: bool = False
    name: Line = ""


@router.get("/cases/{case}/key")
async def key(folder: CaseDep, bench: BenchDep) -> Row:
    """The keys that signed the case, as `peelchain case key show`, and those there are."""

    def told() -> Row:
        setting = setting_of(folder)
        path = None if setting is None else Path(setting["key"])
        found = named(keys.keys(folder), folder.name)
        return {
            **found,
            "key": None if path is None else path.stem,
            "unlocked": path is not None and is_open(path),
            "there": sorted(p.stem for p in _keys(bench).glob(f"*{_ENDING}")),
        }

    return await bench.think(told)


@router.post("/cases/{case}/key/unlock")
async def unlock(folder: CaseDep, asked: Unlocking, bench: BenchDep) -> Row:
    """Holds the passphrase of the case's key in memory, so that what is added is signed."""

    def opened() -> Row:
        setting = setting_of(folder)
        if setting is None:
            raise CaseError("the case does not say which key signs it; set one up")
        hold_passphrase(Path(setting["key"]), asked.passphrase)
        return {"case": folder.name, "unlocked": True}

    return await bench.think(opened)


@router.post("/cases/{case}/key", status_code=201)
async def use_key(folder: CaseDep, asked: KeyUse, bench: BenchDep) -> Row:
    """Signs the case from now on, as `peelchain case key use`; with `new` makes the key first."""
    if not _NAME.fullmatch(asked.key):
        raise MisuseError(
            f"{shown(asked.key)} cannot be a key's name; give up to 60 letters, digits, hyphens or "
            "underscores"
        )

    def used() -> Row:
        place = _keys(bench)
        path = place / f"{asked.key}{_ENDING}"
        if asked.new:
            place.mkdir(mode=0o700, exist_ok=True)
            keys.make_key(path, asked.passphrase)
        hold_passphrase(path, asked.passphrase)
        answer = keys.use_key(
            folder, path, asked.name.strip(), waiting=patience(), passphrase=asked.passphrase
        )
        return {**named(answer, folder.name), "key": asked.key}

    return await bench.think(used)


def _keys(bench: Workbench) -> Path:
    return bench.folders.cases / ".keys"
