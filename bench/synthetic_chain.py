"""A regtest chain with the traffic of full mainnet blocks, made in seconds.

Everything that an ingest looks at is right: header links, proof of work at regtest's difficulty,
Merkle roots, witness commitments, values, maturity. Keys and signatures are random bytes, so no
node would accept it. Shape: 460 bytes, 2.4 inputs and 2.9 outputs a transaction, 55 % of outputs to
new scripts.
"""

import hashlib
import struct
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bench.block_file import framed, turned

REGTEST_MAGIC = bytes.fromhex("fabfb5da")
XOR_KEY = bytes.fromhex("5a17c3e2904bd86f")

_BITS = 0x207FFFFF
_TARGET = 0x7FFFFF << (8 * (0x20 - 3))
_FIRST_TIME = 1296688602
_SECONDS = 600
_QUIET_BLOCKS = 100
_SPLIT_COINBASES = 20
_SPLIT_INTO = 200
_NEW_SCRIPTS = 0.55
_WITNESS_SHARE = 0.5
_INPUTS = (1, 1, 1, 2, 2, 3, 4, 5)
_OUTPUTS = (2, 2, 2, 2, 2, 3, 4, 6)
_GENESIS = bytes.fromhex(
    "01000000" + "00" * 32 + "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
    "dae5494dffff7f2002000000" + "01"
    "01000000"
    + "01"
    + "00" * 32
    + "ffffffff"
    + "4d04ffff001d0104455468652054696d65732030332f4a616e"
    "2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f7220"
    "62616e6b73"
    + "ffffffff"
    + "01"
    + "00f2052a01000000"
    + "434104678afdb0fe5548271967f1a67130b7105cd6"
    "a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac"
    + "00000000"
)


@dataclass
class _Chain:
    rng: Random
    tip: bytes
    height: int = 0
    # outpoint, value in satoshis, whether its spend carries a witness
    coins: list[tuple[bytes, int, bool]] = field(default_factory=list)
    scripts: tuple[list[bytes], list[bytes]] = field(default_factory=lambda: ([], []))


def write_synthetic_chain(blocks: Path, *, seed: int, full_blocks: int, txs_per_block: int) -> None:
    """A blocks folder with one obfuscated file: 101 quiet blocks, one that splits, then full ones.

    The same arguments give the same bytes. The folder is made.
    """
    rng = Random(seed)
    chain = _Chain(rng, _hash256(_GENESIS[:80]))
    frames = [framed(_GENESIS, REGTEST_MAGIC)]
    coinbases = []
    for _ in range(_QUIET_BLOCKS + 1):
        raw, coinbase = _block(chain, [])
        frames.append(framed(raw, REGTEST_MAGIC))
        coinbases.append(coinbase)
    splits = [
        _transaction(chain, [coinbase], _SPLIT_INTO) for coinbase in coinbases[:_SPLIT_COINBASES]
    ]
    frames.append(framed(_block(chain, splits)[0], REGTEST_MAGIC))
    for _ in range(full_blocks):
        txs = []
        for _ in range(txs_per_block):
            spent = [_draw(chain) for _ in range(rng.choice(_INPUTS))]
            txs.append(_transaction(chain, spent, rng.choice(_OUTPUTS)))
        frames.append(framed(_block(chain, txs)[0], REGTEST_MAGIC))
    blocks.mkdir(parents=True)
    (blocks / "xor.dat").write_bytes(XOR_KEY)
    (blocks / "blk00000.dat").write_bytes(turned(b"".join(frames), XOR_KEY))


def _draw(chain: _Chain) -> tuple[bytes, int, bool]:
    # from anywhere in the set: old coins are spent as well as new ones
    coins = chain.coins
    place = chain.rng.randrange(len(coins))
    coins[place], coins[-1] = coins[-1], coins[place]
    return coins.pop()


def _script(chain: _Chain) -> tuple[bytes, bool]:
    rng = chain.rng
    witness = rng.random() < _WITNESS_SHARE
    known = chain.scripts[witness]
    if known and rng.random() >= _NEW_SCRIPTS:
        return known[rng.randrange(len(known))], witness
    key_hash = rng.randbytes(20)
    script = b"\0\x14" + key_hash if witness else b"\x76\xa9\x14" + key_hash + b"\x88\xac"
    known.append(script)
    return script, witness


def _transaction(
    chain: _Chain, spent: list[tuple[bytes, int, bool]], outputs: int
) -> tuple[bytes, bytes]:
    """The transaction with its witnesses, and its txid. Its outputs join the coins."""
    rng = chain.rng
    total = sum(value for _, value, _ in spent)
    fee = min(1000, total // 10)
    each, rest = divmod(total - fee, outputs)
    values = [each + rest] + [each] * (outputs - 1)
    inputs, witnesses = [_count(len(spent))], []
    for outpoint, _, witness in spent:
        signature = rng.randbytes(72)
        key = b"\x02" + rng.randbytes(32)
        if witness:
            inputs.append(outpoint + b"\0" + b"\xfd\xff\xff\xff")
            witnesses.append(b"\x02\x48" + signature + b"\x21" + key)
        else:
            inputs.append(outpoint + b"\x6b\x48" + signature + b"\x21" + key + b"\xfd\xff\xff\xff")
            witnesses.append(b"\0")
    paid, places = [_count(outputs)], []
    for value in values:
        script, witness = _script(chain)
        paid.append(struct.pack("<qB", value, len(script)) + script)
        places.append((value, witness))
    body = b"".join(inputs) + b"".join(paid)
    version, locktime = b"\x02\0\0\0", b"\0\0\0\0"
    txid = _hash256(version + body + locktime)
    raw = version + body + locktime
    if any(witness for _, _, witness in spent):
        raw = version + b"\0\x01" + body + b"".join(witnesses) + locktime
    for vout, (value, witness) in enumerate(places):
        if value > 0:
            chain.coins.append((txid + vout.to_bytes(4, "little"), value, witness))
    return raw, txid


def _block(chain: _Chain, txs: list[tuple[bytes, bytes]]) -> tuple[bytes, tuple[bytes, int, bool]]:
    """The next block, and its coinbase's coin."""
    chain.height += 1
    subsidy = 50_0000_0000 >> (chain.height // 150)
    stated = b"\x03" + chain.height.to_bytes(3, "little")
    script, witness = _script(chain)
    wtxids = [bytes(32), *(_hash256(raw) for raw, _ in txs)]
    commitment = b"\x6a\x24\xaa\x21\xa9\xed" + _hash256(_merkle_root(wtxids) + bytes(32))
    body = b"\x01" + bytes(32) + b"\xff" * 4 + bytes([len(stated)]) + stated + b"\xff" * 4
    body += b"\x02" + struct.pack("<qB", subsidy, len(script)) + script
    body += struct.pack("<qB", 0, len(commitment)) + commitment
    txid = _hash256(b"\x02\0\0\0" + body + bytes(4))
    coinbase = b"\x02\0\0\0" + b"\0\x01" + body + b"\x01\x20" + bytes(32) + bytes(4)
    root = _merkle_root([txid, *(other for _, other in txs)])
    time = _FIRST_TIME + _SECONDS * chain.height
    start = struct.pack("<i32s32sII", 0x20000000, chain.tip, root, time, _BITS)
    nonce = 0
    while int.from_bytes(tip := _hash256(start + nonce.to_bytes(4, "little")), "little") > _TARGET:
        nonce += 1
    chain.tip = tip
    raw = start + nonce.to_bytes(4, "little") + _count(len(txs) + 1) + coinbase
    raw += b"".join(tx for tx, _ in txs)
    return raw, (txid + bytes(4), subsidy, witness)


def _merkle_root(level: list[bytes]) -> bytes:
    while len(level) > 1:
        if len(level) % 2:
            level = [*level, level[-1]]
        level = [_hash256(level[i] + level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


def _count(n: int) -> bytes:
    return bytes([n]) if n < 0xFD else b"\xfd" + n.to_bytes(2, "little")


def _hash256(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()
