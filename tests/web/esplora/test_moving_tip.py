"""The server goes on while the chain grows and while blocks are taken back."""

from hashlib import sha256
from pathlib import Path

import pytest
from tests.chain.crafted import genesis, grow, write_files
from tests.chain.stores import ingest
from tests.esplora_server import serving_esplora


def test_new_blocks_and_a_reorganisation_are_seen_at_once(tmp_path: Path) -> None:
    chain = grow([genesis()], 12)
    longer = grow(chain, 3, "more")
    other = grow(chain[:11], 6, "other")
    ingest(write_files(tmp_path / "a", chain), tmp_path / "store")
    with serving_esplora(tmp_path / "store") as served, served.client() as ask:
        for name, blocks in (("a", chain), ("b", longer), ("c", other)):
            ingest(write_files(tmp_path / name, blocks), tmp_path / "store")
            tip = blocks[-1]
            assert ask.get("/blocks/tip/height").text == str(len(blocks) - 1)
            assert ask.get("/blocks/tip/hash").text == tip.shown
            txid = ask.get(f"/block/{tip.shown}/txid/0").text
            out = ask.get(f"/tx/{txid}").json()["vout"][0]
            scripthash = sha256(bytes.fromhex(out["scriptpubkey"])).hexdigest()
            told = ask.get(f"/scripthash/{scripthash}/txs").json()
            assert txid in [tx["txid"] for tx in told]
        gone = longer[-1].shown
        assert ask.get(f"/block/{gone}").status_code == 404
        assert ask.get(f"/block/{gone}/status").json() == {"in_best_chain": False}


@pytest.mark.parametrize("lost", ["removed", "cut"])
def test_lost_block_files_are_told(tmp_path: Path, lost: str) -> None:
    """What rests on the tables alone is still answered."""
    blocks = write_files(tmp_path / "blocks", grow([genesis()], 12))
    ingest(blocks, tmp_path / "store")
    for file in blocks.glob("**/blk*.dat"):
        if lost == "cut":
            file.write_bytes(file.read_bytes()[:200])
        else:
            file.unlink()
    with serving_esplora(tmp_path / "store") as served, served.client() as ask:
        tip = ask.get("/blocks/tip/hash").text
        txid = ask.get(f"/block/{tip}/txid/0").text
        for path in (f"/tx/{txid}", f"/tx/{txid}/raw", f"/block/{tip}/raw", f"/block/{tip}/txs"):
            got = ask.get(path)
            assert got.status_code == 503, path
            assert "block files are gone" in got.text
            assert str(tmp_path) not in got.text
        for path in (f"/tx/{txid}/outspends", f"/tx/{txid}/merkle-proof", f"/block/{tip}"):
            assert ask.get(path).status_code == 200
