"""Every table of a store: columns, types, units, meaning of null, key and sort order.

This module is the contract. The Rust core receives these Arrow schemas and builds to them;
docs/schema.md is rendered from here; a test holds both equal.
"""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

SCHEMA_VERSION = 1

Basis = Literal["fact", "inference", "assertion", "scan"]

HASH = pa.binary(32)
TIME = pa.timestamp("ms", tz="UTC")
NAME = pa.dictionary(pa.int8(), pa.string())


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type, what it means, and what null means (None: never null)."""

    name: str
    type: pa.DataType
    meaning: str
    null: str | None = None


@dataclass(frozen=True)
class TableSpec:
    """One table: its key, its sort order, the basis of its rows, and where it lives.

    `kind` is `chain` for the fact tables, cut into segments by height range, and `derived` for
    what a run of a stage writes.
    """

    name: str
    kind: Literal["chain", "derived"]
    holds: str
    key: tuple[str, ...]
    sort: tuple[str, ...]
    basis: Basis
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of this table."""
        return pa.schema(
            [pa.field(c.name, c.type, nullable=c.null is not None) for c in self.columns]
        )


_TABLES = (
    TableSpec(
        "blocks",
        "chain",
        "the blocks of the best chain",
        ("height",),
        ("height",),
        "fact",
        (
            Column("height", pa.int32(), "height, genesis is 0"),
            Column("block_hash", HASH, "double SHA-256 of the header, internal byte order"),
            Column("header", pa.binary(80), "the 80 header bytes"),
            Column("time_utc", TIME, "the header's own time; order is height, never this"),
            Column("first_tx_id", pa.int64(), "tx_id of the coinbase"),
            Column("tx_count", pa.int32(), "transactions in the block"),
            Column("first_txout_id", pa.int64(), "txout_id of the coinbase's first output"),
            Column("txout_count", pa.int32(), "outputs in the block"),
            Column("size_bytes", pa.int32(), "serialised size with witnesses"),
            Column("weight", pa.int32(), "weight units (BIP 141)"),
            Column("file_number", pa.int32(), "N of the blkN.dat that holds the raw block"),
            Column("file_offset", pa.int64(), "byte offset of the header in that file"),
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
            Column("tx_id", pa.int64(), "dense id in chain order from 0; inside this store only"),
            Column("txid", HASH, "internal byte order; not unique (BIP 30)"),
            Column("height", pa.int32(), "height of its block"),
            Column("tx_index", pa.int32(), "position in its block, the coinbase is 0"),
            Column("version", pa.int32(), "nVersion"),
            Column("locktime", pa.int64(), "nLockTime, 0 to 2^32 - 1"),
            Column("size_bytes", pa.int32(), "serialised size with witnesses"),
            Column("weight", pa.int32(), "weight units (BIP 141)"),
            Column("fee_sat", pa.int64(), "inputs less outputs; 0 for a coinbase"),
            Column("first_txin", pa.int64(), "row of its first input in txins"),
            Column("txin_count", pa.int32(), "inputs, the coinbase's own included"),
            Column("first_txout_id", pa.int64(), "txout_id of its vout 0"),
            Column("txout_count", pa.int32(), "outputs"),
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
            Column("txout_id", pa.int64(), "dense id in chain order from 0; this store only"),
            Column("tx_id", pa.int64(), "the transaction that made it"),
            Column("vout", pa.int32(), "index within that transaction"),
            Column("value_sat", pa.int64(), "value in satoshis"),
            Column("script_id", pa.int64(), "its script in scripts"),
            Column("script_type", NAME, "type of that script"),
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
            Column("tx_id", pa.int64(), "the spending transaction"),
            Column("vin", pa.int32(), "index within that transaction"),
            Column("prev_txout_id", pa.int64(), "the output it spends", null="a coinbase input"),
            Column("state", NAME, "`spent` (output known), `coinbase` or `not_fetched`"),
            Column("sequence", pa.int64(), "nSequence, 0 to 2^32 - 1"),
            Column("script_sig_bytes", pa.int32(), "length of scriptSig"),
            Column("witness_items", pa.int32(), "elements on the witness stack"),
            Column("witness_bytes", pa.int32(), "serialised length of the witness, 0 if none"),
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
            Column("script_id", pa.int64(), "dense id in chain order from 0; this store only"),
            Column(
                "script_type",
                NAME,
                "p2pk, p2pkh, p2sh, p2wpkh, p2wsh, p2tr, p2a, multisig, "
                "op_return, witness_unknown or nonstandard",
            ),
            Column("script_pubkey", pa.binary(), "the script's bytes"),
            Column("first_txout_id", pa.int64(), "the output that first carried it"),
        ),
    ),
    TableSpec(
        "links",
        "derived",
        "why scripts a and b are held to be one party",
        ("tx_id", "script_a", "script_b", "rule"),
        ("tx_id", "script_a", "script_b", "rule"),
        "inference",
        (
            Column("tx_id", pa.int64(), "the transaction the link rests on"),
            Column("script_a", pa.int64(), "the lesser script_id"),
            Column("script_b", pa.int64(), "the greater script_id"),
            Column("rule", NAME, "the rule that says so, e.g. `multi_input`"),
        ),
    ),
    TableSpec(
        "clusters",
        "derived",
        "the parties a policy's links make; a script in no link is its own cluster and has no row",
        ("script_id", "policy"),
        ("script_id",),
        "inference",
        (
            Column("script_id", pa.int64(), "the script"),
            Column("cluster_id", pa.int64(), "the least script_id of its cluster"),
        ),
    ),
    TableSpec(
        "coinjoins",
        "derived",
        "transactions a detector takes for CoinJoins",
        ("tx_id", "detector"),
        ("tx_id",),
        "inference",
        (
            Column("tx_id", pa.int64(), "the transaction"),
            Column("detector", NAME, "which detector"),
            Column("type", NAME, "the kind of CoinJoin"),
            Column("participants_at_least", pa.int32(), "lower bound of the participants"),
            Column("score", pa.float64(), "0 to 1, the detector's own certainty"),
            Column("reasons", pa.string(), "what it saw, in words"),
        ),
    ),
    TableSpec(
        "tags",
        "derived",
        "what somebody said of an address",
        ("tag_id",),
        ("tag_id",),
        "assertion",
        (
            Column("tag_id", pa.string(), "SHA-256 of the tag's content, hex, first 16 digits"),
            Column("address", pa.string(), "the address as its source wrote it, repaired"),
            Column("script_pubkey", pa.binary(), "its script"),
            Column("label", pa.string(), "the source's name for the subject"),
            Column(
                "category",
                pa.string(),
                "INTERPOL-derived concept, e.g. exchange",
                null="the source gives none",
            ),
            Column("actor", pa.string(), "actor id, e.g. hydramarket", null="none given"),
            Column("source", pa.string(), "where the claim was published"),
            Column("creator", pa.string(), "who made the tag", null="none given"),
            Column("confidence", pa.string(), "confidence class of the TagPack", null="none given"),
            Column("is_cluster_definer", pa.bool_(), "may name the whole cluster", null="not said"),
            Column(
                "lastmod", pa.string(), "date of last change by the source, ISO", null="none given"
            ),
            Column("recorded_utc", TIME, "when it was imported"),
            Column("file", pa.string(), "name of the imported file"),
        ),
    ),
    TableSpec(
        "rates",
        "derived",
        "prices of one bitcoin",
        ("date", "currency"),
        ("date", "currency"),
        "assertion",
        (
            Column("date", pa.date32(), "the day, UTC"),
            Column("currency", pa.string(), "ISO 4217"),
            Column("price", pa.decimal128(20, 8), "units of currency for 1 BTC"),
            Column("source", pa.string(), "who published it"),
        ),
    ),
    TableSpec(
        "runs",
        "derived",
        "what made each derived table",
        ("run_id",),
        ("run_id",),
        "fact",
        (
            Column("run_id", pa.string(), "SHA-256 of the fields below, hex, first 16 digits"),
            Column("stage", pa.string(), "cluster, tags, rates or trace"),
            Column("software", pa.string(), "peelchain and its version"),
            Column("parameters", pa.string(), "canonical JSON"),
            Column("inputs", pa.string(), "canonical JSON: hashes of what was read"),
            Column("tip_hash", HASH, "the tip it was made on; void when no longer an ancestor"),
            Column("tip_height", pa.int32(), "height of that tip"),
        ),
    ),
    TableSpec(
        "hops",
        "derived",
        "each movement of traced value through one transaction",
        ("run_id", "seq"),
        ("seq",),
        "fact",
        (
            Column("seq", pa.int64(), "order of the walk, from 0"),
            Column("from_txout_id", pa.int64(), "the output spent"),
            Column("tx_id", pa.int64(), "the transaction"),
            Column("to_txout_id", pa.int64(), "the output made", null="the fee"),
            Column("value_sat", pa.int64(), "value of the output made, or the fee"),
            Column("traced_sat", pa.int64(), "traced value that moved, under the run's rule"),
        ),
    ),
    TableSpec(
        "terminals",
        "derived",
        "where traced value came to rest",
        ("run_id", "txout_id", "tx_id", "type"),
        ("tx_id", "txout_id"),
        "inference",
        (
            Column(
                "type",
                NAME,
                "service, coinjoin, mixer, seed, unspent, unspendable, fee, cut, "
                "unresolved or coinbase",
            ),
            Column("tx_id", pa.int64(), "the transaction that made the output, or paid the fee"),
            Column("txout_id", pa.int64(), "the output", null="the fee"),
            Column("value_sat", pa.int64(), "value of that output, or the fee"),
            Column("traced_sat", pa.int64(), "traced value at rest there, under the run's rule"),
        ),
    ),
)

TABLES: dict[str, TableSpec] = {t.name: t for t in _TABLES}
CHAIN_TABLES: tuple[str, ...] = tuple(t.name for t in _TABLES if t.kind == "chain")
