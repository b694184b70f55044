"""Measuring a family of detectors on simulated economies whose seeds none has seen."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from peelchain.actions.evaluate import put_rates
from peelchain.actions.progress import Progress, silent
from peelchain.errors import MisuseError, PeelchainError
from peelchain.evaluate.error_rates import ErrorRate, Measured

Purpose = Literal["test", "choosing"]
Evaluate = Callable[
    [int, int, Path, Purpose, str, Callable[[int, int], object]], Iterable[ErrorRate]
]
"""Economies, blocks of each, work folder, purpose of the seeds, command, progress to rows."""


@dataclass(frozen=True)
class MeasureAsked:
    """How many economies of how many blocks, kept where, and where the rows go.

    `choosing` takes the seeds that are there to look at while one writes a detector; they give no
    published figure, so `into` is refused with it.
    """

    economies: int
    blocks: int
    work: Path
    choosing: bool = False
    into: Path | None = None


def measure(
    asked: MeasureAsked, command: str, load: Callable[[], Evaluate], progress: Progress = silent
) -> dict[str, Any]:
    """The measured error of what `load` gives the measuring of, as `command` makes it.

    Raises PeelchainError where the simulator is not installed, MisuseError for `into` with seeds
    for choosing.
    """
    try:
        evaluate = load()
    except ImportError as e:
        raise PeelchainError(
            f"the simulator needs {e.name}; run pip install 'peelchain[simulate]'"
        ) from None
    if asked.choosing and asked.into is not None:
        raise MisuseError("seeds for choosing give no published figures; leave out --into")
    purpose: Purpose = "choosing" if asked.choosing else "test"
    rows = tuple(
        evaluate(
            asked.economies,
            asked.blocks,
            asked.work,
            purpose,
            f"{command} --economies {asked.economies} --blocks {asked.blocks} --work DIR",
            lambda done, of: progress("measuring economies", done, of),
        )
    )
    if asked.into is not None:
        put_rates(asked.into, Measured(rows), command)
    return {
        "economies": asked.economies,
        "blocks": asked.blocks,
        "purpose": purpose,
        "rows": [asdict(row) for row in rows],
    }
