"""The equal-output CoinJoin detector over a chain. docs/methods/coinjoins.md has its limits and figures."""

from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from peelchain import _core
from peelchain.schema import TABLES
from peelchain.store.arrays import ChainArrays

NAME = "equal_output"
ONE_LEVEL = "equal_output"
LEVELS = "equal_output_levels"


@dataclass(frozen=True)
class EqualOutputLimits:
    """What a transaction must show to be taken for an equal-output CoinJoin.

    `min_equal` equal outputs to different scripts, or `min_equal_levels` of them where several
    values are mixed at once by at least `min_scripts_levels` input scripts. Values up to `dust_sat`
    satoshis do not count as equal. Fees between participants may come to `fee_percent` percent of
    the equal value.
    """

    min_equal: int = 3
    min_equal_levels: int = 5
    min_scripts_levels: int = 10
    dust_sat: int = 2730
    fee_percent: int = 5


def find_coinjoins(arrays: ChainArrays, limits: EqualOutputLimits | None = None) -> pa.Table:
    """Transactions with the shape of an equal-output CoinJoin, as the table `coinjoins`.

    n is the number of different scripts that the most frequent value above dust pays. Type
    `equal_output`: at least n input scripts, n to 2n + 1 outputs, and inputs by which n
    participants can each have paid their own way; n is the lower bound of participants. Type
    `equal_output_levels`: several values repeat, half the outputs or more among them; one
    participant may hold many of them, so the bound is 2. `score` is 1 - 1/(n - 1): it orders
    detections and is no probability.

    Sources: Goldfeder et al. 2017 (arXiv 1708.04748); Maurer et al. 2017 for who can have paid.
    """
    tx_id, levels, equal, value_sat, scripts, outputs, repeated = _core.find_equal_output_coinjoins(
        arrays.tx_first_txin,
        arrays.tx_first_txout,
        arrays.txin_prev_txout,
        arrays.txout_value,
        arrays.txout_script,
        **asdict(limits or EqualOutputLimits()),
    )
    reasons = [
        _levels_reason(*row) if is_levels else _one_level_reason(*row[:4])
        for is_levels, *row in zip(
            levels.tolist(),
            equal.tolist(),
            value_sat.tolist(),
            scripts.tolist(),
            outputs.tolist(),
            repeated.tolist(),
            strict=True,
        )
    ]
    columns = [
        pa.array(tx_id),
        pa.DictionaryArray.from_arrays(np.zeros(len(tx_id), dtype=np.int8), [NAME]),
        pa.DictionaryArray.from_arrays(levels.astype(np.int8), [ONE_LEVEL, LEVELS]),
        pa.array(np.where(levels, 2, equal), pa.int32()),
        pa.array(1 - 1 / (equal - 1)),
        pa.array(reasons, pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=TABLES["coinjoins"].schema)


def _one_level_reason(equal: int, value_sat: int, scripts: int, outputs: int) -> str:
    return (
        f"{equal} outputs of {value_sat} sat to different scripts; "
        f"{scripts} input scripts, enough for {equal} participants who each fund their own output; "
        f"{outputs} outputs in all, so at most one change output each and one fee"
    )


def _levels_reason(equal: int, value_sat: int, scripts: int, outputs: int, repeated: int) -> str:
    return (
        f"{equal} outputs of {value_sat} sat to different scripts; "
        f"{scripts} input scripts; {repeated} of {outputs} outputs have a value that repeats"
    )
