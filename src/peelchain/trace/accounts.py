"""The walk through the books of accounts under each account rule, in exact satoshis."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from peelchain import _core
from peelchain.errors import ConservationError, MisuseError
from peelchain.schema import TABLES
from peelchain.store.arrays import ChainArrays, Int64
from peelchain.store.chain_rows import ChainRows
from peelchain.store.stored_chain import StoredChain
from peelchain.trace.asked import check_direction, check_limits, check_rules
from peelchain.trace.network import Network
from peelchain.trace.walk import (
    TERMINAL_TYPES,
    Boundaries,
    Direction,
    Progress,
    flat_columns,
)

ACCOUNT_RULES: tuple[str, ...] = tuple(_core.account_rules())
"""Every rule of scope account."""

BACKWARD_ACCOUNT_RULES: tuple[str, ...] = tuple(r for r in ACCOUNT_RULES if r != "account_libr")
"""Those that run backward: which money is the account's own is known forward only."""


@dataclass(frozen=True)
class Accounts:
    """The accounts of a chain in memory, each named by its cluster_id, a script_id.

    `account_of_script` int64[S] is the account of each script_id; the outputs that pay account a
    are `outputs[first_output[a]:first_output[a + 1]]`, rising txout_ids: int64[O] and int64[S + 1].
    """

    account_of_script: Int64
    first_output: Int64
    outputs: Int64


def accounts_of(arrays: ChainArrays, cluster_of: Callable[[npt.ArrayLike], Int64]) -> Accounts:
    """The accounts of a chain: the scripts of one cluster are one account.

    `cluster_of` gives the cluster_id of script_ids, as ClusterIndex.cluster_of does; a script in no
    cluster is its own. Raises MisuseError where a cluster_id is no script of the chain.
    """
    scripts = int(arrays.txout_script.max(initial=-1)) + 1
    account_of_script = np.ascontiguousarray(cluster_of(np.arange(scripts)), np.int64)
    stray = account_of_script[(account_of_script < 0) | (account_of_script >= scripts)]
    if stray.size:
        raise MisuseError(
            f"cluster {stray[0]} is not named by a script of the chain; "
            "use the clusters of the same store and tip"
        )
    owner = account_of_script[arrays.txout_script]
    first_output = np.zeros(scripts + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=scripts), out=first_output[1:])
    outputs = np.argsort(owner, kind="stable").astype(np.int64)
    return Accounts(account_of_script, first_output, outputs)


@dataclass(frozen=True)
class LookedUpAccounts:
    """Accounts that are looked up as the walk comes to them, for chains that are not in memory.

    `account_of` gives the account of a script_id; `outputs_of` the txout_ids that pay an account,
    rising. For a StoredChain look up in another one of the same store than the one walked.
    """

    account_of: Callable[[int], int]
    outputs_of: Callable[[int], Int64]


def looked_up_accounts(
    rows: ChainRows,
    cluster_of: Callable[[npt.ArrayLike], Int64],
    members: Callable[[int], Int64],
) -> LookedUpAccounts:
    """The accounts of clusters whose outputs `rows` looks up: `members` are a cluster's scripts."""
    return LookedUpAccounts(
        lambda script: int(cluster_of([script])[0]),
        lambda account: rows.outputs_of_scripts(members(account)),
    )


@dataclass(frozen=True)
class AccountRequest:
    """What to trace through accounts.

    `accounts` say which scripts are one account. Seeds, claimants and boundaries are as in
    walk.TraceRequest; a seed's part lies first on its line of satoshis. A limit of None is none:
    `max_hops` counts accounts from the nearest seed's, 0 for that one alone; `min_value_sat` is
    tested on an output's value; an account is read within the heights, and what it then holds is
    `cut`; one paid by more than `max_account_outputs` outputs is not gone into; `max_txs` is the
    transactions after which the walk stops short. `payments` False leaves those tables empty;
    `network` asks for the network of the bounds.
    """

    direction: Direction
    accounts: Accounts | LookedUpAccounts
    seed_txouts: Int64
    seed_traced_sat: Int64
    rules: Sequence[str] | None = None
    """None for every rule that runs in the direction."""
    boundaries: Boundaries = field(default_factory=Boundaries)
    max_hops: int | None = None
    min_value_sat: int | None = None
    min_height: int | None = None
    max_height: int | None = None
    max_account_outputs: int | None = None
    max_txs: int | None = None
    payments: bool = True
    network: bool = False
    seed_claimants: Int64 | None = None


@dataclass(frozen=True)
class AccountRuleTrace:
    """The outcome under one rule.

    `terminals`, `holdings`, `payments` and `claims` are the tables account_terminals, holdings,
    account_payments and account_claims of peelchain.schema; claims are None unless there were
    several claimants. `totals` are the traced satoshis by type, holdings among them, in order of
    name, only types that occur; their sum is seeds_sat. `seeds_net_sat` is that less what ends at
    another seed.
    """

    rule: str
    terminals: pa.Table
    holdings: pa.Table
    payments: pa.Table
    seeds_sat: int
    seeds_net_sat: int
    totals: dict[str, int]
    claims: pa.Table | None = None


@dataclass(frozen=True)
class AccountTrace:
    """A trace through accounts under every rule asked.

    `visited_txs` are the transactions that value was walked through, `opened_books` how often the
    books of an account were opened: again where it held nothing in between. `partial` says that the
    walk stopped early; what was on its way then is `cut`. `network` is None unless asked for.
    """

    direction: Direction
    seeds_sat: int
    rules: dict[str, AccountRuleTrace]
    visited_txs: int
    opened_books: int
    partial: bool
    network: Network | None


def trace_accounts(
    chain: ChainArrays | StoredChain, request: AccountRequest, progress: Progress | None = None
) -> AccountTrace:
    """The trace of the request's seeds through the books of accounts, under each of its rules.

    `progress` is told and heeded as in walk.trace. Raises MisuseError for a request that makes no
    sense, StoreError where the chain contradicts itself, ConservationError if a satoshi were lost.
    Source: "Tracing" in DESIGN.md; docs/methods/account-rules.md gives the rules step by step.
    """
    rules = _checked_rules(request)
    seed_traced_sat = _whole_numbers("seed_traced_sat", request.seed_traced_sat)
    claimants = request.seed_claimants
    stops = request.boundaries
    if len(stops.clusters):
        raise MisuseError(
            "accounts are not stopped at by cluster; list the scripts of services' clusters"
        )
    flows, network, visited_txs, opened_books, partial = _core.trace_accounts(
        chain.core if isinstance(chain, StoredChain) else flat_columns(chain),
        _owners(request.accounts),
        backward=request.direction == "backward",
        rules=list(rules),
        seed_txouts=_whole_numbers("seed_txouts", request.seed_txouts),
        seed_traced_sat=seed_traced_sat,
        seed_claimants=None if claimants is None else _whole_numbers("seed_claimants", claimants),
        boundary_scripts=stops.scripts,
        boundary_kinds=stops.kinds,
        exempt_scripts=stops.exempt_scripts,
        coinjoin_txs=stops.coinjoin_txs,
        target_scripts=stops.target_scripts,
        target_txouts=stops.target_txouts,
        max_hops=request.max_hops,
        min_value_sat=request.min_value_sat,
        min_height=request.min_height,
        max_height=request.max_height,
        max_account_outputs=request.max_account_outputs,
        max_txs=request.max_txs,
        payments=request.payments,
        network=request.network,
        progress=progress,
    )
    seeds_sat = sum(seed_traced_sat.tolist())
    outcomes = {
        flow[0]: _rule_trace(seeds_sat, *flow, named=claimants is not None) for flow in flows
    }
    return AccountTrace(
        request.direction,
        seeds_sat,
        outcomes,
        visited_txs,
        opened_books,
        partial,
        None if network is None else _network(*network),
    )


def _owners(
    accounts: Accounts | LookedUpAccounts,
) -> tuple[Int64, Int64, Int64] | tuple[Callable[[int], int], Callable[[int], Int64]]:
    if isinstance(accounts, LookedUpAccounts):
        return accounts.account_of, accounts.outputs_of
    return accounts.account_of_script, accounts.first_output, accounts.outputs


def _checked_rules(request: AccountRequest) -> Sequence[str]:
    check_direction(request.direction)
    running = BACKWARD_ACCOUNT_RULES if request.direction == "backward" else ACCOUNT_RULES
    rules = running if request.rules is None else request.rules
    check_rules(rules, ACCOUNT_RULES, "account", running)
    limits = (
        "max_hops",
        "min_value_sat",
        "min_height",
        "max_height",
        "max_account_outputs",
        "max_txs",
    )
    check_limits(len(request.seed_txouts), {name: getattr(request, name) for name in limits})
    return rules


def _rule_trace(
    seeds_sat: int,
    rule: str,
    ends: tuple[Any, ...],
    held: tuple[Any, ...],
    moved: tuple[Any, ...],
    claimed: tuple[Int64, Int64, Int64],
    *,
    named: bool,
) -> AccountRuleTrace:
    types, txs, txouts, accounts, values, traced = ends
    terminals = pa.Table.from_arrays(
        [
            _names(types),
            pa.array(txs),
            _null_where_negative(txouts),
            _null_where_negative(accounts),
            pa.array(values),
            pa.array(traced),
        ],
        schema=TABLES["account_terminals"].schema,
    )
    holders, kinds, closed_at, balances, held_sat = held
    holdings = pa.Table.from_arrays(
        [
            pa.array(holders),
            _names(kinds),
            _null_where_negative(closed_at),
            pa.array(balances),
            pa.array(held_sat),
        ],
        schema=TABLES["holdings"].schema,
    )
    totals: dict[str, int] = {}
    for codes, amounts in ((types, traced), (kinds, held_sat)):
        for code, sat in zip(codes.tolist(), amounts.tolist(), strict=True):
            totals[TERMINAL_TYPES[code]] = totals.get(TERMINAL_TYPES[code], 0) + sat
    if sum(totals.values()) != seeds_sat:
        raise ConservationError(
            f"under {rule} the seeds' {seeds_sat} sat became {sum(totals.values())} sat; "
            "this is a defect of peelchain, please report it"
        )
    claims = None
    if named:
        of_rows = (
            np.concatenate([types, kinds]),
            np.concatenate([txs, closed_at]),
            np.concatenate([txouts, np.full(len(holders), -1, np.int64)]),
            np.concatenate([accounts, holders]),
        )
        claims = _claims(of_rows, *claimed)
    return AccountRuleTrace(
        rule,
        terminals,
        holdings,
        _payments(*moved),
        seeds_sat,
        seeds_sat - totals.get("seed", 0),
        dict(sorted(totals.items())),
        claims,
    )


def _payments(
    accounts: Int64,
    txs: Int64,
    txouts: Int64,
    others: Int64,
    types: npt.NDArray[np.uint8],
    values: Int64,
    traced: Int64,
) -> pa.Table:
    return pa.Table.from_arrays(
        [
            pa.array(np.arange(len(txs), dtype=np.int64)),
            pa.array(accounts),
            pa.array(txs),
            _null_where_negative(txouts),
            _null_where_negative(others),
            _names(types),
            pa.array(values),
            pa.array(traced),
        ],
        schema=TABLES["account_payments"].schema,
    )


def _claims(of_rows: tuple[Any, ...], rows: Int64, claimants: Int64, sats: Int64) -> pa.Table:
    types, txs, txouts, accounts = (column[rows] for column in of_rows)
    # -1 stands for null, which sorts last: a fee after outputs, a holding at the tip after all
    keys = [np.where(ids < 0, np.iinfo(np.int64).max, ids) for ids in (accounts, txouts, txs)]
    order = np.lexsort((claimants, keys[0], types, keys[1], keys[2]))
    return pa.Table.from_arrays(
        [
            pa.array(claimants[order]),
            _names(types[order]),
            _null_where_negative(txs[order]),
            _null_where_negative(txouts[order]),
            _null_where_negative(accounts[order]),
            pa.array(sats[order]),
        ],
        schema=TABLES["account_claims"].schema,
    )


def _network(
    nodes: int,
    arcs: tuple[Int64, Int64, Int64, Int64],
    seeds: tuple[Int64, Int64],
    ends: tuple[Int64, Int64, npt.NDArray[np.uint8], Int64, Int64, Int64],
) -> Network:
    tails, heads, capacities, txouts = arcs
    seed_nodes, seed_sat = seeds
    end_nodes, end_capacities, end_types, end_txs, end_txouts, end_accounts = ends
    return Network(
        nodes,
        tails,
        heads,
        capacities,
        seed_nodes,
        seed_sat,
        end_nodes,
        end_capacities,
        end_types,
        end_txs,
        end_txouts,
        end_accounts,
        txouts,
    )


def _names(types: npt.NDArray[np.uint8]) -> pa.DictionaryArray:
    no_terminal = types >= len(TERMINAL_TYPES)
    codes = pa.array(np.where(no_terminal, 0, types).astype(np.int8), mask=no_terminal)
    return pa.DictionaryArray.from_arrays(codes, pa.array(TERMINAL_TYPES, pa.string()))


def _null_where_negative(ids: Int64) -> pa.Array:
    return pa.array(ids, mask=ids < 0)


def _whole_numbers(name: str, values: npt.ArrayLike) -> Int64:
    array = np.asarray(values)
    if array.size and array.dtype.kind not in "iu":
        raise MisuseError(f"{name} are of type {array.dtype}; give whole numbers")
    return np.ascontiguousarray(array, np.int64)
