"""The position rules on real amounts: an output is a list of runs, traced or not, of satoshis.

`tests.oracle.trace` holds an output one satoshi at a time, which coins of many bitcoins forbid.
These do the same with lengths; a property holds the two together on small amounts.
"""

from collections.abc import Iterable

from tests.oracle.trace import Tx

from peelchain.store.arrays import ChainArrays

Run = tuple[int, int]
"""Label and length. Label -1 is untraced; else the position it came from in this transaction."""

UNTRACED = -1


def cut(line: list[Run], widths: list[int]) -> list[list[Run]]:
    """The line in consecutive pieces of these lengths; the last piece takes what is left."""
    pieces: list[list[Run]] = []
    at, used = 0, 0
    for width in widths:
        piece: list[Run] = []
        while width:
            label, length = line[at]
            taken = min(width, length - used)
            piece.append((label, taken))
            width -= taken
            used += taken
            if used == length:
                at, used = at + 1, 0
        pieces.append(piece)
    rest = [(line[at][0], line[at][1] - used)] if at < len(line) and used else []
    pieces.append(rest + line[at + (1 if used else 0) :])
    return pieces


def counted(pieces: Iterable[list[Run]]) -> dict[tuple[int, int], int]:
    """Traced satoshis by (label, piece)."""
    cells: dict[tuple[int, int], int] = {}
    for j, piece in enumerate(pieces):
        for label, length in piece:
            if label != UNTRACED and length:
                cells[label, j] = cells.get((label, j), 0) + length
    return dict(sorted(cells.items()))


class RunFifo:
    """Index-FIFO: the line of inputs is the line of outputs and the fee."""

    def __init__(self) -> None:
        self.runs: dict[int, list[Run]] = {}
        self.ended: dict[int, list[Run]] = {}

    def start(self, txout: int, value: int, traced: int) -> None:
        self.runs[txout] = [(0, traced), (UNTRACED, value - traced)]

    def line(self, arrays: ChainArrays, txouts: list[int], entering: set[int]) -> list[Run]:
        """The satoshis of outputs in a row; traced ones are labelled with the output's place."""
        line: list[Run] = []
        for place, txout in enumerate(txouts):
            runs = self.runs[txout] if txout in entering else [(UNTRACED, value(arrays, txout))]
            line += [(UNTRACED if label == UNTRACED else place, length) for label, length in runs]
        return [run for run in line if run[1]]

    def order(self, line: list[Run]) -> list[Run]:
        """The line as it is read to fill the other side."""
        return line

    def forward(
        self, arrays: ChainArrays, tx: Tx, entering: set[int]
    ) -> dict[tuple[int, int], int]:
        line = self.order(self.line(arrays, tx.inputs, entering))
        pieces = cut(line, [value(arrays, txout) for txout in tx.outputs])
        self.ended = dict(zip(tx.outputs, pieces, strict=False))
        return counted(pieces)

    def backward(
        self, arrays: ChainArrays, tx: Tx, entering: set[int]
    ) -> dict[tuple[int, int], int]:
        widths = [value(arrays, txout) for txout in tx.inputs]
        line = self.line(arrays, tx.outputs, entering)
        line.append((UNTRACED, sum(widths) - sum(length for _, length in line)))
        *pieces, _ = cut([run for run in self.order(line) if run[1]], widths)
        self.ended = dict(zip(tx.inputs, pieces, strict=True))
        swapped = counted(pieces)
        return dict(sorted(((i, j), sat) for (j, i), sat in swapped.items()))

    def arrived(self, txout: int) -> int:
        return sum(length for label, length in self.ended[txout] if label != UNTRACED)

    def keep(self, txout: int) -> None:
        self.runs[txout] = self.ended[txout]


class RunLifo(RunFifo):
    """Index-LIFO: the line is read from its end."""

    def order(self, line: list[Run]) -> list[Run]:
        return line[::-1]


def value(arrays: ChainArrays, txout: int) -> int:
    return int(arrays.txout_value[txout])


RULES = {"index_fifo": RunFifo, "index_lifo": RunLifo}
"""Those of `tests.oracle.trace.RULES` that go satoshi by satoshi."""
