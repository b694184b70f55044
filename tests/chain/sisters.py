"""Blocks of sister chains, mined in Python at their regtests' difficulty."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import scrypt

from tests.chain.crafted import EASY, Tx, coinbase, compact, merkle_root, sha256d, transaction

from peelchain.network import Network

CHAIN_ID = 0x62
AUXPOW = 1 << 8
_TARGET = (EASY & 0x7FFFFF) << 8 * ((EASY >> 24) - 3)
_KEY = bytes.fromhex(
    "040184710fa689ad5023690c80f3a49c8f13f8d45b8c857fbcbc8bc4a8e4d3eb4b"
    "10f4d4604fa08dce601aaf0f470216fe1b51850b4acf21b179c45070ac7b03a9"
)
_NEW_YORK_TIMES = "NY Times 05/Oct/2011 Steve Jobs, Apple\u2019s Visionary, Dies at 56".encode()
_NINTONDO = b"Nintondo"


@dataclass(frozen=True)
class SisterBlock:
    """A block, and what its header hashes to."""

    raw: bytes = field(repr=False)
    txs: tuple[Tx, ...] = field(repr=False)

    @cached_property
    def hash(self) -> bytes:
        return sha256d(self.raw[:80])


def work_hash(header: bytes, network: Network) -> int:
    kind = network.rules.work_hash
    hashed = scrypt(header, salt=header, n=1024, r=1, p=1, dklen=32)
    return int.from_bytes(hashed if kind == "scrypt" else sha256d(header), "little")


def proven(start: bytes, network: Network) -> bytes:
    """The header with a nonce that proves its work."""
    nonce = 0
    while work_hash(start + struct.pack("<I", nonce), network) > _TARGET:
        nonce += 1
    return start + struct.pack("<I", nonce)


def mine(
    network: Network,
    before: SisterBlock,
    height: int,
    txs: Sequence[Tx],
    *,
    behind: bytes = b"",
    merged: bool = False,
) -> SisterBlock:
    """The block of these transactions, of which the first is a coinbase, after another.

    `behind` follows the transactions; `merged`: another chain's block proves it.
    """
    version = 0x20000000 if network.rules.auxpow_chain_id is None else CHAIN_ID << 16 | 4
    version |= AUXPOW if merged else 0
    root = merkle_root([tx.txid for tx in txs])
    time = 1_600_000_000 + 600 * height
    start = struct.pack("<i32s32sII", version, before.hash, root, time, EASY)
    header = start + bytes(4) if merged else proven(start, network)
    proof = auxpow(header, network) if merged else b""
    raw = header + proof + compact(len(txs)) + b"".join(tx.raw for tx in txs) + behind
    return SisterBlock(raw, tuple(txs))


def auxpow(header: bytes, network: Network, *, commits_to: bytes | None = None) -> bytes:
    """A proof of merged mining by a parent of one transaction, of this chain alone."""
    committed = commits_to or sha256d(header)[::-1]
    note = b"\x01\x02\xfa\xbe\x6d\x6d" + committed + struct.pack("<II", 1, 0)
    coin = coinbase(note, [(1, b"\x51")])
    start = struct.pack("<i32s32sII", 0x20000000, bytes(32), coin.txid, 1_600_000_000, EASY)
    parent = proven(start, network)
    branches = b"\0" + bytes(4) + b"\0" + bytes(4)
    return coin.raw + sha256d(parent) + branches + parent


def genesis(network: Network) -> SisterBlock:
    """The first block of Litecoin's or Dogecoin's regtest, or of Bitcoin Cash's."""
    note, value = {
        "Litecoin": (_NEW_YORK_TIMES, 50),
        "Dogecoin": (_NINTONDO, 88),
    }[network.coin]
    script_sig = b"\x04\xff\xff\x00\x1d\x01\x04" + bytes((len(note),)) + note
    script = bytes((len(_KEY),)) + _KEY + b"\xac"
    body = transaction(
        [(bytes(32), 0xFFFFFFFF)], [(value * 10**8, script)], script_sig=script_sig
    ).stripped
    tx = Tx(b"\1" + body[1:], b"\1" + body[1:])
    assert tx.txid == network.genesis_header[36:68]
    return SisterBlock(network.genesis_header + b"\1" + tx.raw, (tx,))


def reward(network: Network, height: int, script: bytes, value_sat: int) -> Tx:
    """The coinbase of a height."""
    return coinbase(b"\x02" + struct.pack("<H", height), [(value_sat, script)])


def hogex(tx: Tx) -> Tx:
    """A transaction without witnesses as a block has it for a HogEx: marked, no part of its own."""
    assert tx.raw == tx.stripped
    return Tx(tx.raw[:4] + b"\0\x08" + tx.raw[4:-4] + b"\0" + tx.raw[-4:], tx.stripped)
