"""Where and when outputs are, for a schedule: read from the store by their outpoints."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from peelchain.case.sources import Sources
from peelchain.script import address
from peelchain.tags.rates import fiat, rate_on
from peelchain.units import OutPoint, format_hash, format_time


@dataclass(frozen=True)
class Place:
    """An output: its address (None where its script has none), block, value, and worth that day."""

    outpoint: str
    address: str | None
    time_utc: str
    height: int
    block_hash: str
    value_sat: int
    fiat: Mapping[str, str]


def places(sources: Sources, outpoints: Iterable[str]) -> dict[str, Place]:
    """The place of each outpoint. The worth is of the whole value, at the rate of its day."""
    wanted = sorted(set(outpoints))
    if not wanted:
        return {}
    ids = sources.lookup.txout_ids([OutPoint.parse(text) for text in wanted])
    outputs = sources.chain.outputs(ids)
    values = outputs.value_sat.tolist()
    script_ids = outputs.script_id.tolist()
    scripts = sources.lookup.scripts(script_ids)
    heights = sources.chain.transactions(outputs.tx_id).height.tolist()
    blocks = {block.height: block for block in sources.lookup.blocks(set(heights))}
    currencies = sorted({currency for _, currency in sources.rates})
    found = {}
    for outpoint, value, script, height in zip(wanted, values, script_ids, heights, strict=True):
        block = blocks[height]
        day = datetime.fromtimestamp(block.time_seconds, UTC).date()
        prices = {c: rate_on(sources.rates, day, c) for c in currencies}
        found[outpoint] = Place(
            outpoint=outpoint,
            address=address(scripts[script], sources.network),
            time_utc=format_time(block.time_seconds),
            height=height,
            block_hash=format_hash(block.block_hash),
            value_sat=value,
            fiat={c: str(fiat(value, price)) for c, price in prices.items() if price is not None},
        )
    return found
