"""The scripts of a store that hold value in a pool whose inside nobody sees."""

import numpy as np
import numpy.typing as npt

from peelchain.store.reader import Store


def shielded_scripts(store: Store) -> npt.NDArray[np.int64]:
    """script_ids of the pools of the store's chain, rising; none where it has no such scripts.

    Source: `Network.rules.shielded_scripts`. Reads `scripts` file by file.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    begins = store.network.rules.shielded_scripts
    found: list[npt.NDArray[np.int64]] = [np.empty(0, np.int64)]
    for file in store.manifest.table_files("scripts") if begins else ():
        rows = pq.read_table(
            store.path / file.file,
            columns=["script_id", "script_pubkey"],
            filters=[("script_type", "=", "witness_unknown")],
        )
        scripts = rows["script_pubkey"]
        chosen = pa.scalar(False)
        for begin in begins:
            chosen = pc.or_(pc.starts_with(scripts, pattern=begin), chosen)
        found.append(rows.filter(chosen)["script_id"].to_numpy())
    return np.concatenate(found)
