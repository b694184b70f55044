"""Script_pubkey to address and back, for every type that has one and every network."""

from peelchain.errors import AddressError
from peelchain.network import NETWORKS, Network
from peelchain.script import base58, bech32, cashaddr
from peelchain.script.refusal import why_refused
from peelchain.script.types import (
    ScriptType,
    is_p2sh32,
    p2pkh,
    p2sh,
    p2sh32,
    script_type,
    witness_program,
)


def address(script: bytes, network: Network) -> str | None:
    """The address of a script_pubkey in this network; None where its type has none.

    P2PK, bare multisig, OP_RETURN and non-standard scripts have no address, as in Bitcoin Core, and
    witness programs none on a chain without them. Where a network has cash addresses, P2PKH and
    P2SH (of 20 and of 32 bytes) are written as such.
    """
    kind = script_type(script)
    if network.cash_prefix is not None:
        return _cash_address(script, kind, network.cash_prefix)
    if kind is ScriptType.P2PKH:
        return base58.encode_check(network.p2pkh_prefixes[0] + script[3:23])
    if kind is ScriptType.P2SH:
        return base58.encode_check(network.p2sh_prefixes[0] + script[2:22])
    program = witness_program(script)
    if program is None or kind is ScriptType.NONSTANDARD or network.bech32_hrp is None:
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
    return (
        _from_bech32(address_text, network)
        or _from_base58(address_text, network)
        or _from_cash(address_text, network)
    )


def _cash_address(script: bytes, kind: ScriptType, prefix: str) -> str | None:
    if kind is ScriptType.P2PKH:
        return cashaddr.encode(prefix, cashaddr.P2PKH, script[3:23])
    if kind is ScriptType.P2SH:
        return cashaddr.encode(prefix, cashaddr.P2SH, script[2:22])
    if is_p2sh32(script):
        return cashaddr.encode(prefix, cashaddr.P2SH, script[2:34])
    return None


def _from_cash(text: str, network: Network) -> bytes | None:
    found = cashaddr.decode(text, network.cash_prefix) if network.cash_prefix else None
    if found is None:
        return None
    kind, data = found
    kinds = {
        (cashaddr.P2PKH, 20): p2pkh,
        (cashaddr.P2SH, 20): p2sh,
        (cashaddr.P2SH, 32): p2sh32,
    }
    of_kind = kind - cashaddr.TOKENS if kind >= cashaddr.TOKENS else kind
    made = kinds.get((of_kind, len(data)))
    return made(data) if made else None


def _from_base58(text: str, network: Network) -> bytes | None:
    payload = base58.decode_check(text)
    if payload is None:
        return None
    prefix, hash20 = payload[:-20], payload[-20:]
    if prefix in network.p2pkh_prefixes:
        return p2pkh(hash20)
    return p2sh(hash20) if prefix in network.p2sh_prefixes else None


def _from_bech32(text: str, network: Network) -> bytes | None:
    lower = text.lower()
    hrp = network.bech32_hrp
    if hrp is None or not lower.startswith(hrp + "1") or text not in (lower, text.upper()):
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
