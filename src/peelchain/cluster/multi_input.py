"""The multi-input rule: who spends together is one party."""

import numpy as np
import pyarrow as pa

from peelchain import _core
from peelchain.schema import TABLES
from peelchain.store.arrays import ChainArrays, Int64

NAME = "multi_input"


def multi_input_links(arrays: ChainArrays, excluded_tx_ids: Int64) -> pa.Table:
    """Links between scripts spent together in one transaction, as the table `links`.

    A transaction that spends k distinct scripts gives k - 1 links, from the least script_id to each
    other one, so script_a < script_b; sorted by (tx_id, script_a, script_b). The transactions in
    `excluded_tx_ids` (rising), and inputs whose spent output is not known, as a coinbase's, give
    none. Source: Nakamoto 2008, section 10.
    """
    tx_id, script_a, script_b = _core.multi_input_links(
        arrays.tx_first_txin,
        arrays.txin_prev_txout,
        arrays.txout_script,
        excluded_tx_ids,
    )
    rule = pa.DictionaryArray.from_arrays(np.zeros(len(tx_id), dtype=np.int8), [NAME])
    return pa.Table.from_arrays(
        [pa.array(tx_id), pa.array(script_a), pa.array(script_b), rule],
        schema=TABLES["links"].schema,
    )
