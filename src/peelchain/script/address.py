"""Script_pubkey to address and back, for every type that has one and every network."""

from peelchain.errors import AddressError
from peelchain.network import NETWORKS, Network
from peelchain.script import base58, bech32
from peelchain.script.refusal import why_refused
from peelchain.script.types import ScriptType, p2pkh, p2sh, script_type, witness_program


def address(script: bytes, network: Network) -> str | None:
    """The address of a script_pubkey in this network; None where its type has none.

    P2PK, bare multisig, OP_RETURN and non-standard scripts have no address, as in Bitcoin Core.
    """
    kind = script_type(script)
    if kind is ScriptType.P2PKH:
        return base58.encode_check(bytes([network.p2pkh_prefix]) + script[3:23])
    if kind is ScriptType.P2SH:
        return base58.encode_check(bytes([network.p2sh_prefix]) + script[2:22])
    program = witness_program(script)
    if program is None or kind is ScriptType.NONSTANDARD:
        return None
    return bech32.encode(network.bech32_hrp, *program)


def script_pubkey(address_text: str, network: Network) -> bytes:
    """The script an address of this network pays to.

    Raises AddressError saying what is wrong; the message never repeats what may be a secret.
    """
    script = script_or_none(address_text, network)
    if script is None:
        raise AddressError(why_refused(address_text, network, NETWORKS.values()))
    return script


def script_or_none(address_text: str, network: Network) -> bytes | None:
    """The script an address of this network pays to, None for any other text."""
    return _from_bech32(address_text, network) or _from_base58(address_text, network)


def _from_base58(text: str, network: Network) -> bytes | None:
    payload = base58.decode_check(text)
    if payload is None or len(payload) != 21:
        return None
    if payload[0] == network.p2pkh_prefix:
        return p2pkh(payload[1:])
    return p2sh(payload[1:]) if payload[0] == network.p2sh_prefix else None


def _from_bech32(text: str, network: Network) -> bytes | None:
    lower = text.lower()
    hrp = network.bech32_hrp
    if not lower.startswith(hrp + "1") or text not in (lower, text.upper()):
        return None
    if not text.isascii():  # the Kelvin sign, for one, becomes a `k` when lowered
        return None
    values = bech32.values_of(lower[len(hrp) + 1 :])
    if values is None or len(text) > bech32.MAX_LENGTH or len(values) < 7:
        return None
    version = values[0]
    constant = bech32.BECH32 if version == 0 else bech32.BECH32M
    if version > 16 or bech32.residue(hrp, values) != constant:
        return None
    program = bech32.program_of(values[1:-6])
    if program is None or not 2 <= len(program) <= 40:
        return None
    if version == 0 and len(program) not in (20, 32):
        return None
    return bytes([0x50 + version if version else 0, len(program)]) + program
