"""The measured error that a report quotes: what concerns its clustering, as texts."""

import re
from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from peelchain import _core
from peelchain.cluster.policy import DEFAULT_POLICY, Policy
from peelchain.evaluate.error_rates import EVERYWHERE, ErrorRate, shipped

MERGES = "merges"
FLAGGED = "transactions flagged as mixes"
ANY_MIX = "coinjoin"
DEFAULT = "policy:default"
"""Words of `peelchain.evaluate.simulated_rates`, which only who can simulate may import."""

PAYJOIN = re.compile(r"condition:payjoin-[0-9.]+")
"""Strata by the share of PayJoins in the payments, in per cent, all other mixes being found."""

_PLACES = Decimal("0.0001")


def quoted_rates(
    policy: Policy, rows: Iterable[ErrorRate] | None = None
) -> list[dict[str, str | None]]:
    """The rows on a policy's merges, on its rules and on each type of CoinJoin that it leaves out.

    Shares are decimal texts of four places, rounded down but for the upper limits, which are
    rounded up; null where they are not known. `rows` are those that this version ships.
    """
    mixes = [name for name, is_mix, _ in _core.coinjoin_vocabulary()[0] if is_mix]
    detectors = [ANY_MIX, *(name for name in mixes if name in policy.detectors)]
    order = [*([DEFAULT] if policy == DEFAULT_POLICY else []), *policy.rules]
    order += detectors if policy.detectors else []

    def concerns(row: ErrorRate) -> bool:
        if row.basis == "field":
            return row.stratum == EVERYWHERE
        if row.unit != (FLAGGED if row.rule in detectors else MERGES):
            return False
        shares = row.rule == DEFAULT and PAYJOIN.fullmatch(row.stratum)
        return row.stratum == EVERYWHERE or bool(shares)

    found = [r for r in (shipped() if rows is None else rows) if r.rule in order and concerns(r)]
    return [quoted_row(row) for row in sorted(found, key=lambda row: order.index(row.rule))]


def quoted_row(row: ErrorRate) -> dict[str, str | None]:
    """A row with its shares as texts."""
    return {
        "rule": row.rule,
        "stratum": row.stratum,
        "data": row.data,
        "basis": row.basis,
        "unit": row.unit,
        "precision": _share(row.precision),
        "precision_low": _share(row.precision_low),
        "precision_high": _share(row.precision_high, ROUND_UP),
        "recall": _share(row.recall),
        "recall_low": _share(row.recall_low),
        "recall_high": _share(row.recall_high, ROUND_UP),
        "made_by": row.made_by,
        "seeds": row.seeds,
    }


def _share(value: float | None, rounding: str = ROUND_DOWN) -> str | None:
    # through its shortest text, so that 0.9 does not become 0.8999
    return None if value is None else str(Decimal(repr(value)).quantize(_PLACES, rounding))
