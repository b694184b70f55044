"""The cases by name."""

from peelchain.errors import MisuseError
from peelchain.simulate.scenarios.layering import Layering
from peelchain.simulate.scenarios.ransomware import Ransomware
from peelchain.simulate.scenarios.stage import Stage
from peelchain.simulate.scenarios.theft import Theft

LEAST_BLOCKS = 200
"""Blocks that a chain with a case needs: before, coins mature and people come to have some."""


def check_length(case: str, blocks: int) -> None:
    """Raises MisuseError where the chain is too short for the case."""
    if case and blocks < LEAST_BLOCKS:
        raise MisuseError(
            f"{blocks} blocks leave no room for the case {case}; choose {LEAST_BLOCKS} or more"
        )


def enter(case: str, stage: Stage) -> None:
    """Put all that happens in a case in the calendar; nothing where the name is empty."""
    if case == "ransomware":
        Ransomware(stage).plan()
    elif case == "theft":
        Theft(stage).plan()
    elif case == "layering":
        Layering(stage).plan()
