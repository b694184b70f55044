"""The peer graphsense-clustering; arguments OFFSETS IDS SCRIPTS, files of int32 and uint32.

Prints seconds and the SHA-256 of what it found: the scripts that share a cluster with another and
the least of each one's cluster, as two columns of uint32.
"""

import hashlib
import json
import sys
import time
from pathlib import Path

import pyarrow as pa
from gs_clustering import Clustering


def main() -> None:
    """Prints an answer."""
    offsets, ids = (pa.py_buffer(Path(file).read_bytes()) for file in sys.argv[1:3])
    count = offsets.size // 4
    inputs = pa.ListArray.from_arrays(
        pa.Array.from_buffers(pa.int32(), count, [None, offsets]),
        pa.Array.from_buffers(pa.uint32(), ids.size // 4, [None, ids]),
    )
    start = time.perf_counter()
    clustering = Clustering(max_address_id=int(sys.argv[3]) - 1)
    clustering.process_transactions_arrow(inputs)
    joined = time.perf_counter()
    # ids from 0 on: its own writer leaves out id 0, so the whole mapping is asked for
    mapping = clustering.get_mapping()
    done = time.perf_counter()
    print(json.dumps({"joined": joined - start, "seconds": done - start, **_found(mapping)}))


def _found(mapping: pa.RecordBatch) -> dict[str, str]:
    import pyarrow.compute as pc

    table = pa.table({"script": mapping.column(0), "cluster": mapping.column(1)})
    sizes = table.group_by("cluster").aggregate([("script", "count")])
    many = sizes.filter(pc.greater(sizes["script_count"], 1))["cluster"]
    kept = table.filter(pc.is_in(table["cluster"], value_set=many.combine_chunks()))
    digest = hashlib.sha256()
    for name in ("script", "cluster"):
        column = kept[name].cast(pa.uint32()).combine_chunks()
        chunk = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        digest.update(bytes(chunk.buffers()[1])[: 4 * len(chunk)])
    return {"sha256": digest.hexdigest()}


main()
