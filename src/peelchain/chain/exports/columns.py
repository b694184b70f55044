"""Arrow columns of a store's fact tables by row numbers, and of what they name by id."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from peelchain.errors import StoreError
from peelchain.network import Network
from peelchain.schema import TABLES
from peelchain.script import address
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store

Int64 = npt.NDArray[np.int64]

_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
_HASH_BYTES = 32


def table_rows(store: Store, table: str, first: int, end: int, columns: Sequence[str]) -> pa.Table:
    """Rows `first` to before `end` of a fact table. Raises StoreError for a damaged file."""
    schema = pa.schema([TABLES[table].schema.field(c) for c in columns])
    found = [schema.empty_table()]
    before = 0
    for stored in store.manifest.table_files(table):
        start, stop = max(first - before, 0), min(end - before, stored.rows)
        if start < stop:
            path = store.path / stored.file
            try:
                rows = pq.read_table(path, columns=list(columns), partitioning=None)
            except (OSError, pa.ArrowException) as e:
                raise StoreError(
                    f"{path} cannot be read ({str(e).splitlines()[0]}); run 'peelchain chain "
                    f"verify --store {store.path}' to see what is damaged"
                ) from None
            found.append(rows.slice(start, stop - start).cast(schema))
        before += stored.rows
    return pa.concat_tables(found).combine_chunks()


def column(rows: pa.Table, name: str) -> pa.Array:
    """A column of one piece."""
    of = rows[name].combine_chunks()
    return of if isinstance(of, pa.Array) else pa.concat_arrays(of.chunks)


def numbers(rows: pa.Table, name: str) -> Int64:
    """A column of whole numbers; -1 for null."""
    filled = pc.fill_null(column(rows, name).cast(pa.int64()), -1)
    return np.asarray(filled.to_numpy(zero_copy_only=False), np.int64)


def hash_texts(hashes: pa.Array) -> pa.Array:
    """Hashes of 32 bytes in internal order as the hex that people read; null stays null."""
    if not len(hashes):
        return pa.array([], pa.string())
    data = np.frombuffer(hashes.buffers()[1], np.uint8)
    start = _HASH_BYTES * hashes.offset
    rows = data[start : start + _HASH_BYTES * len(hashes)].reshape(-1, _HASH_BYTES)[:, ::-1]
    digits = np.empty((len(rows), 2 * _HASH_BYTES), np.uint8)
    digits[:, 0::2] = _DIGITS[rows >> 4]
    digits[:, 1::2] = _DIGITS[rows & 15]
    width = 2 * _HASH_BYTES
    offsets = np.arange(0, width * len(rows) + 1, width, dtype=np.int64)
    texts = pa.LargeStringArray.from_buffers(
        len(rows), pa.py_buffer(offsets.tobytes()), pa.py_buffer(digits.tobytes())
    )
    if hashes.null_count:
        texts = pc.if_else(hashes.is_valid(), texts, pa.scalar(None, pa.large_string()))
    return texts.cast(pa.string())


def txids(lookup: Lookup, tx_ids: Int64) -> pa.Array:
    """The txid of each transaction as text, in the order asked; null for -1."""
    unique, places = np.unique(tx_ids, return_inverse=True)
    wanted = unique[unique >= 0].tolist()
    found = lookup.columns_of("txs", wanted, ["txid"])["txid"]
    texts = hash_texts(pa.array(found, pa.binary(_HASH_BYTES)))
    return _placed(texts, places, len(unique) - len(wanted))


def scripts(lookup: Lookup, script_ids: Int64, network: Network) -> tuple[pa.Array, pa.Array]:
    """The bytes and the address of each script, in the order asked; null for -1.

    A script without an address has null there.
    """
    unique, places = np.unique(script_ids, return_inverse=True)
    wanted = unique[unique >= 0].tolist()
    found = lookup.columns_of("scripts", wanted, ["script_pubkey"])["script_pubkey"]
    shown = pa.array([address(script, network) for script in found], pa.string())
    missing = len(unique) - len(wanted)
    return _placed(pa.array(found, pa.binary()), places, missing), _placed(shown, places, missing)


def _placed(values: pa.Array, places: Int64, missing: int) -> pa.Array:
    """Values of what was asked once at each place it was asked for; the first `missing` are null.

    `missing` is 1 where -1 was asked, which is the least.
    """
    at = places - missing
    return values.take(pa.array(at, mask=at < 0))
