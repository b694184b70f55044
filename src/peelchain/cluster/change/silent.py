"""Transactions that have no one spender, of which no change rule speaks."""

from collections.abc import Collection

import pyarrow as pa


def silent_tx_ids(
    coinjoins: pa.Table, lookalikes: pa.Table, detectors: Collection[str]
) -> list[int]:
    """The tx_ids, rising, that a clustering takes for mixes, or for a kind among `detectors`.

    Reads the tables `coinjoins` and `lookalikes` of a run. These are the transactions that give it
    no link, those that its policy excludes apart.
    """
    found = set(coinjoins["tx_id"].to_pylist())
    rows = zip(lookalikes["tx_id"].to_pylist(), lookalikes["type"].to_pylist(), strict=True)
    found.update(tx_id for tx_id, kind in rows if kind in detectors)
    return sorted(found)
