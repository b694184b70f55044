"""What a watch follows: a source of chain data that keeps a store up to its tip."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peelchain.actions import chain
from peelchain.actions.progress import Progress


class Following:
    """A source that is followed. `told` names it in the journal: never a path or a credential."""

    def __init__(self, source: str | None, store: Path, network: str | None) -> None:
        self._source = source
        self._store = store
        self._network = network
        self.told = None if source is None else name_of(source)

    def bring_up(self, progress: Progress) -> None:
        """Has the store as far as the source. Raises what `chain ingest` does."""
        if self._source is not None:
            chain.ingest(self._source, self._store, self._network)


def name_of(source: str) -> str:
    """The kind of a source, with its server where it has one."""
    kind, _, place = source.partition(":")
    if "//" in place:
        host = place.partition("//")[2].partition("/")[0].rpartition("@")[2]
        return f"{kind}:{host}"
    return kind


@contextmanager
def following(source: str | None, store: Path, network: str | None) -> Iterator[Following]:
    """A source to follow, in a `with`; none leaves the store to other commands."""
    yield Following(source, store, network)
