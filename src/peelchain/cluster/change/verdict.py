"""What a change rule says of each output."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from peelchain.cluster.change.transactions import Bools, Int64, Transactions


@dataclass(frozen=True)
class Verdict:
    """What one rule says of a batch of transactions.

    `possible` bool[O], the rule cannot rule the output out as change; False where it is undecided.
    `decided` bool[N], it speaks of the transaction. A decided transaction may have no possible
    output: then the rule's premise fails, or there is no change.
    """

    possible: Bools
    decided: Bools

    def only(self, transactions: Transactions) -> Bools:
        """The outputs that are the one possible output of their transaction [O]."""
        one = transactions.count_out(self.possible) == 1
        only: Bools = self.possible & one[transactions.tx_of_out]
        return only


Rule = Callable[[Transactions], Verdict]


def verdict(transactions: Transactions, possible: Bools, applies: Bools | None = None) -> Verdict:
    """The verdict that `possible` [O] is, where a transaction is in question and `applies` [N]."""
    decided = transactions.is_in_question
    if applies is not None:
        decided = decided & applies
    spoken = decided[transactions.tx_of_out]
    return Verdict(possible & transactions.can_be_change & spoken, decided)


def in_any(transactions: Transactions, which: Bools) -> Bools:
    """The transactions of which some output that could be change is marked [O] -> [N]."""
    any_: Bools = transactions.count_out(which & transactions.can_be_change) > 0
    return any_


def to_outputs(transactions: Transactions, values: Int64) -> Int64:
    """The value of each output's transaction [N] -> [O]."""
    return np.asarray(values[transactions.tx_of_out], dtype=np.int64)
