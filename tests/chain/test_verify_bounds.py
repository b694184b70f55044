"""`chain verify` in bounded memory, over many segments, before damaged Parquet, and stopped."""

import json
from hashlib import sha256
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.chain.crafted import Block

from peelchain import _core
from peelchain.chain.verify import verify_store
from peelchain.network import REGTEST
from peelchain.network.kernel import kernel_rules
from peelchain.schema import CHAIN_TABLES, TABLES
from peelchain.store.reader import Store
from peelchain.units import parse_txid

MUTATIONS = 200


def stored(path: Path, store: Path) -> dict[str, object]:
    data = path.read_bytes()
    rows = pq.read_metadata(path).num_rows
    file = str(path.relative_to(store))
    return {"file": file, "rows": rows, "bytes": len(data), "sha256": sha256(data).hexdigest()}


def cut(store: Path, heights: list[int], row_group_size: int) -> None:
    """Cuts the one segment of a store in several, which begin at these heights."""
    manifest = json.loads((store / "manifest.json").read_bytes())
    (whole,) = manifest["segments"]
    tables = {
        name: pq.read_table(store / whole["files"][name]["file"], partitioning=None)
        for name in CHAIN_TABLES
    }
    blocks, txs = tables["blocks"], tables["txs"]
    made = blocks["first_txout_id"].to_pylist()
    begun = {
        "blocks": blocks["height"].to_pylist(),
        "txs": blocks["first_tx_id"].to_pylist(),
        "txouts": made,
        "txins": txs["first_txin"].take(blocks["first_tx_id"]).to_pylist(),
        "scripts": [
            pc.sum(pc.less(tables["scripts"]["first_txout_id"], first)).as_py() for first in made
        ],
    }
    segments = []
    ends = [*heights[1:], len(blocks)]
    for first, end in zip(heights, ends, strict=True):
        folder = store / "segments" / f"{first}"
        folder.mkdir()
        files, counts = {}, {}
        for name in CHAIN_TABLES:
            stop = begun[name][end] if end < len(blocks) else len(tables[name])
            rows = tables[name].slice(begun[name][first], stop - begun[name][first])
            path = folder / f"{name}.parquet"
            pq.write_table(rows, path, row_group_size=row_group_size)
            files[name], counts[name] = stored(path, store), stop
        last = blocks["block_hash"][end - 1].as_py()[::-1].hex()
        heights_and_hash = {"first_height": first, "last_height": end - 1, "last_hash": last}
        segments.append(whole | heights_and_hash | {"files": files, "counts": counts})
    manifest["segments"] = segments
    (store / "manifest.json").write_text(json.dumps(manifest))


def amounts(store: Store, recent: int, waiting: int) -> tuple[int, list[str], int]:
    """What is found of the amounts in so little memory."""
    tables = {
        name: (
            TABLES[name].schema,
            store.manifest.counts[name],
            [(store.path / f.file, f.rows) for f in store.manifest.table_files(name)],
        )
        for name in CHAIN_TABLES
    }
    _, money = _core.verify_chain(
        tables,
        network="regtest",
        genesis_hash=parse_txid(REGTEST.genesis_hash),
        pow_limit=REGTEST.pow_limit.to_bytes(32, "little"),
        rules=kernel_rules(REGTEST),
        segment_ends=[],
        recent_txouts=recent,
        waiting_txins=waiting,
    )
    return money


@pytest.mark.parametrize("row_group_size", [1, 7, 1000])
def test_segments_and_row_groups_of_any_size(
    store: Path, crafted: list[Block], row_group_size: int
) -> None:
    cut(store, [0, 1, 9, 30], row_group_size)
    with Store.open(store) as opened:
        found = verify_store(opened)
        files = opened.manifest.files()
    assert found.ok, found.failures
    # five tables four times, and the look-ups
    assert found.checked["files"] == len(files) > 20
    assert found.checked["blocks"] == len(crafted)


def test_a_segment_that_ends_in_another_block(store: Path, crafted: list[Block]) -> None:
    cut(store, [0, 9, 30], 1000)
    manifest = json.loads((store / "manifest.json").read_bytes())
    manifest["segments"][0]["last_hash"] = crafted[7].shown
    (store / "manifest.json").write_text(json.dumps(manifest))
    with Store.open(store) as opened:
        (failure,) = verify_store(opened).failures
    assert failure == f"the manifest's block {crafted[7].shown} is not at height 8"


@pytest.mark.parametrize(("recent", "waiting"), [(1, 1), (1, 1000), (4, 3), (64, 2), (1000, 1)])
def test_little_memory_finds_the_same(store: Path, recent: int, waiting: int) -> None:
    cut(store, [0, 9, 30], 7)
    with Store.open(store) as opened:
        txs = opened.manifest.counts["txs"]
        assert amounts(opened, recent, waiting) == (txs, [], 0)
    for file in sorted((store / "segments").rglob("txouts.parquet")):
        rows = pq.read_table(file, partitioning=None)
        # every output of over 1 BTC is one satoshi more than the fees know of
        values = pc.add(rows["value_sat"], pc.greater(rows["value_sat"], 10**8).cast(pa.int64()))
        at = rows.schema.get_field_index("value_sat")
        field = rows.schema.field("value_sat")
        pq.write_table(rows.set_column(at, field, values), file, row_group_size=7)
    with Store.open(store) as opened:
        usual = amounts(opened, 1 << 20, 1 << 20)
        assert len(usual[1]) > 10
        assert amounts(opened, recent, waiting) == usual


def test_damaged_parquet_is_told_in_words(store: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever the bytes of a file that somebody sealed again, no panic and no exception."""
    random = Random(3)
    whole = (store / "manifest.json").read_bytes()
    refused = 0
    for mutation in range(MUTATIONS):
        table = random.choice(CHAIN_TABLES)
        file = next((store / "segments").rglob(f"{table}.parquet"))
        kept = file.read_bytes()
        if mutation % 2:
            codec = random.choice(["none", "zstd"])
            pq.write_table(pq.read_table(file, partitioning=None), file, compression=codec)
        data = bytearray(file.read_bytes())
        for _ in range(random.choice([1, 3])):
            at = random.randrange(len(data))
            data[at : at + 4] = random.choice([random.randbytes(4), b"\xff" * 4, b"\0" * 4, b""])
        file.write_bytes(data)
        manifest = json.loads(whole)
        manifest["segments"][0]["files"][table] = stored_as(manifest, table, bytes(data))
        (store / "manifest.json").write_text(json.dumps(manifest))
        with Store.open(store) as opened:
            found = verify_store(opened)
        refused += not found.ok
        assert all(found.failures)
        file.write_bytes(kept)
    assert refused > MUTATIONS // 2
    assert "panicked" not in capfd.readouterr().err


def stored_as(manifest: dict[str, object], table: str, data: bytes) -> dict[str, object]:
    (segment,) = manifest["segments"]  # type: ignore[misc]
    told = {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    return dict(segment["files"][table]) | told  # type: ignore[has-type]


def test_a_wish_to_stop_is_heard() -> None:
    def stop(what: str, done: int, of: int) -> None:
        assert (what, done, of) == ("files", 0, 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        # a file that never ends
        _core.verify_files([(Path("/dev/zero"), bytes(32))], stop)


def test_files_are_told_in_the_order_of_the_manifest(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_text(name)
    digests = [(tmp_path / n, sha256(n.encode()).digest()) for n in "abc"]
    assert _core.verify_files(digests) == (3, [], 0)
    wrong = [(path, bytes(32)) for path, _ in digests] + [(tmp_path / "none", bytes(32))]
    count, failures, more = _core.verify_files(wrong)
    assert (count, more) == (4, 0)
    changed = "its content is not what was written"
    assert failures[:3] == [f"{tmp_path / n}: {changed}" for n in "abc"]
    assert failures[3] == f"{tmp_path / 'none'}: No such file or directory"
