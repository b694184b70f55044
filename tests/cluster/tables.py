"""Small chains written down as a store's tables, for tests that need no blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tests.oracle.cluster import Coin, Tx

from peelchain import _core
from peelchain.cluster.policy import DEFAULT_POLICY, Policy
from peelchain.cluster.stage import Clustering, Earlier, Source, cluster
from peelchain.schema import CHAIN_TABLES, TABLES

KIND = "p2wpkh"


@dataclass(frozen=True)
class Done:
    """A clustering with all its tables read."""

    links: pa.Table
    coinjoins: pa.Table
    lookalikes: pa.Table
    clusters: pa.Table


def rows_of(chain: Sequence[Tx]) -> dict[str, dict[str, list[Any]]]:
    """The columns of txs, txins, txouts and scripts that clustering reads.

    Every input spends an output made for it: they belong to transaction 0, a coinbase, and come
    after its own, so tx_ids are kept.
    """
    coins: list[Coin] = list(chain[0][1])
    firsts = [0]
    prevs: list[list[int | None]] = []
    for inputs, _ in chain:
        spent = range(len(coins), len(coins) + len(inputs or []))
        prevs.append([None] if inputs is None else list(spent))
        coins += inputs or []
    for _, outputs in chain[1:]:
        firsts.append(len(coins))
        coins += outputs
    counts = [end - first for first, end in pairwise([*firsts, len(coins)])]
    scripts = 1 + max((script for _, script in coins), default=0)
    first_txins = list(accumulate((len(prev) for prev in prevs), initial=0))
    return {
        "txs": {
            "tx_id": list(range(len(chain))),
            "first_txin": first_txins[:-1],
            "txin_count": [len(prev) for prev in prevs],
            "first_txout_id": firsts,
            "txout_count": counts,
        },
        "txins": {"prev_txout_id": [prev for own in prevs for prev in own]},
        "txouts": {
            "value_sat": [value for value, _ in coins],
            "script_id": [script for _, script in coins],
            "script_type": [KIND] * len(coins),
        },
        "scripts": {"script_pubkey": [b"\x00\x14" + n.to_bytes(20, "big") for n in range(scripts)]},
    }


def source_of(
    chain: Sequence[Tx], folder: Path, segments: Sequence[int] = (), upto: int | None = None
) -> Source:
    """The chain, or its transactions before `upto`, as tables in a new folder.

    A new file begins at each tx_id of `segments`.
    """
    rows = rows_of(chain)
    folder.mkdir()
    txs = rows["txs"]
    cuts = [0, *segments, len(chain) if upto is None else upto]
    bounds = {
        "txs": cuts,
        "txins": [(*txs["first_txin"], len(rows["txins"]["prev_txout_id"]))[c] for c in cuts],
        "txouts": [(*txs["first_txout_id"], len(rows["txouts"]["value_sat"]))[c] for c in cuts],
        "scripts": [0, *[0] * len(segments), len(rows["scripts"]["script_pubkey"])],
    }
    files: dict[str, list[tuple[str, int]]] = {}
    for name in set(CHAIN_TABLES) & set(rows):
        schema = pa.schema([TABLES[name].schema.field(column) for column in rows[name]])
        whole = pa.table(rows[name]).cast(schema)
        files[name] = []
        for number, (first, end) in enumerate(pairwise(bounds[name])):
            path = folder / f"{name}-{number}.parquet"
            pq.write_table(whole.slice(first, end - first), path)
            files[name].append((str(path), end - first))
    return Source(_core.TableRows(files), cuts[-1], len(rows["scripts"]["script_pubkey"]))


def clustered(
    chain: Sequence[Tx],
    folder: Path,
    policy: Policy = DEFAULT_POLICY,
    *,
    segments: Sequence[int] = (),
    upto: int | None = None,
    earlier: tuple[int, Done] | None = None,
    **options: Any,
) -> Done:
    """The clustering of a chain, written to and read from files; `earlier` is a cut and its own."""
    source = source_of(chain, folder, segments, upto)
    before = None
    if earlier is not None:
        cut, done = earlier
        before = Earlier(cut, done.coinjoins, done.lookalikes, lambda: done.clusters)
    links = folder / "links.parquet"
    made: Clustering = cluster(
        source, policy, links=links, scratch=folder, earlier=before, **options
    )
    found = pq.read_table(links).cast(TABLES["links"].schema)
    if earlier is not None:
        found = pa.concat_tables([earlier[1].links, found])
    return Done(found, made.coinjoins, made.lookalikes, made.clusters())
