"""What the rules of scope account leave where: clusters as accounts, read in chain order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peelchain.actions.progress import Watch
from peelchain.actions.trace_destinations import Destination, Destinations
from peelchain.actions.trace_ends import End
from peelchain.actions.trace_rules import public_rule
from peelchain.actions.trace_walk import Walked
from peelchain.errors import MisuseError
from peelchain.store.arrays import ChainArrays
from peelchain.trace.accounts import (
    AccountRequest,
    AccountTrace,
    accounts_of,
    trace_accounts,
)

Row = dict[str, Any]

SCOPE = "account"


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
    """The trace of a walk's seeds through accounts, with the destinations that it comes to.

    Raises what `account_trace` raises.
    """
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

    Boundaries and limits are the walk's, but that `max_hops` counts accounts. Raises MisuseError on
    a store too long to be held in memory, which the books of accounts need.
    """
    chain = walked.view.chain
    if not isinstance(chain, ChainArrays):
        raise MisuseError(
            "the rules of scope account need the chain in memory, and this store is too long; name "
            "rules of scope transaction"
        )
    request = walked.request
    return trace_accounts(
        chain,
        AccountRequest(
            direction=walked.direction,
            accounts=accounts_of(chain, walked.view.clusters.index.cluster_of),
            seed_txouts=request.seed_txouts,
            seed_traced_sat=request.seed_traced_sat,
            rules=rules,
            boundaries=request.boundaries,
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
