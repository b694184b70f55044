"""What the CoinJoin detectors say of each class of transactions of a simulated economy."""

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np

from peelchain._core import coinjoin_vocabulary
from peelchain.evaluate.economy import COINBASE, Economy

HIDDEN = ("two_party", "unequal", "stowaway")
"""Mixes that no published detector covers: not asked of detectors, but no error to flag."""

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "whirlpool": "whirlpool_mix",
        "wasabi2": "wasabi_2",
        "wasabi1_levels": "wasabi_1_1",
        "wasabi1": "wasabi_1_0",
        "joinmarket": "joinmarket",
        "tx0": "whirlpool_tx0",
        "trade": "psbt_trade",
        "stonewall": "stonewall",
        "omni": "asset_protocol",
        "open_assets": "asset_protocol",
        "runes": "asset_protocol",
        "equal_batch": "batch_payout",
        "consolidation": "consolidation",
        "payjoin": "payjoin_suspected",
    }
)
"""What the detectors call each class of the truth when they are right."""

BROAD = frozenset({"batch_payout", "consolidation"})
"""Names that say more than a class of the truth does."""

MIXES: frozenset[str] = frozenset(name for name, is_mix, _ in coinjoin_vocabulary()[0] if is_mix)
"""The verdicts that flag a transaction as a mix."""

TYPES = ("whirlpool", "wasabi2", "wasabi1_levels", "wasabi1", "joinmarket")
"""The classes of the truth that are mixes with a published detector."""

NEGATIVES = (
    "ordinary", "tx0", "equal_batch", "trade", "stonewall", "consolidation", "omni",
    "open_assets", "runes", "payjoin",
)  # fmt: skip
"""Classes of transactions that are no mixes: to flag one as a mix is an error."""

NOTHING = ""
"""The verdict on a transaction of which no detector says anything."""

Row = tuple[str, str, int]


def verdict_counts(economy: Economy, verdicts: Mapping[int, str]) -> list[Row]:
    """How many transactions of each class got each verdict, as (class, verdict, count), sorted.

    `verdicts` maps a tx_id to what the detectors call it. Coinbases are left out.
    """
    counts: Counter[tuple[str, str]] = Counter()
    said = np.zeros(len(economy.tx_class.code), dtype=np.bool_)
    for tx_id, verdict in verdicts.items():
        said[tx_id] = True
        counts[economy.tx_class[tx_id], verdict] += 1
    silent = np.bincount(economy.tx_class.code[~said], minlength=len(economy.tx_class.names))
    for name, n in zip(economy.tx_class.names, silent.tolist(), strict=True):
        counts[name, NOTHING] += n
    return sorted(
        (name, verdict, n) for (name, verdict), n in counts.items() if n and name != COINBASE
    )


def total(
    rows: Iterable[Row], classes: Iterable[str] | None, verdicts: Iterable[str] | None
) -> int:
    """Transactions of these classes with these verdicts; None stands for any."""
    of = None if classes is None else set(classes)
    as_ = None if verdicts is None else set(verdicts)
    return sum(
        n
        for name, verdict, n in rows
        if (of is None or name in of) and (as_ is None or verdict in as_)
    )
