"""Fetching every header of the chain into a partial store."""

from pathlib import Path
from typing import Any

from peelchain.actions.fetching.asked import FetchAsked, check_consent
from peelchain.actions.fetching.rounds import network_of
from peelchain.actions.fetching.servers import Servers
from peelchain.actions.fetching.sources import server
from peelchain.actions.progress import Watch, silent
from peelchain.chain.partial.header_chain import chainwork, checks_difficulty, fetch_headers
from peelchain.chain.partial.sitting import EnoughError
from peelchain.chain.partial.snapshot import rebuild
from peelchain.chain.partial.vault import Vault
from peelchain.script import sha256d
from peelchain.units import format_hash


def headers(asked: FetchAsked, store: Path, watch: Watch = silent) -> dict[str, Any]:
    """Fetches all headers from the first block to the server's tip, checked as a chain.

    `complete` is false where the user stopped it: the same again goes on from there. Raises what
    the last server's failure was where none gave them.
    """
    servers = [server(text, asked.connection) for text in asked.sources]
    network = network_of(store, asked.network)
    with Vault.open(store, network) as vault:
        check_consent(asked, servers, vault, ["the header of every block"], follows=False)
        with Servers(
            servers, vault, most_txs=asked.most_txs, refresh=asked.refresh, watch=watch
        ) as asking:
            before = len(vault.headers())
            complete = True
            try:
                asking.ask(fetch_headers)
            except EnoughError:
                complete = False
            told = {"servers": asking.names, "failures": asking.failures, "notes": asking.notes}
        kept = vault.headers()
        top = max(kept, default=-1)
        whole = len(kept) == top + 1
        if any(True for _ in vault.transactions()):
            rebuild(store, vault)
        return {
            "network": network.name,
            "tip_height": top,
            "tip_hash": format_hash(sha256d(kept[top])) if kept else None,
            "headers": len(kept),
            "fetched_headers": len(kept) - before,
            "chainwork": f"{chainwork(iter(kept.values())):064x}" if whole else None,
            "difficulty_checked": checks_difficulty(network),
            "complete": complete and whole,
            **told,
        }
