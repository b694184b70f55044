"""Arrow columns made of what the store holds, many rows at a time."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)


def hash_texts(hashes: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Hashes of 32 bytes in internal order as the hex that people read; null stays null."""
    if isinstance(hashes, pa.ChunkedArray):
        hashes = hashes.combine_chunks()
    # a null takes its 32 bytes too
    data = np.frombuffer(hashes.buffers()[1] or b"", np.uint8)
    start = 32 * hashes.offset
    rows = data[start : start + 32 * len(hashes)].reshape(-1, 32)[:, ::-1]
    digits = np.empty((len(rows), 64), np.uint8)
    digits[:, 0::2] = _DIGITS[rows >> 4]
    digits[:, 1::2] = _DIGITS[rows & 15]
    offsets = np.arange(0, 64 * len(rows) + 1, 64, dtype=np.int64)
    texts = pa.LargeStringArray.from_buffers(
        len(rows), pa.py_buffer(offsets.tobytes()), pa.py_buffer(digits.tobytes())
    )
    if hashes.null_count:
        texts = pa.compute.if_else(hashes.is_valid(), texts, None)
    return texts


def packed_hashes(hashes: Sequence[bytes | None]) -> pa.Array:
    """Hashes given one by one as an array of 32 bytes each."""
    return pa.array(hashes, pa.binary(32))


def lists(counts: Sequence[int], values: pa.Array) -> pa.Array:
    """Lists of so many values each, in order."""
    offsets = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def repeated(values: pa.Array, counts: npt.NDArray[np.int64]) -> pa.Array:
    """Each value so many times."""
    return values.take(pa.array(np.repeat(np.arange(len(values)), counts)))
