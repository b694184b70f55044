"""Rows of a store's tables as arrays, by their numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from peelchain.cluster.change.transactions import NONE, TYPES, Int64
from peelchain.store.lookup import Lookup

_PLACES = {name: place for place, name in enumerate(TYPES)}


class Rows:
    """Rows of tables as arrays; script types as their places, nulls as NONE."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup

    def get(self, table: str, numbers: Int64, columns: Sequence[str]) -> dict[str, Int64]:
        """Columns of these rows, in the order of the numbers, which may repeat."""
        unique, places = np.unique(numbers, return_inverse=True)
        found = self.lookup.columns_of(table, unique.tolist(), columns)
        return {name: _array(found[name])[places] for name in columns}


def _array(values: list[Any]) -> Int64:
    if values and isinstance(values[0], str):
        return np.array([_PLACES[v] for v in values], dtype=np.int64)
    return np.array([NONE if v is None else v for v in values], dtype=np.int64)


def bounds(counts: Int64) -> Int64:
    """Where each of ranges of these lengths begins when they lie end to end, and the end."""
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def ranges(first: Int64, counts: Int64) -> Int64:
    """The numbers of each range, one range after the other."""
    starts = np.cumsum(counts) - counts
    return np.asarray(np.arange(int(counts.sum())) + np.repeat(first - starts, counts))
