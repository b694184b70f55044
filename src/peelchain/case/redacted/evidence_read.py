"""A bundle read back: its documents, and its transactions with what they spend."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from peelchain.case.bundle import TAG_MANIFEST
from peelchain.case.verify import Tx, parse_tx
from peelchain.errors import BundleError

Row = dict[str, Any]


@dataclass
class Evidence:
    """The files of a bundle by their path in it, and what they hold."""

    files: Mapping[str, bytes]
    _parsed: dict[int, Tx] = field(default_factory=dict)

    def payload(self, name: str) -> bytes:
        """A file under data/. Raises BundleError where it is missing."""
        try:
            return self.files[f"data/{name}"]
        except KeyError:
            raise BundleError(f"the bundle has no data/{name}; give a whole one") from None

    @property
    def names(self) -> list[str]:
        """The files under data/, sorted."""
        return sorted(name.removeprefix("data/") for name in self.files if name[:5] == "data/")

    @cached_property
    def digest(self) -> str:
        """The digest of the bundle. Raises BundleError where its seal is missing."""
        if TAG_MANIFEST not in self.files:
            raise BundleError(f"the bundle has no {TAG_MANIFEST}; give all files of a bundle")
        return sha256(self.files[TAG_MANIFEST]).hexdigest()

    @cached_property
    def case(self) -> Row:
        """case.json."""
        return self._json("case.json")

    @cached_property
    def report(self) -> Row:
        """report.json."""
        return self._json("report.json")

    @cached_property
    def entities(self) -> list[Row]:
        """The lines of entities.jsonl."""
        return self._lines("entities.jsonl")

    @cached_property
    def tags(self) -> list[Row]:
        """The lines of tags.jsonl."""
        return self._lines("tags.jsonl")

    @cached_property
    def journal(self) -> list[Row]:
        """The lines of journal.jsonl."""
        return self._lines("journal.jsonl")

    @cached_property
    def blocks(self) -> list[Row]:
        """The lines of blocks.jsonl."""
        return self._lines("blocks.jsonl")

    @cached_property
    def transactions(self) -> list[Row]:
        """The lines of transactions.jsonl, in chain order."""
        return self._lines("transactions.jsonl")

    @cached_property
    def _numbers(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, row in enumerate(self.transactions):
            found.setdefault(row["txid"], []).append(number)
        return found

    def number_of(self, outpoint: str) -> tuple[int, int]:
        """The line of the transaction that made an output (the later one of a txid), and vout."""
        txid, _, vout = outpoint.partition(":")
        try:
            return self._numbers[txid][-1], int(vout)
        except (KeyError, ValueError):
            raise BundleError(f"the bundle has no transaction of {outpoint!a}") from None

    def lines_of(self, txid: str) -> list[int]:
        """The lines that a txid has: more than one only under BIP 30."""
        return self._numbers.get(txid, [])

    def tx(self, number: int) -> Tx:
        """The transaction of a line."""
        if number not in self._parsed:
            self._parsed[number] = parse_tx(bytes.fromhex(self.transactions[number]["raw"]))
        return self._parsed[number]

    def script(self, outpoint: str) -> str:
        """The script that an output pays, in hex."""
        number, vout = self.number_of(outpoint)
        return self.tx(number).outputs[vout][1].hex()

    def spent(self, number: int) -> list[tuple[int, int]]:
        """The outputs that a transaction spends, as far as they are in the bundle."""
        found = []
        for txid, vout in self.tx(number).inputs:
            before = [line for line in self.lines_of(txid) if line < number]
            found += [(before[-1], vout)] if before else []
        return found

    def with_prevouts(self, numbers: Iterable[int]) -> set[int]:
        """These lines and those of the transactions whose outputs they spend."""
        wanted = set(numbers)
        return wanted | {line for number in wanted for line, _ in self.spent(number)}

    def _json(self, name: str) -> Row:
        value = json.loads(self.payload(name))
        if not isinstance(value, dict):
            raise BundleError(f"data/{name} is no object; the bundle is not whole")
        return value

    def _lines(self, name: str) -> list[Row]:
        return [json.loads(line) for line in self.payload(name).splitlines()]
