"""Stores of dumps answer as one of a node's files, but for witnesses that a dump lacks."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.chain.dumps.written import known_blocks, write_esplora, write_etl
from tests.esplora_server import serving_esplora

from peelchain.chain import sources
from peelchain.chain.sources import Asked
from peelchain.store.lookup import Lookup

OF_WITNESSES = {"witness", "inner_witnessscript_asm"}


@pytest.fixture(scope="module")
def of_dumps(
    chain_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, httpx.Client]]:
    """Servers of the chain as Esplora's lines tell it, and as bitcoin-etl does."""
    folder = tmp_path_factory.mktemp("dumps")
    blocks = known_blocks(chain_store.parent / "node")
    for kind, write in (("esplora-lines", write_esplora), ("etl", write_etl)):
        sources.ingest(f"{kind}:{write(folder / kind, blocks)}", Asked(folder / f"{kind}.store"))
    with (
        serving_esplora(folder / "esplora-lines.store") as lines,
        serving_esplora(folder / "etl.store") as etl,
        lines.client() as of_lines,
        etl.client() as of_etl,
    ):
        yield {"esplora-lines": of_lines, "etl": of_etl}


def _some(lookup: Lookup, *, witness: bool) -> list[str]:
    rows = lookup.rows(
        "SELECT show_hash(txid) AS txid FROM txs WHERE tx_index > 0 AND "
        f"(weight {'<' if witness else '='} 4 * size_bytes) ORDER BY txid LIMIT 12"
    )
    return [row["txid"] for row in rows]


def test_lines_with_witnesses_give_the_same_answers(
    of_dumps: dict[str, httpx.Client], ask: httpx.Client, lookup: Lookup
) -> None:
    tip = ask.get("/blocks/tip/hash").text
    txids = [*_some(lookup, witness=True), *_some(lookup, witness=False)]
    paths = [f"/tx/{txid}{rest}" for txid in txids for rest in ("", "/raw", "/merkle-proof")]
    for path in (*paths, "/blocks", f"/block/{tip}/raw", f"/block/{tip}/txs"):
        assert of_dumps["esplora-lines"].get(path).content == ask.get(path).content, path


def test_without_witnesses_all_else_is_the_same(
    of_dumps: dict[str, httpx.Client], ask: httpx.Client, lookup: Lookup
) -> None:
    for txid in (*_some(lookup, witness=True), *_some(lookup, witness=False)):
        told, expected = (c.get(f"/tx/{txid}").json() for c in (of_dumps["etl"], ask))
        for txin in expected["vin"]:
            for name in OF_WITNESSES & set(txin):
                del txin[name]
        assert told == expected


def test_bytes_without_their_witnesses_are_not_given_for_the_whole(
    of_dumps: dict[str, httpx.Client], ask: httpx.Client, lookup: Lookup
) -> None:
    with_witnesses, without = _some(lookup, witness=True), _some(lookup, witness=False)
    assert with_witnesses
    assert without
    tip = ask.get("/blocks/tip/hash").text
    lost = [f"/tx/{txid}/{form}" for txid in with_witnesses for form in ("raw", "hex")]
    for path in (*lost, f"/block/{tip}/raw"):
        got = of_dumps["etl"].get(path)
        assert got.status_code == 404
        assert "no witnesses" in got.text
    for txid in without:
        assert of_dumps["etl"].get(f"/tx/{txid}/raw").content == ask.get(f"/tx/{txid}/raw").content
