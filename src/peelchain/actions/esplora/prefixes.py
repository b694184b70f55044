"""Addresses by how they begin, as `/address-prefix` asks."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from peelchain.actions.esplora.view import Beginnings, EsploraView
from peelchain.errors import MisuseError
from peelchain.network import Network
from peelchain.script import ScriptType, address

MOST = 10
"""Addresses that one answer names."""

MOST_SCRIPTS = 20_000_000
"""Scripts of a chain above which there is no such search: it holds 16 bytes of each in memory."""

_LOOKED_AT = 200
"""Scripts looked at in one range: only those at its edges begin otherwise."""

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BASE58_BYTES, _CHECKSUM_BITS, _HASH_BITS = 25, 32, 160
_LONGEST = 64
_WITNESS = {0: (ScriptType.P2WPKH, ScriptType.P2WSH), 1: (ScriptType.P2TR,)}
_HASH_AT = {
    ScriptType.P2PKH: 7,
    ScriptType.P2SH: 5,
    ScriptType.P2WPKH: 5,
    ScriptType.P2WSH: 5,
    ScriptType.P2TR: 5,
}
"""The first hex digit, from 1, of the hash or key in a script of the type."""


@dataclass(frozen=True)
class Range:
    """Scripts of a type whose hash or key has its first eight bytes in `low` to `high`, both in."""

    kind: ScriptType
    low: int
    high: int


def addresses_beginning(prefix: str, view: EsploraView) -> list[str]:
    """Up to ten addresses of the chain that begin so, sorted; none for what begins no address.

    Raises MisuseError for a chain too long to be searched so.
    """
    if view.store.manifest.counts["scripts"] > MOST_SCRIPTS:
        raise MisuseError("address search disabled: the chain of this server is too long for it")
    found: list[str] = []
    for some in ranges_of(prefix, view.network):
        if len(found) < MOST:
            found += _found(prefix, some, view)
    return sorted(found)[:MOST]


def ranges_of(prefix: str, network: Network) -> Iterator[Range]:
    """Where the addresses of a network that begin so may be.

    An address is a number written in base 58 or 32, so that one beginning is a range of them, or
    one for each length that the address may have.
    """
    if not prefix or len(prefix) > _LONGEST:
        return
    start = f"{network.bech32_hrp}1"
    if network.bech32_hrp and (start.startswith(prefix) or prefix.startswith(start)):
        yield from _bech32_ranges(prefix[len(start) :])
    p2pkh, p2sh = network.p2pkh_prefixes[0], network.p2sh_prefixes[0]
    # a longer version, as Zcash has, makes a longer number than is counted here
    if all(c in _BASE58 for c in prefix) and len(p2pkh) == len(p2sh) == 1:
        yield from _base58_ranges(prefix, p2pkh[0], ScriptType.P2PKH)
        yield from _base58_ranges(prefix, p2sh[0], ScriptType.P2SH)


def _bech32_ranges(data: str) -> Iterator[Range]:
    """The ranges of witness programs by the version's character and those after it."""
    if not all(c in _BECH32 for c in data):
        return
    value, bits = 0, 0
    for c in data[1:14]:
        value, bits = value << 5 | _BECH32.index(c), bits + 5
    low = value << 65 - bits >> 1
    high = ((value + 1 << 65 - bits) - 1) >> 1
    for version, kinds in _WITNESS.items():
        if not data or _BECH32.index(data[0]) == version:
            for kind in kinds:
                yield Range(kind, low, high)


def _base58_ranges(prefix: str, version: int, kind: ScriptType) -> Iterator[Range]:
    digits = prefix.lstrip("1")
    ones = len(prefix) - len(digits)
    least, end = version << _HASH_BITS + _CHECKSUM_BITS, (version + 1) << 192
    if (version and ones) or ones > _BASE58_BYTES:
        return
    if not version:
        # each leading zero byte is a 1; where other digits follow there are just so many
        end = 1 << 8 * (_BASE58_BYTES - ones) if ones else 0
        least = 1 << 8 * (_BASE58_BYTES - ones - 1) if digits and ones < _BASE58_BYTES else 0
    if not digits:
        yield from _of_numbers(least, end, version, kind)
        return
    value = 0
    for c in digits:
        value = value * 58 + _BASE58.index(c)
    scale = 1
    while value * scale < end:
        low, high = max(least, value * scale), min(end, (value + 1) * scale)
        yield from _of_numbers(low, high, version, kind)
        scale *= 58


def _of_numbers(low: int, end: int, version: int, kind: ScriptType) -> Iterator[Range]:
    """The range of hashes of addresses whose numbers are from `low` to before `end`."""
    if low < end:
        base = version << _HASH_BITS + _CHECKSUM_BITS
        yield Range(kind, low - base >> 128, end - 1 - base >> 128)


def _found(prefix: str, some: Range, view: EsploraView) -> list[str]:
    kept = view.shelf.beginnings.get(some.kind, lambda: _beginnings(some.kind, view))
    start = int(np.searchsorted(kept.keys, np.uint64(some.low), "left"))
    end = int(np.searchsorted(kept.keys, np.uint64(some.high), "right"))
    ids = kept.ids[start : min(end, start + _LOOKED_AT)].tolist()
    named = (address(script, view.network) for script in view.lookup.scripts(ids).values())
    return sorted(name for name in named if name and name.startswith(prefix))[:MOST]


def _beginnings(kind: ScriptType, view: EsploraView) -> Beginnings:
    at = _HASH_AT[kind]
    rows = view.lookup.sql.execute(
        f"SELECT ('0x' || hex(script_pubkey)[{at}:{at + 15}])::UBIGINT AS key, script_id "
        "FROM scripts WHERE script_type = ?",
        [str(kind)],
    ).fetchnumpy()
    keys = rows["key"].astype(np.uint64)
    order = np.argsort(keys, kind="stable")
    return Beginnings(keys[order], rows["script_id"].astype(np.int64)[order])
