"""What a partial store says beside the fact tables: how each row is known, and what is not."""

from peelchain.schema.table import Column, TableSpec

_TX_ID = Column("tx_id", "int64", "the transaction; inside this generation only")
_SOURCE = Column("source", "text", "the server or file that gave it, as the user named it")

PARTIAL_TABLES = (
    TableSpec(
        "provenance",
        "partial",
        "how each transaction of a partial store is known",
        ("tx_id",),
        ("tx_id",),
        "assertion",
        (
            _TX_ID,
            Column(
                "checked",
                "name",
                "`inclusion` (raw bytes hash to the txid, Merkle branch leads to a header with "
                "proof of work), `txid` (the raw bytes do, its block is told), `told` (all of it "
                "is the source's word), `stub` (known by outputs alone that others spend)",
            ),
            _SOURCE,
        ),
    ),
    TableSpec(
        "not_fetched",
        "partial",
        "inputs whose prevout a partial store does not have",
        ("tx_id", "vin"),
        ("tx_id", "vin"),
        "fact",
        (
            _TX_ID,
            Column("vin", "int32", "index of the input"),
            Column("prev_txid", "hash", "the transaction it spends from, internal byte order"),
            Column("prev_vout", "int64", "the output it spends there"),
        ),
    ),
    TableSpec(
        "absences",
        "partial",
        "outputs that a server says nobody spends",
        ("txout_id",),
        ("txout_id",),
        "assertion",
        (
            Column("txout_id", "int64", "the output; inside this generation only"),
            Column("height", "int32", "the server's tip when it said so"),
            Column("block_hash", "hash", "that tip's hash, internal byte order"),
            _SOURCE,
        ),
    ),
    TableSpec(
        "histories",
        "partial",
        "scripts whose transactions a server was asked for",
        ("script_pubkey",),
        ("script_pubkey",),
        "assertion",
        (
            Column("script_pubkey", "binary", "the script's bytes"),
            Column("height", "int32", "the server's tip when it answered"),
            Column("block_hash", "hash", "that tip's hash, internal byte order"),
            Column("tx_count", "int64", "transactions that it told"),
            Column("complete", "bool", "whether these are all, by its word"),
            _SOURCE,
        ),
    ),
)
