"""The forms of an Electrum server's results: taken only where they are what the protocol says."""

import re
from dataclasses import dataclass
from typing import NoReturn

from peelchain.chain.partial.source import Inclusion, Mention
from peelchain.errors import FalseAnswerError
from peelchain.units import MAX_HEIGHT, parse_txid, shown

HEADER_BYTES = 80
MOST_BRANCH = 24
"""Hashes in a Merkle branch: a block has fewer than 2^24 transactions."""
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}")


@dataclass(frozen=True)
class Result:
    """A result with the server and method that gave it, for messages that say who was wrong.

    Source: the Electrum protocol 1.4 (ElectrumX, docs/protocol-methods.rst). What is not of its
    form raises FalseAnswerError.
    """

    where: str
    value: object

    def refuse(self, what: str) -> NoReturn:
        """Raises FalseAnswerError: what the result should be, and is not."""
        raise FalseAnswerError(f"{self.where}: {what}; use another server")

    def version(self) -> tuple[int, ...]:
        """The protocol version in the answer to `server.version`."""
        pair = self.value
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[1], str):
            self.refuse("the version of the protocol is missing")
        if _VERSION.fullmatch(pair[1]) is None:
            self.refuse(f"{shown(pair[1])} is no version of the protocol")
        return tuple(int(part) for part in pair[1].split("."))

    def member(self, name: str) -> object:
        """A member of the object that the result is; None where there is none."""
        if not isinstance(self.value, dict):
            self.refuse("a JSON object is missing")
        return self.value.get(name)

    def raw(self) -> bytes:
        """The bytes whose hex the result is."""
        return self._hex(self.value, "bytes in hex")

    def header(self) -> bytes:
        """The 80 bytes of a block's header."""
        return self._header(self.value)

    def headers(self, count: int) -> list[bytes]:
        """Headers in a row, as many as asked for, or as many as the server gives at once."""
        most = self._whole(self.member("max"), "max", 1)
        told = self._whole(self.member("count"), "count", 0)
        if told != min(count, most):
            self.refuse(f"{count} headers were asked for and {told} given")
        given = self._hex(self.member("hex"), "headers in hex")
        if len(given) != told * HEADER_BYTES:
            self.refuse(f"{len(given):,} bytes are not {told} headers")
        return [given[i : i + HEADER_BYTES] for i in range(0, len(given), HEADER_BYTES)]

    def tip(self) -> tuple[int, bytes]:
        """The height and header of the tip."""
        return self._whole(self.member("height"), "height", 0), self._header(self.member("hex"))

    def hash(self, name: str) -> bytes:
        """A member that is a hash, in internal byte order."""
        return self._hash(self.member(name))

    def inclusion(self, height: int) -> Inclusion:
        """The Merkle proof asked for at a height."""
        branch = self.member("merkle")
        if not isinstance(branch, list) or len(branch) > MOST_BRANCH:
            self.refuse(f"a Merkle branch of 0 to {MOST_BRANCH} hashes is missing")
        if self._whole(self.member("block_height"), "block_height", 0) != height:
            self.refuse(f"the Merkle proof is of another height than {height}")
        position = self._whole(self.member("pos"), "pos", 0)
        return Inclusion(height, position, tuple(self._hash(h) for h in branch))

    def history(self) -> list[Mention]:
        """The transactions of a script, in blocks first, each once."""
        if not isinstance(self.value, list):
            self.refuse("a list of transactions is missing")
        found: dict[bytes, Mention] = {}
        for one in self.value:
            if not isinstance(one, dict):
                self.refuse("a JSON object is missing")
            txid = self._hash(one.get("tx_hash"))
            height = self._whole(one.get("height"), "height", -1)
            if txid in found:
                self.refuse(f"transaction {one['tx_hash'].lower()} comes twice in the history")
            found[txid] = Mention(txid, height if height > 0 else None)
        return list(found.values())

    def _header(self, given: object) -> bytes:
        header = self._hex(given, "header in hex")
        if len(header) != HEADER_BYTES:
            self.refuse(f"{len(header):,} bytes are no header of a block")
        return header

    def _hex(self, given: object, what: str) -> bytes:
        if not isinstance(given, str) or _HEX.fullmatch(given) is None:
            self.refuse(f"{shown(given) if isinstance(given, str) else 'nothing'} is no {what}")
        return bytes.fromhex(given)

    def _hash(self, given: object) -> bytes:
        if not isinstance(given, str) or _HASH.fullmatch(given) is None:
            self.refuse(f"{shown(given) if isinstance(given, str) else 'nothing'} is no hash")
        return parse_txid(given)

    def _whole(self, given: object, name: str, least: int) -> int:
        # a bool is an int to Python
        if type(given) is not int or not least <= given <= MAX_HEIGHT:
            self.refuse(f"{name} is no whole number from {least} to {MAX_HEIGHT}")
        return given
