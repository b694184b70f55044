"""A store as an entry of a journal saw it: its tip, its policy, its imports, what was known."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from peelchain.actions.progress import Progress, silent
from peelchain.actions.view import StoreView
from peelchain.case.canonical import canonical_json
from peelchain.cluster.policy import Policy
from peelchain.errors import MissingInputError, OtherChainError
from peelchain.store.cut import NotAncestorError, check_block, store_at
from peelchain.store.reader import Store
from peelchain.tags.knowledge import Knowledge

_MOST_OPEN = 3


@contextmanager
def view_of(
    store: Path, inputs: Mapping[str, Any], progress: Progress = silent
) -> Iterator[StoreView]:
    """A view of the store with the `inputs` that an entry's body names, in a `with`.

    Where the store's tip moved on, it is cut back to the tip of that time first. Raises
    OtherChainError where the chain lacks that tip, MissingInputError where an import is gone.
    """
    policy, knowledge = Policy.from_json(inputs["definition"]), knowledge_of(inputs)
    height, block_hash = inputs["tip"]["height"], inputs["tip"]["hash"]
    with ExitStack() as stack:
        with Store.open(store) as opened:
            _check_network(opened, inputs["network"])
            try:
                check_block(opened, height, block_hash)
            except NotAncestorError as e:
                raise OtherChainError(str(e)) from None
            _check_imports(opened, inputs["imports"])
            at_tip = opened.manifest.tip_hash == block_hash
        if not at_tip:
            store = stack.enter_context(store_at(store, height, block_hash, progress))
        yield stack.enter_context(StoreView(store, policy, knowledge=knowledge))


class Views:
    """The views that several entries ask for, each opened once. Close it, or use it in a `with`.

    A few of them stay open, for neighbours in a journal tend to have seen the same.
    """

    def __init__(self, store: Path, progress: Progress = silent) -> None:
        self._store = store
        self._progress = progress
        self._open: dict[bytes, tuple[StoreView, ExitStack]] = {}

    def of(self, inputs: Mapping[str, Any]) -> StoreView:
        """The view with these inputs; raises as `view_of`."""
        key = canonical_json(dict(inputs))
        if key not in self._open:
            while len(self._open) >= _MOST_OPEN:
                self._open.pop(next(iter(self._open)))[1].close()
            stack = ExitStack()
            view = stack.enter_context(view_of(self._store, inputs, self._progress))
            self._open[key] = (view, stack)
        return self._open[key][0]

    def close(self) -> None:
        """Closes every view."""
        while self._open:
            self._open.popitem()[1][1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


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
            + "; import the same files again, with the same --recorded day"
        )


def _check_network(store: Store, network: str) -> None:
    if store.network.name != network:
        raise OtherChainError(
            f"{store.path} holds {store.network.name}, and the entry was made on {network}"
        )
