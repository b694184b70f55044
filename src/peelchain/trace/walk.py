"""The walk from seeds to terminals under each tracing rule, in exact satoshis."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from peelchain import _core
from peelchain.errors import ConservationError, MisuseError
from peelchain.schema import TABLES
from peelchain.store.arrays import ChainArrays, Int64
from peelchain.store.stored_chain import Chain, StoredChain
from peelchain.trace.asked import check_direction, check_limits, check_rules
from peelchain.trace.graph import FlowGraph

Direction = Literal["forward", "backward"]

Progress = Callable[[str, int, int | None], object]

RULES: tuple[str, ...] = tuple(_core.tracing_rules())
"""Every rule of scope transaction."""

BACKWARD_RULES: tuple[str, ...] = tuple(_core.tracing_rules(backward=True))
"""Those that run backward too: under the others a satoshi's way depends on which are traced."""

CASE_RULES: tuple[str, ...] = ("pro_rata", "index_fifo")
"""The rules of a case file: those its verifier derives again."""

TERMINAL_TYPES: tuple[str, ...] = tuple(_core.terminal_types())

_Int32 = npt.NDArray[np.int32]
_Bool = npt.NDArray[np.bool_]
FlatColumns = tuple[_Int32, Int64, Int64, Int64, Int64, Int64, Int64, Int64, _Bool]

_NONE: Int64 = np.empty(0, np.int64)
_NO_KINDS: npt.NDArray[np.uint8] = np.empty(0, np.uint8)


@dataclass(frozen=True)
class Boundaries:
    """Where a walk stops by policy. Every array but the kinds is sorted and without duplicates.

    `scripts` are script_ids of services, mixers and shielded pools, `kinds` says which for each as
    an index into TERMINAL_TYPES; `coinjoin_txs` are tx_ids; `exempt_scripts` are the subject's own,
    never a boundary though listed. `target_scripts` and `target_txouts` are the destination asked
    for: what comes to one of these outputs, or to an output that pays one of these scripts, ends
    there as `target`, whatever else the output is, unless it is a seed that another's flow reaches.
    Sparse, since a dense array does not fit at whole-chain size. `clusters`, with `cluster_kinds`,
    stop a walk at whatever scripts they hold beside those listed; only a StoredChain that knows
    clusters takes them.
    """

    scripts: Int64 = field(default_factory=lambda: _NONE)
    kinds: npt.NDArray[np.uint8] = field(default_factory=lambda: _NO_KINDS)
    coinjoin_txs: Int64 = field(default_factory=lambda: _NONE)
    exempt_scripts: Int64 = field(default_factory=lambda: _NONE)
    target_scripts: Int64 = field(default_factory=lambda: _NONE)
    target_txouts: Int64 = field(default_factory=lambda: _NONE)
    clusters: Int64 = field(default_factory=lambda: _NONE)
    cluster_kinds: npt.NDArray[np.uint8] = field(default_factory=lambda: _NO_KINDS)


def boundaries(
    *,
    services: npt.ArrayLike = (),
    mixers: npt.ArrayLike = (),
    shielded: npt.ArrayLike = (),
    coinjoin_txs: npt.ArrayLike = (),
    exempt: npt.ArrayLike = (),
    target_scripts: npt.ArrayLike = (),
    target_txouts: npt.ArrayLike = (),
) -> Boundaries:
    """The boundaries of sets in any order: ids of scripts, but of `coinjoin_txs` and target_txouts.

    `shielded` scripts hold value that moves on unseen, whoever is said to own them. Raises
    MisuseError where a script is a service's and a mixer's.
    """
    hidden = _sorted(shielded)
    service_scripts = np.setdiff1d(_sorted(services), hidden, assume_unique=True)
    mixer_scripts = np.setdiff1d(_sorted(mixers), hidden, assume_unique=True)
    both = np.intersect1d(service_scripts, mixer_scripts)
    if both.size:
        raise MisuseError(f"script {both[0]} is both a service's and a mixer's; choose one")
    scripts = np.concatenate([service_scripts, mixer_scripts, hidden])
    kinds = np.repeat(
        np.array([TERMINAL_TYPES.index(t) for t in ("service", "mixer", "shielded")], np.uint8),
        [service_scripts.size, mixer_scripts.size, hidden.size],
    )
    order = np.argsort(scripts)
    return Boundaries(
        scripts[order],
        kinds[order],
        _sorted(coinjoin_txs),
        _sorted(exempt),
        _sorted(target_scripts),
        _sorted(target_txouts),
    )


@dataclass(frozen=True)
class TraceRequest:
    """What to trace.

    `seed_txouts` are txout_ids in any order; `seed_traced_sat` satoshis of each, 1 up to its value.
    With several claimants `seed_claimants` gives the index of each seed's, counted from 0: each may
    name an output once, and together they name at most its value. Under a rule of positions a part
    of an output is its first satoshis, those of the first claimant before those of the next.

    A limit of None is none: `max_hops` counts transactions from the nearest seed, `min_value_sat`
    is tested on an output's value (never on the traced part, so that rules keep one terminal set),
    heights on the transaction that would be walked through; `max_txs` is the transactions after
    which the walk stops short, and gives what it found. `hops` False leaves the hop tables empty;
    `paths` asks for every end reached with a shortest path, `graph` for all that was reached.
    """

    direction: Direction
    seed_txouts: Int64
    seed_traced_sat: Int64
    rules: Sequence[str] = CASE_RULES
    boundaries: Boundaries = field(default_factory=Boundaries)
    max_hops: int | None = None
    min_value_sat: int | None = None
    min_height: int | None = None
    max_height: int | None = None
    hops: bool = True
    paths: bool = False
    graph: bool = False
    max_txs: int | None = None
    seed_claimants: Int64 | None = None


@dataclass(frozen=True)
class RuleTrace:
    """The outcome under one rule.

    `terminals`, `hops` and `claims` are tables of those names in peelchain.schema; claims are None
    unless there were several claimants. `seeds_net_sat` is seeds_sat less what ends at another
    seed; `totals` the traced satoshis by terminal type, in order of name, only types that occur;
    their sum is seeds_sat.
    """

    rule: str
    terminals: pa.Table
    hops: pa.Table
    seeds_sat: int
    seeds_net_sat: int
    totals: dict[str, int]
    claims: pa.Table | None = None


@dataclass(frozen=True)
class Poison:
    """What reachability alone says: the outputs where a path ends, each taken whole.

    No rule of amounts: `value_sat` may exceed what the seeds hold, and neither conservation nor
    bounds apply. `totals` is value_sat by terminal type, in order of name, only types that occur.
    """

    txouts: int
    value_sat: int
    totals: dict[str, int]


@dataclass(frozen=True)
class Reached:
    """Every output a walk came to, whatever amount any rule leaves there; empty unless asked for.

    `txouts` int64[N]; `types` uint8[N], index into TERMINAL_TYPES, 255 where value walks on or
    there is none; `via` int64[N], the row before on a shortest path from a seed, -1 for a seed.
    """

    txouts: Int64
    types: npt.NDArray[np.uint8]
    via: Int64

    def ends(self, kind: str) -> dict[int, int]:
        """The rows of the ends of a type, by txout_id, in the order of the walk."""
        rows = np.flatnonzero(self.types == TERMINAL_TYPES.index(kind))
        return {int(self.txouts[row]): int(row) for row in rows}

    def path(self, row: int) -> tuple[int, ...]:
        """The txout_ids from a seed to the output of a row, both included."""
        steps = []
        while row >= 0:
            steps.append(int(self.txouts[row]))
            row = int(self.via[row])
        return tuple(reversed(steps))


@dataclass(frozen=True)
class Trace:
    """A trace under every rule asked. `visited_txs` and `reached_txouts` are the same for all.

    `partial` says that the walk stopped early, at max_txs or because progress said so: the value on
    its way then is `cut`, so that all sums hold. `graph` is None unless asked for.
    """

    direction: Direction
    seeds_sat: int
    rules: dict[str, RuleTrace]
    visited_txs: int
    reached_txouts: int
    reached: "Reached"
    poison: Poison
    partial: bool = False
    graph: FlowGraph | None = None


def trace(chain: Chain, request: TraceRequest, progress: Progress | None = None) -> Trace:
    """The trace of the request's seeds under each of its rules, whether in memory or from files.

    `progress` is told stage, transactions done and of how many (None: not known). What it raises
    ends the trace; where it returns False while the stage is `reach`, the walk stops and what it
    found is given as partial. Raises MisuseError for a request that makes no sense, StoreError
    where the chain contradicts itself or cannot be read, ConservationError if a satoshi were lost.
    Source: "Tracing" in DESIGN.md; docs/evidence-format.md gives the rules step by step.
    """
    _check(request)
    seed_txouts = _whole_numbers("seed_txouts", request.seed_txouts)
    seed_traced_sat = _whole_numbers("seed_traced_sat", request.seed_traced_sat)
    claimants = request.seed_claimants
    seeds_sat = sum(seed_traced_sat.tolist())
    stops = request.boundaries
    if len(stops.clusters) and not (isinstance(chain, StoredChain) and chain.knows_clusters):
        raise MisuseError(
            "boundaries are given by cluster, but the chain knows none; list their scripts"
        )
    flows, reached, graph, poison, partial, visited_txs, reached_txouts = _core.trace(
        chain.core if isinstance(chain, StoredChain) else flat_columns(chain),
        backward=request.direction == "backward",
        rules=list(request.rules),
        seed_txouts=seed_txouts,
        seed_traced_sat=seed_traced_sat,
        seed_claimants=None if claimants is None else _whole_numbers("seed_claimants", claimants),
        boundary_scripts=stops.scripts,
        boundary_kinds=stops.kinds,
        boundary_clusters=stops.clusters,
        boundary_cluster_kinds=stops.cluster_kinds,
        exempt_scripts=stops.exempt_scripts,
        coinjoin_txs=stops.coinjoin_txs,
        target_scripts=stops.target_scripts,
        target_txouts=stops.target_txouts,
        max_hops=request.max_hops,
        min_value_sat=request.min_value_sat,
        min_height=request.min_height,
        max_height=request.max_height,
        max_txs=request.max_txs,
        hops=request.hops,
        paths=request.paths,
        graph=request.graph,
        progress=progress,
    )
    outcomes = {
        rule: _rule_trace(
            rule,
            seeds_sat,
            _totals(totals),
            _terminal_table(*terminals),
            _hop_table(*hops),
            None if claims is None else _claim_table(*claims),
        )
        for rule, terminals, totals, hops, claims in flows
    }
    poisoned = _totals(poison[1])
    return Trace(
        request.direction,
        seeds_sat,
        outcomes,
        visited_txs,
        reached_txouts,
        Reached(*reached),
        Poison(poison[0], sum(poisoned.values()), poisoned),
        partial,
        None if graph is None else FlowGraph(request.direction, *graph),
    )


def flat_columns(chain: ChainArrays) -> FlatColumns:
    """A chain in memory as the kernels take it."""
    return (
        chain.tx_height,
        chain.tx_first_txin,
        chain.tx_first_txout,
        chain.txin_prev_txout,
        chain.txout_value,
        chain.txout_script,
        chain.txout_tx,
        chain.txout_spender,
        chain.txout_unspendable,
    )


def _check(request: TraceRequest) -> None:
    check_direction(request.direction)
    check_rules(request.rules, RULES, "tracing", RULES)
    for rule in request.rules:
        if request.direction == "backward" and rule not in BACKWARD_RULES:
            raise MisuseError(
                f"under {rule} the way of a satoshi depends on which others are traced, so it runs "
                f"forward only; backward use one of {', '.join(BACKWARD_RULES)}"
            )
    limits = ("max_hops", "min_value_sat", "min_height", "max_height", "max_txs")
    check_limits(len(request.seed_txouts), {name: getattr(request, name) for name in limits})


def _rule_trace(
    rule: str,
    seeds_sat: int,
    totals: dict[str, int],
    terminals: pa.Table,
    hops: pa.Table,
    claims: pa.Table | None,
) -> RuleTrace:
    if sum(totals.values()) != seeds_sat:
        raise ConservationError(
            f"under {rule} the seeds' {seeds_sat} sat became {sum(totals.values())} sat; "
            "this is a defect of peelchain, please report it"
        )
    seeds_net_sat = seeds_sat - totals.get("seed", 0)
    return RuleTrace(rule, terminals, hops, seeds_sat, seeds_net_sat, totals, claims)


def _totals(sat_of_codes: list[int]) -> dict[str, int]:
    named = zip(TERMINAL_TYPES, sat_of_codes, strict=True)
    return dict(sorted((name, sat) for name, sat in named if sat))


def _terminal_table(
    types: npt.NDArray[np.uint8], txs: Int64, txouts: Int64, values: Int64, traced: Int64
) -> pa.Table:
    return pa.Table.from_arrays(
        [
            _names(types),
            pa.array(txs),
            _null_where_negative(txouts),
            pa.array(values),
            pa.array(traced),
        ],
        schema=TABLES["terminals"].schema,
    )


def _claim_table(
    claimants: Int64, terminals: tuple[npt.NDArray[np.uint8], Int64, Int64, Int64, Int64]
) -> pa.Table:
    types, txs, txouts, _, traced = terminals
    return pa.Table.from_arrays(
        [
            pa.array(claimants),
            _names(types),
            pa.array(txs),
            _null_where_negative(txouts),
            pa.array(traced),
        ],
        schema=TABLES["claims"].schema,
    )


def _names(types: npt.NDArray[np.uint8]) -> pa.DictionaryArray:
    # The codes are far below 128, so they may be seen as the signed bytes that the schema asks for.
    return pa.DictionaryArray.from_arrays(
        pa.array(types.view(np.int8)), pa.array(TERMINAL_TYPES, pa.string())
    )


def _hop_table(
    from_txouts: Int64, txs: Int64, to_txouts: Int64, values: Int64, traced: Int64
) -> pa.Table:
    return pa.Table.from_arrays(
        [
            pa.array(np.arange(len(txs), dtype=np.int64)),
            pa.array(from_txouts),
            pa.array(txs),
            _null_where_negative(to_txouts),
            pa.array(values),
            pa.array(traced),
        ],
        schema=TABLES["hops"].schema,
    )


def _null_where_negative(ids: Int64) -> pa.Array:
    return pa.array(ids, mask=ids < 0)


def _whole_numbers(name: str, values: npt.ArrayLike) -> Int64:
    array = np.asarray(values)
    if array.size and array.dtype.kind not in "iu":
        raise MisuseError(f"{name} are of type {array.dtype}; give whole numbers")
    return np.ascontiguousarray(array, np.int64)


def _sorted(ids: npt.ArrayLike) -> Int64:
    return np.unique(np.asarray(ids, np.int64))
