"""What an export reads: an open store, its look-ups, and its raw blocks where they are needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from peelchain.chain.exports.parts import BlockParts, blocks
from peelchain.chain.exports.plan import Cut
from peelchain.network import Network
from peelchain.script import ScriptType, address, script_type
from peelchain.store.lookup import Lookup
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.reader import Store

_KEPT_SCRIPTS = 1 << 16


@dataclass(frozen=True)
class Source:
    """An open store to export from; not for several threads at once."""

    store: Store
    lookup: Lookup

    @property
    def network(self) -> Network:
        """The chain that is exported."""
        return self.store.network

    @cached_property
    def raw(self) -> RawBlocks:
        """The raw blocks. Raises StoreError where they are no longer where they were."""
        return RawBlocks(self.store)

    def blocks(self, cut: Cut) -> Iterator[BlockParts]:
        """The blocks of a cut with all their parts."""
        return blocks(self.lookup, self.raw, cut.heights)


@lru_cache(maxsize=_KEPT_SCRIPTS)
def kind_and_address(script: bytes, network: Network) -> tuple[ScriptType, str | None]:
    """A script's type and address; scripts that come again and again are told once."""
    return script_type(script), address(script, network)
