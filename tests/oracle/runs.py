"""The position rules on real amounts: an output is a list of runs of satoshis, each somebody's.

`tests.oracle.trace` holds an output one satoshi at a time, which coins of many bitcoins forbid.
This does the same with lengths; a property holds the two together on small amounts.
"""

from collections import Counter
from collections.abc import Callable

from tests.oracle.trace import Amounts, Positions, Satoshis, Tx

from peelchain.store.arrays import ChainArrays

Run = tuple[int, int | None, int]
"""Which output of its side it lies in, whose it is (None: not traced), how many satoshis."""


def cut(line: list[Run], widths: list[int]) -> list[list[Run]]:
    """The line in consecutive pieces of these lengths, which add up to the line's."""
    pieces: list[list[Run]] = []
    left = [run for run in reversed(line) if run[2]]
    for width in widths:
        piece: list[Run] = []
        while width:
            place, whose, length = left.pop()
            taken = min(width, length)
            piece.append((place, whose, taken))
            if length > taken:
                left.append((place, whose, length - taken))
            width -= taken
        pieces.append(piece)
    assert not left, "a transaction makes as much as it spends"
    return pieces


class RunPositions:
    """Holds each output as runs; `turned` reads the inputs' line from the last to the first."""

    def __init__(self, turned: bool) -> None:
        self.turned = turned
        self.runs: dict[int, list[tuple[int | None, int]]] = {}
        self.left: list[list[tuple[int | None, int]]] = []

    def start(self, txout: int, value: int, parts: Satoshis) -> None:
        runs: list[tuple[int | None, int]] = [(whose, parts[whose]) for whose in sorted(parts)]
        self.runs[txout] = [*runs, (None, value - parts.total())]

    def line(self, arrays: ChainArrays, txouts: list[int], known: set[int]) -> list[Run]:
        """The runs of some outputs in order."""
        return [
            (at, whose, length)
            for at, txout in enumerate(txouts)
            for whose, length in (
                self.runs[txout] if txout in known else [(None, int(arrays.txout_value[txout]))]
            )
        ]

    def pass_on(self, line: list[Run], widths: list[int]) -> dict[tuple[int, int], int]:
        """Fills positions from the line; gives the traced satoshis by (place, position)."""
        pieces = cut(line[::-1] if self.turned else line, widths)
        self.left = [[(whose, length) for _, whose, length in piece] for piece in pieces]
        cells: Counter[tuple[int, int]] = Counter()
        for position, piece in enumerate(pieces):
            for place, whose, length in piece:
                if whose is not None:
                    cells[place, position] += length
        return cells

    def forward(
        self, arrays: ChainArrays, tx: Tx, entering: set[int]
    ) -> dict[tuple[int, int], int]:
        line = self.line(arrays, tx.inputs, entering)
        widths = arrays.txout_value[tx.outputs].tolist()
        fee = sum(length for *_, length in line) - sum(widths)
        return dict(sorted(self.pass_on(line, [*widths, fee]).items()))

    def backward(
        self, arrays: ChainArrays, tx: Tx, entering: set[int]
    ) -> dict[tuple[int, int], int]:
        line = self.line(arrays, tx.outputs, entering)
        widths = arrays.txout_value[tx.inputs].tolist()
        fee = sum(widths) - sum(length for *_, length in line)
        cells = self.pass_on([*line, (len(tx.outputs), None, fee)], widths)
        return dict(sorted(((i, j), sat) for (j, i), sat in cells.items()))

    def arrived(self, position: int) -> Satoshis:
        found: Satoshis = Counter()
        for whose, length in self.left[position]:
            if whose is not None:
                found[whose] += length
        return found

    def keep(self, txout: int, position: int) -> None:
        self.runs[txout] = self.left[position]


RULES: dict[str, Callable[[], Amounts | Positions | RunPositions]] = {
    "index_fifo": lambda: RunPositions(turned=False),
    "index_lifo": lambda: RunPositions(turned=True),
}
"""Those of `tests.oracle.trace.RULES` that go satoshi by satoshi."""
