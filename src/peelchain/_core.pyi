"""Types of the Rust kernels."""

import os
from collections.abc import Callable
from typing import Any, final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_PathLike = str | os.PathLike[str]

_Int64 = npt.NDArray[np.int64]

# --- chain ---

@final
class BlockSource:
    """A node's blocks folder: finds the blocks, chooses the best chain, reads raw bytes."""

    def __new__(cls, dir: _PathLike, magic: bytes) -> BlockSource: ...
    @staticmethod
    def first_magic(dir: _PathLike) -> bytes | None: ...
    def scan(
        self,
        genesis_hash: bytes,
        pow_limit: bytes,
        progress: Callable[[int, int], None] | None = None,
    ) -> dict[str, Any]: ...
    def __len__(self) -> int: ...
    def hashes(self) -> bytes: ...
    def chainwork(self, height: int) -> bytes: ...
    def sizes(self) -> npt.NDArray[np.int64]: ...
    def read(self, file_number: int, offset: int, size: int) -> bytes: ...

@final
class Ingest:
    """The growing fact tables: resolves spends, numbers scripts, writes segments."""

    def __new__(cls, source: BlockSource, halving_interval: int) -> Ingest: ...
    @property
    def counts(self) -> dict[str, int]: ...
    def restore(
        self,
        blocks: int,
        txids: bytes,
        first_txouts: npt.NDArray[np.int64],
        values: npt.NDArray[np.int64],
        script_ids: npt.NDArray[np.int64],
        prev_txouts: npt.NDArray[np.int64],
        scripts: pa.Array,
    ) -> None: ...
    def segment(
        self,
        first_height: int,
        end_height: int,
        schemas: dict[str, pa.Schema],
        dir: _PathLike,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[dict[str, Any]]: ...

def decode_block(raw: bytes) -> dict[str, Any]: ...
def transaction_spans(raw: bytes) -> list[tuple[bytes, int, int]]: ...
def check_block(raw: bytes) -> str | None: ...
def without_witness(raw: bytes) -> bytes: ...
def merkle_branch(txids: bytes, index: int) -> list[bytes]: ...
def merkle_roots(txids: bytes, counts: npt.NDArray[np.int32]) -> bytes: ...
def script_type(script: bytes) -> tuple[str, bool]: ...
def replace_file(path: _PathLike, content: bytes) -> tuple[bytes, int]: ...
def sync_dir(path: _PathLike) -> None: ...

# --- cluster ---

def find_equal_output_coinjoins(
    tx_first_txin: _Int64,
    tx_first_txout: _Int64,
    txin_prev_txout: _Int64,
    txout_value: _Int64,
    txout_script: _Int64,
    *,
    min_equal: int,
    min_equal_levels: int,
    min_scripts_levels: int,
    dust_sat: int,
    fee_percent: int,
) -> tuple[_Int64, npt.NDArray[np.bool_], _Int64, _Int64, _Int64, _Int64, _Int64]:
    """Transactions of CoinJoin shape, in chain order.

    tx_id, whether it is of several levels, scripts paid the most frequent value, that value,
    distinct input scripts, outputs, outputs whose value repeats.
    """

def multi_input_links(
    tx_first_txin: _Int64,
    tx_first_txout: _Int64,
    txin_prev_txout: _Int64,
    txout_value: _Int64,
    txout_script: _Int64,
    excluded_tx_ids: _Int64,
) -> tuple[_Int64, _Int64, _Int64]:
    """Links by common spending: tx_id, script_a, script_b, sorted. `excluded_tx_ids` rises."""

def merge_links(script_count: int, script_a: _Int64, script_b: _Int64) -> tuple[_Int64, _Int64]:
    """The scripts in some link, rising, and the least script of each one's cluster."""

def shortest_steps(
    tx_id: _Int64,
    rule: _Int64,
    script_a: _Int64,
    script_b: _Int64,
    sources: _Int64,
    targets: _Int64,
) -> tuple[_Int64, _Int64, _Int64, _Int64, _Int64]:
    """Steps from the sources to every target over the fewest transactions.

    from, to, tx_id, rule, and the targets that no source reaches.
    """

# --- trace ---

_TerminalColumns = tuple[npt.NDArray[np.uint8], _Int64, _Int64, _Int64, _Int64]
_HopColumns = tuple[_Int64, _Int64, _Int64, _Int64, _Int64]

def trace(
    chain: tuple[
        npt.NDArray[np.int32],
        _Int64,
        _Int64,
        _Int64,
        _Int64,
        _Int64,
        _Int64,
        _Int64,
        npt.NDArray[np.bool_],
    ],
    *,
    backward: bool,
    rules: list[str],
    seed_txouts: _Int64,
    seed_traced_sat: _Int64,
    boundary_scripts: _Int64,
    boundary_kinds: npt.NDArray[np.uint8],
    exempt_scripts: _Int64,
    coinjoin_txs: _Int64,
    max_hops: int | None,
    min_value_sat: int | None,
    min_height: int | None,
    max_height: int | None,
    hops: bool,
    paths: bool,
    progress: Callable[[str, int, int | None], object] | None,
) -> tuple[
    list[tuple[str, _TerminalColumns, _HopColumns, int, int]],
    tuple[_Int64, npt.NDArray[np.uint8], _Int64],
]:
    """For each rule: its name, terminals, hops, transactions visited and outputs reached.

    With `paths` also every output reached: txout_id, code of terminal_types or 255 for no end, and
    row of the one before it on a shortest path from a seed, -1 for a seed; else three empty arrays.

    `chain` is the fields of ChainArrays in order. Terminals: code of terminal_types, tx_id,
    txout_id or -1 for a fee, value_sat, traced_sat. Hops: from txout_id, tx_id, to txout_id or -1
    for the fee, value_sat, traced_sat. `progress` is told stage, transactions done, of how many;
    what it raises stops the trace.
    """

def tracing_rules() -> list[str]: ...
def terminal_types() -> list[str]: ...
