"""How much of the machine an ingest may use."""

import os
from dataclasses import dataclass

from peelchain.errors import MisuseError

LEAST_MEMORY_BYTES = 192 << 20
"""Below this the program itself does not fit."""
MOST_MEMORY_BYTES = 12 << 30
"""What is used at most unless asked for: more brings nothing at the size of the whole chain."""

_PROGRAM_BYTES = 96 << 20
_THREAD_BYTES = 12 << 20


@dataclass(frozen=True)
class Limits:
    """Threads that prepare blocks, and bytes of anonymous memory for the whole process."""

    threads: int
    memory_bytes: int

    @property
    def segment_bytes(self) -> int:
        """What a segment's tables may take; the rest is the program, its queues and buffers."""
        return self.memory_bytes - _PROGRAM_BYTES - self.threads * _THREAD_BYTES


def limits(threads: int | None = None, memory_bytes: int | None = None) -> Limits:
    """The limits asked for, else all cores and half the machine's memory, at most 12 GiB.

    Raises MisuseError for limits that nothing can be done within.
    """
    if threads is None:
        threads = len(os.sched_getaffinity(0))
    if not 1 <= threads <= 256:
        raise MisuseError(f"{threads} threads cannot be; give 1 to 256")
    if memory_bytes is None:
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        memory_bytes = max(min(machine // 2, MOST_MEMORY_BYTES), LEAST_MEMORY_BYTES)
    least = LEAST_MEMORY_BYTES + threads * _THREAD_BYTES
    if memory_bytes < least:
        raise MisuseError(
            f"a memory cap of {memory_bytes >> 20}M is too low for {threads} threads; give "
            f"{least >> 20}M or more"
        )
    return Limits(threads, memory_bytes)
