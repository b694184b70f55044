"""Fetching what is named into a partial store, without a question about it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peelchain.actions.fetching.asked import FetchAsked
from peelchain.actions.fetching.named import named
from peelchain.actions.fetching.rounds import Wanted, fetch_for
from peelchain.actions.open_store import OpenStore
from peelchain.actions.progress import Watch, silent


def fetch(
    asked: FetchAsked, texts: Sequence[str], store: Path, watch: Watch = silent
) -> dict[str, Any]:
    """Fetches transactions with what they spend, spenders of outputs, and histories of addresses.

    Raises MisuseError and AddressError for a text that is none of these, and the server's error
    where nothing could be fetched.
    """
    wanted = Wanted(first=lambda network: named(texts, network), whole=True)
    fetching = fetch_for(asked, store, wanted, watch)
    with OpenStore(store) as view:
        return {
            "network": view.network.name,
            **view.tip,
            "counts": dict(view.store.manifest.counts),
            "fetching": fetching,
        }
