"""Blocks mined in Python at regtest's difficulty, and block files made of them."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from peelchain.network import NETWORKS, REGTEST, Network

COIN = 100_000_000
KEY = bytes.fromhex("0123456789abcdef")
EASY = 0x207FFFFF
HARDER = 0x1F7FFFFF
"""A target 256 times as hard as the limit of regtest: some 512 hashes a block."""

_TIMES = b"The Times 03/Jan/2009 Chancellor on brink of second bailout for banks"
_SATOSHI = bytes.fromhex(
    "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6"
    "49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f"
)


def sha256d(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


def compact(number: int) -> bytes:
    if number < 0xFD:
        return bytes((number,))
    if number <= 0xFFFF:
        return b"\xfd" + struct.pack("<H", number)
    return b"\xfe" + struct.pack("<I", number)


@dataclass(frozen=True)
class Tx:
    raw: bytes = field(repr=False)
    stripped: bytes = field(repr=False)

    @cached_property
    def txid(self) -> bytes:
        return sha256d(self.stripped)

    @property
    def wtxid(self) -> bytes:
        return sha256d(self.raw)

    @property
    def shown(self) -> str:
        return self.txid[::-1].hex()


def transaction(
    inputs: Sequence[tuple[bytes, int]],
    outputs: Sequence[tuple[int, bytes]],
    *,
    witnesses: Sequence[Sequence[bytes]] = (),
    script_sig: bytes = b"",
    locktime: int = 0,
) -> Tx:
    body = compact(len(inputs))
    for txid, vout in inputs:
        body += txid + struct.pack("<I", vout) + compact(len(script_sig)) + script_sig
        body += b"\xff\xff\xff\xff"
    body += compact(len(outputs))
    for value, script in outputs:
        body += struct.pack("<q", value) + compact(len(script)) + script
    head, tail = struct.pack("<i", 2), struct.pack("<I", locktime)
    stripped = head + body + tail
    if not witnesses:
        return Tx(stripped, stripped)
    stacks = b"".join(
        compact(len(stack)) + b"".join(compact(len(item)) + item for item in stack)
        for stack in witnesses
    )
    return Tx(head + b"\0\1" + body + stacks + tail, stripped)


def coinbase(tag: bytes, outputs: Sequence[tuple[int, bytes]], *, reserved: bool = False) -> Tx:
    """A coinbase; `tag` is its scriptSig and keeps its txid apart from others."""
    return transaction(
        [(bytes(32), 0xFFFFFFFF)],
        outputs,
        script_sig=tag,
        witnesses=[[bytes(32)]] if reserved else (),
    )


def p2wpkh(name: str) -> bytes:
    return b"\0\x14" + sha256(name.encode()).digest()[:20]


def merkle_root(leaves: list[bytes]) -> bytes:
    while len(leaves) > 1:
        if len(leaves) % 2:
            leaves = [*leaves, leaves[-1]]
        leaves = [sha256d(leaves[i] + leaves[i + 1]) for i in range(0, len(leaves), 2)]
    return leaves[0]


@dataclass(frozen=True)
class Block:
    raw: bytes = field(repr=False)
    txs: tuple[Tx, ...] = field(repr=False)

    @cached_property
    def hash(self) -> bytes:
        return sha256d(self.raw[:80])

    @property
    def shown(self) -> str:
        return self.hash[::-1].hex()


def mine(
    previous: bytes, txs: Sequence[Tx], *, time: int, bits: int = EASY, root: bytes | None = None
) -> Block:
    """The block of these transactions with its proof of work."""
    root = root or merkle_root([tx.txid for tx in txs])
    start = struct.pack("<i32s32sII", 0x20000000, previous, root, time, bits)
    target = (bits & 0x7FFFFF) << (8 * ((bits >> 24) - 3))
    nonce = 0
    while int.from_bytes(sha256d(start + struct.pack("<I", nonce)), "little") > target:
        nonce += 1
    header = start + struct.pack("<I", nonce)
    return Block(header + compact(len(txs)) + b"".join(tx.raw for tx in txs), tuple(txs))


def genesis(network: Network = REGTEST) -> Block:
    note, key = b"\x04\xff\xff\x00\x1d\x01\x04" + bytes((len(_TIMES),)) + _TIMES, _SATOSHI
    if network is NETWORKS["testnet4"]:
        text = b"03/May/2024 000000000000000000001ebd58c244970b3aa9d783bb001011fbe8ea8e98e00e"
        note, key = b"\x04\xff\xff\x00\x1d\x01\x04\x4c" + bytes((len(text),)) + text, bytes(33)
    script = bytes((len(key),)) + key + b"\xac"
    body = transaction([(bytes(32), 0xFFFFFFFF)], [(50 * COIN, script)], script_sig=note).stripped
    tx = Tx(b"\1" + body[1:], b"\1" + body[1:])
    assert tx.txid == network.genesis_header[36:68]
    return Block(network.genesis_header + b"\1" + tx.raw, (tx,))


def pay(
    chain: Sequence[Block],
    txs: Sequence[Tx] = (),
    *,
    tag: str = "",
    rewards: Sequence[tuple[int, bytes]] | None = None,
    first: Tx | None = None,
    bits: int = EASY,
    root: bytes | None = None,
) -> list[Block]:
    """The chain and one more block, which holds the transactions and commits to their witnesses."""
    height = len(chain)
    outputs = list(rewards or [(50 * COIN >> height // 150, p2wpkh(f"miner {tag}"))])
    segwit = any(tx.raw != tx.stripped for tx in txs)
    if segwit:
        leaves = [bytes(32), *(tx.wtxid for tx in txs)]
        commitment = sha256d(merkle_root(leaves) + bytes(32))
        outputs.append((0, b"\x6a\x24\xaa\x21\xa9\xed" + commitment))
    note = b"\x02" + struct.pack("<H", height) + tag.encode()
    coin = first or coinbase(note, outputs, reserved=segwit)
    time = 1_600_000_000 + 600 * height
    return [*chain, mine(chain[-1].hash, [coin, *txs], time=time, bits=bits, root=root)]


def grow(chain: Sequence[Block], count: int, tag: str = "") -> list[Block]:
    """The chain and `count` more blocks that spend, split and merge, in scripts old and new.

    Each pays the coinbase before it to two scripts; every third merges two older outputs; some
    have witnesses. No block grown under another tag is the same.
    """
    grown = list(chain)
    for _ in range(count):
        height = len(grown)
        txs: list[Tx] = []
        if height > 1:
            before = grown[-1].txs[0]
            # txouts of the coinbase are of the height's own subsidy
            value = 50 * COIN >> (height - 1) // 150
            txs.append(
                transaction(
                    [(before.txid, 0)],
                    [
                        (value // 3, p2wpkh(f"{tag}{height % 7}")),
                        (value // 2, p2wpkh(f"{tag} once {height}")),
                        (0, b"\x6a\x01" + bytes((height % 256,))),
                    ],
                    witnesses=[[b"sig", b"key"]] if height % 2 else (),
                    locktime=height,
                )
            )
        if height > 6 and height % 3 == 0 and len(grown[-1].txs) > 1 and len(grown[-2].txs) > 1:
            old, older = grown[-1].txs[1], grown[-2].txs[1]
            value = 50 * COIN >> (height - 2) // 150
            txs.append(
                transaction(
                    [(old.txid, 1), (older.txid, 0)],
                    [(value // 3, p2wpkh(f"{tag}{height % 5}")), (0, b"")],
                )
            )
        grown = pay(grown, txs, tag=tag)
    return grown


def record(block: Block | bytes, network: Network = REGTEST) -> bytes:
    """The block as it lies in a block file: magic, size, bytes."""
    raw = block if isinstance(block, bytes) else block.raw
    return network.magic + struct.pack("<I", len(raw)) + raw


def masked(data: bytes, key: bytes, offset: int = 0) -> bytes:
    return bytes(b ^ key[(offset + i) % 8] for i, b in enumerate(data))


def write_files(
    folder: Path,
    *files: Iterable[Block | bytes],
    key: bytes | None = None,
    zeros: int = 0,
    network: Network = REGTEST,
) -> Path:
    """A blocks folder: each list of blocks is one file, with so many raw zeros after it.

    Gives the folder. With a key, `xor.dat` holds it and the files are masked, but for the zeros.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if key is not None:
        (folder / "xor.dat").write_bytes(key)
    for number, blocks in enumerate(files):
        data = b"".join(record(block, network) for block in blocks)
        if key is not None:
            data = masked(data, key)
        (folder / f"blk{number:05d}.dat").write_bytes(data + bytes(zeros))
    return folder
