"""What connects terminals with seeds: by which seeds, over how many hops, by which deposits."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from peelchain.store.chain_rows import ChainRows, Int64
from peelchain.trace.walk import Direction

_RECEIPTS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Connection:
    """How a terminal hangs together with the seeds under a rule.

    `seeds` are the txout_ids, rising, from which traced value came to rest here; `hops` counts the
    transactions on the shortest such path, 0 where a seed rests where it is.
    """

    seeds: tuple[int, ...]
    hops: int


def connections(
    direction: Direction, seed_txouts: npt.ArrayLike, hops: pa.Table, terminals: pa.Table
) -> tuple[Connection, ...]:
    """The connection of each row of `terminals`, in its order.

    `hops` must be of the same run, complete and in its order: then one pass sees each output after
    everything that leads to it. A flow that reaches another seed ends there, so neither seeds nor
    hops are passed on through it.
    """
    seeds = np.unique(np.asarray(seed_txouts, np.int64)).tolist()
    # Sets of seeds are bit masks: a union is one operation however many there are.
    starts = {txout: 1 << bit for bit, txout in enumerate(seeds)}
    reached: dict[int, tuple[int, int]] = {}
    fees: dict[int, tuple[int, int]] = {}
    forward = direction == "forward"
    for tx, source, target in zip(
        hops["tx_id"].to_pylist(),
        hops["from_txout_id" if forward else "to_txout_id"].to_pylist(),
        hops["to_txout_id" if forward else "from_txout_id"].to_pylist(),
        strict=True,
    ):
        mask, distance = (starts[source], 0) if source in starts else reached[source]
        ends, key = (fees, tx) if target is None else (reached, target)
        old_mask, old_distance = ends.get(key, (0, distance + 1))
        ends[key] = (old_mask | mask, min(old_distance, distance + 1))
    found = []
    for kind, tx, txout in zip(
        terminals["type"].to_pylist(),
        terminals["tx_id"].to_pylist(),
        terminals["txout_id"].to_pylist(),
        strict=True,
    ):
        if txout is None:
            mask, distance = fees[tx]
        elif kind != "seed" and txout in starts:
            mask, distance = starts[txout], 0
        else:
            mask, distance = reached[txout]
        found.append(Connection(_members(mask, seeds), distance))
    return tuple(found)


def deposit_candidates(
    chain: ChainRows, reached: Collection[int], txout: int, service_scripts: npt.ArrayLike
) -> tuple[int, ...]:
    """The outputs a service may have been paid by, if `txout` is its hot wallet's and from a sweep.

    A sweep pays nobody but the service: every output that can be spent carries one of
    `service_scripts`. A hot wallet's script is one the service pays others from, or has not spent
    from yet; a deposit address is swept in its turn, and without that test a customer who empties a
    wallet into one would look like a sweep. Then those of the `reached` outputs that the sweep
    spends, rising, are likely deposits to addresses the service gave its customers, not yet known
    as its own. Otherwise there are none. An inference of this tool, to be confirmed by the service.
    """
    own = np.asarray(service_scripts, np.int64)
    found = chain.outputs([txout])
    tx, script = int(found.tx_id[0]), int(found.script_id[0])
    if not _pays_only(chain, tx, own) or is_swept(chain, script, own):
        return ()
    return tuple(source for source in np.unique(chain.prevouts(tx)).tolist() if source in reached)


def is_swept(chain: ChainRows, script: int, own: Int64) -> bool:
    """Whether what a script was paid went to these scripts alone, as far as it was spent."""
    paid = chain.outputs_of_scripts([script])
    spent = False
    # A hot wallet is paid millions of times, and mostly a look at the first payments tells it.
    for first in range(0, len(paid), _RECEIPTS_AT_ONCE):
        spenders = chain.outputs(paid[first : first + _RECEIPTS_AT_ONCE]).spender
        for spender in np.unique(spenders[spenders >= 0]).tolist():
            if not _pays_only(chain, spender, own):
                return False
            spent = True
    return spent


def _pays_only(chain: ChainRows, tx: int, scripts: Int64) -> bool:
    row = chain.transactions([tx])
    first = int(row.first_txout[0])
    made = chain.outputs(np.arange(first, first + int(row.txout_count[0])))
    return bool(np.isin(made.script_id[~made.unspendable], scripts).all())


def _members(mask: int, seeds: list[int]) -> tuple[int, ...]:
    members = []
    while mask:
        lowest = mask & -mask
        members.append(seeds[lowest.bit_length() - 1])
        mask ^= lowest
    return tuple(members)
