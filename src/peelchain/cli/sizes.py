"""Sizes in bytes, as people give and read them."""

import re

from peelchain.errors import MisuseError

_SIZE = re.compile(r"([0-9]{1,15})([KMG]?)", re.ASCII | re.IGNORECASE)
_BINARY = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_DECIMAL = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


def parse_size(text: str, option: str) -> int:
    """The bytes that a size such as 8G, 1500M or 268435456 means; the units are binary.

    Raises MisuseError for what is no size.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise MisuseError(
            f"{option}: {text[:40]!r} is no size; give a whole number of bytes, or of K, M or G: "
            "8G, 1500M"
        )
    return int(found[1]) * _BINARY[found[2].upper()]


def bytes_text(done: int, of: int) -> str:
    """How much of how much, such as `61.2 of 812.4 GB`; `of` is 0 where it is not known."""
    unit, size = next((u for u in _DECIMAL if max(done, of) >= u[1]), ("bytes", 1))
    digits = 1 if size > 1 else 0
    shown = [f"{n / size:,.{digits}f}" for n in ((done, of) if of else (done,))]
    return f"{' of '.join(shown)} {unit}"


def speed_text(bytes_per_second: float) -> str:
    """Bytes a second, such as `141 MB/s`, with a decimal where there are few."""
    rate = bytes_per_second / 1e6
    return f"{rate:,.0f} MB/s" if rate >= 10 else f"{rate:.1f} MB/s"


def memory_text(size: int) -> str:
    """Memory, such as `3.1 GiB` or `212 MiB`."""
    if size >= 1 << 30:
        return f"{size / (1 << 30):,.1f} GiB"
    return f"{size / (1 << 20):,.0f} MiB"
