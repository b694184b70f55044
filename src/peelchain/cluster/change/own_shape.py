"""Rules that read the transaction alone: types, values, address reuse."""

import numpy as np

from peelchain.cluster.change.transactions import Bools, Int64, Transactions
from peelchain.cluster.change.verdict import Verdict, in_any, to_outputs, verdict

ROUND_DIGITS = 5
"""A value is round that is a multiple of 10^5 sat, 0.001 BTC."""


def address_type(transactions: Transactions) -> Verdict:
    """Outputs with the one script type of all inputs: wallets mostly make change of their own type.

    Undecided where the inputs have several types. Wrong for wallets that choose the type of change
    after the payment's (Bitcoin Core since 22.0), where it rules nothing out or the change.
    Source: Kalodner et al. 2020 (BlockSci), `address_type`. Uses nothing later.
    """
    own = to_outputs(transactions, transactions.in_kind)
    return verdict(transactions, transactions.out_type == own, transactions.in_kind >= 0)


def optimal_change(transactions: Transactions) -> Verdict:
    """Outputs worth less than the least input: with more change, that input was not needed.

    Undecided with one input, which says nothing. Wrong for wallets that add inputs for other ends:
    to consolidate, to avoid a small change, or to spend all coins of an address together.
    Source: Nick 2015 (ETH Zurich), optimal change; Kalodner et al. 2020, `optimal_change`. Uses
    nothing later.
    """
    least = to_outputs(transactions, transactions.least_in(transactions.in_value))
    return verdict(transactions, transactions.out_value < least, transactions.in_counts >= 2)


def round_value(transactions: Transactions, digits: int = ROUND_DIGITS) -> Verdict:
    """Outputs that are not a multiple of 10^digits sat, where another is: people pay round sums.

    Undecided where no output is round, or all are. No exchange rate is asked: payments that are
    round in another currency go unseen. Source: Kalodner et al. 2020, `power_of_ten_value` (there
    6 digits). Uses nothing later.
    """
    is_round = transactions.out_value % 10**digits == 0
    applies = in_any(transactions, is_round) & in_any(transactions, ~is_round)
    return verdict(transactions, ~is_round, applies)


def trailing_zeros(values: Int64) -> Int64:
    """How many decimal zeros each value ends in, 8 at most; 8 for zero."""
    zeros = np.zeros(len(values), dtype=np.int64)
    for digits in range(1, 9):
        zeros[values % 10**digits == 0] = digits
    return zeros


def address_reuse(transactions: Transactions) -> Verdict:
    """Outputs to a script that the transaction spends: the spender pays itself.

    Undecided where no output does. Source: Kalodner et al. 2020, `address_reuse`; the self-change
    of Meiklejohn et al. 2013. Uses nothing later.
    """
    paid_back = pays_input(transactions)
    return verdict(transactions, paid_back, in_any(transactions, paid_back))


def pays_input(transactions: Transactions) -> Bools:
    """Whether each output pays a script that its own transaction spends [O]."""
    # pairs of (transaction, script) as one sorted list of each side
    known = transactions.in_script >= 0
    spends = np.stack([transactions.tx_of_in[known], transactions.in_script[known]])
    pays = np.stack([transactions.tx_of_out, transactions.out_script])
    both, places = np.unique(np.concatenate([spends, pays], axis=1), axis=1, return_inverse=True)
    spent = np.zeros(both.shape[1], dtype=np.bool_)
    spent[places[: spends.shape[1]]] = True
    paid_back: Bools = spent[places[spends.shape[1] :]]
    return paid_back


def fresh_address(transactions: Transactions) -> Verdict:
    """Outputs to a script that no transaction had before: most clients make one for change.

    Source: Kalodner et al. 2020, `client_change_address_behavior`. Rules out change of wallets that
    reuse addresses. Uses nothing later.
    """
    return verdict(transactions, transactions.out_fresh)
