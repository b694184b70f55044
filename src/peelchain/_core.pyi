"""Types of the Rust kernels."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_PathLike = str | os.PathLike[str]

_Int32 = npt.NDArray[np.int32]
_Int64 = npt.NDArray[np.int64]
_Bool = npt.NDArray[np.bool_]

# --- chain ---

@final
class ChainRules:
    """How a chain's blocks are read and bounded; `network.kernel.kernel_rules` makes them."""

    def __new__(
        cls,
        *,
        work_hash: str,
        auxpow_chain_id: int | None,
        tx_form: str,
        canonical_order: bool,
        token_prefix: bool,
        max_block_bytes: int,
        max_money: int,
        subsidy_steps: Sequence[tuple[int, int]],
    ) -> ChainRules: ...

@final
class BlockSource:
    """A node's blocks folder: finds the blocks, chooses the best chain, reads raw bytes."""

    def __new__(
        cls, dir: _PathLike, magic: bytes, rules: ChainRules | None = None
    ) -> BlockSource: ...
    @staticmethod
    def first_magic(dir: _PathLike) -> bytes | None: ...
    def scan(
        self,
        genesis_hash: bytes,
        pow_limit: bytes,
        progress: Callable[[int, int], None] | None = None,
        threads: int | None = None,
        cache: bytes | None = None,
    ) -> dict[str, Any]: ...
    def scan_cache(self) -> bytes: ...
    def __len__(self) -> int: ...
    def hashes(self) -> bytes: ...
    def chainwork(self, height: int) -> bytes: ...
    def size_of(self, first: int, end: int) -> int:
        """Bytes of the blocks from height `first` to before `end`."""

    def place(self, height: int) -> tuple[int, int, int]:
        """File number, offset and size of the block at this height."""

    def time(self, height: int) -> int:
        """The time in a block's header, in seconds since 1970."""

    def read(self, file_number: int, offset: int, size: int) -> bytes: ...
    def read_block(self, file_number: int, offset: int, size: int) -> bytes:
        """The raw block of `size` bytes, without its witnesses where the files lack them."""

# A file written and synced: path, bytes, sha256; of a table also table and rows; of a sorted run
# also kind, rows and filter, which is the file beside it or None.
_File = dict[str, Any]

@final
class Ingest:
    """The growing chain of a store: resolves spends, numbers scripts, writes segments."""

    def __new__(
        cls,
        source: BlockSource,
        *,
        key: bytes,
        counts: dict[str, int],
        coins: Sequence[_PathLike],
        spent: _PathLike | None,
        scripts: Sequence[_PathLike],
        threads: int,
        segment_bytes: int,
    ) -> Ingest: ...
    @property
    def counts(self) -> dict[str, int]: ...
    def segment(
        self,
        first_height: int,
        end_height: int,
        schemas: dict[str, list[tuple[str, str, bool]]],
        dir: _PathLike,
        *,
        sealed: bool,
        progress: Callable[[int, int], None] | None = None,
    ) -> dict[str, Any]:
        """Lists of files `tables` and `runs`, and the file `spent` of a sealed segment or None."""

def compact_tables(
    files: dict[str, list[Path]],
    schemas: dict[str, list[tuple[str, str, bool]]],
    dir: _PathLike,
    progress: Callable[[int, int], None] | None = None,
) -> list[_File]: ...
def merge_runs(
    kind: str,
    parts: Sequence[_PathLike],
    dir: _PathLike,
    progress: Callable[[int, int], None] | None = None,
) -> _File: ...
def merge_coins(
    parts: Sequence[_PathLike],
    spent: _PathLike,
    first: int,
    end: int,
    dir: _PathLike,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[_File, _File]: ...
def reindex_segment(
    tables: dict[str, str],
    key: bytes,
    dir: _PathLike,
    segment_bytes: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[_File]: ...
def reindex_coins(
    segments: Sequence[dict[str, str]],
    key: bytes,
    dir: _PathLike,
    segment_bytes: int,
    progress: Callable[[int, int], None] | None = None,
) -> _File: ...

@final
class Lookups:
    """Point look-ups by the sorted runs of a store; paths in chain order.

    Of spenders and receipts with a number that every txout_id or script_id in the run is below.
    """

    def __new__(
        cls,
        *,
        key: bytes,
        txids: Sequence[_PathLike],
        scripts: Sequence[_PathLike],
        spenders: Sequence[tuple[_PathLike, int]],
        receipts: Sequence[tuple[_PathLike, int]],
    ) -> Lookups: ...
    def tx_ids(self, txid: bytes) -> list[int]:
        """What a txid's tx_ids may be, rising: compare the txids themselves."""

    def script_ids(self, script: bytes) -> list[int]:
        """What a script's script_id may be: compare the scripts themselves."""

    def spenders(self, txout_ids: Sequence[int]) -> list[tuple[int, int] | None]:
        """tx_id and vin of the input that spends each output, None for one that none does."""

    def receipts(self, script_id: int) -> list[int]:
        """The txout_ids that pay a script, rising."""

    def history(self, rows: TableRows, script_id: int, limit: int) -> dict[str, Any]:
        """What a script received and spent.

        Over all `receipt_count`, `spend_count`, `received_sat`, `sent_sat`; least and greatest
        `heights` and `times` in milliseconds since 1970; of the latest `limit` each `receipts` as
        (txout_id, value_sat, (tx_id, vin) of the spender or None) in chain order, and `spends` as
        (tx_id, vin, txout_id, value_sat) in theirs.
        """

@final
class TableRows:
    """Rows of tables by number: of each table, the files in chain order and their rows."""

    def __new__(cls, tables: dict[str, list[tuple[str, int]]]) -> TableRows: ...
    def fetch(
        self, table: str, rows: Sequence[int], columns: Sequence[str]
    ) -> dict[str, list[Any]]:
        """Columns of rows, given rising and each once; times in milliseconds since 1970."""

    def rows_where(self, table: str, column: str, value: bytes) -> list[int]:
        """The numbers of the rows whose column holds these bytes, or this text; rising."""

    def cluster_of(self, script_id: int) -> tuple[int, int]:
        """The cluster of a script by the table `clusters`, and how many scripts it has."""

@final
class StoredChain:
    """The best chain of a store by dense ids, read from its files; `cache_bytes` of pages are kept.

    Raises StoreError for an id beyond the chain, and where a file is missing or damaged.
    """

    def __new__(cls, rows: TableRows, lookups: Lookups, cache_bytes: int) -> StoredChain: ...
    @property
    def tx_count(self) -> int: ...
    @property
    def txout_count(self) -> int: ...
    @property
    def pages_read(self) -> int:
        """Pages of columns decoded so far."""

    def outputs(self, txouts: _Int64) -> tuple[_Int64, _Int64, _Int64, _Int64, _Bool]:
        """Value, script_id, tx_id, spender and whether unspendable of outputs, in any order."""

    def transactions(self, txs: _Int64) -> tuple[_Int32, _Int64, _Int64, _Int64]:
        """Height, first txout_id, outputs and inputs of transactions, in any order."""

    def prevouts(self, tx: int) -> _Int64:
        """What a transaction spends, in order of its inputs; -1 coinbase, -2 not fetched."""

    def outputs_of_scripts(self, scripts: _Int64) -> _Int64:
        """The outputs that pay any of the scripts, rising."""

    def first_tx_from(self, height: int) -> int:
        """The first transaction at this height or above."""

    def set_clusters(self, rows: TableRows, cache_bytes: int) -> None:
        """Has walks ask the table `clusters` of these rows whose a script is."""

@final
class StoredClusters:
    """A run's table `clusters`, read from its file; `cache_bytes` of its pages are kept."""

    def __new__(cls, rows: TableRows, cache_bytes: int) -> StoredClusters: ...
    def cluster_of(self, scripts: _Int64) -> _Int64:
        """The cluster_id of each script_id: itself where the table does not have it."""

# Without rules, a block is Bitcoin's.
def decode_block(raw: bytes, rules: ChainRules | None = None) -> dict[str, Any]: ...
def transaction_spans(
    raw: bytes, rules: ChainRules | None = None
) -> list[tuple[bytes, int, int]]: ...
def check_block(
    raw: bytes, maybe_stripped: bool = False, rules: ChainRules | None = None
) -> str | None: ...
def work_hash(header: bytes, rules: ChainRules) -> bytes | None:
    """The hash of a header that must meet its target; None where another chain's block does."""

def without_witness(raw: bytes) -> bytes: ...
def merkle_branch(txids: bytes, index: int) -> list[bytes]: ...
def script_type(script: bytes) -> tuple[str, bool]: ...
def replace_file(path: _PathLike, content: bytes) -> tuple[bytes, int]: ...
def sync_dir(path: _PathLike) -> None: ...
def make_dirs(path: _PathLike) -> None: ...
def make_lock(path: _PathLike) -> None: ...
def remove_file(path: _PathLike) -> None: ...
def remove_dir(path: _PathLike) -> None: ...
def remove_tree(path: _PathLike) -> None: ...
def recorded_writes(folder: _PathLike) -> list[tuple[str, Path | None]]:
    """Kind and path of each operation that PEELCHAIN_RECORD_WRITES=FOLDER recorded, in order.

    Kinds: create, write, sync_file, rename, sync_dir, make_dir, remove_file, remove_dir; the path
    of a rename is the new one, a write and the sync of a file have none.
    """

def replay_writes(
    folder: _PathLike,
    root: _PathLike,
    target: _PathLike,
    *,
    upto: int,
    kept: Literal["nothing", "all", "in_order", "any_order"] = "nothing",
    seed: int = 0,
) -> None:
    """Builds in `target`, a new folder, what a power cut after `upto` operations leaves of `root`.

    `kept` says what survives of that which was not synced: nothing; all, as when the process alone
    dies; or what chance says, a folder's names in order, as a journal keeps them, or in any.
    `root` was empty when the recording began. Raises MisuseError when the log does not fit that.
    """

# --- verify ---

_Findings = tuple[int, list[str], int]
_Tables = Mapping[str, tuple[pa.Schema, int, Sequence[tuple[_PathLike, int]]]]
_Told = Callable[[str, int, int], object] | None

def verify_files(files: Sequence[tuple[_PathLike, bytes]], progress: _Told = None) -> _Findings:
    """Files checked against their SHA-256: how many, the first failures in words, how many more.

    `progress` is told what is being done, steps done, of how many; what it raises stops the check.
    """

def verify_tables(
    tables: _Tables, progress: _Told = None, rules: ChainRules | None = None
) -> _Findings:
    """Whether the fact tables are whole and fit each other.

    Each table: its schema, its rows by the manifest, its files with theirs.
    """

def verify_chain(
    tables: _Tables,
    *,
    network: str,
    genesis_hash: bytes,
    pow_limit: bytes,
    rules: ChainRules,
    segment_ends: Sequence[tuple[int, bytes]],
    progress: _Told = None,
    recent_txouts: int | None = None,
    waiting_txins: int | None = None,
) -> tuple[_Findings, _Findings]:
    """What the headers of blocks and the amounts of txs were found to be.

    `pow_limit` is little-endian; `segment_ends` are heights and the hashes the manifest has there.
    `recent_txouts` and `waiting_txins` bound the memory, and do not change what is found.
    """

# --- cluster ---

def judge_coinjoins(
    first_input: _Int64,
    first_output: _Int64,
    input_value: _Int64,
    input_script: _Int64,
    input_type: _Int64,
    input_prev: _Int64,
    input_single: _Int64,
    output_value: _Int64,
    output_script: _Int64,
    output_type: _Int64,
    payloads: list[bytes | None],
    prior_kinds: _Int64,
    coordinators: list[int],
    *,
    name_negatives: bool,
) -> tuple[_Int64, _Int64, npt.NDArray[np.float64], _Int64]:
    """What a batch of transactions is by shape: row, code of kind, score, reasons row by row.

    Bounds and columns describe the batch's inputs and outputs, in order; -1 where a value,
    script or type is not known. `input_prev` is the parent's row in the batch, or the batch's
    length plus its place in `prior_kinds` (codes of verdicts, -1 for none), or -1 for one that is
    missing.
    Rows without a verdict are left out. `payloads` are the first OP_RETURN scripts.
    """

def coinjoin_vocabulary() -> tuple[list[tuple[str, bool, bool]], list[str], list[str], list[str]]:
    """Words by code: kinds (name, is a mix, gives links), reasons, protocols, script types."""

def merge_links(
    script_count: int,
    script_a: _Int64 | npt.NDArray[np.uint32],
    script_b: _Int64 | npt.NDArray[np.uint32],
) -> tuple[_Int64, _Int64]:
    """The scripts in some link, rising, and the least script of each one's cluster.

    Both arrays are of one type.
    """

@final
class Clustering:
    """Clusters in the making: 4 bytes a script, 8 past 2^32 scripts."""

    def __new__(cls, script_count: int) -> Clustering: ...
    def add(self, script_a: _Int64, script_b: _Int64) -> None:
        """Joins the scripts of each link."""

    def run(
        self,
        tables: TableRows,
        *,
        from_tx: int,
        multi_input: bool,
        coordinators: list[int] | None,
        linkless: list[str],
        retractable: list[str],
        excluded: _Int64,
        known: list[tuple[int, int, str]],
        fields: list[tuple[str, str, bool]],
        links: _PathLike,
        scratch: _PathLike,
        progress: Callable[[int, int], object] | None = None,
    ) -> dict[str, Any]:
        """Links and judgements of the transactions from `from_tx` on; the links are joined too.

        `coordinators` are script_ids, None to judge nothing. Kinds in `linkless` give no link, the
        scripts that those in `retractable` spend are given. `known` are outputs (from, to before)
        of earlier mixes and their kinds, rising. Writes `links`; `scratch` is a folder for what
        does not fit in memory. Gives `links` (path, rows, bytes, sha256) and for each judged
        transaction `tx_id`, `kind`, `score`, `reasons` (flat), `first_script` into `scripts`.
        """

    def are_one(self, first: _Int64, scripts: _Int64) -> npt.NDArray[np.bool_]:
        """Of groups of scripts, from `first[i]` to `first[i + 1]`, which are in one cluster.

        A script of -1 is in none.
        """

    def take(self) -> tuple[_Int64, _Int64]:
        """The scripts in some link, rising, and the least of each one's cluster. Leaves nothing."""

    def write(self, path: _PathLike, fields: list[tuple[str, str, bool]]) -> dict[str, Any]:
        """Writes the table `clusters`: path, rows, bytes and sha256. Leaves nothing."""

def coinjoin_limits() -> dict[str, Any]:
    """The limits of the detectors by name."""

@final
class LinkGraph:
    """Scripts and what links them: a group a transaction, or a transaction and rule (`by_rule`)."""

    def __new__(
        cls, tx_id: _Int64, rule: _Int64, script_a: _Int64, script_b: _Int64, *, by_rule: bool
    ) -> LinkGraph: ...
    def shortest_steps(
        self, sources: _Int64, targets: _Int64
    ) -> tuple[_Int64, _Int64, _Int64, _Int64, _Int64]:
        """Steps from the sources to every target over the fewest transactions.

        from, to, tx_id, rule, and the targets that no source reaches.
        """

    def weakest_cut(
        self, sources: _Int64, targets: _Int64, bound: int
    ) -> tuple[list[tuple[int, int, int, int]], tuple[int, int, int], bool, list[int]] | None:
        """The fewest transactions that part sources and targets; None: more than `bound`.

        Rows of tx_id and how many of its scripts stay with the sources, the targets and neither;
        the same of all scripts; whether no other set does; the tx_ids that do it alone.
        """

    def jumps(self, least: int) -> tuple[_Int64, _Int64, _Int64, _Int64, _Int64, _Int64]:
        """Groups that joined two parts or more of at least `least` scripts, in order.

        tx_id, scripts of the greatest part and of the next, how many such parts, and the least
        script of each of the two.
        """

@final
class ConstrainedMerge:
    """Clusters from links in chain order, where labels of one space and pairs stay apart."""

    def __new__(
        cls,
        script_ids: _Int64,
        *,
        label_script: _Int64,
        label_space: _Int64,
        label: _Int64,
        pair_a: _Int64,
        pair_b: _Int64,
    ) -> ConstrainedMerge: ...
    def begin(self, script_id: _Int64, cluster_id: _Int64) -> None:
        """Joins scripts with the clusters that they were in before any link."""

    def add(self, tx_id: _Int64, rule: _Int64, script_a: _Int64, script_b: _Int64) -> None:
        """Applies links, rising by (tx_id, script_a, script_b); those of other scripts are not."""

    def finish(self) -> tuple[_Int64, list[_Int64]]:
        """The cluster of each script, these rising, and the columns of the links refused.

        tx_id, rule, script_a, script_b, space or -1 for a pair, row of the label or pair on each
        side, the script that has it on each side, the scripts on each side.
        """

def rows_within(script_ids: _Int64, members: _Int64) -> _Int64:
    """The rows whose script is one of the members."""

# --- max flow ---

@final
class FlowNetwork:
    """Arcs, seeds and ends of a network without cycles, to ask for maximum flows."""

    def __new__(
        cls,
        node_count: int,
        tails: _Int64,
        heads: _Int64,
        capacities_sat: _Int64,
        seed_nodes: _Int64,
        seed_sat: _Int64,
        end_nodes: _Int64,
        end_capacities_sat: _Int64,
    ) -> FlowNetwork: ...
    def most(
        self,
        growing: list[npt.NDArray[np.bool_]],
        progress: Callable[[int, int], object] | None,
    ) -> list[tuple[int, npt.NDArray[np.bool_]]]:
        """The most that can arrive at sets of ends, each with those before it.

        Beside it bool by node: whether more could arrive from there, which is the far side of a
        least cut. `progress` is told now and then, of how many sets; what it raises stops the work.
        """

# --- trace ---

_TerminalColumns = tuple[npt.NDArray[np.uint8], _Int64, _Int64, _Int64, _Int64]
_HopColumns = tuple[_Int64, _Int64, _Int64, _Int64, _Int64]
_GraphColumns = tuple[
    int, _Int64, _Int64, npt.NDArray[np.uint8], _Int64, _Int64, _Int64, _Int64, _Int64
]

_FlatChain = tuple[_Int32, _Int64, _Int64, _Int64, _Int64, _Int64, _Int64, _Int64, _Bool]

def trace(
    chain: _FlatChain | StoredChain,
    *,
    backward: bool,
    rules: list[str],
    seed_txouts: _Int64,
    seed_traced_sat: _Int64,
    seed_claimants: _Int64 | None,
    boundary_scripts: _Int64,
    boundary_kinds: npt.NDArray[np.uint8],
    boundary_clusters: _Int64,
    boundary_cluster_kinds: npt.NDArray[np.uint8],
    exempt_scripts: _Int64,
    coinjoin_txs: _Int64,
    target_scripts: _Int64,
    target_txouts: _Int64,
    max_hops: int | None,
    min_value_sat: int | None,
    min_height: int | None,
    max_height: int | None,
    max_txs: int | None,
    hops: bool,
    paths: bool,
    graph: bool,
    progress: Callable[[str, int, int | None], object] | None,
) -> tuple[
    list[
        tuple[str, _TerminalColumns, list[int], _HopColumns, tuple[_Int64, _TerminalColumns] | None]
    ],
    tuple[_Int64, npt.NDArray[np.uint8], _Int64],
    _GraphColumns | None,
    tuple[int, list[int]],
    bool,
    int,
    int,
]:
    """The flow under each rule, what was reached, and whether the walk stopped early.

    Of each rule its name, terminals, traced_sat by code of terminal_types, hops, and with
    `seed_claimants` claimants and their parts of the terminals, else None. Then every output
    reached with `paths`: txout_id, code of terminal_types or 255 for no end, and row of the one
    before it on a shortest path from a seed, -1 for a seed; else three empty arrays. With `graph`
    the fields of trace.graph.FlowGraph after the first, else None. Then outputs at which a path
    ends and their whole value by code; whether the walk is partial; transactions visited and
    outputs reached.

    `chain` is the fields of ChainArrays in order. Terminals: code of terminal_types, tx_id,
    txout_id or -1 for a fee, value_sat, traced_sat. Hops: from txout_id, tx_id, to txout_id or -1
    for the fee, value_sat, traced_sat. `progress` is told stage, transactions done, of how many;
    what it raises stops the trace, and False stops the walk, which then is partial.
    """

_AccountEnds = tuple[npt.NDArray[np.uint8], _Int64, _Int64, _Int64, _Int64, _Int64]
_AccountHoldings = tuple[_Int64, npt.NDArray[np.uint8], _Int64, _Int64, _Int64]
_AccountPayments = tuple[_Int64, _Int64, _Int64, _Int64, npt.NDArray[np.uint8], _Int64, _Int64]
_AccountClaims = tuple[_Int64, _Int64, _Int64]

def trace_accounts(
    chain: _FlatChain | StoredChain,
    accounts: tuple[_Int64, _Int64, _Int64] | tuple[Callable[[int], int], Callable[[int], _Int64]],
    *,
    backward: bool,
    rules: list[str],
    seed_txouts: _Int64,
    seed_traced_sat: _Int64,
    seed_claimants: _Int64 | None,
    boundary_scripts: _Int64,
    boundary_kinds: npt.NDArray[np.uint8],
    exempt_scripts: _Int64,
    coinjoin_txs: _Int64,
    target_scripts: _Int64,
    target_txouts: _Int64,
    max_hops: int | None,
    min_value_sat: int | None,
    min_height: int | None,
    max_height: int | None,
    max_account_outputs: int | None,
    max_txs: int | None,
    payments: bool,
    network: bool,
    progress: Callable[[str, int, int | None], object] | None,
) -> tuple[
    list[tuple[str, _AccountEnds, _AccountHoldings, _AccountPayments, _AccountClaims]],
    tuple[
        int,
        tuple[_Int64, _Int64, _Int64, _Int64],
        tuple[_Int64, _Int64],
        tuple[_Int64, _Int64, npt.NDArray[np.uint8], _Int64, _Int64, _Int64],
    ]
    | None,
    int,
    int,
    bool,
]:
    """For each rule its name, ends, holdings, payments and claims; then what no rule shapes.

    That is the network, transactions walked through, books opened, whether the walk stopped early.
    `chain` is as for `trace`; `accounts` are account_of_script, first_output and outputs of
    peelchain.trace.accounts.Accounts, or the two functions of LookedUpAccounts.

    Ends: code of terminal_types, tx_id, txout_id or -1 for a
    fee, account or -1, value_sat, traced_sat. Holdings: account, code, tx_id or -1, balance_sat,
    traced_sat. Payments: account, tx_id, txout_id or -1, other account or -1, code or 255,
    value_sat, traced_sat. Claims: row among the ends and then the holdings, claimant, traced_sat.
    Network: nodes; tails, heads, capacities and outputs of arcs; nodes and satoshis of seeds;
    nodes, capacities, codes, tx_ids, txout_ids and accounts of ends.
    """

def apportion_ledger(
    entries: list[tuple[int, list[tuple[int, int]] | None]], claimants: int, rule: str
) -> tuple[list[list[int]], list[int], int]:
    """Satoshis by claimant of each payment, those left, and the balance, under an account rule.

    An entry is its satoshis with, for a receipt, (claimant, satoshis) of each part that is
    someone's; None for a payment. Raises MisuseError naming the entry, counted from 0.
    """

def account_rules() -> list[str]: ...
def tracing_rules(*, backward: bool = False) -> list[str]:
    """The names of the rules, or of those that run backward."""

def terminal_types() -> list[str]: ...

# --- linkage ---

def linkage(
    input_sat: list[int],
    output_sat: list[int],
    *,
    most_gain_sat: int,
    most_loss_sat: int,
    parties_at_least: int,
    finest: bool,
    max_steps: int,
    progress: Callable[[int, int], object] | None,
) -> tuple[str | None, list[int], list[list[int]]]:
    """Counts of the interpretations of a transaction; see peelchain.trace.linkage.

    Either the bound at which it gave up, `inputs`, `outputs`, `states`, `steps` or `count`, and
    nothing else; or None, the interpretations of at least so many parties by their number, and for
    each input and output how many of these link them. Values must be above 0.
    """

# --- personal data ---

def seal_records(
    case_key: bytes, first: int, seeds: bytes, nonces: bytes, values: Sequence[bytes]
) -> tuple[bytes, list[int], bytes]:
    """Records sealed as `case.sealing` does one, numbered from `first`, each a person's.

    Seeds of 32 and nonces of 12 bytes laid end to end. Gives the boxes, laid end to end, where each
    ends, and the commitments of 32 bytes each.
    """

def unseal_records(
    case_key: bytes, first: int, seeds: bytes, ends: Sequence[int], boxes: bytes
) -> list[bytes | None]:
    """The records again, None where the seed is all zeros.

    Raises ValueError with the number of one that does not open.
    """

def blind_keys(index_key: bytes, kind: str, texts: Sequence[str]) -> bytes:
    """What `case.sealing.blind` makes of each text, laid end to end."""

def merkle_root(leaves: bytes) -> bytes:
    """The Merkle tree hash (RFC 6962, section 2.1) over leaves of 32 bytes, laid end to end."""

def decode_addresses(
    texts: Sequence[str],
    p2pkh_prefixes: Sequence[bytes],
    p2sh_prefixes: Sequence[bytes],
    bech32_hrp: str | None,
    cash_prefix: str | None = None,
) -> list[bytes | None]:
    """The script that each text pays to as an address, as `script.script_pubkey`; None for none."""

# --- descriptors and the search for names in files ---

def descriptor_paths(text: str) -> list[tuple[str, str, bool]]:
    """Of each single path: the descriptor with checksum, its kind of script, if it has a `*`."""

def descriptor_checksum(text: str) -> str | None:
    """The descriptor with its checksum, None where it has characters that descriptors do not."""

def descriptor_scripts(text: str, first: int, count: int) -> list[bytes]:
    """The script_pubkeys of a descriptor of one path, from an index on."""

# kind, offset, length, whether UTF-16, and the text; secrets have none
_Hit = tuple[str, int, int, bool, str | None]

def scan_bytes(data: bytes, words: list[str]) -> list[_Hit]: ...
def scan_file(
    path: _PathLike,
    first: int,
    end: int,
    words: list[str],
    progress: Callable[[int, int], None] | None = None,
) -> list[_Hit]:
    """What begins in bytes `first` to before `end` of a file, by offset."""

def source_sha256() -> str:
    """SHA-256, in hex, over the names and hashes of the files that the kernel is built from."""
