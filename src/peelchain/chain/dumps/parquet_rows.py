"""Rows of a Parquet file as objects, a batch at a time."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from peelchain.chain.dumps.files import DumpFile, Told
from peelchain.chain.dumps.json_rows import BLOCK_FIELD, Found
from peelchain.errors import SourceError

_BATCH_ROWS = 2_000
_UNUSED = {"script_asm", "timestamp_month", "block_timestamp_month", "coinbase_param_decoded"}


def is_parquet(file: DumpFile) -> bool:
    """Whether a file begins as Parquet does."""
    try:
        with file.path.open("rb") as raw:
            return raw.read(4) == b"PAR1"
    except OSError as e:
        raise SourceError(f"{file.path}: {e.strerror}; check that you may read it") from e


def objects(file: DumpFile, read: Told, *, blocks: bool) -> Iterator[Found]:
    """The rows of a file of blocks, or else of one of transactions; `where` tells the row from 1.

    Raises SourceError where the file is damaged.
    """
    number = 0
    try:
        with pq.ParquetFile(file.path, memory_map=False) as table:
            names = table.schema_arrow.names
            if (BLOCK_FIELD in names) != blocks:
                return
            wanted = [name for name in names if name not in _UNUSED]
            rows = max(table.metadata.num_rows, 1)
            told = 0
            for batch in table.iter_batches(_BATCH_ROWS, columns=wanted):
                for item in batch.to_pylist():
                    number += 1
                    yield f"{file.path}, row {number}", _plain(item)
                reached = file.size * number // rows
                read(reached - told)
                told = reached
    except (pa.ArrowException, OSError, ValueError) as e:
        if isinstance(e, ValueError) and not isinstance(e, pa.ArrowException):
            raise
        shown = str(e).splitlines()[0][:200]
        raise SourceError(
            f"{file.path}, after row {number}: it cannot be read as Parquet ({shown}); export or "
            "download it anew"
        ) from None


def _plain(value: Any) -> Any:
    """The value with lists as lists: some writers put each into a struct of its own."""
    if isinstance(value, dict):
        if value.keys() == {"list"} and isinstance(value["list"], list):
            return [
                _plain(item.get("element", item.get("item")) if isinstance(item, dict) else item)
                for item in value["list"]
            ]
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
