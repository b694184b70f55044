"""Rules that compare a transaction with those that later spend its outputs.

An output that nobody has spent by `as_of_height` cannot be ruled out. Each rule is undecided where
no output has been spent. All of them take from the future what spends the outputs, never from above
`as_of_height`. Source of the idea and of most rules: Kalodner et al. 2020 (BlockSci) and, as parts
of a wallet's fingerprint, Kappos et al. 2022 (arXiv 2205.13882) and Moeser and Narayanan 2022
(arXiv 2107.05749).
"""

import numpy as np

from peelchain.cluster.change.transactions import Bools, Int64, Transactions
from peelchain.cluster.change.verdict import Verdict, in_any, to_outputs, verdict

_TIMES_FROM = 500_000_000
_NEAR_BLOCKS = 101
_FINAL = 0xFFFFFFFF


def locktime_class(locktime: Int64, height: Int64) -> Int64:
    """How a wallet sets nLockTime: 0 none, 1 a height of late, 2 another height, 3 a time.

    Of late is up to 100 blocks below the height that held the transaction, as Bitcoin Core and
    Electrum set it against fee sniping.
    """
    behind = height - locktime
    by_height = np.where((behind >= 0) & (behind < _NEAR_BLOCKS), 1, 2)
    return np.where(locktime == 0, 0, np.where(locktime >= _TIMES_FROM, 3, by_height))


def sequence_class(least: Int64) -> Int64:
    """How a wallet sets nSequence, by the least of its inputs.

    0 final, 1 locktime in force, 2 replaceable (BIP 125).
    """
    return np.where(least == _FINAL, 0, np.where(least == _FINAL - 1, 1, 2))


def fee_rate(fee_sat: Int64, weight: Int64) -> Int64:
    """Satoshis for 1,000 virtual bytes, rounded down; 0 where the weight is 0."""
    vsize = -(-weight // 4)
    return np.where(vsize > 0, fee_sat * 1000 // np.maximum(vsize, 1), 0)


def _matching(transactions: Transactions, same: Bools, applies: Bools | None = None) -> Verdict:
    told = in_any(transactions, transactions.is_spent)
    if applies is not None:
        told = told & applies
    return verdict(transactions, same | ~transactions.is_spent, told)


def spender_locktime(transactions: Transactions) -> Verdict:
    """Outputs whose spender sets nLockTime in the same way (see `locktime_class`).

    Source: Kalodner et al. 2020, `locktime`, which tells zero from not zero only.
    """
    own = locktime_class(transactions.locktime, transactions.height)
    theirs = locktime_class(transactions.spender_locktime, transactions.spender_height)
    return _matching(transactions, theirs == to_outputs(transactions, own))


def spender_version(transactions: Transactions) -> Verdict:
    """Outputs whose spender has the same nVersion. Source: Kappos et al. 2022."""
    own = to_outputs(transactions, transactions.version)
    return _matching(transactions, transactions.spender_version == own)


def spender_sequence(transactions: Transactions) -> Verdict:
    """Outputs whose spender sets nSequence in the same way (see `sequence_class`).

    Source: the replace-by-fee feature of Kappos et al. 2022. A wallet whose user chooses to
    replace or not breaks it.
    """
    own = to_outputs(transactions, sequence_class(transactions.least_sequence))
    return _matching(transactions, sequence_class(transactions.spender_sequence) == own)


def spender_fee_rate(transactions: Transactions) -> Verdict:
    """Outputs whose spender pays the very same fee rate: clients with a fixed rate.

    Undecided where no spender does: rates that follow the market differ for every transaction.
    Source: Kalodner et al. 2020, `fixed_fee`.
    """
    own = to_outputs(transactions, fee_rate(transactions.fee_sat, transactions.weight))
    theirs = fee_rate(transactions.spender_fee_sat, transactions.spender_weight)
    same = (theirs == own) & transactions.is_spent
    return _matching(transactions, same, in_any(transactions, same))


def spender_type(transactions: Transactions) -> Verdict:
    """Outputs whose spender's inputs are all of the one type of this transaction's inputs.

    Undecided where these inputs have several types. Source: the input-type feature of Kappos et
    al. 2022 and Moeser and Narayanan 2022.
    """
    own = to_outputs(transactions, transactions.in_kind)
    same = transactions.spender_type == own
    return _matching(transactions, same, transactions.in_kind >= 0)


def spender_outputs(transactions: Transactions) -> Verdict:
    """Outputs whose spender has two outputs at most, as consumers' wallets make.

    Undecided where this transaction has more than two itself. Source: Nick 2015 (ETH Zurich),
    consumer wallets.
    """
    few = transactions.spender_outputs <= 2
    return _matching(transactions, few, transactions.out_counts <= 2)


def peeling_chain(transactions: Transactions) -> Verdict:
    """Outputs that go on a chain of one input and two outputs: a small sum is peeled off each time.

    Undecided where this transaction is of another shape, or where neither the one before it nor one
    that spends its outputs has that shape. Sources: Meiklejohn et al. 2013, section 5; Kalodner et
    al. 2020, `peeling_chain`.
    """
    own = (transactions.in_counts == 1) & (transactions.out_counts == 2)
    goes_on = (
        (transactions.spender_inputs == 1)
        & (transactions.spender_outputs == 2)
        & transactions.is_spent
    )
    before = transactions.most_in(transactions.in_peels.astype(np.int64)) == 1
    applies = own & (before | in_any(transactions, goes_on))
    return verdict(transactions, goes_on | ~transactions.is_spent, applies)
