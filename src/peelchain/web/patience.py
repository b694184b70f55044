"""How long a page waits for another process that works on the same case."""

import time

from peelchain.errors import CaseError

_SECONDS = 6.0


class BusyCaseError(CaseError):
    """A job or a command works on the case."""

    kind = "locked"


def patience(seconds: float = _SECONDS) -> "Patience":
    """What an action calls while it waits for a case; gives up before the page does."""
    return Patience(time.monotonic() + seconds)


class Patience:
    """Raises BusyCaseError once its time is over, so that nothing is written after a refusal."""

    def __init__(self, until: float) -> None:
        self._until = until

    def __call__(self, whom: str) -> None:
        """Called now and then while one waits."""
        if time.monotonic() >= self._until:
            raise BusyCaseError(
                "a run, a report or a command works on this case, and nothing was added; try again "
                "once it is done"
            )
