"""Which headers a bundle carries: all from genesis, or those from a named checkpoint on."""

from hashlib import sha256
from typing import Any

from peelchain.case.exhibits import Exhibits
from peelchain.errors import MisuseError
from peelchain.network import Network

PERIOD = 2016
"""Blocks between two changes of the difficulty: headers can be checked from such a height on."""


def headers_said(
    raw: Exhibits, from_height: int | None, network: Network, tip: dict[str, Any]
) -> dict[str, Any]:
    """What case.json says of the headers: where they begin, how many, and the checkpoint.

    Raises MisuseError for a height that the headers cannot be checked from, and for one above a
    block that the evidence cites.
    """
    count = len(raw.headers) // 80
    if not from_height:
        return {"from_height": 0, "count": count}
    if not network.no_retargeting and from_height % PERIOD:
        raise MisuseError(
            f"headers cannot begin at {from_height}: the difficulty is checked from a multiple of "
            f"{PERIOD} on; give --headers-from {from_height // PERIOD * PERIOD}"
        )
    highest = count - 1 if raw.lowest is None else raw.lowest
    if from_height > highest:
        start = highest if network.no_retargeting else highest // PERIOD * PERIOD
        raise MisuseError(
            f"the evidence cites block {highest}, which headers from {from_height} do not reach; "
            f"give --headers-from {start} or lower"
        )
    first = raw.headers[80 * from_height : 80 * from_height + 80]
    later = range(from_height + 1, count)
    work = int(tip["chainwork"], 16) - sum(_work(raw.headers[80 * h : 80 * h + 80]) for h in later)
    block = sha256(sha256(first).digest()).digest()[::-1].hex()
    return {
        "from_height": from_height,
        "count": count - from_height,
        "checkpoint": {"hash": block, "chainwork": f"{work:064x}"},
    }


def _work(header: bytes) -> int:
    """The hashes expected for a header's own claim of difficulty. Source: Core's GetBlockProof."""
    bits = int.from_bytes(header[72:76], "little")
    target = (bits & 0x7FFFFF) << 8 * (bits >> 24) >> 24
    return (1 << 256) // (target + 1)
