"""A store as an entry of a journal saw it: its tip, its policy, its imports, what was known."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.cluster.policy import Policy
from peelchain.errors import CaseError
from peelchain.store.reader import Store
from peelchain.tags.knowledge import Knowledge


class MissingInputError(CaseError):
    """What an entry was made from is no more in the store."""


class OtherChainError(CaseError):
    """The store does not hold the chain that an entry was made on, or not so far."""


@contextmanager
def view_of(
    store: Path, inputs: Mapping[str, Any], progress: Progress = silent
) -> Iterator[StoreView]:
    """A view of the store with the `inputs` that an entry's body names, in a `with`.

    Raises OtherChainError where the chain lacks that tip, MissingInputError without an import.
    """
    policy = Policy.from_json(inputs["definition"])
    with Store.open(store) as opened:
        _check_imports(opened, inputs["imports"])
        _check_network(opened, inputs["network"])
        at_tip = opened.manifest.tip_hash == inputs["tip"]["hash"]
    if not at_tip:
        raise OtherChainError(f"{store} has another tip")
    with StoreView(store, policy, knowledge=knowledge_of(inputs)) as view:
        yield view


def knowledge_of(inputs: Mapping[str, Any]) -> Knowledge:
    """What was known to an entry, imports included."""
    said = inputs["knowledge"]
    as_of = said["as_of"]
    return Knowledge(
        as_of=None if as_of is None else datetime.fromisoformat(as_of),
        without_tags=frozenset(said["without_tags"]),
        runs=tuple(inputs["imports"]),
    )


def _check_imports(store: Store, imports: list[str]) -> None:
    there = {run.run_id for run in store.manifest.runs}
    gone = [run_id for run_id in imports if run_id not in there]
    if gone:
        raise MissingInputError(
            f"{store.path} lacks the import {gone[0]}"
            + (f" and {len(gone) - 1} more" if len(gone) > 1 else "")
            + "; import the same files again, as they were recorded"
        )


def _check_network(store: Store, network: str) -> None:
    if store.network.name != network:
        raise OtherChainError(
            f"{store.path} holds {store.network.name}, and the entry was made on {network}"
        )
