"""Single transactions and addresses shown from a partial store, fetched first."""

from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.fetching.asked import FetchAsked
from peelchain.actions.fetching.frontier import spenders_of
from peelchain.actions.fetching.named import Named, named
from peelchain.actions.fetching.rounds import Wanted, answered
from peelchain.actions.progress import Watch, silent
from peelchain.actions.show import address_history, transaction
from peelchain.chain.partial.fetch import fetch_parents, fetch_spenders, is_kept
from peelchain.chain.partial.sitting import Sitting
from peelchain.network import Network
from peelchain.units import OutPoint

Row = dict[str, Any]


def transaction_fetched(txid: str, store: Path, fetch: FetchAsked, watch: Watch = silent) -> Row:
    """`transaction`, with what it spends and who spends its outputs fetched first."""

    def first(network: Network) -> Named:
        return named([txid], network)

    def around(sitting: Sitting, what: Named) -> None:
        for one in what.txids:
            tx = sitting.vault.transaction(one) if is_kept(sitting, one) else None
            if tx is not None:
                fetch_parents(sitting, [one])
                fetch_spenders(sitting, [OutPoint(one, v) for v in range(len(tx.outputs))])

    wanted = Wanted(first, around=around)
    return answered(fetch, store, wanted, lambda _watch: transaction(txid, store), watch)


def address_fetched(
    text: str,
    store: Path,
    fetch: FetchAsked,
    watch: Watch = silent,
    *,
    limit: int = 10_000,
    as_of: datetime | None = None,
) -> Row:
    """`address_history`, with the address's transactions fetched first.

    And what those that spend from it spend beside: by that its cluster is told.
    """

    def first(network: Network) -> Named:
        return named([text], network)

    def around(sitting: Sitting, what: Named) -> None:
        fetch_parents(sitting, spenders_of(sitting, (script for _, script in what.scripts)))

    wanted = Wanted(first, around=around)
    return answered(
        fetch, store, wanted, lambda _watch: address_history(text, store, limit, as_of), watch
    )
