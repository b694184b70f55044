"""What a detector of a pattern hands over."""

from collections.abc import Iterable
from dataclasses import dataclass

PEEL_CHAIN = "peel_chain"
DEPOSIT_SWEEP = "deposit_sweep"
CONSOLIDATION = "consolidation"
FAN_OUT = "fan_out"
ROUND_TRIP = "round_trip"
STRUCTURING = "structuring"

PATTERNS = (PEEL_CHAIN, DEPOSIT_SWEEP, CONSOLIDATION, FAN_OUT, ROUND_TRIP, STRUCTURING)
"""Every pattern, in the order of answers."""


@dataclass(frozen=True)
class Finding:
    """A pattern found: an inference, whose measured error is that of `pattern:NAME`.

    `txs` are its transactions in chain order, `txouts` the outputs that carry it, in its order:
    the remainders followed of a peel chain, the deposits of a sweep, what is consolidated, what a
    fan-out pays, the way of a round trip, the payments of a structuring. `aside` are the outputs
    that leave it on the way: the peels; a sweep's and a consolidation's own outputs. `reasons` say
    why it is held to be one, `stopped_because` why it goes no further at its two ends (first
    backward, then forward); empty where a pattern has no ends. Texts hold no ids of the store.
    `stratum` is the one of the detector's error rates that speaks of findings like this.
    """

    pattern: str
    txs: tuple[int, ...]
    txouts: tuple[int, ...]
    aside: tuple[int, ...]
    reasons: tuple[str, ...]
    stopped_because: tuple[str, ...] = ()
    stratum: str = "all"


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings each once: by pattern, then in chain order, then by their outputs."""
    once = set(findings)
    return tuple(sorted(once, key=lambda f: (PATTERNS.index(f.pattern), f.txs, f.txouts, f.aside)))
