"""Links and clusters as tables, from lists and by the oracle alone."""

from collections.abc import Iterable, Sequence

import pyarrow as pa
from tests.oracle.cluster import clusters

from peelchain.schema import TABLES

Row = tuple[int, int, int, str]


def links_table(rows: Iterable[Row]) -> pa.Table:
    """The table `links` with these rows of tx_id, script_a, script_b and rule, in their order."""
    schema = TABLES["links"].schema
    return pa.Table.from_pylist([dict(zip(schema.names, r, strict=True)) for r in rows], schema)


def spent_together(txs: Sequence[Iterable[int]], first: int = 0) -> pa.Table:
    """The links of transactions that spend these scripts, numbered from `first` on."""
    rows: list[Row] = []
    for tx_id, scripts in enumerate(txs, first):
        least, *others = sorted(set(scripts))
        rows += [(tx_id, least, other, "multi_input") for other in others]
    return links_table(rows)


def clusters_table(links: pa.Table) -> pa.Table:
    """The table `clusters` that links make."""
    pairs = zip(links["script_a"].to_pylist(), links["script_b"].to_pylist(), strict=True)
    found = sorted(clusters(pairs).items())
    schema = TABLES["clusters"].schema
    return pa.Table.from_pylist([dict(zip(schema.names, r, strict=True)) for r in found], schema)
