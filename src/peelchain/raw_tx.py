"""A transaction's parts and its raw bytes, each made from the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from peelchain.errors import SourceError
from peelchain.network import BITCOIN_RULES, Rules
from peelchain.script import sha256d

COINBASE_PREVOUT = bytes(32), 2**32 - 1
"""What the input of a coinbase names as its prevout."""

_WITNESS = 1
_MWEB = 8
"""Flags behind a marker: witnesses (BIP 144), a part of an extension block (Litecoin, LIP 3)."""

_MOST_BYTES = 4_000_000


@dataclass(frozen=True)
class TxInput:
    """An input as the bytes have it; the txid of the prevout in internal byte order."""

    prev_txid: bytes
    prev_vout: int
    script_sig: bytes
    sequence: int
    witness: tuple[bytes, ...] = ()

    @property
    def is_coinbase(self) -> bool:
        """Whether it spends nothing."""
        return (self.prev_txid, self.prev_vout) == COINBASE_PREVOUT


@dataclass(frozen=True)
class TxOutput:
    """An output: satoshis and script."""

    value_sat: int
    script_pubkey: bytes


@dataclass(frozen=True)
class RawTx:
    """A transaction's parts. `version` is signed, `locktime` is not."""

    version: int
    inputs: tuple[TxInput, ...]
    outputs: tuple[TxOutput, ...]
    locktime: int

    @property
    def has_witness(self) -> bool:
        """Whether any input has one."""
        return any(i.witness for i in self.inputs)


def serialised(tx: RawTx, *, witness: bool = True) -> bytes:
    """The raw bytes, with the witnesses where there are any and they are wanted (BIP 144)."""
    shows = witness and tx.has_witness
    parts = [tx.version.to_bytes(4, "little", signed=True), b"\x00\x01" if shows else b""]
    parts.append(compact_size(len(tx.inputs)))
    for i in tx.inputs:
        parts += [i.prev_txid, i.prev_vout.to_bytes(4, "little"), _counted(i.script_sig)]
        parts.append(i.sequence.to_bytes(4, "little"))
    parts.append(compact_size(len(tx.outputs)))
    for o in tx.outputs:
        parts += [o.value_sat.to_bytes(8, "little"), _counted(o.script_pubkey)]
    if shows:
        for i in tx.inputs:
            parts.append(serialised_stack(i.witness))
    parts.append(tx.locktime.to_bytes(4, "little"))
    return b"".join(parts)


def serialised_stack(items: Sequence[bytes]) -> bytes:
    """The witness of one input, as it stands in a transaction (BIP 144)."""
    return compact_size(len(items)) + b"".join(_counted(item) for item in items)


def txid_of(tx: RawTx) -> bytes:
    """The txid, internal byte order."""
    return sha256d(serialised(tx, witness=False))


def parsed(raw: bytes, rules: Rules = BITCOIN_RULES) -> RawTx:
    """The transaction in some bytes, of a chain with these rules.

    Of a HogEx (LIP 2) the mark is left out: its part of the extension block is elsewhere.

    Raises SourceError, saying at which offset, for what is no transaction and nothing else.
    """
    if len(raw) > _MOST_BYTES:
        raise SourceError(f"{len(raw):,} bytes are more than a transaction can have")
    reader = _Reader(raw)
    version = int.from_bytes(reader.take(4), "little", signed=True)
    flag = _flag(raw, rules)
    marked = bool(flag & _WITNESS)
    if flag:
        reader.take(2)
    bare = [_bare_input(reader) for _ in range(reader.count(41))]
    outputs = [_output(reader, rules.max_money) for _ in range(reader.count(9))]
    stacks: list[tuple[bytes, ...]] = [()] * len(bare)
    if marked:
        stacks = [tuple(reader.counted() for _ in range(reader.count(1))) for _ in bare]
    if flag & _MWEB and reader.take(1) != b"\0":
        raise SourceError(f"offset {reader.at - 1}: it holds a part of an extension block")
    locktime = int.from_bytes(reader.take(4), "little")
    if reader.at != len(raw):
        raise SourceError(f"offset {reader.at}: bytes follow the transaction")
    if not bare or not outputs:
        raise SourceError("a transaction without inputs or outputs cannot be")
    if marked and not any(stacks):
        raise SourceError("offset 4: it is marked as having witnesses and has none")
    inputs = [TxInput(*i, witness=s) for i, s in zip(bare, stacks, strict=True)]
    return RawTx(version, tuple(inputs), tuple(outputs), locktime)


def merkle_root_of(txid: bytes, position: int, branch: Sequence[bytes]) -> bytes:
    """The Merkle root that a txid's branch leads to, from the leaves up."""
    node = txid
    for sibling in branch:
        node = sha256d(sibling + node if position & 1 else node + sibling)
        position >>= 1
    return node


def _flag(raw: bytes, rules: Rules) -> int:
    """The bits that mark a transaction with more than inputs and outputs; 0 for none."""
    known = (_WITNESS,) if rules.tx_form != "mweb" else (_WITNESS, _MWEB, _WITNESS | _MWEB)
    return raw[5] if raw[4:5] == b"\0" and raw[5:6] and raw[5] in known else 0


def _bare_input(reader: "_Reader") -> tuple[bytes, int, bytes, int]:
    prev_txid, prev_vout = reader.take(32), int.from_bytes(reader.take(4), "little")
    return prev_txid, prev_vout, reader.counted(), int.from_bytes(reader.take(4), "little")


def _output(reader: "_Reader", max_money: int) -> TxOutput:
    value_sat = int.from_bytes(reader.take(8), "little")
    if value_sat > max_money:
        raise SourceError(f"offset {reader.at - 8}: {value_sat} satoshis are more than can exist")
    return TxOutput(value_sat, reader.counted())


def compact_size(number: int) -> bytes:
    """Bitcoin's count of variable length. Raises SourceError for one of more than 64 bits."""
    if number < 0xFD:
        return bytes([number])
    for mark, size in ((b"\xfd", 2), (b"\xfe", 4), (b"\xff", 8)):
        if number < 1 << 8 * size:
            return mark + number.to_bytes(size, "little")
    raise SourceError(f"{number} is too great a count")


def _counted(data: bytes) -> bytes:
    return compact_size(len(data)) + data


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.at = 0

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.raw):
            raise SourceError(f"offset {self.at}: the bytes end inside the transaction")
        found = self.raw[self.at : end]
        self.at = end
        return found

    def count(self, least_bytes: int) -> int:
        """A count of things of at least so many bytes each: more cannot follow."""
        first = self.take(1)[0]
        size = {0xFD: 2, 0xFE: 4, 0xFF: 8}.get(first, 0)
        number = int.from_bytes(self.take(size), "little") if size else first
        if size and number < (0xFD if size == 2 else 1 << 4 * size):
            raise SourceError(f"offset {self.at}: a count is not in its shortest form")
        if number * least_bytes > len(self.raw) - self.at:
            raise SourceError(f"offset {self.at}: a count of {number} is more than can follow")
        return number

    def counted(self) -> bytes:
        return self.take(self.count(1))
