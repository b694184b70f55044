"""Links by change: the spender of a transaction holds what is predicted to be its change."""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from peelchain.cluster.change.load import load_transactions
from peelchain.cluster.change.model import Model
from peelchain.cluster.change.predict import Prediction, predict
from peelchain.cluster.change.transactions import Transactions
from peelchain.schema import TABLES
from peelchain.store.lookup import Lookup

NAME = "change"


def change_links(
    lookup: Lookup,
    tx_ids: Iterable[int],
    *,
    mixes: Iterable[int] = (),
    as_of_height: int | None = None,
    model: Model | None = None,
) -> pa.Table:
    """Links from a script that a transaction spends to each script held to be its change.

    As the table `links`, with rule `change`, sorted; of these transactions alone, so that a chain
    goes by range after range. Arguments as of `load_transactions`. One link for each such output,
    from the least script spent, to which `multi_input` joins the others; none where the output
    pays a script that is spent. A policy that excludes a transaction leaves it out of `tx_ids`.
    No link rests on a cluster, so that links may be made before clusters.
    """
    transactions = load_transactions(lookup, tx_ids, mixes=mixes, as_of_height=as_of_height)
    return links_of(transactions, predict(transactions, model))


def links_of(transactions: Transactions, prediction: Prediction) -> pa.Table:
    """The links that a prediction gives, as `change_links` does."""
    held = np.flatnonzero(prediction.is_change)
    rows = transactions.tx_of_out[held]
    spent = transactions.least_in(transactions.in_script)[rows]
    paid = transactions.out_script[held]
    found = np.stack([transactions.tx_id[rows], np.minimum(spent, paid), np.maximum(spent, paid)])
    found = np.unique(found[:, spent != paid], axis=1)
    rule = pa.DictionaryArray.from_arrays(np.zeros(found.shape[1], dtype=np.int8), [NAME])
    return pa.Table.from_arrays(
        [*(pa.array(column) for column in found), rule], schema=TABLES["links"].schema
    )
