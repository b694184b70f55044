"""Tracing, slow and plain: every transaction in turn, rules of position one satoshi at a time.

Written from docs/evidence-format.md and the terminals of DESIGN.md, not from the kernel. For chains
of a few transactions and, under the rules of position, of a few satoshis.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from peelchain.store.arrays import ChainArrays

FEE = None


@dataclass(frozen=True)
class Question:
    """What to trace. `seeds` gives satoshis by txout_id; `boundary` service or mixer by script.

    With several claimants `parts` gives of each seed the satoshis by claimant, which add up to it.
    """

    direction: Literal["forward", "backward"]
    seeds: dict[int, int]
    boundary: dict[int, str] = field(default_factory=dict)
    exempt: frozenset[int] = frozenset()
    coinjoins: frozenset[int] = frozenset()
    target_scripts: frozenset[int] = frozenset()
    target_txouts: frozenset[int] = frozenset()
    max_hops: int | None = None
    min_value_sat: int | None = None
    min_height: int | None = None
    max_height: int | None = None
    parts: dict[int, dict[int, int]] = field(default_factory=dict)

    def parts_of(self, txout: int) -> Counter[int]:
        return Counter(self.parts.get(txout, {0: self.seeds[txout]}))


@dataclass(frozen=True)
class Answer:
    """Rows as in the tables: (type, tx, txout, value, traced); (from, tx, to, value, traced).

    `claims` are (claimant, type, tx, txout, traced); `poison` whole value by type of terminal.
    """

    terminals: list[tuple[str, int, int | None, int, int]]
    hops: list[tuple[int, int, int | None, int, int]]
    claims: list[tuple[int, str, int, int | None, int]]
    poison: dict[str, int]


@dataclass(frozen=True)
class Tx:
    """A transaction as lists."""

    tx: int
    height: int
    inputs: list[int]
    outputs: list[int]


def transactions(arrays: ChainArrays) -> list[Tx]:
    ins, outs = arrays.tx_first_txin.tolist(), arrays.tx_first_txout.tolist()
    return [
        Tx(tx, int(height), arrays.txin_prev_txout[ins[tx] : ins[tx + 1]].tolist(),
           list(range(outs[tx], outs[tx + 1])))
        for tx, height in enumerate(arrays.tx_height)
    ]  # fmt: skip


def boundary_of(arrays: ChainArrays, question: Question, txout: int) -> str | None:
    script = int(arrays.txout_script[txout])
    return None if script in question.exempt else question.boundary.get(script)


def is_target(arrays: ChainArrays, question: Question, txout: int) -> bool:
    return (
        txout in question.target_txouts
        or int(arrays.txout_script[txout]) in question.target_scripts
    )


def is_cut(arrays: ChainArrays, question: Question, through: Tx, txout: int, hops: int) -> bool:
    return (
        (question.max_hops is not None and hops >= question.max_hops)
        or (
            question.min_value_sat is not None
            and arrays.txout_value[txout] < question.min_value_sat
        )
        or (question.min_height is not None and through.height < question.min_height)
        or (question.max_height is not None and through.height > question.max_height)
    )


def end_forward(
    arrays: ChainArrays, question: Question, txs: list[Tx], txout: int, hops: int
) -> str | None:
    """The type of terminal a reached output is, None to walk on; that it is a seed apart."""
    if is_target(arrays, question, txout):
        return "target"
    if arrays.txout_unspendable[txout]:
        return "unspendable"
    if boundary_of(arrays, question, txout):
        return boundary_of(arrays, question, txout)
    if arrays.txout_spender[txout] < 0:
        return "unspent"
    spender = txs[arrays.txout_spender[txout]]
    if spender.tx in question.coinjoins:
        return "coinjoin"
    if -2 in spender.inputs:
        return "unresolved"
    return "cut" if is_cut(arrays, question, spender, txout, hops) else None


def end_backward(
    arrays: ChainArrays, question: Question, txs: list[Tx], txout: int, hops: int
) -> str | None:
    maker = txs[arrays.txout_tx[txout]]
    if is_target(arrays, question, txout):
        return "target"
    if maker.inputs[0] == -1:
        return "coinbase"
    if maker.tx in question.coinjoins:
        return "coinjoin"
    for prevout in maker.inputs:
        if prevout >= 0 and boundary_of(arrays, question, prevout):
            return boundary_of(arrays, question, prevout)
    if -2 in maker.inputs:
        return "unresolved"
    return "cut" if is_cut(arrays, question, maker, txout, hops) else None


def largest_remainder(total: int, weights: list[int]) -> list[int]:
    """`total` in proportion to `weights`, whole, ties to the lower position."""
    if total == 0:
        return [0] * len(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda j: (shares[j] - exact[j], j))
    for j in by_remainder[: total - sum(shares)]:
        shares[j] += 1
    return shares


def cells_of(rows: list[int], columns: list[int]) -> dict[tuple[int, int], int]:
    """A table with these margins: rows in turn, each over what the columns lack."""
    lacking = list(columns)
    cells = {}
    for i, row in enumerate(rows):
        for j, amount in enumerate(largest_remainder(row, lacking)):
            cells[i, j] = amount
            lacking[j] -= amount
    return cells


def fill(total: int, widths: list[int], order: Iterable[int]) -> list[int]:
    """`total` poured into positions, one after another in an order."""
    filled = [0] * len(widths)
    for j in order:
        filled[j] = min(total, widths[j])
        total -= filled[j]
    return filled


def dirty_first(total: int, widths: list[int]) -> list[int]:
    return fill(total, widths, range(len(widths)))


def clean_first(total: int, widths: list[int]) -> list[int]:
    clean = fill(sum(widths) - total, widths, range(len(widths)))
    return [width - untraced for width, untraced in zip(widths, clean, strict=True)]


def tiho(total: int, widths: list[int]) -> list[int]:
    fee = len(widths) - 1
    highest_first = sorted(range(fee), key=lambda j: (-widths[j], j))
    return fill(total, widths, [*highest_first, fee])


Satoshis = Counter[int]
"""Traced satoshis by claimant."""


class Amounts:
    """Holds amounts of each output, by claimant; `divide` gives what each position gets."""

    def __init__(self, divide: Callable[[int, list[int]], list[int]]) -> None:
        self.divide = divide
        self.amounts: dict[int, Satoshis] = {}
        self.left: list[Satoshis] = []

    def start(self, txout: int, value: int, parts: Satoshis) -> None:
        self.amounts[txout] = parts

    def split(self, entering: list[Satoshis], columns: list[int]) -> None:
        """Shares each claimant's amount in turn over what the positions lack."""
        by_claimant = sum(entering, Counter())
        claimants = sorted(by_claimant)
        cells = cells_of([by_claimant[c] for c in claimants], columns)
        self.left = [
            Counter({c: cells[i, j] for i, c in enumerate(claimants) if cells[i, j]})
            for j in range(len(columns))
        ]

    def forward(
        self, arrays: ChainArrays, tx: Tx, entering: set[int]
    ) -> dict[tuple[int, int], int]:
        """Traced satoshis by (input, position); `left` gets those of each output and the fee."""
        value = arrays.txout_value.tolist()
        came = [self.amounts[o] if o in entering else Counter() for o in tx.inputs]
        rows = [amounts.total() for amounts in came]
        widths = [value[txout] for txout in tx.outputs]
        fee = sum(value[txout] for txout in tx.inputs) - sum(widths)
        columns = self.divide(sum(rows), [*widths, fee])
        self.split(came, columns)
        return cells_of(rows, columns)

    def backward(
        self, arrays: ChainArrays, tx: Tx, entering: set[int]
    ) -> dict[tuple[int, int], int]:
        value = arrays.txout_value.tolist()
        came = [self.amounts[o] if o in entering else Counter() for o in tx.outputs]
        columns = [amounts.total() for amounts in came]
        rows = self.divide(sum(columns), [value[txout] for txout in tx.inputs])
        self.split(came, rows)
        return cells_of(rows, columns)

    def arrived(self, position: int) -> Satoshis:
        return self.left[position]

    def keep(self, txout: int, position: int) -> None:
        self.amounts[txout] = self.left[position]


class Positions:
    """Holds each output as a list of satoshis: whose a traced one is, None for another.

    `turned` reads the inputs' satoshis from the last to the first.
    """

    def __init__(self, turned: bool) -> None:
        self.turned = turned
        self.satoshis: dict[int, list[int | None]] = {}
        self.left: list[list[int | None]] = []

    def start(self, txout: int, value: int, parts: Satoshis) -> None:
        line: list[int | None] = [c for c in sorted(parts) for _ in range(parts[c])]
        self.satoshis[txout] = line + [None] * (value - len(line))

    def line(
        self, arrays: ChainArrays, txouts: list[int], known: set[int]
    ) -> list[tuple[int, int | None]]:
        """Every satoshi of some outputs in order: at which of them it is, and whose."""
        value = arrays.txout_value.tolist()
        return [
            (at, whose)
            for at, txout in enumerate(txouts)
            for whose in (self.satoshis[txout] if txout in known else [None] * value[txout])
        ]

    def pass_on(
        self, source: list[tuple[int, int | None]], target: list[tuple[int, int | None]], ends: int
    ) -> dict[tuple[int, int], int]:
        """Lays one line on another; gives the traced satoshis by (place in one, in the other)."""
        pairs = list(zip(source, target, strict=True))
        self.left = [[whose for (_, whose), (at, _) in pairs if at == j] for j in range(ends)]
        return Counter((i, j) for (i, whose), (j, _) in pairs if whose is not None)

    def forward(
        self, arrays: ChainArrays, tx: Tx, entering: set[int]
    ) -> dict[tuple[int, int], int]:
        inputs = self.line(arrays, tx.inputs, entering)
        outputs = self.line(arrays, tx.outputs, set())
        fee = len(tx.outputs)
        outputs += [(fee, None)] * (len(inputs) - len(outputs))
        if self.turned:
            inputs.reverse()
        return dict(sorted(self.pass_on(inputs, outputs, fee + 1).items()))

    def backward(
        self, arrays: ChainArrays, tx: Tx, entering: set[int]
    ) -> dict[tuple[int, int], int]:
        inputs = self.line(arrays, tx.inputs, set())
        outputs = self.line(arrays, tx.outputs, entering)
        outputs += [(len(tx.outputs), None)] * (len(inputs) - len(outputs))
        if self.turned:
            # Position p of the inputs is position total - 1 - p of the outputs.
            outputs.reverse()
        cells = self.pass_on(outputs, inputs, len(tx.inputs))
        return dict(sorted(((i, j), sat) for (j, i), sat in cells.items()))

    def arrived(self, position: int) -> Satoshis:
        return Counter(whose for whose in self.left[position] if whose is not None)

    def keep(self, txout: int, position: int) -> None:
        self.satoshis[txout] = self.left[position]


RULES: dict[str, Callable[[], Amounts | Positions]] = {
    "pro_rata": lambda: Amounts(largest_remainder),
    "index_fifo": lambda: Positions(turned=False),
    "index_lifo": lambda: Positions(turned=True),
    "tiho": lambda: Amounts(tiho),
    "dirty_first": lambda: Amounts(dirty_first),
    "clean_first": lambda: Amounts(clean_first),
}


def trace(arrays: ChainArrays, question: Question, rule: str) -> Answer:
    """The trace under one rule."""
    txs = transactions(arrays)
    forward = question.direction == "forward"
    end = end_forward if forward else end_backward
    value = arrays.txout_value.tolist()
    state = RULES[rule]()
    terminals: list[tuple[str, int, int | None, int, int]] = []
    hops: list[tuple[int, int, int | None, int, int]] = []
    claims: list[tuple[int, str, int, int | None, int]] = []
    poison: Counter[str] = Counter()
    walking: dict[int, int] = {}

    def rest(kind: str, tx: int, txout: int | None, worth: int, traced: Satoshis) -> None:
        if traced.total():
            terminals.append((kind, tx, txout, worth, traced.total()))
            claims.extend((c, kind, tx, txout, sat) for c, sat in traced.items() if sat)

    def rest_at(kind: str, txout: int, traced: Satoshis) -> None:
        rest(kind, int(arrays.txout_tx[txout]), txout, value[txout], traced)
        if kind != "seed":
            poison[kind] += value[txout]

    for txout in question.seeds:
        kind = end(arrays, question, txs, txout, 0)
        if kind:
            rest_at(kind, txout, question.parts_of(txout))
        else:
            walking[txout] = 0
            state.start(txout, value[txout], question.parts_of(txout))

    for tx in txs if forward else reversed(txs):
        into, out_of = (tx.inputs, tx.outputs) if forward else (tx.outputs, tx.inputs)
        entering = {txout for txout in into if txout in walking}
        if not entering:
            continue
        fee = sum(value[o] for o in tx.inputs) - sum(value[o] for o in tx.outputs)
        step = state.forward if forward else state.backward
        for (i, j), traced in step(arrays, tx, entering).items():
            to = tx.outputs[j] if j < len(tx.outputs) else FEE
            if traced:
                hops.append((tx.inputs[i], tx.tx, to, fee if to is FEE else value[to], traced))
        if forward:
            rest("fee", tx.tx, FEE, fee, state.arrived(len(tx.outputs)))
        distance = 1 + min(walking[txout] for txout in entering)
        for position, txout in enumerate(out_of):
            if value[txout] == 0:
                continue
            seed = "seed" if txout in question.seeds else None
            kind = seed or end(arrays, question, txs, txout, distance)
            if kind:
                rest_at(kind, txout, state.arrived(position))
            else:
                walking[txout] = distance
                state.keep(txout, position)

    def chain_order(kind: str, tx: int, txout: int | None) -> tuple[int, bool, int, bool]:
        return tx, txout is FEE, txout or 0, kind != "seed"

    return Answer(
        sorted(terminals, key=lambda row: chain_order(*row[:3])),
        hops,
        sorted(claims, key=lambda row: (chain_order(*row[1:4]), row[0])),
        dict(sorted(poison.items())),
    )
