"""What a path of value rests on: the basis of each hop, its measured error, and all at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from peelchain.actions.tracing.controls import (
    CHANGE,
    INFERRED,
    PAYMENT,
    SAME_CLUSTER,
    SAME_SCRIPT,
    TAG,
    UNKNOWN,
    error_of,
)
from peelchain.cluster.certainty import joint_truth

CERTAIN = 10**9
"""The doubt of what nothing supports; that of a measured inference is its share of this."""

_WORDS = {
    SAME_SCRIPT: "same script",
    SAME_CLUSTER: "co-spend inference",
    CHANGE: "inferred change",
    PAYMENT: "inferred payment",
    TAG: "named by tags",
    UNKNOWN: "unknown",
}
_DATA = {"simulated": "simulated wallets", "real": "real transactions", "field": "field data"}


@dataclass(frozen=True)
class PathTruth:
    """How sure it is who controls the hops of a path.

    `at_least` is 1 - sum(1 - p) over its inferences, `at_least_low` the same by the lower ends of
    their intervals, 0 where a hop is unknown or its basis was not measured: the rank of the path.
    `inferences` counts its inferred hops and ends, `unknown` the hops on which nobody is held to
    control the output made. `sentence` says it in words.
    """

    at_least: float
    at_least_low: float
    inferences: int
    unknown: int
    sentence: str


def doubt(basis: str) -> int:
    """One less the lower limit of a basis' precision, in billionths, rounded up.

    0 for a fact and for an assertion, whose doubt is its source's; CERTAIN for what is unknown.
    """
    if basis in (SAME_SCRIPT, TAG):
        return 0
    rate = error_of(basis)
    if rate is None or rate.precision_low is None:
        return CERTAIN
    return min(CERTAIN, math.ceil((1 - rate.precision_low) * CERTAIN))


def path_truth(bases: Sequence[str], inferred_ends: Sequence[str]) -> PathTruth:
    """What is known of a path by the basis of each hop, and of the ends that a cluster names.

    `inferred_ends` are words for them, such as `its end`. Boole's inequality: it holds however the
    errors depend on each other.
    """
    inferred = [basis for basis in bases if basis in INFERRED]
    whole = [*inferred, *([SAME_CLUSTER] * len(inferred_ends))]
    truth = joint_truth(whole, error_of)
    unknown = sum(basis == UNKNOWN for basis in bases)
    known = not unknown and truth.at_least is not None and truth.at_least_low is not None
    return PathTruth(
        at_least=truth.at_least or 0.0 if known else 0.0,
        at_least_low=truth.at_least_low or 0.0 if known else 0.0,
        inferences=len(whole),
        unknown=unknown,
        sentence=_sentence(bases, inferred_ends, truth.at_least_low, whole),
    )


def _sentence(
    bases: Sequence[str],
    inferred_ends: Sequence[str],
    at_least_low: float | None,
    whole: Sequence[Any],
) -> str:
    parts = []
    for basis, words in _WORDS.items():
        count = sum(found == basis for found in bases)
        if count:
            parts.append(f"{count} {words}{_measured(basis)}")
    count = len(bases)
    text = f"{count} hop{'' if count == 1 else 's'}" + (f": {', '.join(parts)}" if parts else "")
    if inferred_ends:
        text += f"; {' and '.join(inferred_ends)} by co-spend inference"
        if SAME_CLUSTER not in bases:
            text += _measured(SAME_CLUSTER)
    if not whole:
        return f"{text}; traceable without any inference"
    if at_least_low is None:
        return f"{text}; not all of it was measured"
    return f"{text}; all inferences right at once: at least {_places(at_least_low, ROUND_FLOOR)}"


def _measured(basis: str) -> str:
    if basis not in INFERRED:
        return ""
    rate = error_of(basis)
    if rate is None or None in (rate.precision, rate.precision_low, rate.precision_high):
        return " (error not measured)"
    return (
        f" (precision {_places(rate.precision, ROUND_FLOOR)} "
        f"[{_places(rate.precision_low, ROUND_FLOOR)}, "
        f"{_places(rate.precision_high, ROUND_CEILING)}] on {_DATA[rate.basis]})"
    )


def _places(share: float | None, rounding: str) -> str:
    return str(Decimal(repr(share)).quantize(Decimal("0.0001"), rounding))
