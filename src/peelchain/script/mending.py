"""What a mistyped address may have been: every address that one slip makes into this text."""

from collections.abc import Iterator
from dataclasses import dataclass

from peelchain.network import Network
from peelchain.script import base58, bech32
from peelchain.script.address import script_or_none
from peelchain.script.refusal import looks_secret

MOST_LENGTH = 100
"""Longer texts are no address with one slip in it."""


@dataclass(frozen=True)
class Mend:
    """An address of the network, and the slip that makes it into the text.

    `at` counts characters of the text from 0; `was` stands there and `now` would; either is empty
    where a character is one too many, or missing. `how` is `changed`, `swapped`, `missing`,
    `extra`, `case` or `space`.
    """

    address: str
    how: str
    at: int
    was: str
    now: str


def mended(text: str, network: Network) -> list[Mend]:
    """The addresses of the network that one slip makes into the text, each once; none for a secret.

    A slip is one character wrong, missing or too many, two neighbours swapped, wrong capitals, or
    white space. Of a bech32 address with two wrong characters the one that its checksum points to
    is found too: it comes with the first of them.
    """
    if len(text) > MOST_LENGTH or looks_secret(text):
        return []
    found: dict[str, Mend] = {}
    for mend in _tries(text, network):
        if mend.address not in found and script_or_none(mend.address, network) is not None:
            found[mend.address] = mend
    return list(found.values())


def _tries(text: str, network: Network) -> Iterator[Mend]:
    stripped = "".join(text.split())
    if stripped != text:
        at = next(at for at, character in enumerate(text) if character.isspace())
        yield Mend(stripped, "space", at, text[at], "")
        return
    if not text.isascii() or len(text) < 8:
        return
    hrp = network.bech32_hrp
    if network.cash_prefix is not None and (":" in text or len(text) > 36):
        yield from _cash_tries(text.lower(), network.cash_prefix)
        return
    is_bech32 = hrp is not None and text.lower().startswith(hrp + "1")
    if is_bech32 and text != text.lower():
        at = next(at for at, (a, b) in enumerate(zip(text, text.lower(), strict=True)) if a != b)
        yield Mend(text.lower(), "case", at, text[at], text[at].lower())
    if hrp is not None and is_bech32:
        yield from _bech32_tries(text.lower(), len(hrp) + 1, network)
    elif 25 <= len(text) <= 36:
        yield from _slips(text, 0, base58.ALPHABET)


def _cash_tries(text: str, prefix: str) -> Iterator[Mend]:
    start = len(prefix) + 1 if text.startswith(f"{prefix}:") else 0
    yield from _swaps(text, start)
    yield from _slips(text, start, bech32.CHARSET)


def _bech32_tries(text: str, start: int, network: Network) -> Iterator[Mend]:
    yield from _swaps(text, start)
    values = bech32.values_of(text[start:])
    if values is not None and len(values) >= 7:
        mends = False
        for constant in (bech32.BECH32, bech32.BECH32M):
            wrong = bech32.locate_errors(text[: start - 1], values, constant)
            for mend in _replaced(text, [start + at for at in wrong]):
                mends |= script_or_none(mend.address, network) is not None
                yield mend
        # with a character too many or too few, what is located is chance, and mends nothing
        if mends:
            return
    yield from _slips(text, start, bech32.CHARSET)


def _replaced(text: str, places: list[int]) -> Iterator[Mend]:
    """The text with other characters at one or two places."""
    if not places:
        return
    first, *rest = places
    for one in bech32.CHARSET:
        changed = text[:first] + one + text[first + 1 :]
        if not rest:
            yield Mend(changed, "changed", first, text[first], one)
        for place in rest:
            for other in bech32.CHARSET:
                both = changed[:place] + other + changed[place + 1 :]
                yield Mend(both, "changed", first, text[first], one)


def _slips(text: str, start: int, alphabet: str) -> Iterator[Mend]:
    foreign = [at for at in range(start, len(text)) if text[at] not in alphabet]
    if len(foreign) > 1:
        return
    places = foreign or range(start, len(text))
    for at in places:
        for character in alphabet:
            if character != text[at]:
                changed = text[:at] + character + text[at + 1 :]
                yield Mend(changed, "changed", at, text[at], character)
    for at in places:
        yield Mend(text[:at] + text[at + 1 :], "extra", at, text[at], "")
    if foreign:
        return
    yield from _swaps(text, start)
    for at in range(start, len(text) + 1):
        for character in alphabet:
            yield Mend(text[:at] + character + text[at:], "missing", at, "", character)


def _swaps(text: str, start: int) -> Iterator[Mend]:
    """The text with each two unlike neighbours swapped."""
    for at in range(start, len(text) - 1):
        if text[at] != text[at + 1]:
            swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
            yield Mend(swapped, "swapped", at, text[at : at + 2], text[at + 1] + text[at])
