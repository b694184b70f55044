"""Parts: the pieces of a file that are searched and left out one by one, and the bounds on them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

MAX_DEPTH = 6
MAX_PART_BYTES = 256 * 1024 * 1024
MAX_UNPACKED_BYTES = 8 * 1024 * 1024 * 1024
MAX_PARTS = 1_000_000


@dataclass(frozen=True)
class Part:
    """A piece of a file: its decoded bytes, and the date it carries, None for none.

    `name` tells where it is, without words of the file's own: `message 3/part 2`, `page 7`. `group`
    is what is privileged together: a message with its attachments.
    """

    name: str
    content: bytes
    date_utc: datetime | None = None
    group: str = ""


@dataclass
class Budget:
    """What taking a file apart may cost, and what was left out for it.

    A reader asks `allows` before it unpacks and notes in `left_out` what it could not read.
    """

    unpacked: int = 0
    parts: int = 0
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def allows(self, name: str, size: int) -> bool:
        """Whether a part of this size may be unpacked; it then counts."""
        if size > MAX_PART_BYTES:
            return self.refuse(name, f"is larger than {MAX_PART_BYTES:,} bytes")
        if self.unpacked + size > MAX_UNPACKED_BYTES or self.parts >= MAX_PARTS:
            return self.refuse(name, "is beyond what one file may unpack to")
        self.unpacked += size
        self.parts += 1
        return True

    def refuse(self, name: str, why: str) -> bool:
        """Notes that a part was left out, and why."""
        self.left_out.append((name, why))
        return False


Parts = Iterator[Part]


def within(outer: str, inner: str) -> str:
    """The name of a part inside another."""
    return f"{outer}/{inner}" if outer else inner
