"""Scripts in words, as Esplora's servers show them: rust-bitcoin's names, data in hex."""

from peelchain.script.opcodes import FROM_NOP

_PUSHDATA = {0x4C: 1, 0x4D: 2, 0x4E: 4}

_OTHERWISE = {"CHECKLOCKTIMEVERIFY": "CLTV", "CHECKSEQUENCEVERIFY": "CSV"}
"""Where rust-bitcoin's name is not Bitcoin Core's."""


def _names() -> tuple[str, ...]:
    names = ["OP_0", *(f"OP_PUSHBYTES_{size}" for size in range(1, 0x4C))]
    names += ["OP_PUSHDATA1", "OP_PUSHDATA2", "OP_PUSHDATA4", "OP_PUSHNUM_NEG1", "OP_RESERVED"]
    names += [f"OP_PUSHNUM_{number}" for number in range(1, 17)]
    names += [f"OP_{_OTHERWISE.get(name, name)}" for name in FROM_NOP]
    names += [f"OP_RETURN_{code}" for code in range(len(names), 0xFF)]
    return (*names, "OP_INVALIDOPCODE")


_NAMES = _names()


def disassembled(script: bytes) -> str:
    """The operations of a script in words, such as `OP_0 OP_PUSHBYTES_20 751e…`; empty for none.

    Names and the words for a torn script are rust-bitcoin's (opcodes.rs, Display of Script), which
    Esplora gives as `scriptpubkey_asm` and `scriptsig_asm`. They are not Bitcoin Core's.
    """
    words = ""
    at, end = 0, len(script)
    while at < end:
        code = script[at]
        at += 1
        size = code if code < 0x4C else 0
        width = _PUSHDATA.get(code, 0)
        if at + width > end:
            # rust-bitcoin sets no space before this, nor the opcode
            return words + "<unexpected end>"
        if width:
            size = int.from_bytes(script[at : at + width], "little")
            at += width
        words += f" {_NAMES[code]}" if words else _NAMES[code]
        if at + size > end:
            return words + " <push past end>"
        if size:
            words += " " + script[at : at + size].hex()
            at += size
    return words


def last_push(script: bytes) -> bytes | None:
    """The data that the last operation of a script pushes; None where it is no push, or torn.

    Small numbers push no bytes of the script; OP_0 pushes none at all and gives b"".
    """
    at, end = 0, len(script)
    found = None
    while at < end:
        code = script[at]
        at += 1
        found = None
        if code > 0x4E:
            continue
        width = _PUSHDATA.get(code, 0)
        size = int.from_bytes(script[at : at + width], "little") if width else code
        if at + width + size > end:
            return None
        at += width + size
        found = script[at - size : at]
    return found
