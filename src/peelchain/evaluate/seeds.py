"""Which seeds of the simulator serve which purpose, so that nothing is tested on what it learnt.

The only place where ranges are given out. A seed belongs to one purpose for ever: whoever trains,
calibrates or tests takes it from here, and asking for one of another purpose is refused.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from peelchain.errors import MisuseError

Purpose = Literal["training", "calibration", "choosing", "test"]

SEEDS: Mapping[Purpose, range] = MappingProxyType(
    {
        "training": range(1_000_000, 2_000_000),
        "calibration": range(2_000_000, 3_000_000),
        "choosing": range(3_000_000, 4_000_000),
        "test": range(4_000_000, 5_000_000),
    }
)
"""`training` fits, `calibration` sets probabilities and thresholds, `choosing` is for looking while
one writes a rule or a detector, `test` for the figures that are published. Lower seeds serve demos
and tests of the code; they measure nothing."""


def seeds_for(purpose: Purpose, count: int, first: int = 0) -> list[int]:
    """That many seeds of a purpose, from its `first` on, counted from 0.

    Raises MisuseError for a purpose that there is not, or more seeds than it has.
    """
    if purpose not in SEEDS:
        raise MisuseError(f"there is no purpose {purpose!r}; those there are: {', '.join(SEEDS)}")
    whole = SEEDS[purpose]
    if first < 0 or count < 1 or first + count > len(whole):
        raise MisuseError(
            f"{count} seeds from number {first} on: {purpose} has {len(whole):,}; give at least "
            "one seed and no more than there are"
        )
    return list(whole[first : first + count])


def require(purposes: Collection[Purpose], seeds: Iterable[int]) -> None:
    """Raises MisuseError when one of the seeds belongs to none of the purposes."""
    for seed in seeds:
        if not any(seed in SEEDS[purpose] for purpose in purposes):
            owner = next((name for name, whole in SEEDS.items() if seed in whole), None)
            whose = f"belongs to {owner}" if owner else "belongs to no purpose"
            first = SEEDS[next(iter(purposes))]
            raise MisuseError(
                f"seed {seed} {whose}, not to {' or '.join(purposes)}; take one from {first[0]} to "
                f"{first[-1]}"
            )


def check_ranges(ranges: Mapping[Purpose, range]) -> None:
    """Raises MisuseError when two purposes share a seed, or a range is empty or has a step."""
    for name, one in ranges.items():
        if not one or one.step != 1:
            raise MisuseError(f"the seeds of {name} are no range of whole numbers: {one}")
    ordered = sorted(ranges.items(), key=lambda item: item[1].start)
    for (left, below), (right, above) in pairwise(ordered):
        if below.stop > above.start:
            raise MisuseError(
                f"{left} and {right} share seed {above.start}: no seed may serve two purposes"
            )


check_ranges(SEEDS)
