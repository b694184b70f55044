"""Base58 with a checksum, as Bitcoin's first address types and exported keys are written."""

from peelchain.script.hashing import sha256d

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

_DIGITS = {character: digit for digit, character in enumerate(ALPHABET)}

MAX_LENGTH = 128
"""Longer texts are no base58check of Bitcoin; decoding takes time that grows with the square."""


def encode(data: bytes) -> str:
    """Base58 text of the bytes, each leading zero byte a leading `1`."""
    number = int.from_bytes(data, "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def decode(text: str) -> bytes | None:
    """The bytes of a base58 text; None where a character is not base58 or the text too long."""
    if len(text) > MAX_LENGTH:
        return None
    number = 0
    try:
        for character in text:
            number = number * 58 + _DIGITS[character]
    except KeyError:
        return None
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode_check(payload: bytes) -> str:
    """Base58 text of the payload and its four bytes of checksum."""
    return encode(payload + sha256d(payload)[:4])


def decode_check(text: str) -> bytes | None:
    """The payload of a base58 text whose checksum is right, else None."""
    data = decode(text)
    if data is None or len(data) < 5 or sha256d(data[:-4])[:4] != data[-4:]:
        return None
    return data[:-4]


def first_foreign_character(text: str) -> int | None:
    """Index of the first character that is not base58, None where all are."""
    return next((at for at, character in enumerate(text) if character not in _DIGITS), None)
