"""What the detectors said of a chain's transactions, as tables."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from peelchain import _core
from peelchain.cluster.coinjoin.reasons import reasons_of
from peelchain.schema import TABLES
from peelchain.store.arrays import Int64

DETECTOR = "shape"
"""The detectors as a whole: each looks at one transaction's shape, the strictest first."""

_TRADE = "psbt_trade"
_TOLD_OF_TRADES = ("signed_single", "partition", "unknown_inputs", "inputs")

_KINDS, _REASONS, _PROTOCOLS, _ = _core.coinjoin_vocabulary()
_NAMES = [name for name, _, _ in _KINDS]
_IS_MIX = np.array([is_mix for _, is_mix, _ in _KINDS])


@dataclass(frozen=True)
class Judged:
    """Judged transactions in chain order: N of them.

    `tx_id` int64[N], `kind` int64[N] as an index into the kinds, `score` float64[N], `reasons`
    int64[N, R] with what was counted. `scripts` are the scripts each spends one after the other,
    those of row i from `first_script[i]` to `first_script[i + 1]`; none where that is not asked.
    """

    tx_id: Int64
    kind: Int64
    score: npt.NDArray[np.float64]
    reasons: Int64
    first_script: Int64
    scripts: Int64

    def of_kinds(self, names: Collection[str], *, mixes: bool) -> "Judged":
        """The rows of the mixes, or of the others, among the named kinds."""
        named = np.array([name in names for name in _NAMES])
        kept = (named & (mixes == _IS_MIX))[self.kind]
        counts = np.diff(self.first_script)
        ends = np.cumsum(counts[kept], dtype=np.int64)
        return Judged(
            self.tx_id[kept],
            self.kind[kept],
            self.score[kept],
            self.reasons[kept],
            np.concatenate([np.zeros(1, dtype=np.int64), ends]),
            self.scripts[np.repeat(kept, counts)],
        )


def judged_of(done: Mapping[str, Any]) -> Judged:
    """What `_core.Clustering.run` gives, as rows."""
    return Judged(
        done["tx_id"],
        done["kind"],
        done["score"],
        done["reasons"].reshape(-1, len(_REASONS)),
        done["first_script"],
        done["scripts"],
    )


def coinjoin_table(judged: Judged) -> pa.Table:
    """The table `coinjoins`."""
    detector = pa.DictionaryArray.from_arrays(
        np.zeros(len(judged.tx_id), dtype=np.int8), pa.array([DETECTOR])
    )
    columns = [pa.array(judged.tx_id), detector, *_said(judged)]
    return pa.Table.from_arrays(columns, schema=TABLES["coinjoins"].schema)


def lookalike_table(judged: Judged) -> pa.Table:
    """The table `lookalikes`."""
    kind, *rest = _said(judged)
    nothing = pa.array([None] * len(judged.tx_id), TABLES["lookalikes"].schema.field(2).type)
    columns = [pa.array(judged.tx_id), kind, nothing, *rest]
    return pa.Table.from_arrays(columns, schema=TABLES["lookalikes"].schema)


def _said(judged: Judged) -> list[pa.Array]:
    participants = judged.reasons[:, _REASONS.index("participants")]
    return [
        pa.DictionaryArray.from_arrays(judged.kind.astype(np.int8), pa.array(_NAMES)),
        pa.array(participants.astype(np.int32)),
        pa.array(judged.score),
        _worded(judged),
    ]


def _worded(judged: Judged) -> pa.Array:
    """The reasons in words. Trades are many, and what is said of them is little: each text once."""
    asked = judged.reasons.copy()
    trades = judged.kind == _NAMES.index(_TRADE)
    told = np.array([name in _TOLD_OF_TRADES for name in _REASONS])
    asked[np.ix_(trades, ~told)] = 0
    rows = np.column_stack([judged.kind, asked])
    # rows as bytes: numpy finds the different ones by far sooner
    whole = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.itemsize * rows.shape[1])))
    _, first, place = np.unique(whole.ravel(), return_index=True, return_inverse=True)
    texts = [
        "; ".join(reasons_of(_NAMES[kind], dict(zip(_REASONS, row, strict=True)), _PROTOCOLS))
        for kind, *row in rows[first].tolist()
    ]
    return pa.array(texts, pa.string()).take(pa.array(place))
