"""A reader of simulated chains that shares no code with the simulator."""

import csv
import hashlib
import struct
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

MAGIC = bytes.fromhex("fabfb5da")


@dataclass
class Tx:
    txid: str
    height: int
    inputs: list[tuple[str, int]]
    outputs: list[tuple[bytes, int]]
    prevouts: list[tuple[bytes, int]] = field(default_factory=list)
    witnesses: list[list[bytes]] = field(default_factory=list)

    @property
    def is_coinbase(self) -> bool:
        return self.inputs[0][0] == "00" * 32

    @property
    def is_equal_output_mix(self) -> bool:
        equal = max(Counter(value for _, value in self.outputs).values())
        scripts = {script for script, _ in self.prevouts}
        return equal >= 3 and len(scripts) >= equal and equal <= len(self.outputs) <= 2 * equal + 1


def sha256d(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


class Cursor:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, form: str) -> int:
        return int(struct.unpack(form, self.take(struct.calcsize(form)))[0])

    def size(self) -> int:
        first = self.take(1)[0]
        return first if first < 0xFD else self.number({0xFD: "<H", 0xFE: "<I"}[first])

    def text(self) -> bytes:
        return self.take(self.size())


def read_tx(cursor: Cursor, height: int) -> Tx:
    start = cursor.at
    version = cursor.take(4)
    has_witness = cursor.data[cursor.at] == 0
    cursor.at += 2 * has_witness
    body = cursor.at
    inputs = []
    for _ in range(cursor.size()):
        inputs.append((cursor.take(32)[::-1].hex(), cursor.number("<I")))
        cursor.text()
        cursor.take(4)
    outputs = []
    for _ in range(cursor.size()):
        value = cursor.number("<q")
        outputs.append((cursor.text(), value))
    stripped = version + cursor.data[body : cursor.at]
    witnesses: list[list[bytes]] = []
    if has_witness:
        witnesses = [[cursor.text() for _ in range(cursor.size())] for _ in inputs]
    stripped += cursor.take(4)
    assert has_witness or stripped == cursor.data[start : cursor.at]
    txid = sha256d(stripped)[::-1].hex()
    return Tx(txid, height, inputs, outputs, witnesses=witnesses)


@dataclass
class Chain:
    hashes: list[str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    raw_blocks: list[bytes] = field(default_factory=list)
    txs: dict[str, Tx] = field(default_factory=dict)

    @property
    def spends(self) -> list[Tx]:
        return [tx for tx in self.txs.values() if not tx.is_coinbase]


def read_chain(out: Path) -> Chain:
    """The blocks of a simulated data directory, each input with its prevout."""
    folder = out / "regtest" / "blocks"
    key = (folder / "xor.dat").read_bytes()
    chain = Chain()
    hashes, txs = chain.hashes, chain.txs
    for path in sorted(folder.glob("blk*.dat")):
        raw = path.read_bytes().rstrip(b"\0")
        # Whole keys again, so that a block that ends in XORed zeros keeps them.
        padded = raw + bytes(-len(raw) % 8) + bytes(8)
        mask = int.from_bytes(key * (len(padded) // 8), "big")
        data = (int.from_bytes(padded, "big") ^ mask).to_bytes(len(padded), "big")
        cursor = Cursor(data)
        while cursor.data[cursor.at : cursor.at + 4] == MAGIC:
            cursor.take(8)
            start = cursor.at
            header = cursor.take(80)
            height = len(hashes)
            assert not hashes or header[4:36][::-1].hex() == hashes[-1], "blocks lie in order"
            hashes.append(sha256d(header)[::-1].hex())
            chain.times.append(int.from_bytes(header[68:72], "little"))
            for _ in range(cursor.size()):
                tx = read_tx(cursor, height)
                txs[tx.txid] = tx
            chain.raw_blocks.append(data[start : cursor.at])
    for tx in txs.values():
        if not tx.is_coinbase:
            tx.prevouts = [txs[txid].outputs[vout] for txid, vout in tx.inputs]
    return chain


def read_truth(out: Path, name: str) -> list[dict[str, str]]:
    with (out / "truth" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def co_spend_clusters(chain: Chain) -> dict[bytes, bytes]:
    """Script -> a script that stands for its cluster; equal-output mixes join nothing."""
    parent: dict[bytes, bytes] = {}

    def find(script: bytes) -> bytes:
        parent.setdefault(script, script)
        while parent[script] != script:
            parent[script] = parent[parent[script]]
            script = parent[script]
        return script

    for tx in chain.spends:
        scripts = [script for script, _ in tx.prevouts]
        for script in scripts:
            find(script)
        if not tx.is_equal_output_mix:
            for script in scripts[1:]:
                parent[find(script)] = find(scripts[0])
    return {script: find(script) for script in list(parent)}
