"""The type of a script_pubkey, told as Bitcoin Core's Solver tells it, and scripts made by type."""

from collections.abc import Iterator
from enum import StrEnum

MAX_SCRIPT_BYTES = 10_000
"""A longer script can never be spent (Bitcoin Core, script/script.h)."""

_MAX_MULTISIG_KEYS = 20

_OP_0 = 0x00
_OP_PUSHDATA1 = 0x4C
_OP_PUSHDATA2 = 0x4D
_OP_PUSHDATA4 = 0x4E
_OP_1 = 0x51
_OP_16 = 0x60
_OP_RETURN = 0x6A
_OP_CHECKSIG = 0xAC
_OP_CHECKMULTISIG = 0xAE

_P2A = bytes.fromhex("51024e73")


class ScriptType(StrEnum):
    """The types of script_pubkey. Values are what the store's tables hold."""

    P2PK = "p2pk"
    P2PKH = "p2pkh"
    P2SH = "p2sh"
    P2WPKH = "p2wpkh"
    P2WSH = "p2wsh"
    P2TR = "p2tr"
    P2A = "p2a"
    MULTISIG = "multisig"
    OP_RETURN = "op_return"
    WITNESS_UNKNOWN = "witness_unknown"
    NONSTANDARD = "nonstandard"


def script_type(script: bytes) -> ScriptType:
    """The type of a script_pubkey. Source: Bitcoin Core, script/solver.cpp.

    `op_return` is OP_RETURN followed by pushes only. OP_RETURN followed by anything else is
    `nonstandard`, as in Core; `is_unspendable` is true of both. A version 0 witness program of
    neither 20 nor 32 bytes is `nonstandard`. Public keys of P2PK and bare multisig are held to
    their length and first byte, not to the curve.
    """
    size = len(script)
    if size == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return ScriptType.P2PKH
    if size == 23 and script[:2] == b"\xa9\x14" and script[22] == 0x87:
        return ScriptType.P2SH
    program = witness_program(script)
    if program is not None:
        return _witness_type(script, *program)
    if size >= 1 and script[0] == _OP_RETURN:
        return ScriptType.OP_RETURN if _is_push_only(script[1:]) else ScriptType.NONSTANDARD
    if (
        size in (35, 67)
        and script[0] == size - 2
        and script[-1] == _OP_CHECKSIG
        and _looks_like_public_key(script[1:-1])
    ):
        return ScriptType.P2PK
    if _is_multisig(script):
        return ScriptType.MULTISIG
    return ScriptType.NONSTANDARD


def is_unspendable(script: bytes) -> bool:
    """Whether no input can ever spend this script: OP_RETURN first, or over 10,000 bytes.

    Source: CScript::IsUnspendable of Bitcoin Core.
    """
    return script[:1] == b"\x6a" or len(script) > MAX_SCRIPT_BYTES


def witness_program(script: bytes) -> tuple[int, bytes] | None:
    """Version (0..16) and program (2..40 bytes) of a witness script_pubkey, else None (BIP 141)."""
    if not 4 <= len(script) <= 42 or script[1] != len(script) - 2:
        return None
    if script[0] == _OP_0:
        return 0, script[2:]
    if _OP_1 <= script[0] <= _OP_16:
        return script[0] - _OP_1 + 1, script[2:]
    return None


def p2pk(public_key: bytes) -> bytes:
    """The P2PK script of a public key of 33 or 65 bytes."""
    if not _looks_like_public_key(public_key):
        raise ValueError(f"a public key has 33 or 65 bytes and its prefix, not {len(public_key)}")
    return bytes([len(public_key)]) + public_key + b"\xac"


def p2pkh(hash20: bytes) -> bytes:
    """The P2PKH script of the HASH160 of a public key."""
    return b"\x76\xa9\x14" + _exactly(20, hash20) + b"\x88\xac"


def p2sh(hash20: bytes) -> bytes:
    """The P2SH script of the HASH160 of a redeem script (BIP 16)."""
    return b"\xa9\x14" + _exactly(20, hash20) + b"\x87"


def p2sh32(hash32: bytes) -> bytes:
    """The P2SH script of the double SHA-256 of a redeem script, as Bitcoin Cash has it too."""
    return b"\xaa\x20" + _exactly(32, hash32) + b"\x87"


def is_p2sh32(script: bytes) -> bool:
    """Whether a script has the form of `p2sh32`; on other chains that is a non-standard one."""
    return len(script) == 35 and script[:2] == b"\xaa\x20" and script[34] == 0x87


def p2wpkh(hash20: bytes) -> bytes:
    """The P2WPKH script of the HASH160 of a compressed public key (BIP 141)."""
    return b"\x00\x14" + _exactly(20, hash20)


def p2wsh(hash32: bytes) -> bytes:
    """The P2WSH script of the SHA-256 of a witness script (BIP 141)."""
    return b"\x00\x20" + _exactly(32, hash32)


def p2tr(output_key: bytes) -> bytes:
    """The P2TR script of a 32-byte x-only output key (BIP 341)."""
    return b"\x51\x20" + _exactly(32, output_key)


def op_return(data: bytes) -> bytes:
    """The script that carries up to 75 bytes of data and can never be spent."""
    if len(data) > 75:
        raise ValueError(f"this makes OP_RETURN scripts of up to 75 bytes, not {len(data)}")
    return b"\x6a" + bytes([len(data)]) + data


def _exactly(size: int, data: bytes) -> bytes:
    if len(data) != size:
        raise ValueError(f"this script takes {size} bytes, not {len(data)}")
    return data


def _witness_type(script: bytes, version: int, program: bytes) -> ScriptType:
    if version == 0:
        by_size = {20: ScriptType.P2WPKH, 32: ScriptType.P2WSH}
        return by_size.get(len(program), ScriptType.NONSTANDARD)
    if version == 1 and len(program) == 32:
        return ScriptType.P2TR
    return ScriptType.P2A if script == _P2A else ScriptType.WITNESS_UNKNOWN


def _looks_like_public_key(data: bytes) -> bool:
    if len(data) == 33:
        return data[0] in (2, 3)
    return len(data) == 65 and data[0] in (4, 6, 7)


def operations(script: bytes) -> Iterator[tuple[int, bytes] | None]:
    """Opcode and pushed data of each operation; a last None where a push runs past the end."""
    at, end = 0, len(script)
    while at < end:
        opcode = script[at]
        at += 1
        length = 0
        if opcode <= _OP_PUSHDATA4:
            length = opcode
            if opcode >= _OP_PUSHDATA1:
                width = 1 << (opcode - _OP_PUSHDATA1)
                if at + width > end:
                    yield None
                    return
                length = int.from_bytes(script[at : at + width], "little")
                at += width
        if at + length > end:
            yield None
            return
        yield opcode, script[at : at + length]
        at += length


def _is_push_only(script: bytes) -> bool:
    # OP_RESERVED (0x50) counts as a push here, as it does in Core.
    return all(step is not None and step[0] <= _OP_16 for step in operations(script))


def _is_multisig(script: bytes) -> bool:
    """Whether this is bare m-of-n with 1 <= m <= n <= 20 and nothing after it."""
    if script[-1:] != bytes([_OP_CHECKMULTISIG]):
        return False
    steps = operations(script)
    required = _small_number(next(steps, None), 1)
    if required is None:
        return False
    keys = 0
    for step in steps:
        if step is not None and _looks_like_public_key(step[1]):
            keys += 1
            continue
        total = _small_number(step, required)
        return total == keys and list(steps) == [(_OP_CHECKMULTISIG, b"")]
    return False


def _small_number(step: tuple[int, bytes] | None, least: int) -> int | None:
    """The number least..20 an operation puts on the stack, written as briefly as can be."""
    if step is None:
        return None
    opcode, data = step
    if _OP_1 <= opcode <= _OP_16:
        number = opcode - _OP_1 + 1
    elif opcode == 1 and data[0] > 16:
        # One byte is all that 17..20 need; a longer push of them is not minimal.
        number = data[0]
    else:
        return None
    return number if least <= number <= _MAX_MULTISIG_KEYS else None
