"""Pictures of a case: saved as they are drawn, opened as they were, kept as exhibits."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from peelchain.actions.casework import pictures as actions
from peelchain.actions.flow.moved import made_on, moved_since, nodes_of_picture
from peelchain.case.pictures import MOST_BYTES, checked_picture
from peelchain.web.asked import BenchDep, CaseDep
from peelchain.web.workbench import Workbench

router = APIRouter(tags=["pictures"])

Row = dict[str, Any]
PictureName = Annotated[str, InPath(max_length=80)]
Version = Annotated[str | None, Field(pattern="^[0-9a-f]{64}$")]


class Saved(BaseModel):
    """A picture to save: its JSON as text, over the version that it was opened from."""

    picture: str = Field(max_length=MOST_BYTES)
    version: Version = Field(None, description="What `version` was; null: there is none yet")
    fresh: bool = Field(False, description="All of it was looked up anew, on the present chain")


class Snapshot(BaseModel):
    """How a picture looks, and what it is to show."""

    svg: str = Field(max_length=MOST_BYTES)
    text: str = Field(max_length=100_000)
    version: Version = None


@router.get("/cases/{case}/pictures")
async def listed(folder: CaseDep, bench: BenchDep) -> Row:
    """The pictures of the case by name, with their versions."""
    told = await bench.think(lambda: actions.pictures(folder))
    return {**told, "case": folder.name}


@router.get("/cases/{case}/pictures/{name}")
async def opened(folder: CaseDep, name: PictureName, bench: BenchDep) -> Row:
    """A picture as it was saved, byte for byte in `picture`, and what moved on since."""
    found = await bench.think(lambda: actions.picture(folder, name))
    return await _with_moved(bench, found)


@router.put("/cases/{case}/pictures/{name}")
async def saved(folder: CaseDep, name: PictureName, asked: Saved, bench: BenchDep) -> Row:
    """Saves a picture; 409 where another page saved it since it was opened."""
    on = await bench.look(made_on)
    return await bench.think(
        lambda: actions.save_picture(
            folder, name, asked.picture, on, version=asked.version, fresh=asked.fresh
        )
    )


@router.delete("/cases/{case}/pictures/{name}")
async def removed(
    folder: CaseDep,
    name: PictureName,
    bench: BenchDep,
    version: Annotated[str, Query(pattern="^[0-9a-f]{64}$")],
) -> Row:
    """Removes a picture of this version; its snapshots stay."""
    return await bench.think(lambda: actions.remove_picture(folder, name, version))


@router.post("/cases/{case}/pictures/{name}/snapshots")
async def snapshot(folder: CaseDep, name: PictureName, asked: Snapshot, bench: BenchDep) -> Row:
    """Makes the picture as it is saved an exhibit, with how it looks; gives the entry."""
    told = await bench.think(
        lambda: actions.snapshot(folder, name, asked.svg, asked.text, version=asked.version)
    )
    return {**told, "case": folder.name}


@router.get("/cases/{case}/snapshots")
async def snapshots(folder: CaseDep, bench: BenchDep) -> Row:
    """The snapshots of the case, oldest first."""
    told = await bench.think(lambda: actions.snapshots(folder))
    return {**told, "case": folder.name}


@router.get("/cases/{case}/snapshots/{entry}")
async def as_it_was(
    folder: CaseDep, entry: Annotated[int, InPath(ge=1, le=2**53)], bench: BenchDep
) -> Row:
    """A snapshot as it was, byte for byte, and what moved on since."""
    found = await bench.think(lambda: actions.snapshot_as_it_was(folder, entry))
    return await _with_moved(bench, found)


async def _with_moved(bench: Workbench, found: Row) -> Row:
    nodes = nodes_of_picture(checked_picture(found["picture"].encode()))
    return {**found, **await bench.look(lambda view: moved_since(view, found["made_on"], nodes))}
