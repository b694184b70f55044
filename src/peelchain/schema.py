"""Every table of a store: columns, types, units, meaning of null, key and sort order.

This module is the contract. The Rust core receives these Arrow schemas and builds to them;
docs/schema.md is rendered from here; a test holds both equal.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    # what only looks a store up need not wait for Arrow
    import pyarrow as pa

SCHEMA_VERSION = 2

Basis = Literal["fact", "inference", "assertion", "scan"]

Type = Literal[
    "binary",
    "bool",
    "date",
    "float64",
    "hash",
    "header",
    "int32",
    "int64",
    "name",
    "price",
    "text",
    "time",
]
"""The types of columns. A `name` is one of a few texts, a `time` is UTC in milliseconds."""


@dataclass(frozen=True)
class Column:
    """One column: its type, what it means, and what null means (None: never null)."""

    name: str
    type_name: Type
    meaning: str
    null: str | None = None

    @property
    def type(self) -> "pa.DataType":
        """The Arrow type."""
        return arrow_type(self.type_name)


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
    def fields(self) -> list[tuple[str, str, bool]]:
        """Name, type and whether it may be null, of each column, as the kernels take a schema."""
        return [(c.name, c.type_name, c.null is not None) for c in self.columns]

    @property
    def schema(self) -> "pa.Schema":
        """The Arrow schema of this table."""
        import pyarrow as pa

        return pa.schema(
            [pa.field(c.name, c.type, nullable=c.null is not None) for c in self.columns]
        )


def arrow_type(name: Type) -> "pa.DataType":
    """The Arrow type of this name."""
    import pyarrow as pa

    types: dict[Type, pa.DataType] = {
        "binary": pa.binary(),
        "bool": pa.bool_(),
        "date": pa.date32(),
        "float64": pa.float64(),
        "hash": pa.binary(32),
        "header": pa.binary(80),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "name": pa.dictionary(pa.int8(), pa.string()),
        "price": pa.decimal128(20, 8),
        "text": pa.string(),
        "time": pa.timestamp("ms", tz="UTC"),
    }
    return types[name]


_TABLES = (
    TableSpec(
        "blocks",
        "chain",
        "the blocks of the best chain",
        ("height",),
        ("height",),
        "fact",
        (
            Column("height", "int32", "height, genesis is 0"),
            Column("block_hash", "hash", "double SHA-256 of the header, internal byte order"),
            Column("header", "header", "the 80 header bytes"),
            Column("time_utc", "time", "the header's own time; order is height, never this"),
            Column("first_tx_id", "int64", "tx_id of the coinbase"),
            Column("tx_count", "int32", "transactions in the block"),
            Column("first_txout_id", "int64", "txout_id of the coinbase's first output"),
            Column("txout_count", "int32", "outputs in the block"),
            Column("size_bytes", "int32", "serialised size with witnesses"),
            Column("weight", "int32", "weight units (BIP 141)"),
            Column("file_number", "int32", "N of the blkN.dat that holds the raw block"),
            Column("file_offset", "int64", "byte offset of the header in that file"),
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
            Column("tx_index", "int32", "position in its block, the coinbase is 0"),
            Column("version", "int32", "nVersion"),
            Column("locktime", "int64", "nLockTime, 0 to 2^32 - 1"),
            Column("size_bytes", "int32", "serialised size with witnesses"),
            Column("weight", "int32", "weight units (BIP 141)"),
            Column("fee_sat", "int64", "inputs less outputs; 0 for a coinbase"),
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
            Column("prev_txout_id", "int64", "the output it spends", null="a coinbase input"),
            Column("state", "name", "`spent` (output known), `coinbase` or `not_fetched`"),
            Column("sequence", "int64", "nSequence, 0 to 2^32 - 1"),
            Column("script_sig_bytes", "int32", "length of scriptSig"),
            Column("witness_items", "int32", "elements on the witness stack"),
            Column("witness_bytes", "int32", "serialised length of the witness, 0 if none"),
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
    TableSpec(
        "links",
        "derived",
        "why scripts a and b are held to be one party",
        ("tx_id", "script_a", "script_b", "rule"),
        ("tx_id", "script_a", "script_b", "rule"),
        "inference",
        (
            Column("tx_id", "int64", "the transaction the link rests on"),
            Column("script_a", "int64", "the lesser script_id"),
            Column("script_b", "int64", "the greater script_id"),
            Column("rule", "name", "the rule that says so, e.g. `multi_input`"),
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
            Column("script_id", "int64", "the script"),
            Column("cluster_id", "int64", "the least script_id of its cluster"),
        ),
    ),
    TableSpec(
        "constraints",
        "derived",
        "what a policy holds to be different parties, from tags of services and from statements",
        ("script_id", "kind", "party", "other_script_id", "evidence"),
        ("script_id", "kind", "party", "other_script_id", "evidence"),
        "assertion",
        (
            Column("script_id", "int64", "a script that the chain has"),
            Column("kind", "name", "`service`, by tags, or `statement`, by a user"),
            Column("party", "text", "whose it is held to be", null="a statement"),
            Column(
                "other_script_id",
                "int64",
                "the script, greater than script_id, that is another party's",
                null="a tag: any script of another party",
            ),
            Column("evidence", "text", "who says so, and where"),
        ),
    ),
    TableSpec(
        "conflicts",
        "derived",
        "links that a policy refused, since they would have joined different parties",
        ("tx_id", "script_a", "script_b", "rule"),
        ("tx_id", "script_a", "script_b", "rule"),
        "inference",
        (
            Column("tx_id", "int64", "the transaction the link rests on"),
            Column("script_a", "int64", "the lesser script_id"),
            Column("script_b", "int64", "the greater script_id"),
            Column("rule", "name", "the rule that would link them"),
            Column("kind", "name", "the kind of constraint that it would break"),
            Column("scripts_a", "int64", "scripts in the cluster of script_a at that link"),
            Column("scripts_b", "int64", "scripts in the cluster of script_b at that link"),
            Column("held_a", "int64", "the script in the cluster of script_a that is known"),
            Column("held_b", "int64", "the script in the cluster of script_b that is known"),
            Column("evidence_a", "text", "who says so of held_a, and where"),
            Column("evidence_b", "text", "who says so of held_b, and where"),
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
            Column("tx_id", "int64", "the transaction"),
            Column("detector", "name", "which detector"),
            Column("type", "name", "the kind of CoinJoin"),
            Column("participants_at_least", "int32", "lower bound of the participants"),
            Column("score", "float64", "0 to 1, orders the judgements of a type"),
            Column("reasons", "text", "what it saw, in words"),
        ),
    ),
    TableSpec(
        "change",
        "derived",
        "what each change rule says of outputs; an output it is undecided about has no row",
        ("tx_id", "vout", "rule"),
        ("tx_id", "vout", "rule"),
        "inference",
        (
            Column("tx_id", "int64", "the transaction"),
            Column("vout", "int32", "index of the output in it"),
            Column("rule", "name", "the rule, e.g. `address_type`, or `predictor`"),
            Column(
                "verdict",
                "bool",
                "of a rule: it cannot rule the output out as change; of the predictor: it holds "
                "the output to be change",
                null="the predictor abstains",
            ),
            Column(
                "probability",
                "float64",
                "that the output is change, by the predictor's calibration",
                null="the rule gives none",
            ),
        ),
    ),
    TableSpec(
        "lookalikes",
        "derived",
        "transactions that look like a CoinJoin or belong to one and are held to be none",
        ("tx_id",),
        ("tx_id",),
        "inference",
        (
            Column("tx_id", "int64", "the transaction"),
            Column(
                "type",
                "name",
                "psbt_trade and stonewall give no link; whirlpool_tx0 prepares for a mix; "
                "one_cluster was taken back, since its inputs are joined already",
            ),
            Column("taken_for", "name", "the CoinJoin it looks like", null="none in particular"),
            Column("participants_at_least", "int32", "lower bound of the parties that sign"),
            Column("score", "float64", "0 to 1, orders the judgements of a type"),
            Column("reasons", "text", "what was seen, in words"),
        ),
    ),
    TableSpec(
        "error_rates",
        "derived",
        "how often a rule, detector or policy was right, on some data",
        ("rule", "stratum", "data", "unit"),
        ("rule", "stratum", "data", "unit"),
        "inference",
        (
            Column("rule", "text", "rule, detector's name or `policy:` and a policy"),
            Column("stratum", "text", "`all`, or what part of the data, such as `era:1`"),
            Column("data", "text", "what it was measured on"),
            Column("basis", "name", "`simulated`, `real` or `field`"),
            Column("unit", "text", "what is counted"),
            Column("right", "int64", "what it said and was right", null="the data cannot tell"),
            Column("wrong", "int64", "what it said and was wrong", null="the data cannot tell"),
            Column("precision", "float64", "share right of what it said", null="not known"),
            Column("precision_low", "float64", "lower limit of its 95% interval", null="not known"),
            Column("precision_high", "float64", "upper limit", null="not known"),
            Column(
                "found",
                "int64",
                "of what there was to find, what it found",
                null="the data cannot tell",
            ),
            Column("missed", "int64", "and what it did not", null="the data cannot tell"),
            Column("recall", "float64", "share found", null="not known"),
            Column("recall_low", "float64", "lower limit of its 95% interval", null="not known"),
            Column("recall_high", "float64", "upper limit", null="not known"),
            Column("made_by", "text", "the command that makes the row"),
            Column("seeds", "text", "seeds of the simulator; empty for none"),
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
            Column("tag_id", "text", "SHA-256 of the tag's content, hex, first 16 digits"),
            Column("address", "text", "the address as its source wrote it, repaired"),
            Column("script_pubkey", "binary", "its script"),
            Column("label", "text", "the source's name for the subject"),
            Column(
                "category",
                "text",
                "INTERPOL-derived concept, e.g. exchange",
                null="the source gives none",
            ),
            Column("actor", "text", "actor id, e.g. hydramarket", null="none given"),
            Column("source", "text", "where the claim was published"),
            Column("creator", "text", "who made the tag", null="none given"),
            Column("confidence", "text", "confidence class of the TagPack", null="none given"),
            Column("is_cluster_definer", "bool", "may name the whole cluster", null="not said"),
            Column("lastmod", "text", "date of last change by the source, ISO", null="none given"),
            Column("recorded_utc", "time", "when it was imported"),
            Column("file", "text", "name of the imported file"),
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
            Column("date", "date", "the day, UTC"),
            Column("currency", "text", "ISO 4217"),
            Column("price", "price", "units of currency for 1 BTC"),
            Column("source", "text", "who published it"),
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
            Column("run_id", "text", "SHA-256 of the fields below, hex, first 16 digits"),
            Column("stage", "text", "cluster, change, tags, rates, evaluate or trace"),
            Column("software", "text", "peelchain and its version"),
            Column("parameters", "text", "canonical JSON"),
            Column("inputs", "text", "canonical JSON: hashes of what was read"),
            Column("tip_hash", "hash", "the tip it was made on; void when no longer an ancestor"),
            Column("tip_height", "int32", "height of that tip"),
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
            Column("seq", "int64", "order of the walk, from 0"),
            Column("from_txout_id", "int64", "the output spent"),
            Column("tx_id", "int64", "the transaction"),
            Column("to_txout_id", "int64", "the output made", null="the fee"),
            Column("value_sat", "int64", "value of the output made, or the fee"),
            Column("traced_sat", "int64", "traced value that moved, under the run's rule"),
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
                "name",
                "service, coinjoin, mixer, seed, unspent, unspendable, fee, cut, "
                "unresolved, coinbase or target",
            ),
            Column("tx_id", "int64", "the transaction that made the output, or paid the fee"),
            Column("txout_id", "int64", "the output", null="the fee"),
            Column("value_sat", "int64", "value of that output, or the fee"),
            Column("traced_sat", "int64", "traced value at rest there, under the run's rule"),
        ),
    ),
    TableSpec(
        "claims",
        "derived",
        "whose the value at rest is, where several claimants trace together",
        ("run_id", "txout_id", "tx_id", "type", "claimant"),
        ("tx_id", "txout_id", "claimant"),
        "inference",
        (
            Column("claimant", "int64", "index of the claimant, from 0"),
            Column("type", "name", "type of the terminal"),
            Column("tx_id", "int64", "the transaction that made the output, or paid the fee"),
            Column("txout_id", "int64", "the output", null="the fee"),
            Column("traced_sat", "int64", "the claimant's part of the traced value there"),
        ),
    ),
    TableSpec(
        "account_terminals",
        "derived",
        "where traced value left the accounts it was in",
        ("run_id", "txout_id", "tx_id", "type", "account_id"),
        ("tx_id", "txout_id"),
        "inference",
        (
            Column("type", "name", "as in terminals, but never unspent: that is a holding"),
            Column("tx_id", "int64", "the transaction that made the output, or paid the fee"),
            Column(
                "txout_id",
                "int64",
                "the output; of a coinjoin, or of what several accounts pay, the one spent",
                null="the fee",
            ),
            Column(
                "account_id",
                "int64",
                "cluster_id of the account that handed it on",
                null="a seed that ends where it is",
            ),
            Column("value_sat", "int64", "value of that output, or the fee"),
            Column("traced_sat", "int64", "traced value that ended there, under the run's rule"),
        ),
    ),
    TableSpec(
        "holdings",
        "derived",
        "traced value that accounts hold when their books are closed",
        ("run_id", "account_id", "tx_id"),
        ("account_id", "tx_id"),
        "inference",
        (
            Column("account_id", "int64", "cluster_id of the account"),
            Column("type", "name", "unspent, or cut where it goes on beyond the walk"),
            Column(
                "tx_id",
                "int64",
                "the account's transaction that was not walked through",
                null="the account still holds it at the tip",
            ),
            Column("balance_sat", "int64", "all that the account then held"),
            Column("traced_sat", "int64", "traced value of that, under the run's rule"),
        ),
    ),
    TableSpec(
        "account_payments",
        "derived",
        "each movement of traced value out of an account's books",
        ("run_id", "seq"),
        ("seq",),
        "inference",
        (
            Column("seq", "int64", "order of the walk, from 0"),
            Column(
                "account_id",
                "int64",
                "cluster_id of the account: forward the one that pays, backward the one paid",
            ),
            Column("tx_id", "int64", "the transaction"),
            Column(
                "txout_id",
                "int64",
                "the output; of a coinjoin, or of what several accounts pay, the one spent",
                null="the fee",
            ),
            Column(
                "other_account_id",
                "int64",
                "the account it goes on to; backward, that paid it",
                null="it ends there",
            ),
            Column("type", "name", "type of the terminal", null="it goes on"),
            Column("value_sat", "int64", "value of the output, or the fee"),
            Column("traced_sat", "int64", "traced value that moved, under the run's rule"),
        ),
    ),
    TableSpec(
        "account_claims",
        "derived",
        "whose the traced value of terminals and holdings of accounts is",
        ("run_id", "claimant", "type", "tx_id", "txout_id", "account_id"),
        ("tx_id", "txout_id"),
        "inference",
        (
            Column("claimant", "int64", "place among the request's claimants, from 0"),
            Column("type", "name", "as in account_terminals and holdings"),
            Column("tx_id", "int64", "as there", null="a holding at the tip"),
            Column("txout_id", "int64", "as there", null="a fee or a holding"),
            Column("account_id", "int64", "as there", null="a seed that ends where it is"),
            Column("traced_sat", "int64", "of that the claimant's"),
        ),
    ),
    TableSpec(
        "bounds",
        "derived",
        "the least and the most that any conserving rule could trace to a destination",
        ("run_id", "scope", "destination"),
        ("scope", "destination"),
        "inference",
        (
            Column("scope", "name", "transaction or account: of the rules that these enclose"),
            Column("destination", "text", "a service, a type of terminal, or what was asked for"),
            Column("seeds_sat", "int64", "traced value that the seeds start with"),
            Column("least_sat", "int64", "no rule traces less, wherever what was cut went"),
            Column("most_sat", "int64", "no rule traces more, wherever what was cut went"),
            Column("least_known_sat", "int64", "the least, had all that was cut arrived"),
            Column("most_known_sat", "int64", "the most, had none of what was cut arrived"),
        ),
    ),
)

TABLES: dict[str, TableSpec] = {t.name: t for t in _TABLES}
CHAIN_TABLES: tuple[str, ...] = tuple(t.name for t in _TABLES if t.kind == "chain")
