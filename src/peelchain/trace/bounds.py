"""The least and the most that any conserving rule of a scope could trace to a destination."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from peelchain import _core
from peelchain.errors import ConservationError, MisuseError
from peelchain.schema import TABLES
from peelchain.trace.network import Int64, Network
from peelchain.trace.walk import TERMINAL_TYPES

Progress = Callable[[str, int, int | None], object]
Chosen = npt.NDArray[np.bool_]

UNKNOWN_TYPES = ("cut", "unresolved")
"""The terminals beyond which value goes on, though nobody looked where to."""


@dataclass(frozen=True)
class Cut:
    """Why no more than `sat` can arrive at some ends: whatever does passes one of these.

    `seeds`, `arcs` and `ends` int64 are rows of the network, rising; what they start with, carry
    and take adds up to `sat`, and without them no arc leads from a seed to those ends. Both can be
    checked without this program.
    """

    sat: int
    seeds: Int64
    arcs: Int64
    ends: Int64


@dataclass(frozen=True)
class Bound:
    """Between which amounts every conserving rule of the network's scope lies, for a destination.

    `least_sat` and `most_sat` hold wherever that went which the walk left off at a cut or an
    unresolved transaction. Had all of it gone elsewhere, no rule could trace more than
    `most_known_sat`; had all of it arrived, none less than `least_known_sat`. So the walk's being
    cut lowers the least by up to `least_known_sat` - `least_sat` and raises the most by up to
    `most_sat` - `most_known_sat`. Where cuts were asked for, `most_cut` is of the destination with
    what was left off, `least_cut` of every other end: seeds less its `sat` are `least_sat`.
    Bounds speak of one destination at a time and do not add.
    """

    least_sat: int
    most_sat: int
    least_known_sat: int
    most_known_sat: int
    least_cut: Cut | None = None
    most_cut: Cut | None = None


def bounds(
    network: Network,
    destinations: Sequence[Chosen],
    progress: Progress | None = None,
    *,
    cuts: bool = False,
) -> list[Bound]:
    """The bounds of each destination, in order; bool[K] says which of the K ends make it up.

    Value that arrives rests there. The most is the maximum flow to the destination and to what the
    walk left off; the least is the seeds less the maximum flow to every other end, what was left
    off included. Each is proved as it is found, by a cut of the same amount. `progress` is told
    "bounds", destinations done, of how many; what it raises ends the work. Raises MisuseError
    where the network has a cycle or a destination not one flag an end, ConservationError where the
    seeds cannot all come to rest.
    Source: "Bounds" in DESIGN.md; Ford and Fulkerson 1956 for the cut.
    """
    return list(each_bound(network, destinations, progress, cuts=cuts))


def each_bound(
    network: Network,
    destinations: Sequence[Chosen],
    progress: Progress | None = None,
    *,
    cuts: bool = False,
) -> Iterator[Bound]:
    """The bounds of each destination as they are found, for who may stop; else as `bounds`."""
    count = len(network.end_nodes)
    for at, chosen in enumerate(destinations):
        if chosen.shape != (count,) or chosen.dtype != np.bool_:
            raise MisuseError(
                f"destination {at} is {chosen.dtype}{list(chosen.shape)}; give bool[{count}], one "
                "flag for each end of the network"
            )
    flows = _core.FlowNetwork(
        network.node_count,
        *(
            np.ascontiguousarray(column, np.int64)
            for column in (
                network.tails,
                network.heads,
                network.capacities_sat,
                network.seed_nodes,
                network.seed_sat,
                network.end_nodes,
                network.end_capacities_sat,
            )
        ),
    )
    unknown = np.isin(network.end_types, [TERMINAL_TYPES.index(name) for name in UNKNOWN_TYPES])
    every = np.ones(count, np.bool_)
    seeds_sat = sum(network.seed_sat.tolist())
    all_sat = flows.most([every], None)[0][0]
    if all_sat != seeds_sat:
        raise ConservationError(
            f"of the seeds' {seeds_sat} sat no more than {all_sat} sat can come to rest; this is a "
            "defect of peelchain, please report it"
        )

    def arriving(known: Chosen, wide: Chosen, done: int) -> tuple[Cut, Cut]:
        def tell(*_: object) -> None:
            if progress is not None:
                progress("bounds", done, len(destinations))

        growing = [known] if np.array_equal(known, wide) else [known, wide]
        cuts = [
            _proved(network, chosen, sat, reaches)
            for chosen, (sat, reaches) in zip(growing, flows.most(growing, tell), strict=True)
        ]
        return cuts[0], cuts[-1]

    for at, chosen in enumerate(destinations):
        if progress is not None:
            progress("bounds", at, len(destinations))
        other = ~chosen
        known, most = arriving(chosen, chosen | unknown, at)
        fled, away = arriving(other & ~unknown, other, at)
        yield Bound(
            least_sat=seeds_sat - away.sat,
            most_sat=most.sat,
            least_known_sat=seeds_sat - fled.sat,
            most_known_sat=known.sat,
            least_cut=away if cuts else None,
            most_cut=most if cuts else None,
        )
    if progress is not None:
        progress("bounds", len(destinations), len(destinations))


def bounds_table(scope: str, network: Network, found: Mapping[str, Bound]) -> pa.Table:
    """The table `bounds` of destinations by name, in order of name.

    Raises MisuseError where the seeds are more than its columns hold.
    """
    seeds_sat = sum(network.seed_sat.tolist())
    if seeds_sat >= 2**63:
        raise MisuseError(f"{seeds_sat} sat of seeds do not fit in a table; trace fewer at a time")
    amounts = ("least_sat", "most_sat", "least_known_sat", "most_known_sat")
    names = sorted(found)
    columns = {
        "scope": pa.array([scope] * len(names), pa.dictionary(pa.int8(), pa.string())),
        "destination": pa.array(names, pa.string()),
        "seeds_sat": pa.array([seeds_sat] * len(names), pa.int64()),
        **{a: pa.array([getattr(found[n], a) for n in names], pa.int64()) for a in amounts},
    }
    return pa.table(columns, schema=TABLES["bounds"].schema)


def cut_txouts(network: Network, cut: Cut) -> Int64:
    """The txout_ids of the outputs that a cut is made of, rising; its fees and seeds apart."""
    txouts = np.concatenate([network.arc_txouts[cut.arcs], network.end_txouts[cut.ends]])
    return np.unique(txouts[txouts >= 0])


def _proved(network: Network, chosen: Chosen, sat: int, reaches: Chosen) -> Cut:
    """The cut between the nodes from which more could arrive and the others, checked."""
    cut = Cut(
        sat,
        np.flatnonzero(reaches[network.seed_nodes]),
        np.flatnonzero(~reaches[network.tails] & reaches[network.heads]),
        np.flatnonzero(chosen & ~reaches[network.end_nodes]),
    )
    capacity = (
        _sum_sat(network.seed_sat[cut.seeds])
        + _sum_sat(network.capacities_sat[cut.arcs])
        + _sum_sat(network.end_capacities_sat[cut.ends])
    )
    if capacity != sat:
        raise ConservationError(
            f"{sat} sat arrive through a cut of {capacity} sat; this is a defect of peelchain, "
            "please report it"
        )
    return cut


def _sum_sat(values: Int64) -> int:
    # Many values of all the money there is would wrap in 64 bits: halves cannot.
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())
