"""All patterns at once, on the transactions that a trace came through."""

from collections.abc import Callable, Collection, Iterable

from peelchain.trace.patterns.consolidation import consolidations
from peelchain.trace.patterns.deposit_sweep import deposit_sweeps
from peelchain.trace.patterns.fan_out import fan_outs
from peelchain.trace.patterns.finding import (
    CONSOLIDATION,
    DEPOSIT_SWEEP,
    FAN_OUT,
    PEEL_CHAIN,
    ROUND_TRIP,
    Finding,
    ordered,
)
from peelchain.trace.patterns.peel_chain import peel_chains
from peelchain.trace.patterns.round_trip import round_trips
from peelchain.trace.patterns.scene import Scene

Detector = Callable[[Scene, Iterable[int]], tuple[Finding, ...]]

BY_SHAPE: dict[str, Detector] = {
    PEEL_CHAIN: peel_chains,
    DEPOSIT_SWEEP: deposit_sweeps,
    CONSOLIDATION: consolidations,
    FAN_OUT: fan_outs,
    ROUND_TRIP: round_trips,
}
"""The detectors that need nothing but the chain and what is known of it; structuring asks for a
threshold and for rates as well."""


def find_patterns(
    scene: Scene, tx_ids: Collection[int], names: Iterable[str] = tuple(BY_SHAPE)
) -> tuple[Finding, ...]:
    """Every finding of these detectors on the transactions, in canonical order."""
    return ordered(finding for name in names for finding in BY_SHAPE[name](scene, tx_ids))
