"""A store opened to be asked as an Esplora server is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from peelchain.actions.esplora.recent import Recent
from peelchain.actions.open_store import OpenStore
from peelchain.errors import MisuseError, NotInChainError
from peelchain.store.arrays import Int64
from peelchain.store.lookup import BlockRow
from peelchain.store.raw_blocks import RawBlocks
from peelchain.units import parse_txid, shown


@dataclass(frozen=True)
class Activity:
    """What came to a script and went: `receipts` int64[R] its outputs by txout_id, rising.

    `spenders` int64[R] the transaction that spends each, -1 for none; `spends` those, each once and
    rising.
    """

    receipts: Int64
    spenders: Int64
    spends: Int64


@dataclass(frozen=True)
class Beginnings:
    """The scripts of a type by the first eight bytes of their hash or key.

    `keys` uint64[S] rising, those bytes as a big-endian number; `ids` int64[S] the script_ids.
    """

    keys: npt.NDArray[np.uint64]
    ids: Int64


_KEPT_ENTRIES = 4_000_000
_KEPT_BYTES = 64 << 20


class Shelf:
    """What of one generation of a store costs most to find again, for all views of it."""

    def __init__(self) -> None:
        self.activities: Recent[int, Activity] = Recent(
            _KEPT_ENTRIES, lambda found: 3 * len(found.receipts) + 8
        )
        """What was looked up of scripts, by script_id."""
        self.stats: Recent[int, dict[str, int]] = Recent(100_000, lambda _: 1)
        """Sums of scripts, by script_id."""
        self.whole_blocks: Recent[int, bytes] = Recent(_KEPT_BYTES, len)
        """Raw blocks, by height."""
        self.beginnings: Recent[str, Beginnings] = Recent(100, lambda _: 1)
        """The scripts of a type by how their hash begins."""


class EsploraView(OpenStore):
    """An open store, for one question at a time.

    `is_partial` stores hold chosen transactions; what they lack is not known to be absent.
    """

    def __init__(self, path: Path | str, shelf_of: Callable[[int], Shelf] | None = None) -> None:
        """Open the store; `shelf_of` gives what other views share of its generation."""
        super().__init__(path)
        self.shelf = Shelf() if shelf_of is None else shelf_of(self.store.manifest.generation)

    @cached_property
    def raw_blocks(self) -> RawBlocks:
        """The block files behind the store. Raises StoreError where they are gone."""
        return RawBlocks(self.store)

    @property
    def is_partial(self) -> bool:
        """Whether the store has chosen transactions alone."""
        return self.store.manifest.partial is not None

    @property
    def tip_height(self) -> int:
        """The height of the last block."""
        return self.store.manifest.tip_height

    @cached_property
    def times(self) -> Int64:
        """The time of each block's header in seconds since 1970, by height; -1 if not known."""
        times = self.store.read("blocks", ["time_utc"])["time_utc"].cast("int64")
        return np.array([-1 if t is None else t // 1000 for t in times.to_pylist()], np.int64)

    @cached_property
    def absent_spenders(self) -> Int64:
        """The txout_ids that a partial store knows to be unspent, by a server's word; rising."""
        ids = self.store.read("absences", ["txout_id"])["txout_id"].to_numpy()
        return np.sort(ids.astype(np.int64))

    @cached_property
    def stubs(self) -> frozenset[int]:
        """The tx_ids of which a partial store knows some outputs alone."""
        if not self.is_partial:
            return frozenset()
        rows = self.store.read("provenance", ["tx_id", "checked"]).to_pydict()
        pairs = zip(rows["tx_id"], rows["checked"], strict=True)
        return frozenset(tx_id for tx_id, checked in pairs if checked == "stub")

    @cached_property
    def whole_histories(self) -> frozenset[bytes]:
        """The scripts of which a partial store has every transaction, by a server's word."""
        rows = self.store.read("histories", ["script_pubkey", "complete"])
        scripts, complete = rows["script_pubkey"].to_pylist(), rows["complete"].to_pylist()
        return frozenset(s for s, whole in zip(scripts, complete, strict=True) if whole)


def tx_id_of(txid: str, view: EsploraView) -> int:
    """The tx_id of a txid in display hex; of a BIP 30 duplicate the later one's.

    Raises MisuseError for no txid, NotInChainError where the store does not have it.
    """
    found = view.lookup.find_tx_ids(hash_of(txid))
    if not found or found[-1] in view.stubs:
        raise NotInChainError(lacking("Transaction", view))
    return found[-1]


def block_of(block_hash: str, view: EsploraView) -> BlockRow:
    """The block of a hash in display hex. Raises MisuseError for no hash, NotInChainError."""
    height = view.height_of_block(hash_of(block_hash))
    if height is None:
        raise NotInChainError(lacking("Block", view))
    return block_at(height, view)


def block_at(height: int, view: EsploraView) -> BlockRow:
    """The block of a height. Raises NotInChainError above the tip, and where it is not fetched.

    Of a partial store the header is there, and what it has of the transactions.
    """
    rows = view.lookup.blocks([height])
    if not rows or not rows[0].header:
        raise NotInChainError(lacking("Block", view))
    return rows[0]


def tx_ids_of(block: BlockRow, view: EsploraView) -> list[int]:
    """The tx_ids of a block's transactions in its order, which sister chains may sort by txid."""
    ids = range(block.first_tx_id, block.first_tx_id + block.tx_count)
    if not view.network.rules.canonical_order:
        return list(ids)
    places = view.lookup.columns_of("txs", ids, ["tx_index"])["tx_index"]
    return [tx_id for _, tx_id in sorted(zip(places, ids, strict=True))]


def whole_block_of(block_hash: str, view: EsploraView) -> BlockRow:
    """The same with all its transactions, which a partial store never has."""
    found = block_of(block_hash, view)
    if view.is_partial:
        raise NotInChainError(lacking("Block", view))
    return found


def hash_of(text: str) -> bytes:
    """The 32 bytes, internal order, of a hash in display hex. Raises MisuseError."""
    try:
        return parse_txid(text)
    except MisuseError:
        raise MisuseError("Invalid hex string") from None


def number_of(text: str) -> int:
    """The number that plain digits name. Raises MisuseError."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise MisuseError(f"Invalid number {shown(text)}")
    return int(text)


def lacking(what: str, view: EsploraView) -> str:
    """What is said of a thing that the store does not have: of a partial one, not that it is not.

    The first words are those of Esplora's servers.
    """
    if view.is_partial:
        return f"{what} not fetched: this server has a partial store, and cannot say if it exists"
    return f"{what} not found"
