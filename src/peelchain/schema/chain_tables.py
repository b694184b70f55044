"""The fact tables, cut into segments by height.

A store made from a node's blocks has no null but those of coinbase inputs: the others are what a
partial store does not know, or a dump does not tell.
"""

from peelchain.schema.table import Column, TableSpec

CHAIN_TABLES = (
    TableSpec(
        "blocks",
        "chain",
        "the blocks of the best chain",
        ("height",),
        ("height",),
        "fact",
        (
            Column("height", "int32", "height, genesis is 0"),
            Column(
                "block_hash",
                "hash",
                "double SHA-256 of the header, internal byte order",
                null="nothing of it is fetched",
            ),
            Column("header", "header", "the 80 header bytes", null="not fetched"),
            Column(
                "time_utc",
                "time",
                "the header's own time; order is height, never this",
                null="not fetched",
            ),
            Column("first_tx_id", "int64", "tx_id of the coinbase"),
            Column("tx_count", "int32", "transactions in the block"),
            Column("first_txout_id", "int64", "txout_id of the coinbase's first output"),
            Column("txout_count", "int32", "outputs in the block"),
            Column(
                "size_bytes", "int32", "serialised size with witnesses", null="not fetched whole"
            ),
            Column("weight", "int32", "weight units (BIP 141)", null="not fetched whole"),
            Column(
                "file_number",
                "int32",
                "N of the blkN.dat that holds the raw block",
                null="in no block file",
            ),
            Column(
                "file_offset",
                "int64",
                "byte offset of the header in that file",
                null="in no block file",
            ),
        ),
    ),
    TableSpec(
        "txs",
        "chain",
        "transactions of the best chain, in chain order",
        ("tx_id",),
        ("tx_id",),
        "fact",
        (
            Column("tx_id", "int64", "dense id in chain order from 0; inside this store only"),
            Column("txid", "hash", "internal byte order; not unique (BIP 30)"),
            Column("height", "int32", "height of its block"),
            Column(
                "tx_index", "int32", "position in its block, the coinbase is 0", null="not told"
            ),
            Column("version", "int32", "nVersion", null="not told"),
            Column("locktime", "int64", "nLockTime, 0 to 2^32 - 1", null="not told"),
            Column("size_bytes", "int32", "serialised size with witnesses", null="not told"),
            Column("weight", "int32", "weight units (BIP 141)", null="not told"),
            Column(
                "fee_sat",
                "int64",
                "inputs less outputs; 0 for a coinbase",
                null="an input is not fetched",
            ),
            Column("first_txin", "int64", "row of its first input in txins"),
            Column("txin_count", "int32", "inputs, the coinbase's own included"),
            Column("first_txout_id", "int64", "txout_id of its vout 0"),
            Column("txout_count", "int32", "outputs"),
        ),
    ),
    TableSpec(
        "txouts",
        "chain",
        "transaction outputs",
        ("txout_id",),
        ("txout_id",),
        "fact",
        (
            Column("txout_id", "int64", "dense id in chain order from 0; this store only"),
            Column("tx_id", "int64", "the transaction that made it"),
            Column("vout", "int32", "index within that transaction"),
            Column("value_sat", "int64", "value in satoshis"),
            Column("script_id", "int64", "its script in scripts"),
            Column("script_type", "name", "type of that script"),
        ),
    ),
    TableSpec(
        "txins",
        "chain",
        "transaction inputs",
        ("tx_id", "vin"),
        ("tx_id", "vin"),
        "fact",
        (
            Column("tx_id", "int64", "the spending transaction"),
            Column("vin", "int32", "index within that transaction"),
            Column(
                "prev_txout_id", "int64", "the output it spends", null="a coinbase, or not fetched"
            ),
            Column("state", "name", "`spent` (output known), `coinbase` or `not_fetched`"),
            Column("sequence", "int64", "nSequence, 0 to 2^32 - 1", null="not told"),
            Column("script_sig_bytes", "int32", "length of scriptSig", null="not told"),
            Column(
                "witness_items",
                "int32",
                "elements on the witness stack",
                null="the source gives no witnesses",
            ),
            Column(
                "witness_bytes",
                "int32",
                "serialised length of the witness, 0 if none",
                null="the source gives no witnesses",
            ),
        ),
    ),
    TableSpec(
        "scripts",
        "chain",
        "distinct script_pubkeys, numbered by first appearance",
        ("script_id",),
        ("script_id",),
        "fact",
        (
            Column("script_id", "int64", "dense id in chain order from 0; this store only"),
            Column(
                "script_type",
                "name",
                "p2pk, p2pkh, p2sh, p2wpkh, p2wsh, p2tr, p2a, multisig, "
                "op_return, witness_unknown or nonstandard",
            ),
            Column("script_pubkey", "binary", "the script's bytes"),
            Column("first_txout_id", "int64", "the output that first carried it"),
        ),
    ),
)
