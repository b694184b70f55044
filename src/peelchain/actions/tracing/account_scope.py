"""What the rules of scope account leave where: clusters as accounts, read in chain order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from peelchain.actions.progress import Watch
from peelchain.actions.tracing.destinations import Destination, Destinations
from peelchain.actions.tracing.ends import End
from peelchain.actions.tracing.rules import public_rule
from peelchain.actions.tracing.walk import Walked
from peelchain.actions.view import StoreView
from peelchain.case.services import stops
from peelchain.cluster.members import ClusterIndex
from peelchain.cluster.of_store import stored
from peelchain.errors import MisuseError
from peelchain.store.arrays import ChainArrays, Int64
from peelchain.store.reader import Store
from peelchain.store.stored_chain import CACHE_BYTES, StoredChain
from peelchain.trace.accounts import (
    AccountRequest,
    Accounts,
    AccountTrace,
    LookedUpAccounts,
    accounts_of,
    looked_up_accounts,
    trace_accounts,
)
from peelchain.trace.walk import TERMINAL_TYPES, Boundaries

Row = dict[str, Any]

SCOPE = "account"

_HELD_ROWS = 50_000_000
"""Rows of a table of clusters that are held in memory for their members, 40 bytes each."""


def has_books(store: Path) -> bool:
    """Whether a store can say what an account held: not a partial one, which lacks receipts."""
    with Store.open(store) as opened:
        return opened.manifest.partial is None


@dataclass(frozen=True)
class AccountScope:
    """A trace through accounts from the seeds of a walk, and what it came to."""

    trace: AccountTrace
    destinations: Destinations

    def rule_rows(self) -> list[Row]:
        """Each rule with its sums, which are the seeds' to the satoshi; holdings are `unspent`."""
        return [
            {
                "rule": public_rule(name),
                "scope": SCOPE,
                "seeds_sat": outcome.seeds_sat,
                "seeds_net_sat": outcome.seeds_net_sat,
                "totals": outcome.totals,
            }
            for name, outcome in self.trace.rules.items()
        ]

    def stopped(self) -> Row:
        """Whether this walk or the other stopped early, and why, where this one did."""
        if not self.trace.partial:
            return {}
        most = self.destinations.walked.request.max_txs
        reached = most is not None and self.trace.visited_txs >= most
        return {"partial": True, "stopped_by": "max_txs" if reached else "you"}

    def amounts(self) -> dict[Destination, dict[str, int]]:
        """The traced satoshis at each destination under each rule, with what accounts hold."""
        names = [public_rule(name) for name in self.trace.rules]
        found = {of: dict.fromkeys(names, 0) for of in self.destinations.every()}
        for name, outcome in self.trace.rules.items():
            for row in outcome.terminals.to_pylist():
                of = self.destinations.at(row["type"], row["tx_id"], row["txout_id"])
                found[of][public_rule(name)] += row["traced_sat"]
            for row in outcome.holdings.to_pylist():
                of = self.destinations.at(row["type"], -1, None)
                found[of][public_rule(name)] += row["traced_sat"]
        return found


def account_scope(
    walked: Walked, rules: Sequence[str], targets: Sequence[End], progress: Watch
) -> AccountScope:
    """The trace of a walk's seeds through accounts, with the destinations that it comes to."""
    done = account_trace(walked, rules, progress, network=True)
    if done.network is None:
        raise AssertionError("a walk that was asked for its network has one")
    return AccountScope(done, Destinations(walked, targets, done.network))


def account_trace(
    walked: Walked,
    rules: Sequence[str],
    progress: Watch,
    *,
    payments: bool = False,
    network: bool = False,
) -> AccountTrace:
    """The trace of a walk's seeds through the accounts that its clustering makes.

    Boundaries and limits are the walk's, but that `max_hops` counts accounts. On a long store
    accounts are looked up as the walk comes to them. Raises MisuseError on a partial store: an
    account's balance follows from all of its receipts.
    """
    if walked.view.store.manifest.partial is not None:
        raise MisuseError(
            f"{walked.view.store.path} is a partial store, and the rules of scope account need "
            "every receipt and payment of an account; ask for rules of scope transaction, or use a "
            "store of the whole chain"
        )
    chain = walked.view.chain
    request = walked.request
    return trace_accounts(
        chain,
        AccountRequest(
            direction=walked.direction,
            accounts=_accounts(walked.view, progress),
            seed_txouts=request.seed_txouts,
            seed_traced_sat=request.seed_traced_sat,
            rules=rules,
            boundaries=_listed(walked),
            max_hops=request.max_hops,
            min_value_sat=request.min_value_sat,
            min_height=request.min_height,
            max_height=request.max_height,
            max_txs=request.max_txs,
            payments=payments,
            network=network,
            seed_claimants=request.seed_claimants,
        ),
        lambda stage, n, of: progress(f"accounts: {stage}", n, of or 0),
    )


def _accounts(view: StoreView, progress: Watch) -> Accounts | LookedUpAccounts:
    """The accounts of a store's clustering: laid out for a chain in memory, else looked up."""
    if isinstance(view.chain, ChainArrays):
        return accounts_of(view.chain, view.clusters.index.cluster_of)
    # the walk has the view's chain meanwhile
    rows = StoredChain(view.lookup, CACHE_BYTES // 2)
    index = _index(view)
    opened = 0

    def members(cluster: int) -> Int64:
        nonlocal opened
        opened += 1
        progress("accounts: read", opened, 0)
        return index.members(cluster)

    return looked_up_accounts(rows, index.cluster_of, members)


def _index(view: StoreView) -> ClusterIndex:
    """Who is in which cluster, in memory where that is at most some 2 GB.

    The members of a cluster of a larger run take a pass over its file.
    """
    run = view.cluster_run()
    if run is None or sum(part.rows for part in run.parts("clusters")) > _HELD_ROWS:
        return view.clusters.index
    return stored(view.store, run).index


def _listed(walked: Walked) -> Boundaries:
    """The walk's boundaries, with the scripts of services' clusters listed."""
    asked = walked.request.boundaries
    if not len(asked.clusters):
        return asked
    shielded = asked.scripts[asked.kinds == TERMINAL_TYPES.index("shielded")]
    known = stops(walked.known.listed(), asked.coinjoin_txs, shielded)
    return replace(known, target_scripts=asked.target_scripts, target_txouts=asked.target_txouts)
