"""Locks: keys derived from seed, wallet and index, and the scripts that ask for them."""

import hashlib
from dataclasses import dataclass
from typing import Literal

from coincurve import PrivateKey, PublicKey

from peelchain.script import hash160, p2pkh, p2sh, p2tr, p2wpkh, p2wsh

Kind = Literal["p2pkh", "p2sh_p2wpkh", "p2wpkh", "p2tr", "p2sh_multisig", "p2wsh_multisig"]

_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
_INPUT_VBYTES: dict[Kind, int] = {
    "p2pkh": 148,
    "p2sh_p2wpkh": 91,
    "p2wpkh": 68,
    "p2tr": 58,
    "p2sh_multisig": 297,
    "p2wsh_multisig": 105,
}
_SIGNERS = 3
_NEEDED = 2


@dataclass(frozen=True, slots=True, eq=False)
class Lock:
    """A script_pubkey and what it takes to spend it.

    `secrets` are those that sign, already tweaked for Taproot; `inner` is the public key, the
    redeem script or the witness script that the spender shows (empty for Taproot).
    """

    kind: Kind
    script_pubkey: bytes
    secrets: tuple[bytes, ...]
    inner: bytes

    @property
    def input_vbytes(self) -> int:
        """Virtual bytes an input spending it adds, at most, input header included."""
        return _INPUT_VBYTES[self.kind]


def make_lock(kind: Kind, seed: int, path: str) -> Lock:
    """The lock of this kind at this path of the seed; the same arguments give the same lock."""
    if kind in ("p2sh_multisig", "p2wsh_multisig"):
        secrets = [_secret(seed, f"{path}/{signer}") for signer in range(_SIGNERS)]
        script = multisig_script([PublicKey.from_secret(secret).format() for secret in secrets])
        outer = p2sh(hash160(script)) if kind == "p2sh_multisig" else p2wsh(_sha256(script))
        return Lock(kind, outer, tuple(secrets[:_NEEDED]), script)
    secret = _secret(seed, path)
    public_key = PublicKey.from_secret(secret).format()
    if kind == "p2tr":
        return _taproot_lock(secret, public_key)
    key_hash = hash160(public_key)
    outer = {
        "p2pkh": p2pkh(key_hash),
        "p2wpkh": p2wpkh(key_hash),
        "p2sh_p2wpkh": p2sh(hash160(p2wpkh(key_hash))),
    }[kind]
    return Lock(kind, outer, (secret,), public_key)


def multisig_script(public_keys: list[bytes]) -> bytes:
    """Two of these three compressed keys must sign (BIP 11)."""
    pushes = b"".join(b"\x21" + key for key in public_keys)
    return b"\x52" + pushes + b"\x53\xae"


def make_two_of_two(seed: int, path: str, *, rising: bool) -> Lock:
    """The P2WSH lock of two keys that must both sign, in rising order of the keys or in falling.

    Source: BOLT 3, Funding Transaction Output, for the script and the rising order.
    """
    secrets = [_secret(seed, f"{path}/{signer}") for signer in range(2)]
    keys = {PublicKey.from_secret(secret).format(): secret for secret in secrets}
    ordered = sorted(keys, reverse=not rising)
    script = b"\x52" + b"".join(b"\x21" + key for key in ordered) + b"\x52\xae"
    signing = tuple(keys[key] for key in ordered)
    return Lock("p2wsh_multisig", p2wsh(_sha256(script)), signing, script)


def sign_ecdsa(secret: bytes, digest: bytes) -> bytes:
    """DER signature with SIGHASH_ALL appended; the nonce is that of RFC 6979."""
    return PrivateKey(secret).sign(digest, hasher=None) + b"\x01"


def sign_schnorr(secret: bytes, digest: bytes) -> bytes:
    """BIP 340 signature of 64 bytes; the auxiliary randomness is fixed at zero."""
    return PrivateKey(secret).sign_schnorr(digest, bytes(32))


def tagged_hash(tag: str, data: bytes) -> bytes:
    """The tagged hash of BIP 340."""
    prefix = _sha256(tag.encode())
    return _sha256(prefix + prefix + data)


def _taproot_lock(secret: bytes, public_key: bytes) -> Lock:
    """Key path only. Source: BIP 341, constructing and spending Taproot outputs."""
    internal = public_key[1:]
    tweak = int.from_bytes(tagged_hash("TapTweak", internal)) % _ORDER
    scalar = int.from_bytes(secret)
    if public_key[0] == 3:
        scalar = _ORDER - scalar
    tweaked = ((scalar + tweak) % _ORDER).to_bytes(32)
    return Lock("p2tr", p2tr(PublicKey.from_secret(tweaked).format()[1:]), (tweaked,), b"")


def _secret(seed: int, path: str) -> bytes:
    # A hash that is 0 or beyond the group's order has odds of 2^-127: coincurve would refuse it.
    return _sha256(f"peelchain simulate {seed} {path}".encode())


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
