"""Which outputs of a trace may have changed hands where the chain does not show it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from peelchain.actions.measuring import Evaluate, MeasureAsked, measure
from peelchain.actions.progress import Progress, Watch, silent
from peelchain.actions.tracing.filters import Filters, period
from peelchain.actions.tracing.seeds import SeedsAsked, seeds_of
from peelchain.actions.tracing.walk import head, walk_from
from peelchain.actions.view import StoreView
from peelchain.errors import StoreError
from peelchain.evaluate.error_rates import measured_error
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.witnesses import witnesses
from peelchain.trace.offchain import CHANNEL_CLOSE, CHANNEL_OPEN, MARKS, marks
from peelchain.trace.walk import Direction
from peelchain.units import format_hash


def marks_on_trace(
    direction: Direction,
    seeds: Sequence[str],
    store: Path,
    filters: Filters | None = None,
    progress: Watch = silent,
) -> dict[str, Any]:
    """The marked outputs among those that a trace of these outpoints comes to.

    No amount is given: a mark says nothing of what a rule carries there.
    """
    with StoreView(store) as view:
        within = period(filters or Filters(), view)
        asked = seeds_of(SeedsAsked(outpoints=seeds), direction, within.limits, view)
        walked = walk_from(view, direction, asked, ("pro_rata",), within, progress, graph=True)
        if walked.trace.graph is None:
            raise AssertionError("a graph was asked for")
        reached = set(walked.trace.graph.node_txout.tolist())
        found = marked(view, reached)
        return {
            **head(walked),
            "marks": mark_rows(view, found),
            "witnesses": found.witnesses,
            "errors": mark_errors(),
        }


@dataclass(frozen=True)
class Marked:
    """Marked outputs: of each txout_id its marks (`mark`, `kind` and `reasons`).

    `witnesses` is `read`, `not_at_hand` where the node's files that have them are not (what spends
    an output was then told by the size of its witness alone), or None where none was called for.
    """

    of_txout: Mapping[int, list[dict[str, Any]]]
    witnesses: str | None

    def names(self) -> dict[int, list[str]]:
        """The names of the marks of each output that has any."""
        return {txout: [row["mark"] for row in rows] for txout, rows in self.of_txout.items()}


def marked(view: StoreView, txouts: Collection[int]) -> Marked:
    """The marks of those outputs that have any.

    Witnesses are read from the node's files where these are still there; the reasons say where a
    witness was told by its size alone.
    """
    coinjoins = view.clusters.coinjoins["tx_id"].to_pylist()
    table = marks(view.lookup, txouts, coinjoin_txs=coinjoins)
    looked = None
    if {CHANNEL_OPEN, CHANNEL_CLOSE} & set(table["mark"].to_pylist()):
        try:
            blocks = RawBlocks(view.store)
            table = marks(
                view.lookup,
                table["txout_id"].to_pylist(),
                coinjoin_txs=coinjoins,
                witnesses=lambda txs: witnesses(view.lookup, blocks, txs),
            )
            looked = "read"
        except StoreError:
            # a pruned node has no witnesses any more: what the store knows of their size is left
            looked = "not_at_hand"
    found: dict[int, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        found.setdefault(row.pop("txout_id"), []).append(row)
    return Marked(found, looked)


def mark_rows(view: StoreView, found: Marked) -> list[dict[str, Any]]:
    """Every mark with its output, in the order of the chain."""
    rows = view.lookup.rows_of("txouts", found.of_txout, ["tx_id", "vout", "value_sat"])
    txids = view.lookup.txids({row["tx_id"] for row in rows.values()})
    return [
        {
            "output": f"{format_hash(txids[row['tx_id']])}:{row['vout']}",
            "value_sat": row["value_sat"],
            "basis": "inference",
            **said,
        }
        for txout, row in rows.items()
        for said in found.of_txout[txout]
    ]


def mark_errors() -> dict[str, dict[str, Any] | None]:
    """The measured error of each mark; None where none was measured."""
    rates = {mark: measured_error(f"mark:{mark}") for mark in MARKS}
    return {mark: None if rate is None else asdict(rate) for mark, rate in rates.items()}


def measured(asked: MeasureAsked, progress: Progress = silent) -> dict[str, Any]:
    """The measured error of the marks, on simulated economies whose seeds none has seen."""

    def load() -> Evaluate:
        from peelchain.evaluate.offchain import evaluate_marks

        return evaluate_marks

    return measure(asked, "peelchain evaluate marks", load, progress)
