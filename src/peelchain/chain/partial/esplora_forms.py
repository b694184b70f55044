"""The forms of the Esplora API's answers: taken only where they are what the API says."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from peelchain.chain.partial.source import Inclusion, Mention, SpentBy
from peelchain.errors import FalseAnswerError
from peelchain.units import MAX_HEIGHT, parse_txid, shown

MOST_BRANCH = 24
"""Hashes in a Merkle branch: a block has fewer than 2^24 transactions."""
_MOST_PAGE = 1_000
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_HEIGHT = re.compile(r"[0-9]{1,10}")

T = TypeVar("T")


@dataclass(frozen=True)
class Said:
    """An answer with the address that gave it, for messages that say who was wrong and where."""

    where: str
    body: bytes

    def refuse(self, what: str) -> NoReturn:
        """Raises FalseAnswerError: what the answer should be, and is not."""
        raise FalseAnswerError(f"{self.where}: {what}; use another server")

    def text(self, what: str) -> str:
        """The answer as a short ASCII text."""
        if len(self.body) > 1_000:
            self.refuse(f"{len(self.body):,} bytes came where {what} was asked for")
        return self.body.decode("ascii", "replace").strip()

    def height(self) -> int:
        """The height that the answer is."""
        text = self.text("a height")
        if _HEIGHT.fullmatch(text) is None or int(text) > MAX_HEIGHT:
            self.refuse(f"{shown(text)} is no height")
        return int(text)

    def block_hash(self) -> bytes:
        """The hash that the answer is, in internal byte order."""
        return self._hash(self.text("a block hash"), "block hash")

    def header(self) -> bytes:
        """The 80 bytes of the header whose hex the answer is."""
        text = self.text("a header")
        if re.fullmatch(r"[0-9a-fA-F]{160}", text) is None:
            self.refuse(f"{shown(text)} is no header of a block in hex")
        return bytes.fromhex(text)

    def inclusion(self) -> Inclusion:
        """The Merkle proof that the answer is."""
        given = self._object(self.json())
        branch = given.get("merkle")
        if not isinstance(branch, list) or len(branch) > MOST_BRANCH:
            self.refuse(f"a Merkle branch of 0 to {MOST_BRANCH} hashes is missing")
        return Inclusion(
            height=self._whole(given, "block_height", MAX_HEIGHT),
            position=self._whole(given, "pos", (1 << MOST_BRANCH) - 1),
            branch=tuple(self._hash(h, "hash of a Merkle branch") for h in branch),
        )

    def outspend(self) -> SpentBy:
        """Who spends the one output asked for."""
        return self._spent_by(self.json())

    def outspends(self, least: int) -> list[SpentBy]:
        """Who spends each output of a transaction, of which there are `least` or more."""
        given = self.json()
        if not isinstance(given, list) or not least <= len(given) <= 1_000_000:
            self.refuse(f"a list of {least} or more outputs is missing")
        return [self._spent_by(one) for one in given]

    def mentions(self) -> list[Mention]:
        """The transactions of one page of a history."""
        given = self.json()
        if not isinstance(given, list) or len(given) > _MOST_PAGE:
            self.refuse(f"a page of 0 to {_MOST_PAGE:,} transactions is missing")
        return [self._mention(self._object(one)) for one in given]

    def tx_count(self) -> int:
        """How many transactions of a script the server says that the chain has."""
        given = self._object(self._object(self.json()).get("chain_stats"))
        return self._whole(given, "tx_count", 2**40)

    def json(self) -> Any:
        """The JSON of the answer, with no number that is none."""
        try:
            return json.loads(self.body, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            beginning = shown(self.body[:60].decode("ascii", "replace"))
            self.refuse(f"JSON was asked for, and {beginning} is none, or none that can be read")

    def _mention(self, given: dict[str, Any]) -> Mention:
        txid = self._hash(given.get("txid"), "txid")
        return Mention(txid, self._height_of(given.get("status")))

    def _spent_by(self, given: Any) -> SpentBy:
        one = self._object(given)
        spent = one.get("spent")
        if not isinstance(spent, bool):
            self.refuse("whether the output is spent is missing")
        if not spent:
            return SpentBy(None)
        return SpentBy(self._hash(one.get("txid"), "txid"), self._height_of(one.get("status")))

    def _height_of(self, status: Any) -> int | None:
        """The height in a transaction's status; None where it is unconfirmed."""
        given = self._object(status)
        confirmed = given.get("confirmed")
        if not isinstance(confirmed, bool):
            self.refuse("whether the transaction is confirmed is missing")
        return self._whole(given, "block_height", MAX_HEIGHT) if confirmed else None

    def _object(self, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict):
            self.refuse("a JSON object is missing")
        return given

    def _whole(self, given: dict[str, Any], name: str, most: int) -> int:
        value = given.get(name)
        # a bool is an int to Python
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            self.refuse(f"{name} is no whole number from 0 to {most}")
        return value

    def _hash(self, given: Any, what: str) -> bytes:
        if not isinstance(given, str) or _HASH.fullmatch(given) is None:
            self.refuse(f"{shown(given) if isinstance(given, str) else 'nothing'} is no {what}")
        return parse_txid(given)


def _no_constant(text: str) -> NoReturn:
    raise ValueError(text)


Read = Callable[[Said], T]
"""What takes an answer for what it should be."""
