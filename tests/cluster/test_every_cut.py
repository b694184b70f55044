"""Going on from any block of the demo chain gives what a clustering from scratch gives."""

from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.chain.stores import ingest

from peelchain import _core
from peelchain.cluster.policy import DEFAULT_POLICY
from peelchain.cluster.stage import Earlier, Source, cluster
from peelchain.schema import TABLES
from peelchain.simulate.economy import simulate
from peelchain.store.reader import Store

SEED, BLOCKS = 7, 1500
SEGMENT_BLOCKS = 150


class Chain:
    """A store's tables cut anew: files of some blocks each, and one for what is left to a cut."""

    def __init__(self, store: Path, folder: Path) -> None:
        with Store.open(store) as opened:
            self.tables = {t: opened.read(t) for t in ("txs", "txins", "txouts", "scripts")}
            blocks = opened.read("blocks")
        self.folder = folder
        # where each block's rows begin, and the end of the last one's
        first_txs = [*blocks["first_tx_id"].to_pylist(), self.tables["txs"].num_rows]
        first_outs = [*blocks["first_txout_id"].to_pylist(), self.tables["txouts"].num_rows]
        txins = [*self.tables["txs"]["first_txin"].to_pylist(), self.tables["txins"].num_rows]
        self.firsts = {
            "txs": first_txs,
            "txins": [txins[tx] for tx in first_txs],
            "txouts": first_outs,
        }
        self.blocks = len(blocks)
        self.scripts = self.tables["scripts"].num_rows
        self.whole = {
            table: [self._file(table, first, end) for first, end in pairwise(self._bounds())]
            for table in self.firsts
        }
        path = folder / "scripts.parquet"
        pq.write_table(self.tables["scripts"], path)
        self.script_files = [(str(path), self.scripts)]

    def _bounds(self) -> list[int]:
        return [*range(0, self.blocks, SEGMENT_BLOCKS), self.blocks]

    def _file(self, table: str, first: int, end: int) -> tuple[str, int]:
        low, high = self.firsts[table][first], self.firsts[table][end]
        path = self.folder / f"{table}-{first}-{end}.parquet"
        pq.write_table(self.tables[table].slice(low, high - low), path)
        return str(path), high - low

    def upto(self, blocks: int) -> Source:
        """The chain of so many blocks."""
        full, rest = divmod(blocks, SEGMENT_BLOCKS)
        files = {table: self.whole[table][:full] for table in self.firsts}
        if rest and blocks < self.blocks:
            for table in files:
                files[table] = [*files[table], self._file(table, full * SEGMENT_BLOCKS, blocks)]
        elif rest:
            files = {table: self.whole[table] for table in self.firsts}
        rows = _core.TableRows({**files, "scripts": self.script_files})
        return Source(rows, self.firsts["txs"][blocks], self.scripts)


class Clustered:
    """A clustering in memory, its links as rows."""

    def __init__(self, chain: Chain, blocks: int, before: "Clustered | None" = None) -> None:
        source = chain.upto(blocks)
        earlier = None
        if before is not None:
            earlier = Earlier(
                before.txs, before.coinjoins, before.lookalikes, lambda: before.clusters
            )
        path = chain.folder / "links.parquet"
        made = cluster(source, DEFAULT_POLICY, links=path, scratch=chain.folder, earlier=earlier)
        links = pq.read_table(path).cast(TABLES["links"].schema)
        path.unlink()
        self.txs: int = source.tx_count
        self.links: pa.Table = pa.concat_tables([before.links, links]) if before else links
        self.coinjoins: pa.Table = made.coinjoins
        self.lookalikes: pa.Table = made.lookalikes
        self.clusters: pa.Table = made.clusters()

    def tables(self) -> list[pa.Table]:
        """All tables, names as texts: the same rows then compare as the same."""
        every = (self.links, self.coinjoins, self.lookalikes, self.clusters)
        return [table.cast(_plain(table.schema)).combine_chunks() for table in every]


def _plain(schema: pa.Schema) -> pa.Schema:
    return pa.schema(
        [
            pa.field(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type)
            for f in schema
        ]
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    folder = tmp_path_factory.mktemp("cuts")
    simulate(folder / "node", seed=SEED, blocks=BLOCKS)
    ingest(folder / "node" / "regtest" / "blocks", folder / "store")
    (folder / "files").mkdir()
    return Chain(folder / "store", folder / "files")


@pytest.mark.slow
def test_going_on_from_every_cut_is_the_same_as_from_scratch(demo: Chain) -> None:
    last = Clustered(demo, demo.blocks)
    assert min(last.links.num_rows, last.coinjoins.num_rows, last.clusters.num_rows) > 50
    whole = last.tables()
    at = None
    for blocks in range(1, demo.blocks):
        # one block more, as day by day; and from there to the end at once
        at = Clustered(demo, blocks, at)
        assert Clustered(demo, demo.blocks, at).tables() == whole
        if blocks % 50 == 7:
            assert at.tables() == Clustered(demo, blocks).tables()
