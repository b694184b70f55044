"""A partial store followed: what a case's walk and its watch list lack, asked of a server again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from peelchain.actions.fetching.asked import Agree, FetchAsked, connection_asked
from peelchain.actions.fetching.named import named
from peelchain.actions.fetching.rounds import Wanted, fetch_for, has_tables, network_of
from peelchain.actions.progress import Progress, Watch, silent
from peelchain.actions.tracing.filters import Filters, period
from peelchain.actions.tracing.seeds import Seeds
from peelchain.actions.tracing.walk import Walked, walk_from
from peelchain.actions.view import StoreView
from peelchain.actions.watching.strands import NO_IDS, held_by
from peelchain.case.watching.watch_list import Item
from peelchain.chain.partial.vault import Vault
from peelchain.cluster.policy import Policy
from peelchain.errors import NotInChainError, RemoteError
from peelchain.tags.knowledge import Knowledge
from peelchain.units import parse_txid

Row = dict[str, Any]

MOST_REFRESHED = 200
"""Unspent outputs that a server is asked for at each look, to see what no block has yet."""


@dataclass(frozen=True)
class Followed:
    """What of a chain a case follows: the run's question, and the watch list."""

    asked: Row
    items: Sequence[Item]
    policy: Policy
    knowledge: Knowledge


def fetch_followed(
    source: str,
    store: Path,
    what: Followed,
    agree: Agree,
    *,
    network: str | None = None,
    proxy: str | None = None,
    refresh: bool = False,
    say: Callable[[str], None] = lambda line: None,
    progress: Progress = silent,
) -> frozenset[bytes] | None:
    """Brings a partial store to a server's tip, as far as the case follows the chain.

    Every fetched transaction is checked with its proof. With `refresh` every unspent output is
    asked for again, unless there are too many to do that each time; given are then the txids that
    spend one and that no block has, else None. Raises RemoteError where the server ended
    the fetching early: what came is kept.
    """
    seeds = list(what.asked["seeds"])
    texts = [*seeds, *(item.name for item in what.items)]
    wanted = Wanted(
        first=lambda chain: named(texts, chain),
        open=lambda: StoreView(store, what.policy, knowledge=what.knowledge),
        walk=lambda view, watch: _walk(view, what, watch),
    )
    refresh = refresh and _unspent(store) <= MOST_REFRESHED
    asked = FetchAsked(
        [source],
        agree,
        network=network,
        connection=connection_asked(proxy, None),
        refresh=refresh,
    )
    told = fetch_for(asked, store, wanted, progress)
    for line in (*told["notes"], *told["failures"]):
        say(line)
    if told["stopped_by"] is not None:
        raise RemoteError(str(told["why"]))
    if not refresh:
        return None
    return frozenset(parse_txid(row["txid"]) for row in told["unconfirmed_spends"])


def _unspent(store: Path) -> int:
    """How many outputs a server was asked for and told unspent; 0 where there is no store yet."""
    if not has_tables(store):
        return 0
    with Vault.open(store, network_of(store, None), create=False) as vault:
        return len(vault.absences())


def _walk(view: StoreView, what: Followed, watch: Watch) -> Walked:
    """Where the value goes that the case follows, of all its strands at once."""
    txouts, scripts = [NO_IDS], [NO_IDS]
    if what.asked["seeds"]:
        try:
            subject = view.subject_of(what.asked["seeds"])
            txouts.append(subject.receipts)
            scripts.append(subject.scripts)
        except NotInChainError:
            # nobody paid it yet
            pass
    for item in what.items:
        own, outputs = held_by(view, item)
        txouts.append(outputs)
        scripts.append(own)
    every = np.unique(np.concatenate(txouts))
    values = view.chain.outputs(every).value_sat
    every, values = every[values > 0], values[values > 0]
    if not len(every):
        raise NotInChainError("nothing of what the case follows was ever paid")
    seeds = Seeds(every, values, scripts=np.unique(np.concatenate(scripts)))
    within = period(Filters(**what.asked["limits"]), view)
    return walk_from(view, "forward", seeds, what.asked["rules"][:1], within, watch, paths=True)
