"""What is exported and ingested again is the same chain, table by table."""

import shutil

import pytest
from tests.natural_keys import RAW_PLACES, WITNESSES, assert_same_rows

from peelchain.actions.chain import ingest, verify

SOURCES = {
    "bigquery": ("etl", WITNESSES),
    "blockchair": ("blockchair", ()),
    "esplora-lines": ("esplora-lines", ()),
    "etl": ("etl", WITNESSES),
}


@pytest.mark.parametrize(
    ("format_name", "compression"),
    [
        *[(name, None) for name in SOURCES],
        *[("etl", "gz"), ("etl", "zst"), ("esplora-lines", "gz"), ("blockchair", "zst")],
    ],
)
def test_a_chain_comes_back_from_every_format(
    simulated, exported, tmp_path, format_name, compression
):
    kind, unknown = SOURCES[format_name]
    folder = exported(format_name, simulated, compression=compression)
    ingest(f"{kind}:{folder}", tmp_path / "again", "regtest")
    assert_same_rows(tmp_path / "again", simulated, without=(*RAW_PLACES, *unknown))


@pytest.mark.parametrize("format_name", SOURCES)
def test_real_blocks_come_back(early, exported, tmp_path, format_name):
    kind, _ = SOURCES[format_name]
    folder = exported(format_name, early, last=400)
    ingest(f"{kind}:{folder}", tmp_path / "again", "mainnet")
    assert verify(tmp_path / "again")["ok"]
    again = exported("parquet", tmp_path / "again", last=400)
    wanted = exported("parquet", early, last=400)
    for file in wanted.glob("*/*.parquet"):
        assert (again / file.relative_to(wanted)).read_bytes() == file.read_bytes(), file.name


def test_an_export_of_what_was_ingested_from_an_export_is_the_same(simulated, exported, tmp_path):
    folder = exported("etl", simulated)
    ingest(f"etl:{folder}", tmp_path / "again", "regtest")
    again = exported("etl", tmp_path / "again")
    for file in folder.glob("*_*.json"):
        assert (again / file.name).read_bytes() == file.read_bytes()


def test_witnesses_that_no_source_gave_are_not_said_to_be_none(simulated, exported, tmp_path):
    folder = exported("etl", simulated)
    ingest(f"etl:{folder}", tmp_path / "again", "regtest")
    shutil.rmtree(folder)
    line = exported("esplora-lines", tmp_path / "again") / "transactions_00000000_00000200.json"
    assert '"witness":null' in line.read_text()
