"""Scripts as Bitcoin Core shows them: as text, by the name of their type, and whose keys they hold.

Source: Bitcoin Core, core_write.cpp (ScriptToAsmStr), script/script.cpp (GetOpName),
script/solver.cpp (GetTxnOutputType).
"""

from collections.abc import Iterator

from peelchain.network import Network
from peelchain.script.address import address
from peelchain.script.hashing import hash160
from peelchain.script.opcodes import FROM_NOP, OP_NOP
from peelchain.script.types import (
    ScriptType,
    is_unspendable,
    operations,
    p2pkh,
    script_type,
)

_OP_PUSHDATA4 = 0x4E
_NAMES = {
    0x4F: "-1",
    0x50: "OP_RESERVED",
    **{0x50 + number: str(number) for number in range(1, 17)},
    **{OP_NOP + at: f"OP_{name}" for at, name in enumerate(FROM_NOP)},
    0xFF: "OP_INVALIDOPCODE",
}
_SIGHASHES = {
    0x01: "[ALL]",
    0x02: "[NONE]",
    0x03: "[SINGLE]",
    0x81: "[ALL|ANYONECANPAY]",
    0x82: "[NONE|ANYONECANPAY]",
    0x83: "[SINGLE|ANYONECANPAY]",
}
_MOST_NUMBER_BYTES = 4
_TYPE_NAMES = {
    ScriptType.P2PK: "pubkey",
    ScriptType.P2PKH: "pubkeyhash",
    ScriptType.P2SH: "scripthash",
    ScriptType.P2WPKH: "witness_v0_keyhash",
    ScriptType.P2WSH: "witness_v0_scripthash",
    ScriptType.P2TR: "witness_v1_taproot",
    ScriptType.P2A: "anchor",
    ScriptType.MULTISIG: "multisig",
    ScriptType.OP_RETURN: "nulldata",
    ScriptType.WITNESS_UNKNOWN: "witness_unknown",
    ScriptType.NONSTANDARD: "nonstandard",
}


def core_asm(script: bytes, *, signatures: bool = False) -> str:
    """The script as Core's RPC shows it under `asm`.

    Pushes of up to four bytes are shown as numbers. With `signatures`, as of a scriptSig, the last
    byte of what is encoded as a signature is shown as the sighash type that it names.
    """
    decode = signatures and not is_unspendable(script)
    return " ".join(_shown(script, decode))


def core_type(kind: ScriptType) -> str:
    """Core's name of a type, such as `witness_v0_keyhash`."""
    return _TYPE_NAMES[kind]


def required_signatures(script: bytes, kind: ScriptType) -> int | None:
    """What Core gave as `reqSigs` up to version 21: m of bare multisig, else 1; None: unspendable.

    What a script hash asks for is not known from the script: 1 stands there too.
    """
    if kind is ScriptType.MULTISIG:
        return _number_of(script[0], script[1:2])
    if kind in (ScriptType.OP_RETURN, ScriptType.NONSTANDARD, ScriptType.P2A):
        return None
    return 1


def key_addresses(script: bytes, kind: ScriptType, network: Network) -> list[str]:
    """The address of a script, or of P2PK and bare multisig those of their keys; none else.

    Addresses of keys are P2PKH, as Core gave them under `addresses` up to version 21.
    """
    if kind is ScriptType.P2PK:
        keys = [script[1:-1]]
    elif kind is ScriptType.MULTISIG:
        keys = [step[1] for step in operations(script) if step and len(step[1]) in (33, 65)]
    else:
        found = address(script, network)
        return [] if found is None else [found]
    shown = (address(p2pkh(hash160(key)), network) for key in keys)
    return [text for text in shown if text is not None]


def core_script_type(script: bytes) -> tuple[ScriptType, str]:
    """The type of a script, and Core's name of it."""
    kind = script_type(script)
    return kind, _TYPE_NAMES[kind]


def _shown(script: bytes, decode: bool) -> Iterator[str]:
    for step in operations(script):
        if step is None:
            yield "[error]"
            return
        opcode, data = step
        if opcode > _OP_PUSHDATA4:
            yield _NAMES.get(opcode, "OP_UNKNOWN")
        elif len(data) <= _MOST_NUMBER_BYTES:
            yield str(_script_number(data))
        elif decode and data[-1] in _SIGHASHES and _is_signature(data):
            yield data[:-1].hex() + _SIGHASHES[data[-1]]
        else:
            yield data.hex()


def _script_number(data: bytes) -> int:
    """The number in up to four bytes: little-endian, the top bit the sign; within 32 bits."""
    magnitude = int.from_bytes(data, "little")
    sign = 1 << (8 * len(data) - 1) if data else 0
    return -(magnitude ^ sign) if magnitude & sign else magnitude


def _is_signature(data: bytes) -> bool:
    """Whether this is a DER signature and a byte, in the strict form of BIP 66."""
    if not 9 <= len(data) <= 73 or data[0] != 0x30 or data[1] != len(data) - 3:
        return False
    r_size = data[3]
    if 5 + r_size >= len(data):
        return False
    s_size = data[5 + r_size]
    if r_size + s_size + 7 != len(data):
        return False
    r_part, s_part = data[2 : 4 + r_size], data[4 + r_size : -1]
    return _is_der_integer(r_part) and _is_der_integer(s_part)


def _is_der_integer(part: bytes) -> bool:
    """Whether a tag, a length and a number are a positive integer in its shortest form."""
    number = part[2:]
    if part[0] != 0x02 or not number or number[0] & 0x80:
        return False
    return not (len(number) > 1 and number[0] == 0 and not number[1] & 0x80)


def _number_of(opcode: int, pushed: bytes) -> int:
    return opcode - 0x50 if opcode > 0x50 else pushed[0]
