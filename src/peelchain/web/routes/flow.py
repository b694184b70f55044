"""The flow around a node: its neighbours, nodes by name, what joins two of them."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from peelchain.actions.flow.between import between
from peelchain.actions.flow.expand import MOST_NEIGHBOURS, MOST_SHOWN, Expansion, expand, nodes
from peelchain.actions.flow.traced import traced_part
from peelchain.actions.view import StoreView
from peelchain.errors import MisuseError
from peelchain.web.asked import BenchDep
from peelchain.web.jobs import NoJobError
from peelchain.web.work.kept import every

router = APIRouter(tags=["flow"])

MOST_HOPS = 200_000
"""Steps of a trace that can be drawn while the page waits."""

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


class Between(BaseModel):
    """Two nodes, and how many transactions a way from one to the other may take."""

    start: NodeId = Field(alias="from")
    end: NodeId = Field(alias="to")
    max_hops: int = Field(8, ge=1, le=30)
    currency: Currency = None


class OfTrace(BaseModel):
    """A finished trace, by its job."""

    job: str = Field(max_length=64)


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


@router.post("/flow/between")
async def joined(asked: Between, bench: BenchDep) -> dict[str, Any]:
    """Payments between two nodes, and the fewest transactions that lead from each to the other."""
    return await bench.look(
        lambda view: between(
            view, asked.start, asked.end, max_hops=asked.max_hops, currency=asked.currency
        )
    )


@router.post("/flow/trace")
async def traced(asked: OfTrace, bench: BenchDep) -> dict[str, Any]:
    """A finished trace as a part of a picture; where it is too large, gathered by level."""
    job = bench.jobs.of(asked.job)
    if job.state != "done" or not job.answer.is_file():
        raise NoJobError(f"the job is {job.state} and has nothing to draw")

    def drawn(view: StoreView) -> dict[str, Any]:
        answer = json.loads(job.answer.read_bytes())
        kept = answer.get("kept")
        if answer.get("direction") not in ("forward", "backward") or kept is None:
            raise MisuseError("the job is no trace forward or backward; draw one of those")
        if kept["counts"]["hops"] > MOST_HOPS:
            raise MisuseError(
                f"the trace has {kept['counts']['hops']:,} steps, and {MOST_HOPS:,} is the most "
                "that is drawn; set limits such as the least value, and trace again"
            )
        seeds, hops, ends = (
            every(bench.folders, kept, table) for table in ("seeds", "hops", "terminals")
        )
        stated = ("tip_height", "tip_hash", "policy", "run_id", "direction", "rule", "partial")
        part = traced_part(view, answer["direction"], seeds, hops, ends)
        return {**{name: answer[name] for name in stated}, **part}

    return await bench.look(drawn)
