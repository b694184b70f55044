"""Blocks: assembled, mined at regtest's difficulty, and handed to Bitcoin Core's consensus code."""

import struct
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pbk

from peelchain.errors import PeelchainError
from peelchain.network import REGTEST
from peelchain.raw_tx import compact_size
from peelchain.script import op_return, sha256d
from peelchain.simulate.transaction import Signed, serialise_outputs
from peelchain.units import format_hash

COINBASE_MATURITY = 100

_VERSION = 0x20000000
_BITS = 0x207FFFFF
_COMMITMENT_HEADER = bytes.fromhex("aa21a9ed")
_NULL_OUTPOINT = bytes(32) + b"\xff\xff\xff\xff"


@dataclass(frozen=True, slots=True)
class Mined:
    """A block's bytes, its hash in internal order, and its coinbase's txid and outputs."""

    raw: bytes
    block_hash: bytes
    coinbase_txid: bytes
    coinbase_outputs: tuple[tuple[bytes, int], ...]


def mine(
    *,
    height: int,
    time: int,
    previous: bytes,
    transactions: list[Signed],
    rewards: tuple[tuple[bytes, int], ...],
    note: bytes,
) -> Mined:
    """The block that pays the rewards and holds the transactions, with its proof of work.

    The coinbase begins with the height (BIP 34) and commits to the witnesses (BIP 141). Without
    transactions the commitment is left out: it would be one script, the same in many blocks.
    """
    outputs = rewards
    if transactions:
        root = merkle_root([bytes(32), *(transaction.wtxid for transaction in transactions)])
        commitment = op_return(_COMMITMENT_HEADER + sha256d(root + bytes(32)))
        outputs = (*rewards, (commitment, 0))
    script_sig = _height_push(height) + bytes((len(note),)) + note
    version, locktime, sequence = struct.pack("<i", 2), bytes(4), b"\xff\xff\xff\xff"
    body = (
        b"\x01" + _NULL_OUTPOINT + compact_size(len(script_sig)) + script_sig + sequence
        + compact_size(len(outputs)) + serialise_outputs(outputs)
    )  # fmt: skip
    txid = sha256d(version + body + locktime)
    coinbase = version + body + locktime
    if transactions:
        coinbase = version + b"\x00\x01" + body + b"\x01\x20" + bytes(32) + locktime
    root = merkle_root([txid, *(transaction.txid for transaction in transactions)])
    header = _prove(struct.pack("<i32s32sII", _VERSION, previous, root, time, _BITS))
    raw = b"".join(
        (header, compact_size(1 + len(transactions)), coinbase, *(t.raw for t in transactions))
    )
    return Mined(raw, sha256d(header), txid, outputs)


def merkle_root(hashes: list[bytes]) -> bytes:
    """Root of the tree over these leaves; an odd row repeats its last."""
    row = hashes
    while len(row) > 1:
        if len(row) % 2:
            row = [*row, row[-1]]
        row = [sha256d(row[i] + row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


class Node:
    """Bitcoin Core's regtest chain state over one blocks folder, which it alone writes.

    Its databases stay in memory, so that the folder holds block and undo files and the XOR key
    only, the same bytes each time. `xor_key` is 8 bytes.
    """

    def __init__(self, folder: Path, xor_key: bytes) -> None:
        blocks = folder / "blocks"
        blocks.mkdir(parents=True)
        # Written first, or Core would draw a random key.
        (blocks / "xor.dat").write_bytes(xor_key)
        options = pbk.ContextOptions()
        options.set_chainparams(pbk.ChainParameters(pbk.ChainType.REGTEST))
        self._context = pbk.Context(options)
        settings = pbk.ChainstateManagerOptions(self._context, str(folder), str(blocks))
        settings.update_block_tree_db_in_memory(True)
        settings.update_chainstate_db_in_memory(True)
        settings.set_worker_threads_num(0)
        self._chainman = pbk.ChainstateManager(settings)
        self._chain = self._chainman.get_active_chain()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Core writes what it still holds when its state is destroyed, so not left to the collector.
        self._chainman.__exit__(None, None, None)
        self._context.__exit__(None, None, None)

    def connect(self, block: Mined, height: int) -> None:
        """Make the block the tip. Raises PeelchainError when consensus refuses it."""
        try:
            self._chainman.process_block(pbk.Block(block.raw))
        except pbk.ProcessBlockException as error:
            raise _refused(block, height) from error
        # A block refused for its scripts raises nothing: the tip just stays where it was.
        if self._chain.height != height or self.tip_hash(height) != block.block_hash:
            raise _refused(block, height)

    def tip_hash(self, height: int) -> bytes:
        """Hash of the best chain's block at this height, internal order."""
        return bytes(self._chain.block_tree_entries[height].block_hash)


def genesis_hash() -> bytes:
    """Hash of regtest's first block, internal order."""
    return bytes.fromhex(REGTEST.genesis_hash)[::-1]


def _refused(block: Mined, height: int) -> PeelchainError:
    return PeelchainError(
        f"bitcoin's consensus code refused simulated block {height} "
        f"({format_hash(block.block_hash)}); this is a defect of the simulator: please report it "
        "with the seed and the number of blocks"
    )


def _height_push(height: int) -> bytes:
    if height <= 16:
        return bytes((0x50 + height,))
    number = height.to_bytes(height.bit_length() // 8 + 1, "little")
    return bytes((len(number),)) + number


def _prove(header: bytes) -> bytes:
    nonce = 0
    while True:
        candidate = header + struct.pack("<I", nonce)
        # The limit of regtest: the highest bit of the hash is zero, and it is below 7fffff...
        if sha256d(candidate)[31] < 0x7F:
            return candidate
        nonce += 1
