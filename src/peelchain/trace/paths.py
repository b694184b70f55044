"""What connects terminals with seeds: by which seeds, over how many hops, by which deposits."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from peelchain.store.arrays import ChainArrays, Int64
from peelchain.trace.walk import Direction


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
    arrays: ChainArrays, reached: Collection[int], txout: int, service_scripts: npt.ArrayLike
) -> tuple[int, ...]:
    """The outputs a service may have been paid by, if `txout` is its hot wallet's and from a sweep.

    A sweep pays nobody but the service: every output that can be spent carries one of
    `service_scripts`. A hot wallet's script is one the service pays others from, or has not spent
    from yet; a deposit address is swept in its turn, and without that test a customer who empties a
    wallet into one would look like a sweep. Then those of the `reached` outputs that the sweep
    spends, rising, are likely deposits to addresses the service gave its customers, not yet known
    as its own. Otherwise there are none. An inference of this tool, to be confirmed by the service.
    """
    tx = int(arrays.txout_tx[txout])
    own = np.asarray(service_scripts, np.int64)
    if not _pays_only(arrays, tx, own):
        return ()
    of_script = arrays.txout_spender[arrays.txout_script == arrays.txout_script[txout]]
    spenders = np.unique(of_script[of_script >= 0])
    if len(spenders) and all(_pays_only(arrays, int(spender), own) for spender in spenders):
        return ()
    first, end = int(arrays.tx_first_txin[tx]), int(arrays.tx_first_txin[tx + 1])
    spent = np.unique(arrays.txin_prev_txout[first:end]).tolist()
    return tuple(source for source in spent if source in reached)


def _pays_only(arrays: ChainArrays, tx: int, scripts: Int64) -> bool:
    first, end = int(arrays.tx_first_txout[tx]), int(arrays.tx_first_txout[tx + 1])
    spendable = ~arrays.txout_unspendable[first:end]
    return bool(np.isin(arrays.txout_script[first:end][spendable], scripts).all())


def _members(mask: int, seeds: list[int]) -> tuple[int, ...]:
    members = []
    while mask:
        lowest = mask & -mask
        members.append(seeds[lowest.bit_length() - 1])
        mask ^= lowest
    return tuple(members)
