"""Rules that rest on when an output's script first appears, and on when it is paid again."""

from peelchain.cluster.change.own_shape import pays_input
from peelchain.cluster.change.transactions import Transactions
from peelchain.cluster.change.verdict import Verdict, in_any, verdict

WAITING_BLOCKS = 1008
"""A week of blocks: how long a script must go without another receipt."""


def one_time_change(transactions: Transactions, waiting_blocks: int = WAITING_BLOCKS) -> Verdict:
    """The one output to a script never seen before, all others having been seen; with exceptions.

    Undecided where several outputs are new or none, where an output pays a spent script
    (self-change), where an output's script had received exactly once before, or was in an earlier
    transaction's self-change (of the last 20 receipts looked at). Undecided, too, where the
    new script is paid again within `waiting_blocks`, which is the one thing it takes from the
    future: never from above `as_of_height`; of a transaction younger than the wait it knows less.

    Source: Meiklejohn et al. 2013, section 4: definition of a one-time change address, and its
    refinement with a waiting period of a week. The refinement's exception for dice games, known by
    name, is left to whoever names services.
    """
    usable = transactions.can_be_change
    new = transactions.out_fresh & usable
    again = (transactions.out_next_receipt >= 0) & (
        transactions.out_next_receipt
        <= transactions.height[transactions.tx_of_out] + waiting_blocks
    )
    barred = (
        pays_input(transactions)
        | (transactions.out_receipts_before == 1)
        | transactions.out_self_change
        | (new & again)
    )
    applies = (transactions.count_out(new) == 1) & ~in_any(transactions, barred)
    return verdict(transactions, new, applies)


def shadow_address(transactions: Transactions) -> Verdict:
    """Of exactly two outputs the new one, where the other has been seen: a client's shadow address.

    Undecided with other than two outputs, or where both are new or both seen. Source: Androulaki et
    al. 2013, heuristic II (shadow addresses). Uses nothing later.
    """
    new = transactions.out_fresh & transactions.can_be_change
    two = (transactions.out_counts == 2) & (transactions.count_out(new) == 1)
    return verdict(transactions, new, two)
