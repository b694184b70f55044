"""Tracing, slow and plain: every transaction in turn, index-FIFO one satoshi at a time.

Written from docs/evidence-format.md and the terminals of DESIGN.md, not from the kernel. For chains
of a few transactions and, under index_fifo, of a few satoshis.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from peelchain.store.arrays import ChainArrays

FEE = None


@dataclass(frozen=True)
class Question:
    """What to trace. `seeds` gives satoshis by txout_id; `boundary` service or mixer by script."""

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


@dataclass(frozen=True)
class Answer:
    """Rows as in the tables: (type, tx, txout, value, traced); (from, tx, to, value, traced)."""

    terminals: list[tuple[str, int, int | None, int, int]]
    hops: list[tuple[int, int, int | None, int, int]]


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


def pro_rata_cells(rows: list[int], columns: list[int]) -> dict[tuple[int, int], int]:
    lacking = list(columns)
    cells = {}
    for i, row in enumerate(rows):
        for j, amount in enumerate(largest_remainder(row, lacking)):
            cells[i, j] = amount
            lacking[j] -= amount
    return cells


class ProRata:
    """Holds an amount of each output."""

    def __init__(self) -> None:
        self.amount: dict[int, int] = {}
        self.ended: dict[int, int] = {}

    def start(self, txout: int, value: int, traced: int) -> None:
        self.amount[txout] = traced

    def forward(
        self, arrays: ChainArrays, tx: Tx, entering: set[int]
    ) -> dict[tuple[int, int], int]:
        """Traced satoshis by (input, position); outputs get theirs."""
        value = arrays.txout_value.tolist()
        rows = [self.amount[txout] if txout in entering else 0 for txout in tx.inputs]
        widths = [value[txout] for txout in tx.outputs]
        fee = sum(value[txout] for txout in tx.inputs) - sum(widths)
        columns = largest_remainder(sum(rows), [*widths, fee])
        self.ended = dict(zip(tx.outputs, columns, strict=False))
        return pro_rata_cells(rows, columns)

    def backward(
        self, arrays: ChainArrays, tx: Tx, entering: set[int]
    ) -> dict[tuple[int, int], int]:
        value = arrays.txout_value.tolist()
        columns = [self.amount[txout] if txout in entering else 0 for txout in tx.outputs]
        rows = largest_remainder(sum(columns), [value[txout] for txout in tx.inputs])
        self.ended = dict(zip(tx.inputs, rows, strict=True))
        return pro_rata_cells(rows, columns)

    def arrived(self, txout: int) -> int:
        return self.ended[txout]

    def keep(self, txout: int) -> None:
        self.amount[txout] = self.ended[txout]


class IndexFifo:
    """Holds each output as a list of satoshis, True for a traced one."""

    def __init__(self) -> None:
        self.satoshis: dict[int, list[bool]] = {}
        self.ended: dict[int, list[bool]] = {}

    def start(self, txout: int, value: int, traced: int) -> None:
        self.satoshis[txout] = [i < traced for i in range(value)]

    def forward(
        self, arrays: ChainArrays, tx: Tx, entering: set[int]
    ) -> dict[tuple[int, int], int]:
        value = arrays.txout_value.tolist()
        line = [
            (i, traced)
            for i, txout in enumerate(tx.inputs)
            for traced in (self.satoshis[txout] if txout in entering else [False] * value[txout])
        ]
        position = [j for j, txout in enumerate(tx.outputs) for _ in range(value[txout])]
        position += [len(tx.outputs)] * (len(line) - len(position))
        self.ended = {
            txout: [traced for (_, traced), at in zip(line, position, strict=True) if at == j]
            for j, txout in enumerate(tx.outputs)
        }
        return self.count((i, j) for (i, traced), j in zip(line, position, strict=True) if traced)

    def backward(
        self, arrays: ChainArrays, tx: Tx, entering: set[int]
    ) -> dict[tuple[int, int], int]:
        value = arrays.txout_value.tolist()
        line = [
            (j, traced)
            for j, txout in enumerate(tx.outputs)
            for traced in (self.satoshis[txout] if txout in entering else [False] * value[txout])
        ]
        position = [i for i, txout in enumerate(tx.inputs) for _ in range(value[txout])]
        line += [(len(tx.outputs), False)] * (len(position) - len(line))
        self.ended = {
            txout: [traced for (_, traced), at in zip(line, position, strict=True) if at == i]
            for i, txout in enumerate(tx.inputs)
        }
        return self.count((i, j) for (j, traced), i in zip(line, position, strict=True) if traced)

    @staticmethod
    def count(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
        cells: dict[tuple[int, int], int] = {}
        for pair in pairs:
            cells[pair] = cells.get(pair, 0) + 1
        return dict(sorted(cells.items()))

    def arrived(self, txout: int) -> int:
        return sum(self.ended[txout])

    def keep(self, txout: int) -> None:
        self.satoshis[txout] = self.ended[txout]


RULES: dict[str, type[ProRata | IndexFifo]] = {"pro_rata": ProRata, "index_fifo": IndexFifo}


def trace(arrays: ChainArrays, question: Question, rule: str) -> Answer:
    """The trace under one rule."""
    txs = transactions(arrays)
    forward = question.direction == "forward"
    end = end_forward if forward else end_backward
    value = arrays.txout_value.tolist()
    state = RULES[rule]()
    terminals: list[tuple[str, int, int | None, int, int]] = []
    hops: list[tuple[int, int, int | None, int, int]] = []
    walking: dict[int, int] = {}

    def rest(kind: str, txout: int, traced: int) -> None:
        if traced:
            terminals.append((kind, int(arrays.txout_tx[txout]), txout, value[txout], traced))

    for txout, traced in question.seeds.items():
        kind = end(arrays, question, txs, txout, 0)
        if kind:
            rest(kind, txout, traced)
        else:
            walking[txout] = 0
            state.start(txout, value[txout], traced)

    for tx in txs if forward else reversed(txs):
        into, out_of = (tx.inputs, tx.outputs) if forward else (tx.outputs, tx.inputs)
        entering = {txout for txout in into if txout in walking}
        if not entering:
            continue
        step = state.forward if forward else state.backward
        for (i, j), traced in step(arrays, tx, entering).items():
            to = tx.outputs[j] if j < len(tx.outputs) else FEE
            fee = sum(value[o] for o in tx.inputs) - sum(value[o] for o in tx.outputs)
            worth = fee if to is FEE else value[to]
            if traced:
                hops.append((tx.inputs[i], tx.tx, to, worth, traced))
        fee_traced = sum(hop[4] for hop in hops if hop[1] == tx.tx and hop[2] is FEE)
        if fee_traced:
            terminals.append(("fee", tx.tx, FEE, fee, fee_traced))
        distance = 1 + min(walking[txout] for txout in entering)
        for txout in out_of:
            if value[txout] == 0:
                continue
            seed = "seed" if txout in question.seeds else None
            kind = seed or end(arrays, question, txs, txout, distance)
            if kind:
                rest(kind, txout, state.arrived(txout))
            else:
                walking[txout] = distance
                state.keep(txout)

    def chain_order(row: tuple[str, int, int | None, int, int]) -> tuple[int, bool, int, bool]:
        return row[1], row[2] is FEE, row[2] or 0, row[0] != "seed"

    return Answer(sorted(terminals, key=chain_order), hops)
