"""What is known of a view's scripts and transactions, found by number: tags, services, mixes."""

from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary, ref

import numpy as np
import numpy.typing as npt

from peelchain.actions.view import StoreView
from peelchain.cluster.change.silent import silent_tx_ids
from peelchain.store.arrays import Int64
from peelchain.tags.services import Mark

Row = dict[str, Any]

MOST_TAGS = 5
MOST_TEXT = 200

_SHOWN = ["tag_id", "label", "category", "source"]

TAGGED, SERVICE = 1, 2
"""How much is said of a party: a tag names it, or a tag that makes it a service."""


class Known:
    """Look-ups in what was said and judged of a view's chain, made once for each view."""

    def __init__(self, view: StoreView) -> None:
        self._view = ref(view)

    @property
    def view(self) -> StoreView:
        """The view it is of."""
        view = self._view()
        assert view is not None
        return view

    @cached_property
    def _tag_rows(self) -> tuple[Int64, Int64]:
        """The rows of tags by script: script_ids rising, and the row of each."""
        return _sorted(self.view.tag_script_ids)

    @cached_property
    def _cluster_tag_rows(self) -> tuple[Int64, Int64]:
        scripts, rows = self._tag_rows
        clusters, order = _sorted(self.view.clusters.index.cluster_of(scripts))
        return clusters, rows[order]

    @cached_property
    def _mixes(self) -> dict[int, str]:
        table = self.view.clusters.coinjoins
        kinds = table["type"].cast("string").to_pylist()
        return dict(zip(table["tx_id"].to_pylist(), kinds, strict=True))

    @cached_property
    def silent(self) -> Int64:
        """The transactions of which no change is told: mixes and their like."""
        held = self.view.clusters
        return np.array(
            silent_tx_ids(held.coinjoins, held.lookalikes, self.view.policy.detectors), np.int64
        )

    def coinjoin(self, tx_id: int) -> str | None:
        """The kind of CoinJoin that a transaction is taken for."""
        return self._mixes.get(tx_id)

    @cached_property
    def coinjoins(self) -> Int64:
        """The transactions that are taken for CoinJoins, rising."""
        return np.array(sorted(self._mixes), np.int64)

    def tags_of(self, kind: str, number: int) -> tuple[list[Row], int]:
        """At most five tags of an address or cluster, by tag_id, and how many there are."""
        keys, rows = self._tag_rows if kind == "address" else self._cluster_tag_rows
        low, high = np.searchsorted(keys, [number, number + 1])
        chosen = sorted(rows[low:high].tolist())
        if not chosen:
            return [], 0
        few = self.view.tags.select(_SHOWN).take(chosen[:MOST_TAGS])
        return [_told(row) for row in few.to_pylist()], len(chosen)

    def services_of(self, kind: str, numbers: Int64) -> list[Mark | None]:
        """The service that each address or cluster is held to be, if any."""
        attribution = self.view.attribution
        found = self._marks(kind, numbers)
        return [attribution.marks[at] if at >= 0 else None for at in found.tolist()]

    def told_of(self, kind: str, numbers: Int64) -> Int64:
        """How much is said of each address or cluster: 0, TAGGED or SERVICE."""
        keys, _ = self._tag_rows if kind == "address" else self._cluster_tag_rows
        tagged = np.where(_among(numbers, keys), TAGGED, 0)
        return np.where(self._marks(kind, numbers) >= 0, SERVICE, tagged).astype(np.int64)

    def _marks(self, kind: str, numbers: Int64) -> Int64:
        attribution, index = self.view.attribution, self.view.clusters.index
        if kind == "address":
            return attribution.marks_of(numbers, index.cluster_of(numbers))
        return attribution.marks_of(np.full(len(numbers), -1, np.int64), numbers)


def known_of(view: StoreView) -> Known:
    """What is known of a view's chain; the same for the same view."""
    held = _HELD.get(view)
    if held is None:
        held = _HELD[view] = Known(view)
    return held


def service_row(mark: Mark | None) -> Row | None:
    """A service as a node says it."""
    if mark is None:
        return None
    return {
        "party": mark.party[:MOST_TEXT],
        "label": mark.label[:MOST_TEXT],
        "category": mark.category,
        "kind": mark.kind,
        "basis": "assertion",
    }


_HELD: "WeakKeyDictionary[StoreView, Known]" = WeakKeyDictionary()


def _told(row: Row) -> Row:
    return {
        "tag_id": row["tag_id"],
        "label": row["label"][:MOST_TEXT],
        "category": row["category"],
        "source": row["source"][:MOST_TEXT],
    }


def _sorted(numbers: Int64) -> tuple[Int64, Int64]:
    rows = np.flatnonzero(numbers >= 0)
    order = rows[np.argsort(numbers[rows], kind="stable")]
    return numbers[order], order


def _among(wanted: Int64, rising: Int64) -> npt.NDArray[np.bool_]:
    if not len(rising):
        return np.zeros(len(wanted), bool)
    at = np.minimum(np.searchsorted(rising, wanted), len(rising) - 1)
    found: npt.NDArray[np.bool_] = rising[at] == wanted
    return found
