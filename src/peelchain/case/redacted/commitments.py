"""Salted commitments to fields: a tree of hashes whose root can be shown and whose leaves opened.

A leaf is the SHA-256 of a zero byte, the field's salt and the canonical JSON of its path and value;
an inner node that of a one byte and its two parts, so that neither passes for the other. Salts
follow from one secret and the path. Leaves are sorted by their hashes, which hides where in a
document an opened field stood. The tree's form is that of RFC 6962, section 2.1.
"""

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from peelchain.case.canonical import canonical_json

Path = tuple[str | int, ...]
"""Where a field stands: a file, then keys and ids."""


@dataclass(frozen=True)
class Opened:
    """What opens one field: `branch` has each sibling's side and hash from the leaf up."""

    path: Path
    salt: str
    value: Any
    branch: tuple[tuple[str, str], ...]

    def line(self) -> bytes:
        """The opening as a line of canonical JSON."""
        return canonical_json(
            {"path": self.path, "salt": self.salt, "value": self.value, "branch": self.branch}
        )


# Fields were read from canonical JSON: what `canonical_json` refuses cannot be among them.
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class Commitments:
    """The tree over fields, values read from canonical JSON.

    `secret` has 32 bytes and never leaves the case.
    """

    def __init__(self, fields: Mapping[Path, Any], secret: bytes) -> None:
        self._fields = fields
        self._secret = secret
        leaves = sorted(((self._leaf(path), path) for path in fields), key=lambda leaf: leaf[0])
        self._index = {path: number for number, (_, path) in enumerate(leaves)}
        self._levels = [[leaf for leaf, _ in leaves]]
        while len(self._levels[-1]) > 1:
            self._levels.append(list(_paired(self._levels[-1])))

    @property
    def root(self) -> str:
        """The root in hex; of no fields the SHA-256 of nothing."""
        return self._levels[-1][0].hex() if self._fields else sha256(b"").hexdigest()

    @property
    def paths(self) -> list[Path]:
        """The fields committed to, in order."""
        return sorted(self._fields, key=canonical_json)

    def __len__(self) -> int:
        return len(self._fields)

    def open(self, path: Path) -> Opened:
        """What opens the field. Raises KeyError where there is none."""
        index, branch = self._index[path], []
        for level in self._levels[:-1]:
            beside = index ^ 1
            if beside < len(level):  # the last of an odd level goes up as it is
                branch.append(("left" if beside < index else "right", level[beside].hex()))
            index >>= 1
        return Opened(path, self._salt(path).hex(), self._fields[path], tuple(branch))

    def _salt(self, path: Path) -> bytes:
        return hmac.digest(self._secret, f"{_canonical(path)}\n".encode("ascii"), "sha256")

    def _leaf(self, path: Path) -> bytes:
        where, value = _canonical(path), _canonical(self._fields[path])
        text = f'{{"path":{where},"value":{value}}}\n'.encode("ascii")
        return sha256(b"\0" + self._salt(path) + text).digest()


def _paired(level: list[bytes]) -> Iterable[bytes]:
    for at in range(0, len(level), 2):
        pair = level[at : at + 2]
        yield sha256(b"\1" + pair[0] + pair[1]).digest() if len(pair) == 2 else pair[0]
