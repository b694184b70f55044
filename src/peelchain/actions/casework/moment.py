"""The moment of an entry: as asked, else SOURCE_DATE_EPOCH, else now."""

import os
from datetime import UTC, datetime

from peelchain.errors import MisuseError


def moment_of(given: datetime | None) -> datetime:
    """The moment in UTC, whole seconds; one without a zone is taken for UTC.

    Raises MisuseError where SOURCE_DATE_EPOCH is no number of seconds.
    """
    if given is not None:
        return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is not None:
        if not epoch.isascii() or not epoch.isdigit() or len(epoch) > 10:
            raise MisuseError(f"SOURCE_DATE_EPOCH is {epoch[:40]!r}; it is seconds since 1970")
        return datetime.fromtimestamp(int(epoch), UTC)
    return datetime.now(UTC).replace(microsecond=0)
