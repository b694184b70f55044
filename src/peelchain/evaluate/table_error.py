"""The error of a clustering on addresses whose owners are known.

Recall always; precision only of a table that lists every script of its entities.
"""

from dataclasses import dataclass

import numpy as np

from peelchain.evaluate.agreement import Contingency, Int64, PairCounts
from peelchain.evaluate.error_rates import Counted


@dataclass(frozen=True)
class EntityError:
    """What became of one entity's scripts: in how many clusters, and how many in the largest.

    `strangers` are the other scripts in those clusters: those the table gives to other entities,
    and, where it is complete, those that it does not list.
    """

    entity: int
    scripts: int
    clusters: int
    largest: int
    strangers: int


@dataclass(frozen=True)
class TableError:
    """The counts of one table.

    `pairs` are pairs of listed scripts. `counted.sought` holds (found, sought) pairs an entity;
    `counted.said` (right, said) pairs an entity where the table is complete, else None: a pair of
    two listed entities is counted with that of the lesser number, one with a script that is not
    listed with the entity that is. `mixed` are the clusters that hold several listed entities.
    """

    pairs: PairCounts
    cells: Contingency
    entities: tuple[EntityError, ...]
    counted: Counted
    mixed: tuple[int, ...]


def table_error(
    entities: Int64, clusters: Int64, cluster_sizes: Int64, *, complete: bool
) -> TableError:
    """The error on N listed scripts of known entity.

    `entities`, `clusters` and `cluster_sizes` int64[N]: the number of its entity, its cluster, and
    how many scripts that cluster has in the whole chain. With `complete` the table is taken to list
    every script of its entities, so that a script it does not list is a stranger to them.
    """
    cells = Contingency(entities, clusters)
    whole = dict(zip(clusters.tolist(), cluster_sizes.tolist(), strict=True))
    listed: dict[int, int] = {}
    for place, n in zip(cells.cluster.tolist(), cells.count.tolist(), strict=True):
        listed[place] = listed.get(place, 0) + n
    ahead = dict(listed)
    found: list[EntityError] = []
    sought, said = [], []
    # cells are sorted by entity, then cluster
    names, starts = np.unique(cells.owner, return_index=True)
    bounds = [*starts.tolist(), len(cells.count)]
    for at, name in enumerate(names.tolist()):
        rows = slice(bounds[at], bounds[at + 1])
        counts = cells.count[rows].tolist()
        strangers = wrong = 0
        for n, place in zip(counts, cells.cluster[rows].tolist(), strict=True):
            ahead[place] -= n
            unlisted = whole[place] - listed[place] if complete else 0
            wrong += n * (ahead[place] + unlisted)
            strangers += listed[place] - n + unlisted
        size = sum(counts)
        right = sum(n * (n - 1) // 2 for n in counts)
        found.append(EntityError(name, size, len(counts), max(counts), strangers))
        sought.append((right, size * (size - 1) // 2))
        said.append((right, right + wrong))
    places, holders = np.unique(cells.cluster, return_counts=True)
    return TableError(
        pairs=cells.pairs(),
        cells=cells,
        entities=tuple(found),
        counted=Counted(said=tuple(said) if complete else None, sought=tuple(sought)),
        mixed=tuple(places[holders > 1].tolist()),
    )
