"""Notices from the outbox to those who are owed them, in order, again until they are taken."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from peelchain.actions.casework.moment import moment_of
from peelchain.actions.watching.channels import Channel
from peelchain.case.watching.outbox import Outbox
from peelchain.errors import PeelchainError

FIRST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 3_600


@dataclass(frozen=True)
class Delivered:
    """What was sent, and what is still owed, over all channels."""

    sent: int
    owed: int


def deliver(
    outbox: Outbox,
    channels: Iterable[Channel],
    say: Callable[[str], None],
    *,
    at_once: bool = False,
) -> Delivered:
    """Sends what is owed. A channel that fails is told, and left alone until its time comes.

    `at_once` tries it now whatever it did before. What fails keeps its place, so that each channel
    has its notices in order.
    """
    sent = left = 0
    for channel in channels:
        owed = outbox.owed(channel.name)
        failing = outbox.failing(channel.name)
        if owed and failing is not None and not at_once and time.time() < failing.next_at:
            left += len(owed)
            continue
        for number, notice in enumerate(owed):
            try:
                channel.send(notice)
            except (PeelchainError, OSError) as error:
                why = str(error) if isinstance(error, PeelchainError) else _in_words(error)
                wait = pause(0 if failing is None else failing.tries)
                outbox.failed(channel.name, why, int(time.time()) + wait)
                say(
                    f"{channel.name}: {len(owed) - number} notices are not sent yet and kept, "
                    f"again in {wait} s: {why}"
                )
                left += len(owed) - number
                break
            outbox.sent(notice.id, channel.name, f"{moment_of(None):%Y-%m-%dT%H:%M:%SZ}")
            sent += 1
    return Delivered(sent, left)


def pause(tries: int) -> int:
    """Seconds until the next try after so many failures in a row before this one."""
    return int(min(FIRST_WAIT_SECONDS * 2 ** min(tries, 20), LONGEST_WAIT_SECONDS))


def _in_words(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or type(error).__name__}"
