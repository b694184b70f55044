"""What people say in a case: notes, hypotheses, evidence, decisions, exhibits, and undoing."""

import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from peelchain.actions.casework import erasure, exhibits, statements
from peelchain.errors import CaseError, MisuseError
from peelchain.web.asked import BenchDep, CaseDep
from peelchain.web.patience import patience
from peelchain.web.routes.cases import Line, Row, Text, named
from peelchain.web.workbench import Workbench

router = APIRouter(tags=["case"])

References = Annotated[list[Line], Field(max_length=200)]
Kind = Literal[
    "tx", "address", "cluster", "outpoint", "finding", "entry", "party",
    "service", "block", "tag", "file", "other",
]  # fmt: skip
_UNSAFE = re.compile(r"[^\w.-]+")


class Note(BaseModel):
    """A note, and what it is about."""

    text: Text
    about: References = []


class Hypothesis(BaseModel):
    """A hypothesis."""

    text: Text


class Evidence(BaseModel):
    """What speaks for or against a hypothesis: a reference, or a text."""

    hypothesis: Line
    what: Text
    speaks: Literal["for", "against"]


class Decision(BaseModel):
    """A decision, whose it is and what it is on."""

    text: Text
    by: Line
    on: References = []


class Undoing(BaseModel):
    """An entry to be taken back, and why."""

    entry: int = Field(ge=1, le=1 << 40)
    reason: Text


class Item(BaseModel):
    """What a page shows, by the name that leaves the store."""

    kind: Kind
    name: Line


class Content(BaseModel):
    """A small file that the page itself made, such as a drawing."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    text: Annotated[str, Field(max_length=30_000_000)]


class Exhibit(BaseModel):
    """An exhibit: what a page shows, a reference, an upload, or a file that the page made."""

    text: Text
    item: Item | None = None
    reference: Line | None = None
    upload: Line | None = None
    content: Content | None = None
    hash_only: bool = False


class Erasure(BaseModel):
    """Persons or files whose data is to be destroyed; `confirm` repeats the case's name."""

    refs: Annotated[list[Line], Field(min_length=1, max_length=1_000)]
    reason: Text
    by: Line
    confirm: Line


@router.post("/cases/{case}/notes", status_code=201)
async def note(folder: CaseDep, said: Note, bench: BenchDep) -> Row:
    """Notes a text, as `peelchain case note`."""
    return await _told(
        bench,
        folder,
        lambda: statements.note(folder, said.text, _plain(said.about), waiting=patience()),
    )


@router.post("/cases/{case}/hypotheses", status_code=201)
async def hypothesis(folder: CaseDep, said: Hypothesis, bench: BenchDep) -> Row:
    """States a hypothesis, as `peelchain case hypothesis`."""
    return await _told(
        bench, folder, lambda: statements.hypothesis(folder, said.text, waiting=patience())
    )


@router.post("/cases/{case}/evidence", status_code=201)
async def evidence(folder: CaseDep, said: Evidence, bench: BenchDep) -> Row:
    """Records what speaks for or against a hypothesis, as `peelchain case evidence`."""
    return await _told(
        bench,
        folder,
        lambda: statements.evidence(
            folder, said.hypothesis.strip(), said.what.strip(),
            speaks_for=said.speaks == "for", waiting=patience(),
        ),
    )  # fmt: skip


@router.post("/cases/{case}/decisions", status_code=201)
async def decide(folder: CaseDep, said: Decision, bench: BenchDep) -> Row:
    """Records a decision, as `peelchain case decide`."""
    return await _told(
        bench,
        folder,
        lambda: statements.decide(folder, said.text, said.by, _plain(said.on), waiting=patience()),
    )


@router.post("/cases/{case}/undo", status_code=201)
async def undo(folder: CaseDep, said: Undoing, bench: BenchDep) -> Row:
    """Takes an entry back, as `peelchain case undo`; gives what rests on it too."""
    return await _told(
        bench,
        folder,
        lambda: statements.undo(folder, said.entry, said.reason, waiting=patience()),
    )


@router.get("/cases/{case}/exhibits")
async def listed(folder: CaseDep, bench: BenchDep) -> Row:
    """The exhibits that stand, as `peelchain case exhibit list`."""
    return await bench.think(lambda: named(exhibits.exhibits(folder), folder.name))


@router.post("/cases/{case}/exhibits", status_code=201)
async def add_exhibit(folder: CaseDep, said: Exhibit, bench: BenchDep) -> Row:
    """Makes something an exhibit, as `peelchain case exhibit add`."""
    given = [said.item, said.reference, said.upload, said.content]
    if sum(part is not None for part in given) != 1:
        raise MisuseError("an exhibit is one thing; give an item, a reference, an upload or a file")

    def added() -> Row:
        if said.upload is not None:
            path = bench.folders.upload(said.upload)
        elif said.content is not None:
            path = _written(bench, said.content)
        else:
            reference = _reference(said.item) if said.item else str(said.reference).strip()
            return exhibits.exhibit_reference(folder, reference, said.text, waiting=patience())
        return exhibits.exhibit_file(
            folder, path, said.text, hash_only=said.hash_only, waiting=patience()
        )

    return await _told(bench, folder, added)


@router.post("/cases/{case}/exhibits/{exhibit}/tickets")
async def exhibit_ticket(
    folder: CaseDep,
    exhibit: Annotated[str, InPath(pattern=r"^E[1-9][0-9]{0,8}$")],
    bench: BenchDep,
) -> dict[str, str]:
    """An address from which a browser fetches, once, the file that an exhibit keeps."""
    path, name = await bench.think(lambda: exhibits.kept_file(folder, exhibit))
    return {"url": bench.tickets.issue(path, f"{folder.name}-{exhibit}-{_UNSAFE.sub('_', name)}")}


@router.post("/cases/{case}/erasures", status_code=201)
async def erase(folder: CaseDep, said: Erasure, bench: BenchDep) -> Row:
    """Destroys personal data, as `peelchain case erase`; it cannot be undone."""
    if said.confirm.strip() != folder.name:
        raise MisuseError(
            "nothing was erased: to confirm that it cannot be undone, type the case's name"
        )
    return await _told(
        bench,
        folder,
        lambda: erasure.erase(folder, said.refs, said.reason, said.by, waiting=patience()),
    )


async def _told(bench: Workbench, folder: Path, action: Callable[[], Row]) -> Row:
    return await bench.think(lambda: named(action(), folder.name))


def _plain(references: list[str]) -> list[str]:
    return [text for reference in references if (text := reference.strip())]


def _reference(item: Item) -> str:
    """A reference to what a page shows. Raises CaseError for what has none of its own."""
    if item.kind in ("service", "block", "tag", "file", "other"):
        raise CaseError(
            f"a {item.kind} is no exhibit by its name alone; add the transaction or the address "
            "that it rests on, or keep what the page shows as a file"
        )
    return item.name.strip()


def _written(bench: Workbench, content: Content) -> Path:
    folder = bench.folders.scratch / "uploads" / secrets.token_hex(16)
    folder.mkdir(parents=True, mode=0o700)
    path = folder / (_UNSAFE.sub("_", content.name).lstrip(".")[-100:] or "file")
    try:
        path.write_bytes(content.text.encode())
    except UnicodeEncodeError:
        raise MisuseError("the file holds what is no text; send it as an upload") from None
    path.chmod(0o600)
    return path
