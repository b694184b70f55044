"""Other chains of the family are exported as far as the formats have a place for them."""

from tests.chain.exports.reading import etl_transaction, json_rows
from tests.chain.test_families import BCH, LTC, bitcoin_cash_chain, ingested, litecoin_chain

from peelchain.raw_tx import txid_of


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


def test_litecoin_is_exported_without_its_extension_blocks(tmp_path, exported):
    chain = litecoin_chain()
    with ingested(tmp_path, chain, LTC):
        folder = exported("etl", tmp_path / "store")
        rows = json_rows(folder, "transactions")
        assert [row["hash"] for row in rows] == [
            tx.txid[::-1].hex() for block in chain for tx in block.txs
        ]
        params = {row["hash"]: row["coinbase_param"] for row in json_rows(folder, "blocks")}
        for row in rows:
            made = etl_transaction(row, params[row["block_hash"]])
            assert txid_of(made)[::-1].hex() == row["hash"]
        # raw blocks have them
        again = exported("blocks", tmp_path / "store", each=0)
        (file,) = again.glob("*.dat")
        sizes = sum(len(block.raw) + 8 for block in chain)
        assert file.stat().st_size == sizes
