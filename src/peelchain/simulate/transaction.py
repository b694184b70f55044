"""Transactions: sizes, sighashes, signatures and bytes."""

import hashlib
import struct
from dataclasses import dataclass

from peelchain.raw_tx import compact_size, serialised_stack
from peelchain.script import hash160, p2wpkh, sha256d
from peelchain.simulate.keys import Kind, Lock, sign_ecdsa, sign_schnorr, tagged_hash

FINAL = 0xFFFFFFFF
LOCKTIME_ON = 0xFFFFFFFE
REPLACEABLE = 0xFFFFFFFD

_OVERHEAD_VBYTES = 11
_SIGHASH_ALL = struct.pack("<I", 1)
_OFFER = b"\x83"
_LEGACY: tuple[Kind, ...] = ("p2pkh", "p2sh_multisig")


@dataclass(frozen=True, slots=True, eq=False)
class Coin:
    """An output its owner can spend from height `spendable` on. `txid` is in internal order."""

    txid: bytes
    vout: int
    value_sat: int
    lock: Lock
    spendable: int

    @property
    def outpoint(self) -> bytes:
        """The 36 bytes by which an input names it."""
        return self.txid + struct.pack("<I", self.vout)


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction without its signatures; outputs are (script_pubkey, value_sat).

    `offered` is the index of an input, on a Taproot coin, whose signature covers only itself and
    the output at its index: SIGHASH_SINGLE with ANYONECANPAY, by which sellers offer.
    """

    version: int
    locktime: int
    sequence: int
    coins: tuple[Coin, ...]
    outputs: tuple[tuple[bytes, int], ...]
    offered: int | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction's bytes and hashes, hashes in internal order."""

    raw: bytes
    txid: bytes
    wtxid: bytes


def vbytes(coins: list[Coin], scripts: list[bytes]) -> int:
    """Virtual bytes, at most, of a transaction with these inputs and outputs."""
    inputs = sum(coin.lock.input_vbytes for coin in coins)
    return _OVERHEAD_VBYTES + inputs + sum(output_vbytes(script) for script in scripts)


def output_vbytes(script: bytes) -> int:
    """Bytes one output with this script takes."""
    return 9 + len(script)


def data_script(data: bytes, head: bytes = b"\x6a") -> bytes:
    """An OP_RETURN script that pushes up to 255 bytes after `head`."""
    return head + _push(data)


def serialise_outputs(outputs: tuple[tuple[bytes, int], ...]) -> bytes:
    """The outputs as they stand in a transaction, without their count."""
    return b"".join(
        struct.pack("<q", value) + compact_size(len(script)) + script for script, value in outputs
    )


def sign(draft: Draft) -> Signed:
    """The draft signed with every coin's own lock, the same bytes each time.

    Sources of the digests: Bitcoin Core's SignatureHash for legacy inputs, BIP 143 for witness
    version 0, BIP 341 for Taproot. What all inputs share is hashed once.
    """
    sequence = struct.pack("<I", draft.sequence)
    version = struct.pack("<i", draft.version)
    locktime = struct.pack("<I", draft.locktime)
    outpoints = [coin.outpoint for coin in draft.coins]
    outputs = serialise_outputs(draft.outputs)
    shared = _Shared(
        version, locktime, sequence, outpoints, len(draft.outputs), outputs, draft.coins
    )
    script_sigs: list[bytes] = []
    witnesses: list[list[bytes]] = []
    for index, coin in enumerate(draft.coins):
        if index == draft.offered:
            digest = _offer_digest(draft, index)
            script_sig, witness = b"", [sign_schnorr(coin.lock.secrets[0], digest) + _OFFER]
        else:
            script_sig, witness = _unlock(shared, index, coin)
        script_sigs.append(script_sig)
        witnesses.append(witness)
    inputs = compact_size(len(outpoints)) + b"".join(
        outpoint + compact_size(len(script_sig)) + script_sig + sequence
        for outpoint, script_sig in zip(outpoints, script_sigs, strict=True)
    )
    body = inputs + compact_size(len(draft.outputs)) + outputs
    stripped = version + body + locktime
    txid = sha256d(stripped)
    if not any(witnesses):
        return Signed(stripped, txid, txid)
    stacks = b"".join(serialised_stack(witness) for witness in witnesses)
    raw = version + b"\x00\x01" + body + stacks + locktime
    return Signed(raw, txid, sha256d(raw))


class _Shared:
    """What the digests of one transaction's inputs have in common, hashed when first asked."""

    def __init__(
        self,
        version: bytes,
        locktime: bytes,
        sequence: bytes,
        outpoints: list[bytes],
        output_count: int,
        outputs: bytes,
        coins: tuple[Coin, ...],
    ) -> None:
        self.version = version
        self.locktime = locktime
        self.sequence = sequence
        self.outpoints = outpoints
        self.output_count = compact_size(output_count)
        self.outputs = outputs
        self.coins = coins
        self._v0: tuple[bytes, bytes] | None = None
        self._v1: bytes | None = None

    def legacy(self, index: int, script_code: bytes) -> bytes:
        """Digest of a legacy input."""
        parts = [self.version, compact_size(len(self.outpoints))]
        for position, outpoint in enumerate(self.outpoints):
            script = script_code if position == index else b""
            parts += [outpoint, compact_size(len(script)), script, self.sequence]
        parts += [self.output_count, self.outputs, self.locktime, _SIGHASH_ALL]
        return sha256d(b"".join(parts))

    def v0(self, index: int, script_code: bytes) -> bytes:
        """Digest of a witness version 0 input (BIP 143)."""
        if self._v0 is None:
            prevouts = sha256d(b"".join(self.outpoints))
            sequences = sha256d(self.sequence * len(self.outpoints))
            self._v0 = (
                self.version + prevouts + sequences,
                self.sequence + sha256d(self.outputs) + self.locktime + _SIGHASH_ALL,
            )
        head, tail = self._v0
        code = compact_size(len(script_code)) + script_code
        value = struct.pack("<q", self.coins[index].value_sat)
        return sha256d(head + self.outpoints[index] + code + value + tail)

    def v1(self, index: int) -> bytes:
        """Digest of a Taproot key-path input under SIGHASH_DEFAULT (BIP 341)."""
        if self._v1 is None:
            amounts = b"".join(struct.pack("<q", coin.value_sat) for coin in self.coins)
            scripts = b"".join(
                compact_size(len(coin.lock.script_pubkey)) + coin.lock.script_pubkey
                for coin in self.coins
            )
            hashes = (
                b"".join(self.outpoints),
                amounts,
                scripts,
                self.sequence * len(self.outpoints),
                self.outputs,
            )
            digests = b"".join(hashlib.sha256(part).digest() for part in hashes)
            self._v1 = b"\x00\x00" + self.version + self.locktime + digests + b"\x00"
        return tagged_hash("TapSighash", self._v1 + struct.pack("<I", index))


def _offer_digest(draft: Draft, index: int) -> bytes:
    """Digest of a Taproot key-path input under SINGLE and ANYONECANPAY (BIP 341)."""
    coin = draft.coins[index]
    script = coin.lock.script_pubkey
    sequence = struct.pack("<I", draft.sequence)
    message = b"".join(
        (
            b"\x00" + _OFFER,
            struct.pack("<i", draft.version) + struct.pack("<I", draft.locktime),
            b"\x00" + coin.outpoint + struct.pack("<q", coin.value_sat),
            compact_size(len(script)) + script + sequence,
            hashlib.sha256(serialise_outputs((draft.outputs[index],))).digest(),
        )
    )
    return tagged_hash("TapSighash", message)


def _unlock(shared: _Shared, index: int, coin: Coin) -> tuple[bytes, list[bytes]]:
    lock = coin.lock
    if lock.kind == "p2tr":
        return b"", [sign_schnorr(lock.secrets[0], shared.v1(index))]
    if lock.kind in _LEGACY:
        code = lock.script_pubkey if lock.kind == "p2pkh" else lock.inner
        digest = shared.legacy(index, code)
        signatures = [sign_ecdsa(secret, digest) for secret in lock.secrets]
        if lock.kind == "p2pkh":
            return _push(signatures[0]) + _push(lock.inner), []
        # The empty first element feeds CHECKMULTISIG's off-by-one.
        return b"\x00" + b"".join(_push(s) for s in signatures) + _push(lock.inner), []
    if lock.kind == "p2wsh_multisig":
        digest = shared.v0(index, lock.inner)
        return b"", [b"", *(sign_ecdsa(secret, digest) for secret in lock.secrets), lock.inner]
    key_hash = hash160(lock.inner)
    digest = shared.v0(index, b"\x76\xa9\x14" + key_hash + b"\x88\xac")
    witness = [sign_ecdsa(lock.secrets[0], digest), lock.inner]
    return (_push(p2wpkh(key_hash)) if lock.kind == "p2sh_p2wpkh" else b""), witness


def _push(data: bytes) -> bytes:
    prefix = b"\x4c" if len(data) > 75 else b""
    return prefix + bytes((len(data),)) + data
