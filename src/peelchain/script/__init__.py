"""Script_pubkeys: their type, and their address in each network, both ways."""

from peelchain.script.address import address, script_pubkey
from peelchain.script.hashing import hash160, sha256d
from peelchain.script.refusal import looks_secret
from peelchain.script.types import (
    MAX_SCRIPT_BYTES,
    ScriptType,
    is_unspendable,
    op_return,
    p2pk,
    p2pkh,
    p2sh,
    p2sh32,
    p2tr,
    p2wpkh,
    p2wsh,
    script_type,
    witness_program,
)

__all__ = [
    "MAX_SCRIPT_BYTES",
    "ScriptType",
    "address",
    "hash160",
    "is_unspendable",
    "looks_secret",
    "op_return",
    "p2pk",
    "p2pkh",
    "p2sh",
    "p2sh32",
    "p2tr",
    "p2wpkh",
    "p2wsh",
    "script_pubkey",
    "script_type",
    "sha256d",
    "witness_program",
]
