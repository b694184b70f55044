"""What the pages show: transactions, addresses, clusters, services, blocks, tags, certificates."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from peelchain.actions.looking import (
    addresses,
    blocks,
    cluster_pages,
    links,
    proofs,
    services,
    tag_pages,
    transactions,
)
from peelchain.web.asked import BenchDep

router = APIRouter(tags=["looking"])

Name = Annotated[str, Path(max_length=20_100)]
Txid = Annotated[str, Path(max_length=100)]
Asked = Annotated[str, Query(max_length=20_100)]
Currency = Annotated[str | None, Query(pattern="^[A-Z]{3}$")]
From = Annotated[int, Query(ge=0, le=10**12)]
Limit = Annotated[int, Query(ge=0, le=200)]


@router.get("/tx/{txid}")
async def transaction(
    txid: Txid,
    bench: BenchDep,
    currency: Currency = None,
    inputs_from: From = 0,
    outputs_from: From = 0,
    limit: Limit = 200,
) -> dict[str, Any]:
    """A transaction, whose its inputs and outputs are, its CoinJoin and change verdicts."""
    return await bench.look(
        lambda view: transactions.look_at_transaction(
            txid,
            view,
            currency=currency,
            inputs_from=inputs_from,
            outputs_from=outputs_from,
            limit=limit,
        )
    )


@router.get("/tx/{txid}/raw")
async def raw(txid: Txid, bench: BenchDep) -> dict[str, Any]:
    """A transaction's raw bytes in hex."""
    return await bench.look(lambda view: proofs.raw_transaction(txid, view))


@router.get("/tx/{txid}/proof")
async def proof(txid: Txid, bench: BenchDep) -> dict[str, Any]:
    """Raw bytes, Merkle branch and header, as an evidence bundle has them."""
    return await bench.look(lambda view: proofs.proof_of(txid, view))


@router.get("/address/{address}")
async def address(
    address: Name, bench: BenchDep, currency: Currency = None, limit: Limit = 50
) -> dict[str, Any]:
    """An address or script: totals, balance over time, latest transactions, who is behind it."""
    return await bench.look(
        lambda view: addresses.look_at_address(address, view, currency=currency, limit=limit)
    )


@router.get("/address/{address}/transactions")
async def address_transactions(
    address: Name,
    bench: BenchDep,
    currency: Currency = None,
    offset: From = 0,
    limit: Limit = 200,
) -> dict[str, Any]:
    """More of an address's transactions, the latest first."""
    return await bench.look(
        lambda view: addresses.address_transactions(
            address, view, currency=currency, offset=offset, limit=limit
        )
    )


@router.get("/address/{address}/outputs")
async def address_outputs(
    address: Name,
    bench: BenchDep,
    currency: Currency = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Limit = 200,
) -> dict[str, Any]:
    """An address's receipts and spends, output by output, the latest first."""
    return await bench.look(
        lambda view: addresses.address_outputs(
            address, view, currency=currency, offset=offset, limit=limit
        )
    )


@router.get("/cluster/{address}")
async def cluster(
    address: Name, bench: BenchDep, currency: Currency = None, limit: Limit = 50
) -> dict[str, Any]:
    """The cluster of an address: totals, members, tags, services, counterparties."""
    return await bench.look(
        lambda view: cluster_pages.look_at_cluster(address, view, currency=currency, limit=limit)
    )


@router.get("/cluster/{address}/members")
async def cluster_members(
    address: Name, bench: BenchDep, offset: From = 0, limit: Limit = 200
) -> dict[str, Any]:
    """More members of a cluster, in order of their first occurrence."""
    return await bench.look(
        lambda view: cluster_pages.cluster_members(address, view, offset=offset, limit=limit)
    )


@router.get("/cluster/{address}/transactions")
async def cluster_transactions(
    address: Name,
    bench: BenchDep,
    currency: Currency = None,
    offset: From = 0,
    limit: Limit = 200,
) -> dict[str, Any]:
    """More of a cluster's transactions, the latest first."""
    return await bench.look(
        lambda view: cluster_pages.cluster_transactions(
            address, view, currency=currency, offset=offset, limit=limit
        )
    )


@router.get("/services")
async def service_list(bench: BenchDep) -> dict[str, Any]:
    """Every cluster and single address that tags hold to be a service's, by party."""
    return await bench.look(services.look_at_services)


@router.get("/service/{party}")
async def service(party: Name, bench: BenchDep) -> dict[str, Any]:
    """A service by party, label or actor, with why it is held to be one."""
    return await bench.look(lambda view: services.look_at_service(party, view))


@router.get("/block/{block}")
async def block(
    block: Txid,
    bench: BenchDep,
    currency: Currency = None,
    offset: From = 0,
    limit: Limit = 100,
) -> dict[str, Any]:
    """A block by height or hash, its transactions a page at a time."""
    return await bench.look(
        lambda view: blocks.look_at_block(
            block, view, currency=currency, offset=offset, limit=limit
        )
    )


@router.get("/tags")
async def tags_of(address: Asked, bench: BenchDep) -> dict[str, Any]:
    """The tags of an address, taken back or not, with all that befell each."""
    return await bench.look(lambda view: tag_pages.look_at_tags(address, view))


@router.get("/tags/{tag_id}")
async def tag(tag_id: Name, bench: BenchDep) -> dict[str, Any]:
    """A tag by its id, or those of an actor by its id."""
    return await bench.look(lambda view: tag_pages.look_at_tags(tag_id, view))


@router.get("/why")
async def why(a: Asked, b: Asked, bench: BenchDep) -> dict[str, Any]:
    """Why two addresses are one party, transaction by transaction, or what came nearest to it."""
    return await bench.look(lambda view: links.look_at_link(a, b, view))
