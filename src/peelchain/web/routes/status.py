"""What is served: the chain and its tip, what was made of it, the cases."""

from typing import Any

from fastapi import APIRouter

from peelchain import __version__
from peelchain.actions.status import status as status_of_store
from peelchain.web.asked import BenchDep

router = APIRouter(tags=["chain"])


@router.get("/status")
async def status(bench: BenchDep) -> dict[str, Any]:
    """The store's chain and tip, the names of the cases, the currencies that have rates."""
    folders = bench.folders
    return await bench.look(
        lambda view: {
            **view.tip,
            "network": view.network.name,
            "version": __version__,
            "store": str(folders.store),
            "cases": folders.case_names(),
            "currencies": sorted({currency for _, currency in view.rates}),
            "policy": view.policy.name,
            "clustered": view.cluster_run() is not None,
        }
    )


@router.get("/chain/status")
async def chain_status(bench: BenchDep) -> dict[str, Any]:
    """As `peelchain chain status`: what the store holds and every run that stands in it."""
    return await bench.think(lambda: status_of_store(bench.folders.store))
