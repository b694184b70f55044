"""What is known from elsewhere to be two parties, and the clusters that keep them apart.

A cluster may hold scripts of at most one party of each kind, and never both ends of a pair. Links
are applied in chain order (tx_id, script_a, script_b); one that would break this is refused and
recorded with both sides' evidence, and those after it go on. Constrained clustering by pairs that
cannot link: Wagstaff and Cardie 2000; to heed independent attributions while merging: Ermilov,
Panov and Yanovich 2017.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from peelchain import _core
from peelchain.cluster.members import ClusterIndex
from peelchain.errors import MisuseError
from peelchain.schema import TABLES
from peelchain.store.arrays import Int64

STATEMENT = "statement"
"""The kind of constraint that a pair is; of others it is the label's."""


@dataclass(frozen=True, order=True)
class Label:
    """A script is held to be a party's: `kind` says by what, `evidence` who says so and where."""

    script_id: int
    kind: str
    party: str
    evidence: str


@dataclass(frozen=True, order=True)
class Pair:
    """Two scripts are held to be two parties': `evidence` says who says so and where."""

    script_a: int
    script_b: int
    evidence: str


@dataclass(frozen=True)
class Constraints:
    """Labels and pairs, sorted and each once. Raises MisuseError where they contradict each other.

    They do where a script has two parties of one kind, where a pair is one script, and where both
    ends of a pair are of one party.
    """

    labels: tuple[Label, ...] = ()
    pairs: tuple[Pair, ...] = ()
    kinds: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Sort and check."""
        labels = tuple(sorted(set(self.labels)))
        turned = (
            Pair(min(p.script_a, p.script_b), max(p.script_a, p.script_b), p.evidence)
            for p in self.pairs
        )
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "pairs", tuple(sorted(set(turned))))
        object.__setattr__(self, "kinds", tuple(sorted({label.kind for label in labels})))
        first: dict[tuple[str, int], Label] = {}
        for label in labels:
            other = first.setdefault((label.kind, label.script_id), label)
            if other.party != label.party:
                one, two = sorted((other.evidence, label.evidence))
                raise MisuseError(
                    f"{one} and {two} name two parties for one script: drop one of them"
                )
        for pair in self.pairs:
            if pair.script_a == pair.script_b:
                raise MisuseError(
                    f"{pair.evidence}: an address cannot be another party than itself; correct it"
                )
            for kind in self.kinds:
                a, b = first.get((kind, pair.script_a)), first.get((kind, pair.script_b))
                if a and b and a.party == b.party:
                    raise MisuseError(
                        f"{pair.evidence} holds apart what {a.evidence} and {b.evidence} hold to "
                        "be one party: drop one of them"
                    )

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.labels or self.pairs)

    def table(self) -> pa.Table:
        """The constraints as the table `constraints`."""
        rows: list[tuple[int, str, str | None, int | None, str]] = [
            *((at.script_id, at.kind, at.party, None, at.evidence) for at in self.labels),
            *((at.script_a, STATEMENT, None, at.script_b, at.evidence) for at in self.pairs),
        ]
        rows.sort(key=lambda row: (row[0], row[1], row[2] or "", row[3] or 0, row[4]))
        schema = TABLES["constraints"].schema
        columns = zip(*rows, strict=True) if rows else [[] for _ in schema]
        return pa.table(
            [pa.array(list(c), f.type) for c, f in zip(columns, schema, strict=True)],
            schema=schema,
        )

    @classmethod
    def of_table(cls, table: pa.Table) -> "Constraints":
        """The constraints that a table `constraints` holds."""
        rows = table.to_pylist()
        return cls(
            tuple(
                Label(row["script_id"], row["kind"], row["party"], row["evidence"])
                for row in rows
                if row["other_script_id"] is None
            ),
            tuple(
                Pair(row["script_id"], row["other_script_id"], row["evidence"])
                for row in rows
                if row["other_script_id"] is not None
            ),
        )


@dataclass(frozen=True)
class Constrained:
    """Clusters that keep the constraints, as the table `clusters`, and what was refused for them.

    `conflicts` is the table of that name: a row for each link refused, in chain order.
    """

    clusters: pa.Table
    conflicts: pa.Table


def constrain(
    clusters: pa.Table,
    links: Iterable[pa.RecordBatch],
    constraints: Constraints,
    *,
    start: pa.Table | None = None,
) -> Constrained:
    """The clusters that links make in chain order under constraints.

    `clusters` are those that the same links make without any, sorted by script_id; `links` batches
    of the table `links` in its order. With `start`, the constrained clusters of all links before,
    only the links after them are needed, and `clusters` are what these make of `start`.

    Clusters that break no constraint stand as they are, since a part of one breaks none either and
    no link leaves a cluster; the others are made anew, link by link. A script whose links were all
    refused has no row. Raises ValueError for links that do not rise.
    """
    index = ClusterIndex(clusters)
    broken = violating(index, constraints)
    if not len(broken):
        return Constrained(clusters, TABLES["conflicts"].schema.empty_table())
    cluster_ids: Int64 = clusters["cluster_id"].to_numpy()
    script_ids: Int64 = clusters["script_id"].to_numpy()
    anew = np.isin(cluster_ids, broken)
    members = np.ascontiguousarray(script_ids[anew])
    merge = _core.ConstrainedMerge(members, **_columns(constraints))
    if start is not None:
        known = np.isin(start["script_id"].to_numpy(), members)
        merge.begin(
            np.ascontiguousarray(start["script_id"].to_numpy()[known]),
            np.ascontiguousarray(start["cluster_id"].to_numpy()[known]),
        )
    rules: dict[str, int] = {}
    for batch in links:
        merge.add(
            np.ascontiguousarray(batch["tx_id"].to_numpy()),
            _codes(batch["rule"], rules),
            np.ascontiguousarray(batch["script_a"].to_numpy()),
            np.ascontiguousarray(batch["script_b"].to_numpy()),
        )
    owners, refused = merge.finish()
    made = cluster_ids.copy()
    made[anew] = owners
    roots, counts = np.unique(owners, return_counts=True)
    alone = np.zeros(len(made), dtype=np.bool_)
    alone[anew] = np.isin(owners, roots[counts == 1])
    kept = pa.Table.from_arrays(
        [pa.array(script_ids[~alone]), pa.array(made[~alone])], schema=clusters.schema
    )
    return Constrained(kept, _conflicts(refused, list(rules), constraints))


def violating(index: ClusterIndex, constraints: Constraints) -> Int64:
    """The cluster_ids, rising, of the clusters that break a constraint."""
    broken: set[int] = set()
    holds: dict[tuple[str, int], str] = {}
    owners = index.cluster_of([label.script_id for label in constraints.labels]).tolist()
    for label, owner in zip(constraints.labels, owners, strict=True):
        if holds.setdefault((label.kind, owner), label.party) != label.party:
            broken.add(owner)
    ends_a = index.cluster_of([pair.script_a for pair in constraints.pairs])
    ends_b = index.cluster_of([pair.script_b for pair in constraints.pairs])
    broken |= set(ends_a[ends_a == ends_b].tolist())
    return np.array(sorted(broken), dtype=np.int64)


def without_refused(links: pa.Table, conflicts: pa.Table) -> pa.Table:
    """The rows of the table `links` that were not refused, in their order."""
    if not conflicts.num_rows:
        return links
    keys = ["tx_id", "script_a", "script_b", "rule"]
    plain = pa.schema([(key, pa.int64()) for key in keys[:3]] + [("rule", pa.string())])
    suspects = np.flatnonzero(np.isin(links["tx_id"].to_numpy(), conflicts["tx_id"].to_numpy()))
    some = links.select(keys).take(pa.array(suspects)).cast(plain)
    refused = some.append_column("row", pa.array(suspects)).join(
        conflicts.select(keys).cast(plain), keys=keys, join_type="left semi"
    )
    kept = np.ones(links.num_rows, dtype=np.bool_)
    kept[refused["row"].to_numpy()] = False
    return links.filter(pa.array(kept))


def _columns(constraints: Constraints) -> dict[str, Int64]:
    kinds = {kind: at for at, kind in enumerate(constraints.kinds)}
    parties = {
        name: at for at, name in enumerate(sorted({label.party for label in constraints.labels}))
    }
    return {
        "label_script": _ints(label.script_id for label in constraints.labels),
        "label_space": _ints(kinds[label.kind] for label in constraints.labels),
        "label": _ints(parties[label.party] for label in constraints.labels),
        "pair_a": _ints(pair.script_a for pair in constraints.pairs),
        "pair_b": _ints(pair.script_b for pair in constraints.pairs),
    }


def _ints(values: Iterable[int]) -> Int64:
    return np.fromiter(values, dtype=np.int64)


def _codes(column: pa.Array, rules: dict[str, int]) -> Int64:
    """Each row's rule as a number; rules not seen before are added."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    names = column.dictionary.to_pylist()
    place = np.array([rules.setdefault(name, len(rules)) for name in names], dtype=np.int64)
    codes = column.indices.to_numpy(zero_copy_only=False)
    return place[codes] if len(codes) else np.zeros(0, dtype=np.int64)


def _conflicts(columns: Sequence[Int64], rules: list[str], constraints: Constraints) -> pa.Table:
    tx_id, rule, script_a, script_b, space, row_a, row_b, held_a, held_b, size_a, size_b = columns

    def evidence(rows: Int64) -> pa.Array:
        told: list[str] = []
        for kind, row in zip(space.tolist(), rows.tolist(), strict=True):
            source: Label | Pair = constraints.pairs[row] if kind < 0 else constraints.labels[row]
            told.append(source.evidence)
        return pa.array(told, pa.string())

    names = [*constraints.kinds, STATEMENT]
    return pa.Table.from_arrays(
        [
            pa.array(tx_id),
            pa.array(script_a),
            pa.array(script_b),
            _names(rule, rules),
            _names(np.where(space < 0, len(constraints.kinds), space), names),
            pa.array(size_a),
            pa.array(size_b),
            pa.array(held_a),
            pa.array(held_b),
            evidence(row_a),
            evidence(row_b),
        ],
        schema=TABLES["conflicts"].schema,
    )


def _names(codes: Int64, names: list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(codes.astype(np.int8), pa.array(names, pa.string()))
