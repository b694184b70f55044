"""A batch of transactions as flat arrays: what the change rules read."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from peelchain.script import ScriptType

Int64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NONE = -1
"""In an array of ids, heights or types: there is none, or it is not known."""

MIXED = -2
"""In an array of types: several."""

TYPES: tuple[str, ...] = tuple(ScriptType)
"""Names of script types; arrays hold their places."""


@dataclass(frozen=True)
class Transactions:
    """N transactions with I inputs and O outputs, by what was known at `as_of_height`.

    Of a transaction [N]: `tx_id`, `height`, `version`, `locktime`, `fee_sat`, `weight`;
    `is_coinbase`; `is_mix`, taken for a CoinJoin by the caller; `first_in` and `first_out` [N+1]
    bound its inputs and outputs. Every transaction has at least one of each.

    Of an input [I]: `in_value` in satoshis, `in_script`, `in_type` (a place in TYPES) and `in_tx`,
    the transaction that made the spent output, all NONE where that is not known; `in_peels`, that
    transaction has one input and two outputs; `sequence`.

    Of an output [O]: `out_id`, its txout_id; `out_value`; `out_script`; `out_type`;
    `out_fresh`, its script was in no transaction before; `out_receipts_before`, how many outputs of
    earlier transactions paid the script, 2 for more; `out_self_change`, an earlier transaction that
    paid the script also spent it (see `load`); `out_next_receipt`, height of the next transaction
    that pays the script, NONE for none by `as_of_height`; `out_spender`, the tx_id that spends it,
    NONE for none by then.

    Of an output's spender [O], 0 where there is none: `spender_version`, `spender_locktime`,
    `spender_height`, `spender_fee_sat`, `spender_weight`, `spender_inputs`, `spender_outputs`,
    `spender_sequence` (the least of its inputs), `spender_type` (of its inputs' scripts; MIXED).
    """

    as_of_height: int
    tx_id: Int64
    height: Int64
    version: Int64
    locktime: Int64
    fee_sat: Int64
    weight: Int64
    is_coinbase: Bools
    is_mix: Bools
    first_in: Int64
    first_out: Int64
    in_value: Int64
    in_script: Int64
    in_type: Int64
    in_tx: Int64
    in_peels: Bools
    sequence: Int64
    out_id: Int64
    out_value: Int64
    out_script: Int64
    out_type: Int64
    out_fresh: Bools
    out_receipts_before: Int64
    out_self_change: Bools
    out_next_receipt: Int64
    out_spender: Int64
    spender_version: Int64
    spender_locktime: Int64
    spender_height: Int64
    spender_fee_sat: Int64
    spender_weight: Int64
    spender_inputs: Int64
    spender_outputs: Int64
    spender_sequence: Int64
    spender_type: Int64

    def __len__(self) -> int:
        return len(self.tx_id)

    @cached_property
    def in_counts(self) -> Int64:
        """Inputs of each transaction [N]."""
        return np.diff(self.first_in)

    @cached_property
    def out_counts(self) -> Int64:
        """Outputs of each transaction [N]."""
        return np.diff(self.first_out)

    @cached_property
    def tx_of_in(self) -> Int64:
        """Row of the transaction of each input [I]."""
        return np.repeat(np.arange(len(self)), self.in_counts)

    @cached_property
    def tx_of_out(self) -> Int64:
        """Row of the transaction of each output [O]."""
        return np.repeat(np.arange(len(self)), self.out_counts)

    @cached_property
    def vout(self) -> Int64:
        """Index of each output in its transaction [O]."""
        return np.arange(len(self.out_id)) - self.first_out[:-1][self.tx_of_out]

    @cached_property
    def is_spent(self) -> Bools:
        """Whether each output was spent by `as_of_height` [O]."""
        return self.out_spender >= 0

    @cached_property
    def can_be_change(self) -> Bools:
        """Whether each output could be anybody's change [O].

        Not what nobody or everybody can spend, and not an output without value.
        """
        nobody = (TYPES.index("op_return"), TYPES.index("p2a"))
        possible: Bools = ~np.isin(self.out_type, nobody) & (self.out_value > 0)
        return possible

    @cached_property
    def is_in_question(self) -> Bools:
        """The transactions that every rule speaks of, if it speaks [N].

        Those with known inputs and two outputs or more that could be change. Not coinbases, which
        spend nothing; not CoinJoins, whose outputs have several owners. With one output there is
        nothing to tell apart.
        """
        known = self.least_in(np.where(self.in_script >= 0, 1, 0)) == 1
        several = self.count_out(self.can_be_change) >= 2
        return np.asarray(~self.is_coinbase & ~self.is_mix & known & several)

    @cached_property
    def in_kind(self) -> Int64:
        """The one type of all scripts that each transaction spends, else MIXED [N]."""
        least, most = self.least_in(self.in_type), self.most_in(self.in_type)
        return np.where(least == most, least, MIXED)

    @cached_property
    def least_sequence(self) -> Int64:
        """The least sequence number of each transaction's inputs [N]."""
        return self.least_in(self.sequence)

    def least_in(self, values: Int64) -> Int64:
        """The least of values of inputs, for each transaction [I] -> [N]."""
        return _reduce(np.minimum, values, self.first_in)

    def most_in(self, values: Int64) -> Int64:
        """The greatest of values of inputs, for each transaction [I] -> [N]."""
        return _reduce(np.maximum, values, self.first_in)

    def sum_in(self, values: Int64) -> Int64:
        """The sum of values of inputs, for each transaction [I] -> [N]."""
        return _reduce(np.add, values, self.first_in)

    def least_out(self, values: Int64) -> Int64:
        """The least of values of outputs, for each transaction [O] -> [N]."""
        return _reduce(np.minimum, values, self.first_out)

    def most_out(self, values: Int64) -> Int64:
        """The greatest of values of outputs, for each transaction [O] -> [N]."""
        return _reduce(np.maximum, values, self.first_out)

    def sum_out(self, values: Int64) -> Int64:
        """The sum of values of outputs, for each transaction [O] -> [N]."""
        return _reduce(np.add, values, self.first_out)

    def count_out(self, which: Bools) -> Int64:
        """How many outputs of each transaction are marked [O] -> [N]."""
        return self.sum_out(which.astype(np.int64))

    def chosen(self, rows: Int64) -> "Transactions":
        """The transactions of these rows, in the order of the rows."""
        ins = _rows_of(self.first_in, rows)
        outs = _rows_of(self.first_out, rows)
        values: dict[str, Any] = {"as_of_height": self.as_of_height}
        for field in fields(self):
            column = getattr(self, field.name)
            if field.name in ("first_in", "first_out"):
                counts = np.diff(column)[rows]
                values[field.name] = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
            elif field.name.startswith(("in_", "sequence")):
                values[field.name] = column[ins]
            elif field.name.startswith(("out_", "spender_")):
                values[field.name] = column[outs]
            elif field.name != "as_of_height":
                values[field.name] = column[rows]
        return Transactions(**values)


def _reduce(function: np.ufunc, values: Int64, bounds: Int64) -> Int64:
    if len(bounds) == 1:
        return np.zeros(0, dtype=np.int64)
    return np.asarray(function.reduceat(values, bounds[:-1]), dtype=np.int64)


def _rows_of(bounds: Int64, rows: Int64) -> Int64:
    counts = np.diff(bounds)[rows]
    starts = np.cumsum(counts) - counts
    return np.asarray(np.arange(counts.sum()) + np.repeat(bounds[:-1][rows] - starts, counts))
