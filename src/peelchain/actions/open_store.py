"""A store opened for look-ups: what answers at once, with little loaded and no chain in memory."""

from collections.abc import Iterable
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from peelchain.errors import StoreError
from peelchain.network import Network
from peelchain.script import address
from peelchain.store.lookup import Lookup
from peelchain.store.manifest import Run
from peelchain.store.reader import Store

if TYPE_CHECKING:
    # most look-ups need no numpy
    import numpy as np
    import numpy.typing as npt

_SHORT_TXOUTS = 2_000_000


class OpenStore:
    """An open store that holds blocks. Close it, or use it in a `with`."""

    def __init__(self, path: Path | str) -> None:
        self.store = Store.open(path)
        if not self.store.manifest.segments:
            self.store.close()
            raise StoreError(
                f"{path} holds no blocks yet; run 'peelchain chain ingest core:DIR --store {path}'"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if "lookup" in self.__dict__:
            self.lookup.close()
        self.store.close()

    @property
    def network(self) -> Network:
        """The chain the store holds."""
        return self.store.network

    @property
    def tip(self) -> dict[str, Any]:
        """Height and hash of the tip, for every answer, and what a partial store holds."""
        manifest = self.store.manifest
        tip = {"tip_height": manifest.tip_height, "tip_hash": manifest.tip_hash}
        return (
            tip if manifest.partial is None else {**tip, "partial_store": asdict(manifest.partial)}
        )

    @property
    def is_short(self) -> bool:
        """Whether the whole chain can be passed over for one answer while somebody waits."""
        return self.store.manifest.counts["txouts"] <= _SHORT_TXOUTS

    @cached_property
    def lookup(self) -> Lookup:
        """Point look-ups."""
        return Lookup(self.store)

    def clustering(self, policy: str) -> Run | None:
        """The stored clustering of a policy, if it was made on the present tip."""
        for run in reversed(self.store.runs("cluster")):
            same_tip = run.tip_hash == self.store.manifest.tip_hash
            if run.parameters.get("policy") == policy and same_tip:
                return run
        return None

    def height_of_block(self, block_hash: bytes) -> int | None:
        """The height of a block's hash, in internal byte order; None where the chain lacks it."""
        import numpy as np

        beginning = np.frombuffer(block_hash[:8], np.uint64)[0]
        likely = np.flatnonzero(self._hash_beginnings == beginning).tolist()
        hashes = self.lookup.rows_of("blocks", likely, ["block_hash"])
        return next((h for h, row in hashes.items() if row["block_hash"] == block_hash), None)

    @cached_property
    def _hash_beginnings(self) -> "npt.NDArray[np.uint64]":
        """The first eight bytes of each block's hash, by height: what is held of a long chain.

        Zeros where a partial store has nothing of a block.
        """
        import numpy as np

        hashes = self.store.read("blocks", ["block_hash"])["block_hash"]
        parts = [
            b"".join((hash_ or bytes(8))[:8] for hash_ in chunk.to_pylist())
            for chunk in hashes.chunks
        ]
        return np.frombuffer(b"".join(parts), np.uint64)

    def script_of(self, script_id: int) -> bytes:
        """A script's bytes."""
        return self.lookup.scripts([script_id])[script_id]

    def addresses(self, script_ids: Iterable[int]) -> dict[int, str | None]:
        """The address of each script, None for a script that has none."""
        scripts = self.lookup.scripts(script_ids)
        return {i: address(script, self.network) for i, script in scripts.items()}
