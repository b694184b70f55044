"""The flow around a node: its neighbours, nodes by name, what joins two of them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from peelchain.actions.flow.expand import MOST_NEIGHBOURS, MOST_SHOWN, Expansion, expand, nodes
from peelchain.web.asked import BenchDep

router = APIRouter(tags=["flow"])

NodeId = Annotated[str, Field(min_length=4, max_length=20_100, examples=["address:bc1q…"])]
Currency = Annotated[str | None, Field(pattern="^[A-Z]{3}$", examples=["EUR"])]


class Expand(BaseModel):
    """What to show next to a node."""

    node: NodeId
    direction: Literal["in", "out", "both"] = "both"
    kind: Literal["tx", "address", "cluster"] = Field("tx", alias="as")
    limit: int = Field(25, ge=1, le=MOST_NEIGHBOURS)
    order: Literal["value", "time", "tag"] = "value"
    offset: int = Field(0, ge=0, le=2**53)
    dust_sat: int = Field(0, ge=0, le=21 * 10**14)
    currency: Currency = None
    shown: list[NodeId] = Field(default_factory=list, max_length=MOST_SHOWN)


class Nodes(BaseModel):
    """Nodes by name."""

    ids: list[NodeId] = Field(max_length=MOST_SHOWN)
    currency: Currency = None


@router.post("/flow/expand")
async def expanded(asked: Expand, bench: BenchDep) -> dict[str, Any]:
    """A node's neighbours, ordered and counted, with the edges that lead there."""
    question = Expansion(**asked.model_dump())
    return await bench.look(lambda view: expand(view, question))


@router.post("/flow/nodes")
async def named(asked: Nodes, bench: BenchDep) -> dict[str, Any]:
    """Nodes by name with the edges among them; `missing` are those that are not in the chain."""
    return await bench.look(lambda view: nodes(view, asked.ids, asked.currency))
