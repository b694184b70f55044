"""All patterns at once, on the transactions that a trace came through."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

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


Progress = Callable[[int, int], bool | None]
"""Called with the transactions looked at and those in all; False asks to stop."""


@dataclass(frozen=True)
class Search:
    """What was found, in canonical order, looking at the first `looked_at` of the transactions."""

    findings: tuple[Finding, ...]
    looked_at: int


def search(
    scene: Scene,
    tx_ids: Collection[int],
    names: Iterable[str] = tuple(BY_SHAPE),
    progress: Progress | None = None,
) -> Search:
    """Every finding of these detectors on the transactions, portion by portion in chain order.

    What the scene has read is forgotten between portions, so that memory does not grow with their
    number. A finding that reaches into several portions is the same from each, and told once.
    """
    detectors = [BY_SHAPE[name] for name in names]
    found: set[Finding] = set()
    looked_at = 0
    asked = sorted(set(tx_ids))
    for portion in scene.portions(asked):
        if progress is not None and progress(looked_at, len(asked)) is False:
            break
        for detector in detectors:
            found.update(detector(scene, portion))
        looked_at += len(portion)
    return Search(ordered(found), looked_at)


def find_patterns(
    scene: Scene, tx_ids: Collection[int], names: Iterable[str] = tuple(BY_SHAPE)
) -> tuple[Finding, ...]:
    """Every finding of these detectors on the transactions, in canonical order."""
    return search(scene, tx_ids, names).findings
