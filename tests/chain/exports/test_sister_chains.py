"""Other chains of the family are exported as far as the formats have a place for them."""

import pytest
from tests.chain.exports.reading import etl_transaction, json_rows
from tests.chain.test_families import BCH, LTC, bitcoin_cash_chain, ingested, litecoin_chain

from peelchain.chain.raw_tx import txid_of
from peelchain.errors import StoreError


def test_transactions_of_bitcoin_cash_stand_in_the_order_of_the_block(tmp_path, exported):
    chain = bitcoin_cash_chain()
    with ingested(tmp_path, chain, BCH):
        folder = exported("etl", tmp_path / "store")
        rows = json_rows(folder, "transactions")
        params = {row["hash"]: row["coinbase_param"] for row in json_rows(folder, "blocks")}
        shown = [tx.txid[::-1].hex() for block in chain for tx in block.txs]
        assert [row["hash"] for row in rows] == shown
        for row in rows:
            made = etl_transaction(row, params[row["block_hash"]])
            assert txid_of(made)[::-1].hex() == row["hash"]


def test_what_has_no_place_in_a_format_is_refused_with_the_remedy(tmp_path, exported):
    with ingested(tmp_path, litecoin_chain(), LTC):
        for name in ("etl", "esplora-lines", "bigquery", "blockchair", "graphsense"):
            with pytest.raises(StoreError, match=r"Litecoin.*parquet or blocks"):
                exported(name, tmp_path / "store")
        assert list(exported("parquet", tmp_path / "store").glob("outputs/*.parquet"))
        again = exported("blocks", tmp_path / "store", each=0)
        assert [p.name for p in again.glob("*.dat")] == ["blk00000.dat"]
