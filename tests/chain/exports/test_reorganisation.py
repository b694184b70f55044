"""An export follows its store: what a reorganisation changed is made anew, and no more."""

import json

import pytest
from tests.chain.crafted import genesis, grow, write_files
from tests.chain.exports.reading import json_rows
from tests.chain.stores import ingest

from peelchain.actions.export import export


@pytest.mark.parametrize("format_name", ["etl", "parquet"])
def test_blocks_off_the_chain_leave_the_folder(tmp_path, format_name):
    shared = grow([genesis()], 14)
    first, second = grow(shared, 5, "first"), grow(shared, 9, "second")
    out, at_once = tmp_path / "out", tmp_path / "at_once"
    ingest(write_files(tmp_path / "one", first), tmp_path / "store")
    export(format_name, tmp_path / "store", out, each=5)
    before = {p.name: p.stat().st_mtime_ns for p in out.rglob("*_0*")}
    ingest(write_files(tmp_path / "two", second), tmp_path / "store")
    answer = export(format_name, tmp_path / "store", out, each=5)
    # 15 blocks, genesis with them, are those of both
    assert answer["kept"] == 3
    export(format_name, tmp_path / "store", at_once, each=5)
    assert contents(out) == contents(at_once)
    stood = [name for name, time in before.items() if (out / name).exists() and "14" in name]
    assert all((out / name).stat().st_mtime_ns == before[name] for name in stood)
    if format_name == "etl":
        assert [row["hash"] for row in json_rows(out, "blocks")] == [b.shown for b in second]


def contents(folder):
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    } | {"manifest": json.loads((folder / "manifest.json").read_text())["last_hash"]}
