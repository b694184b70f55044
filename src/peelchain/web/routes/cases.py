"""Cases: those there are, new ones, one at a glance, its journal, its seeds, its report."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from peelchain.actions.casework import journal_page, report_read, show
from peelchain.actions.casework import open as opening
from peelchain.actions.casework import seeds as seeding
from peelchain.actions.casework.moved import moved_since_run
from peelchain.case.subject import read_seeds
from peelchain.errors import CaseError, MisuseError
from peelchain.web.asked import BenchDep, CaseDep
from peelchain.web.patience import patience

router = APIRouter(tags=["case"])

Row = dict[str, Any]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(max_length=200_000)]
Line = Annotated[str, Field(max_length=400)]
Seeds = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=20_000)]
First = Annotated[int, Query(ge=0, le=1 << 40)]


class NewCase(BaseModel):
    """A case to be opened: the name of its folder, its title, its seeds."""

    case: Name
    title: Line = ""
    subject: Line = "subject"
    seeds: Seeds = []


class GivenSeeds(BaseModel):
    """Seeds as somebody pastes them, one a line."""

    seeds: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=2_000)]


class SeedChange(BaseModel):
    """Seeds to add or to remove."""

    change: Literal["add", "remove"]
    seeds: Seeds


@router.post("/seeds")
async def check(asked: GivenSeeds, bench: BenchDep) -> Row:
    """What is wrong with each seed, if anything, and whether the chain has it; nothing is kept."""
    given = [seed for line in asked.seeds if (seed := line.partition("#")[0].strip())]
    return {"seeds": await bench.look(lambda view: [seeding.told_of(seed, view) for seed in given])}


@router.get("/cases")
async def listed(bench: BenchDep) -> Row:
    """The cases, as `peelchain case list`, by name."""
    folders = bench.folders
    return {
        "cases": await bench.think(
            lambda: [named(opening.glance(folders.cases / n), n) for n in folders.case_names()]
        )
    }


@router.post("/cases", status_code=201)
async def open_case(asked: NewCase, bench: BenchDep) -> Row:
    """Opens a case about the store's chain, as `peelchain case open`, with its first seeds."""
    folder, seeds = bench.folders.new_case(asked.case), plain_seeds(asked.seeds)
    network = await bench.look(lambda view: view.network)

    def opened() -> Row:
        if folder.exists():
            raise CaseError(f"there is a case {asked.case} already; choose another name")
        seeding.check_seeds(read_seeds(seeds) if seeds else [], network)
        answer = opening.open_case(
            folder, asked.title.strip(), asked.subject.strip() or "subject",
            store=bench.folders.store,
        )  # fmt: skip
        if seeds:
            seeding.change_seeds(folder, seeds, add=True, waiting=patience())
        return named(answer, asked.case)

    return await bench.think(opened)


@router.get("/cases/{case}")
async def one(folder: CaseDep, bench: BenchDep) -> Row:
    """The case at a glance, as `peelchain case show`, and what moved on since its last run."""
    glance = await bench.think(lambda: named(show.show(folder), folder.name))
    moved = await bench.look(lambda view: moved_since_run(view, folder))
    return {**glance, "moved": moved}


@router.get("/cases/{case}/journal")
async def journal(
    folder: CaseDep,
    bench: BenchDep,
    kind: Annotated[list[Line] | None, Query(max_length=50)] = None,
    q: Annotated[str, Query(max_length=200)] = "",
    first: First = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Row:
    """The case's journal, the last entries first, with hashes, signatures and what rests on what.

    Of some kinds, and with some words, where these are given.
    """
    return await bench.think(
        lambda: journal_page.journal_page(
            folder, kinds=kind or (), words=q, first=first, limit=limit
        )
    )


@router.get("/cases/{case}/journal/{entry}")
async def journal_entry(
    folder: CaseDep, entry: Annotated[int, InPath(ge=1, le=1 << 40)], bench: BenchDep
) -> Row:
    """One entry of the journal with its body and the files that it made."""
    return await bench.think(lambda: journal_page.journal_entry(folder, entry))


@router.get("/cases/{case}/seeds")
async def seeds(folder: CaseDep, bench: BenchDep) -> Row:
    """The case's seeds, as `peelchain case seeds list`."""
    return await bench.think(lambda: named(seeding.seeds(folder), folder.name))


@router.post("/cases/{case}/seeds")
async def change_seeds(folder: CaseDep, asked: SeedChange, bench: BenchDep) -> Row:
    """Adds seeds to the case, or removes some; gives the entry and the seeds that it leaves."""
    given, add = plain_seeds(asked.seeds), asked.change == "add"
    return await bench.think(
        lambda: named(seeding.change_seeds(folder, given, add=add, waiting=patience()), folder.name)
    )


@router.get("/cases/{case}/report")
async def report(folder: CaseDep, bench: BenchDep) -> Row:
    """What the last report says in sum, and its files."""
    return await bench.think(lambda: report_read.report_summary(folder))


@router.get("/cases/{case}/report/{which}")
async def findings(
    folder: CaseDep,
    which: Literal["receipts", "inflows", "outflows"],
    bench: BenchDep,
    party: Annotated[str | None, Query(max_length=50)] = None,
    first: First = 0,
    limit: Annotated[int, Query(ge=1, le=5_000)] = 500,
) -> Row:
    """Findings of the last report, of one party or of all."""
    return await bench.think(
        lambda: report_read.findings_of_report(folder, which, party=party, first=first, limit=limit)
    )


@router.get("/cases/{case}/findings/{finding}")
async def finding(
    folder: CaseDep, finding: Annotated[str, InPath(max_length=20)], bench: BenchDep
) -> Row:
    """One finding of the last report: its path and what its truth rests on."""
    return await bench.think(lambda: report_read.finding_of_report(folder, finding))


def plain_seeds(given: list[str]) -> list[str]:
    """The seeds without empty lines and comments. Raises MisuseError for one that names a file."""
    seeds = [seed for line in given if (seed := line.partition("#")[0].strip())]
    for seed in seeds:
        if seed.startswith("@") or seed == "-":
            raise MisuseError("a seed is an address, a txid or an outpoint; paste them themselves")
    return seeds


def named(answer: Mapping[str, Any], case: str) -> Row:
    """An answer of an action with the case's name for its folder's path."""
    return {**answer, "case": case}
