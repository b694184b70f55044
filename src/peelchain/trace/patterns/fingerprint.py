"""How a wallet makes its transactions: what stays the same from one of its spends to the next."""

from typing import NamedTuple

SEVERAL_TYPES = "several types"

_TIMES_FROM = 500_000_000
_NEAR_BLOCKS = 101
_FINAL = 0xFFFFFFFF


class Fingerprint(NamedTuple):
    """The habits that one transaction shows.

    `locktime` is `none`, `late height` (up to 100 blocks below the height that held it, as wallets
    set it against fee sniping), `other height` or `time`; `sequence` is `final`, `locktime in
    force` or `replaceable` (BIP 125); `script_type` that of everything it spends.
    """

    version: int
    locktime: str
    sequence: str
    script_type: str

    def differences(self, other: "Fingerprint") -> tuple[str, ...]:
        """In words, what another transaction does otherwise."""
        return tuple(
            f"{name.replace('_', ' ')} {theirs} instead of {own}"
            for name, own, theirs in zip(self._fields, self, other, strict=True)
            if own != theirs
        )


def fingerprint(
    *, version: int, locktime: int, least_sequence: int, height: int, script_type: str
) -> Fingerprint:
    """The habits of a transaction in a block of this height.

    Source: the features that Kappos et al. 2022 (arXiv 2205.13882) follow peel chains by; classes
    of locktime and sequence as the change rules have them.
    """
    if locktime == 0:
        lock = "none"
    elif locktime >= _TIMES_FROM:
        lock = "time"
    else:
        lock = "late height" if 0 <= height - locktime < _NEAR_BLOCKS else "other height"
    if least_sequence == _FINAL:
        sequence = "final"
    else:
        sequence = "locktime in force" if least_sequence == _FINAL - 1 else "replaceable"
    return Fingerprint(version, lock, sequence, script_type)
