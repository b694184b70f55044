"""What is wrong with a text that is no address of the network, in words a user can act on."""

import hashlib
import re
from collections.abc import Iterable

from peelchain.network import Network
from peelchain.script import base58, bech32, cashaddr
from peelchain.units import shown

_WARNING = "; it is not repeated here: whoever reads it can take the coins, so keep it out of cases"

_SECRET_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[5-7KLTQXc9][1-9A-HJ-NP-Za-km-z]{50,51}"), "a private key (WIF)"),
    (re.compile(r"[A-Za-z]prv[1-9A-HJ-NP-Za-km-z]{20,}"), "an extended private key"),
    (re.compile(r"6P[1-9A-HJ-NP-Za-km-z]{50,60}"), "an encrypted private key (BIP 38)"),
    (re.compile(r"(?:0x)?[0-9A-Fa-f]{64}"), "64 hex digits, a txid or a private key"),
    (re.compile(r"\s*[^\W\d_]+(?:[\s,]+[^\W\d_]+){11,}\s*"), "seed words"),
)

_MINI_KEY = re.compile(r"S[1-9A-HJ-NP-Za-km-z]{21}(?:[1-9A-HJ-NP-Za-km-z]{4}){0,2}")

_FOREIGN_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"0x[0-9A-Fa-f]{40}"), "an Ethereum address"),
    (re.compile(r"(?:bitcoincash:)?[qp][02-9ac-hj-np-z]{41}"), "a Bitcoin Cash address"),
    (re.compile(r"(?:ltc|tltc)1[02-9ac-hj-np-z]{6,}"), "a Litecoin address"),
    (re.compile(r"ln(?:bc|tb|bcrt)[0-9a-z]+", re.IGNORECASE), "a Lightning invoice"),
    (re.compile(r"t?sp1[02-9ac-hj-np-z]{90,}", re.IGNORECASE), "a silent-payment address"),
    (re.compile(r"(?:addr|stake)1[02-9ac-hj-np-z]{40,}"), "a Cardano address"),
    (re.compile(r"cosmos1[02-9ac-hj-np-z]{30,}"), "a Cosmos address"),
    (re.compile(r"zs1[02-9ac-hj-np-z]{60,}"), "a Zcash address"),
    (re.compile(r"[48][1-9A-HJ-NP-Za-km-z]{94}"), "a Monero address"),
    (re.compile(r"[A-Za-z]pub[1-9A-HJ-NP-Za-km-z]{100,}"), "an extended public key"),
    (re.compile(r"0[23][0-9A-Fa-f]{64}|04[0-9A-Fa-f]{128}"), "a public key"),
    (re.compile(r"(?:pkh|wpkh|sh|wsh|tr|combo|multi|addr|raw)\(.*"), "an output descriptor"),
    (re.compile(r"[0-9A-Fa-f]{64}:[0-9]+"), "an outpoint"),
)

_FOREIGN_VERSIONS: dict[bytes, str] = {
    b"\x41": "a Tron address",
    b"\x30": "a Litecoin address",
    b"\x32": "a Litecoin address",
    b"\x1e": "a Dogecoin address",
    b"\x16": "a Dogecoin address",
    b"\x4c": "a Dash address",
    b"\x10": "a Dash address",
    b"\x1c\xb8": "a Zcash address",
    b"\x1c\xbd": "a Zcash address",
}

_KEY_VERSIONS = (0x80, 0xEF, 0xB0, 0x9E, 0xF1, 0xCC)
"""First bytes of exported keys: Bitcoin's and its test chains', then those of its sisters."""

_SCHEMES = ("bitcoin:", "litecoin:", "dogecoin:", "dash:", "zcash:")
"""Beginnings of payment URIs. Of Bitcoin Cash, it is part of the address."""


def why_refused(text: str, network: Network, networks: Iterable[Network]) -> str:
    """The message for a text that is no address of `network`; `networks` are all that are known."""
    secret = _secret(text)
    if secret is not None:
        return f"this is {secret}, not an address{_WARNING}"
    if text == "":
        return "the address is empty"
    if any(character.isspace() for character in text):
        return f"{shown(text)} is not an address: it has white space in it; remove that"
    scheme = next((start for start in _SCHEMES if text.lower().startswith(start)), None)
    if scheme is not None:
        return f"{shown(text)} is a payment URI; give the address after '{scheme}' alone"
    at = next((at for at, character in enumerate(text) if not "!" <= character <= "~"), None)
    if at is not None:
        return (
            f"{shown(text)} is not an address: character {at + 1} is {text[at]!a}, "
            "which no address has; type it anew"
        )
    known = [each for each in networks if each.is_bitcoin or each.coin == network.coin]
    foreign = _foreign(text)
    if foreign is not None and foreign != f"a {network.coin} address":
        return f"{shown(text)} is {foreign}, not a {network.coin} address of {network.name}"
    hrp, separator, _ = text.lower().partition("1")
    owners = [each.name for each in known if each.bech32_hrp == hrp]
    if owners and separator:
        return _bech32_refusal(text, hrp, network, owners)
    prefix = network.cash_prefix
    if prefix is not None and (":" in text or first_foreign_cash(text) is None):
        return _cash_refusal(text, prefix)
    return _base58_refusal(text, network, known)


def looks_secret(text: str) -> bool:
    """Whether the text has the form of a private key or seed words, and so must not be repeated."""
    return _secret(text) is not None


def _secret(text: str) -> str | None:
    stripped = text.strip()
    for form, name in _SECRET_FORMS:
        if form.fullmatch(stripped):
            return name
    payload = base58.decode_check(stripped)
    if payload is not None and len(payload) in (33, 34) and payload[0] in _KEY_VERSIONS:
        return "a private key (WIF)"
    checked = hashlib.sha256((stripped + "?").encode("utf-8", "replace")).digest()
    if _MINI_KEY.fullmatch(stripped) and checked[0] == 0:
        return "a private key (mini)"
    return None


def _foreign(text: str) -> str | None:
    for form, name in _FOREIGN_FORMS:
        if form.fullmatch(text):
            return name
    payload = base58.decode_check(text)
    return None if payload is None else _FOREIGN_VERSIONS.get(payload[:-20])


def _bech32_refusal(text: str, hrp: str, network: Network, owners: list[str]) -> str:
    start = f"{shown(text)} is not an address: "
    lower = text.lower()
    if text not in (lower, text.upper()):
        return start + "it mixes capitals and small letters; bech32 uses one or the other"
    data_at = len(hrp) + 1
    foreign = bech32.foreign_characters(lower[data_at:])
    if foreign:
        at = data_at + foreign[0]
        return start + f"character {at + 1} is {text[at]!a}, which bech32 does not use"
    if len(text) > bech32.MAX_LENGTH:
        return start + f"it has {len(text):,} characters; at most {bech32.MAX_LENGTH} are allowed"
    values = bech32.values_of(lower[data_at:]) or []
    if len(values) < 7:
        return start + f"it is too short, {len(text)} characters; part of it is missing"
    version = values[0]
    found = bech32.residue(hrp, values)
    if found not in (bech32.BECH32, bech32.BECH32M):
        return start + _checksum_refusal(hrp, values, data_at)
    if version > 16:
        return start + f"witness version {version} does not exist; it is 0 to 16"
    needed = bech32.BECH32 if version == 0 else bech32.BECH32M
    if found != needed:
        names = {bech32.BECH32: "bech32 (BIP 173)", bech32.BECH32M: "bech32m (BIP 350)"}
        return start + (
            f"it has a {names[found]} checksum, but witness version {version} takes "
            f"{names[needed]}; ask its source for it anew"
        )
    program = bech32.program_of(values[1:-6])
    if program is None:
        return start + "its bits do not fill whole bytes with zero padding"
    if not 2 <= len(program) <= 40:
        return start + f"its witness program has {len(program)} bytes; it must have 2 to 40"
    if version == 0 and len(program) not in (20, 32):
        return start + f"a version 0 program has 20 or 32 bytes, this one {len(program)}"
    return _other_network(text, owners, network)


def _checksum_refusal(hrp: str, values: list[int], data_at: int) -> str:
    # A wrong version character hides which checksum was meant: then the other one is tried too.
    likely = bech32.BECH32 if values[0] == 0 else bech32.BECH32M
    other = bech32.BECH32M if values[0] == 0 else bech32.BECH32
    wrong = bech32.locate_errors(hrp, values, likely)
    if not wrong:
        wrong = [at for at in bech32.locate_errors(hrp, values, other) if at == 0]
    places = " and ".join(f"{data_at + at + 1} ({bech32.CHARSET[values[at]]!r})" for at in wrong)
    hint = f"; look at character {places}" if places else ""
    return f"its checksum does not match, so it was mistyped or cut{hint}"


def first_foreign_cash(text: str) -> int | None:
    """Index of the first character that a cash address does not use, None where it uses all."""
    return next(iter(bech32.foreign_characters(text.lower())), None)


def _cash_refusal(text: str, prefix: str) -> str:
    start = f"{shown(text)} is not an address: "
    if text not in (text.lower(), text.upper()):
        return start + "it mixes capitals and small letters; a cash address uses one or the other"
    written, separator, data = text.lower().rpartition(":")
    if separator and written != prefix:
        return start + f"it begins with {shown(written + ':')}, not with '{prefix}:'"
    at = first_foreign_cash(data)
    if at is not None:
        at += len(written) + len(separator)
        return start + f"character {at + 1} is {text[at]!a}, which cash addresses do not use"
    if len(text) > cashaddr.MAX_LENGTH:
        return start + f"it has {len(text):,} characters, more than a cash address"
    if not cashaddr.is_whole(data, prefix):
        return start + "its checksum does not match, so it was mistyped or cut"
    return start + "it is of a kind, or holds a hash of a length, that no script is made from"


def _base58_refusal(text: str, network: Network, networks: list[Network]) -> str:
    start = f"{shown(text)} is not an address: "
    at = base58.first_foreign_character(text)
    if at is not None:
        return start + (
            f"character {at + 1} is {text[at]!a}, which base58 does not use{_nor_other(network)}"
        )
    if len(text) > 35:
        return start + f"it has {len(text):,} characters; base58 addresses have 26 to 35"
    payload = base58.decode_check(text)
    if payload is None:
        if len(text) < 26:
            return start + f"it has {len(text)} characters; base58 addresses have 26 to 35"
        return start + "its checksum does not match, so it was mistyped or cut"
    wide = {len(prefix) + 20 for n in networks for prefix in n.p2pkh_prefixes}
    if len(payload) not in wide:
        holds = " or ".join(str(size) for size in sorted(wide))
        return start + f"it holds {len(payload)} bytes; an address holds {holds}"
    version = payload[:-20]
    owners = [n.name for n in networks if version in (*n.p2pkh_prefixes, *n.p2sh_prefixes)]
    if not owners:
        number = int.from_bytes(version, "big")
        return start + f"its version byte {number} belongs to no network of {network.coin}"
    return _other_network(text, owners, network)


def _nor_other(network: Network) -> str:
    if network.cash_prefix is not None:
        return f", and it does not begin with '{network.cash_prefix}:'"
    return f", and it does not begin with '{network.bech32_hrp}1'" if network.bech32_hrp else ""


def _other_network(text: str, owners: list[str], network: Network) -> str:
    names = owners[0] if len(owners) == 1 else f"{', '.join(owners[:-1])} or {owners[-1]}"
    return f"{shown(text)} is an address of {names}, not of {network.name}"
