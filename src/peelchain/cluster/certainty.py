"""How sure a chain of inferences is, from the measured error of its rules."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Protocol


class ErrorRate(Protocol):
    """The measured error of a rule: its precision, the ends of its interval, and on what data."""

    @property
    def precision(self) -> float | None:
        """The share of its links that were right; None where it gave none."""

    @property
    def precision_low(self) -> float | None:
        """The lower end of the 95% interval."""

    @property
    def precision_high(self) -> float | None:
        """The upper end."""

    @property
    def basis(self) -> str:
        """Whether it was measured on simulated, real or field data."""

    @property
    def data(self) -> str:
        """What it was measured on."""

    @property
    def unit(self) -> str:
        """What was counted."""

    @property
    def made_by(self) -> str:
        """The command that measures it again."""


Measured = Callable[[str], ErrorRate | None]
"""Gives the measured error of a rule; None for one that was not measured."""


@dataclass(frozen=True)
class JointTruth:
    """What is known of all links of a chain being right at once.

    `at_least` is a lower bound by the rules' precision, `at_least_low` by the lower ends of their
    intervals; None where a rule was not measured. `weakest` is the place of the weakest link in the
    chain: one not measured, else that with the least lower end, of these one that is doubtful, of
    these the first; None for no links.
    """

    at_least: float | None
    at_least_low: float | None
    weakest: int | None


def not_measured(rule: str) -> None:
    """Where no error rates are at hand: None for every rule."""


def joint_truth(
    rules: Sequence[str], measured: Measured, doubtful: Container[int] = ()
) -> JointTruth:
    """The bound for links by these rules, in the order of the chain: 1 - sum(1 - p), 0 at least.

    `doubtful` are the places of links whose transactions look like what the rule errs about.
    Boole's inequality: it holds however the errors of the links depend on each other.
    """
    points: list[float | None] = []
    lows: list[float | None] = []
    for rule in rules:
        rate = measured(rule)
        points.append(None if rate is None else rate.precision)
        lows.append(None if rate is None else rate.precision_low)
    weakest = min(
        range(len(rules)),
        key=lambda at: (-1.0 if (low := lows[at]) is None else low, at not in doubtful, at),
        default=None,
    )
    return JointTruth(_bound(points), _bound(lows), weakest)


def _bound(precisions: Sequence[float | None]) -> float | None:
    doubts = 0.0
    for precision in precisions:
        if precision is None:
            return None
        doubts += 1 - precision
    return max(0.0, 1 - doubts)
