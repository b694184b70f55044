"""Esplora's JSON lines hold whole transactions and blocks."""

from tests.chain.exports.reading import header_hash, json_rows

from peelchain.raw_tx import RawTx, TxInput, TxOutput, serialised, txid_of


def made(row):
    """The transaction of a line, witnesses included."""
    inputs = tuple(
        TxInput(
            bytes.fromhex(i["txid"])[::-1],
            i["vout"],
            bytes.fromhex(i["scriptsig"]),
            i["sequence"],
            tuple(bytes.fromhex(item) for item in i.get("witness", ())),
        )
        for i in row["vin"]
    )
    outputs = tuple(TxOutput(o["value"], bytes.fromhex(o["scriptpubkey"])) for o in row["vout"])
    version = row["version"] - (row["version"] >> 31 << 32)
    return RawTx(version, inputs, outputs, row["locktime"])


def test_every_transaction_can_be_made_again_to_the_byte(simulated, exported):
    txs = json_rows(exported("esplora-lines", simulated), "transactions")
    outputs = {(row["txid"], vout): o for row in txs for vout, o in enumerate(row["vout"])}
    for row in txs:
        tx = made(row)
        assert txid_of(tx)[::-1].hex() == row["txid"]
        assert len(serialised(tx)) == row["size"]
        for given in row["vin"]:
            wanted = None if given["is_coinbase"] else outputs[given["txid"], given["vout"]]
            assert given["prevout"] == wanted
    assert any("witness" in i for row in txs for i in row["vin"])
    assert sum(row["fee"] for row in txs) > 0


def test_transactions_stand_in_the_order_of_the_blocks_that_are_told_beside(simulated, exported):
    folder = exported("esplora-lines", simulated, each=50, compression="gz")
    blocks, txs = json_rows(folder, "blocks"), json_rows(folder, "transactions")
    assert [row["height"] for row in blocks] == list(range(201))
    before = None
    for row in blocks:
        assert row["previousblockhash"] == before
        numbers = row["timestamp"], row["bits"], row["nonce"]
        version = row["version"]
        assert row["id"] == header_hash(version, before or "00" * 32, row["merkle_root"], *numbers)
        before = row["id"]
    told = [row["id"] for row in blocks for _ in range(row["tx_count"])]
    assert [row["status"]["block_hash"] for row in txs] == told
    assert all(row["status"]["confirmed"] for row in txs)
