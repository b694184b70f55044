"""Search: what a pasted or typed text may mean."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from peelchain.actions.looking.case_search import search_cases
from peelchain.actions.looking.search import search_chain
from peelchain.web.asked import BenchDep

router = APIRouter(tags=["search"])


@router.get("/search")
async def search(
    bench: BenchDep,
    q: Annotated[str, Query(max_length=10_000, description="An address, txid, height, name, …")],
    case: Annotated[
        str | None, Query(max_length=100, description="Search this case alone.")
    ] = None,
) -> dict[str, Any]:
    """What a text names, best first; of an address that is none, what is wrong with it."""
    chain = await bench.look(lambda view: search_chain(q, view))
    folders = bench.folders
    secret = bool(chain["problem"]) and not chain["problem"].get("valid") and not chain["hits"]
    if secret and "it is not repeated" in chain["problem"]["message"]:
        return chain
    chosen = folders.case_names() if case is None else [folders.case(case).name]
    in_cases = await bench.think(lambda: search_cases(q, [folders.case(n) for n in chosen]))
    exact = [hit for hit in in_cases if hit["why"] == "exact"]
    rest = [hit for hit in in_cases if hit["why"] != "exact"]
    return {**chain, "hits": [*exact, *chain["hits"], *rest]}
