"""Blocks that a store's former source still has: they need not be fetched."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from peelchain import _core
from peelchain.chain.rpc.headers import NewHeaders
from peelchain.errors import StoreError
from peelchain.network.kernel import kernel_rules
from peelchain.script import sha256d
from peelchain.store import manifest as manifests
from peelchain.store.lookup import Lookup
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.reader import Store

_AT_ONCE = 500


class AtHand:
    """The raw blocks of a store up to `last_height`, -1 where none are at hand."""

    def __init__(self, lookup: Lookup | None, raws: RawBlocks | None, last_height: int) -> None:
        self._lookup = lookup
        self._raws = raws
        self.last_height = last_height

    def blocks(self, first: int) -> Iterator[tuple[int, bytes]]:
        """The blocks from a height on, whole ones with their witnesses.

        Ends early where the files do not have one any more.
        """
        if self._lookup is None or self._raws is None:
            return
        rules = kernel_rules(self._lookup.store.network)
        for begin in range(first, self.last_height + 1, _AT_ONCE):
            end = min(begin + _AT_ONCE, self.last_height + 1)
            for row in self._lookup.blocks(range(begin, end)):
                try:
                    raw = self._raws.block(row)
                except StoreError:
                    return
                if _core.check_block(raw, rules=rules) is not None:
                    return
                yield row.height, raw


@contextmanager
def at_hand(store: Path, archive: Path, headers: NewHeaders) -> Iterator[AtHand]:
    """The blocks of these headers that a store of another source has the files of.

    Where its files are gone, or the archive is where they are, none.
    """
    none = AtHand(None, None, -1)
    with ExitStack() as opened:
        if not (store / manifests.NAME).exists() or not len(headers):
            yield none
            return
        path = manifests.read(store).source.get("path", "")
        if not path or Path(path) == archive.resolve():
            yield none
            return
        lookup = opened.enter_context(Lookup(opened.enter_context(Store.open(store))))
        try:
            raws = RawBlocks(lookup.store)
        except StoreError:
            yield none
            return
        yield AtHand(lookup, raws, _agreed(lookup, headers))


def _agreed(lookup: Lookup, headers: NewHeaders) -> int:
    """The greatest height at which the store has the block of the headers, or their fork."""
    low = headers.fork
    high = min(headers.tip_height, lookup.store.manifest.tip_height)
    # agreement at a height implies agreement below it, since each header names its parent
    while low < high:
        middle = (low + high + 1) // 2
        found = lookup.blocks([middle])
        if found and found[0].block_hash == sha256d(headers.of(middle)):
            low = middle
        else:
            high = middle - 1
    return low
