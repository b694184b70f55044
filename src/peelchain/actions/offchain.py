"""Which outputs of a trace may have changed hands where the chain does not show it."""

from collections.abc import Collection
from typing import Any

from peelchain.actions.view import StoreView
from peelchain.errors import StoreError
from peelchain.evaluate.error_rates import ErrorRate, measured_error
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.witnesses import witnesses
from peelchain.trace.offchain import MARKS, marks


def marked(view: StoreView, txouts: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """The marks of those outputs that have any, by txout_id: `mark`, `kind` and `reasons`.

    Witnesses are read from the node's files where these are still there; the reasons say where a
    witness was told by its size alone.
    """
    coinjoins = view.clusters.coinjoins["tx_id"].to_pylist()
    table = marks(view.lookup, txouts, coinjoin_txs=coinjoins)
    if table.num_rows:
        try:
            blocks = RawBlocks(view.store)
            table = marks(
                view.lookup,
                table["txout_id"].to_pylist(),
                coinjoin_txs=coinjoins,
                witnesses=lambda txs: witnesses(view.lookup, blocks, txs),
            )
        except StoreError:
            # a pruned node has no witnesses any more: what the store knows of their size is left
            pass
    found: dict[int, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        found.setdefault(row.pop("txout_id"), []).append(row)
    return found


def mark_errors() -> dict[str, ErrorRate | None]:
    """The measured error of each mark; None where none was measured."""
    return {mark: measured_error(f"mark:{mark}") for mark in MARKS}
