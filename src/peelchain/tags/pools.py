"""Which mining pool signed a coinbase: by the texts that a list of pools gives."""

from collections.abc import Iterable

import pyarrow as pa

_OUTPOINT_BYTES = 36


def coinbase_script(raw_tx: bytes) -> bytes:
    """The script of a raw coinbase transaction's input. Raises ValueError where there is none."""
    at = 4
    if raw_tx[at : at + 2] == b"\0\1":
        at += 2
    if raw_tx[at : at + 1] != b"\1":
        raise ValueError("a coinbase has one input")
    at += 1 + _OUTPOINT_BYTES
    size = raw_tx[at]
    if size > 100:
        raise ValueError(f"a coinbase's script has 2 to 100 bytes, not {size}")
    return raw_tx[at + 1 : at + 1 + size]


def pools_signing(script: bytes, marks: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The (mark, label) pairs whose mark the script holds, longest mark first.

    A short mark may stand in a longer one's place, or in a coinbase by chance: all are told.
    """
    found = {(mark, label) for mark, label in marks if mark.encode() in script}
    return sorted(found, key=lambda pair: (-len(pair[0].encode()), pair))


def mark_pairs(pool_marks: pa.Table) -> list[tuple[str, str]]:
    """Mark and label of each row of `pool_marks`, each pair once."""
    pairs = zip(pool_marks["mark"].to_pylist(), pool_marks["label"].to_pylist(), strict=True)
    return sorted(set(pairs))
