"""The features of the predictor: each is there or not, so that a score is a sum of weights."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from peelchain.cluster.change.own_shape import pays_input, trailing_zeros
from peelchain.cluster.change.rules import RULES
from peelchain.cluster.change.spender import fee_rate, locktime_class, sequence_class
from peelchain.cluster.change.transactions import Bools, Int64, Transactions
from peelchain.cluster.change.verdict import to_outputs

_DELAYS: Final = (1, 6, 144, 1008)
_SHARES: Final = (1, 4, 16, 50, 100, 200, 500, 2_000, 10_000)


def features(transactions: Transactions) -> tuple[list[str], Bools]:
    """Names, and for each output whether it has each feature [O, F].

    What the rules say, how the output lies among its transaction's others, and what became of it by
    `as_of_height`. Nothing of any cluster: so the predictor stands apart from co-spending, and a
    policy may use it for links without going in a circle. Rows of outputs of transactions that are
    not in question, or that could not be change, have no meaning.
    """
    told = dict(_told(transactions))
    names = list(told)
    return names, np.stack([told[name] for name in names], axis=1)


def _told(t: Transactions) -> Iterator[tuple[str, Bools]]:
    for name, rule in RULES.items():
        verdict = rule(t)
        left = to_outputs(t, t.count_out(verdict.possible))
        decided = verdict.decided[t.tx_of_out]
        yield f"{name}: the only one left", verdict.possible & (left == 1)
        yield f"{name}: one of several left", verdict.possible & (left > 1)
        yield f"{name}: ruled out, others left", decided & ~verdict.possible & (left > 0)
        yield f"{name}: ruled out with all", decided & (left == 0)
    yield from _place(t)
    yield from _value(t)
    yield from _script(t)
    yield from _fate(t)
    yield from _company(t)


def _place(t: Transactions) -> Iterator[tuple[str, Bools]]:
    count = to_outputs(t, t.count_out(t.can_be_change))
    yield "place: first", t.vout == 0
    yield "place: last", t.vout == to_outputs(t, t.out_counts) - 1
    for n in (2, 3):
        yield f"outputs: {n}", count == n
    yield "outputs: 4 to 9", (count >= 4) & (count < 10)
    yield "outputs: 10 or more", count >= 10
    ins = to_outputs(t, t.in_counts)
    yield "inputs: 1", ins == 1
    yield "inputs: 2", ins == 2
    yield "inputs: 3 or more", ins >= 3
    rising = np.ones(len(t.out_id), dtype=np.bool_)
    rising[1:] = (t.out_value[1:] >= t.out_value[:-1]) | (t.vout[1:] == 0)
    sorted_ = to_outputs(t, t.least_out(rising.astype(np.int64))) == 1
    yield "outputs in order of value", sorted_


def _value(t: Transactions) -> Iterator[tuple[str, Bools]]:
    usable = t.can_be_change
    value = t.out_value
    most = to_outputs(t, t.most_out(np.where(usable, value, 0)))
    least = to_outputs(t, t.least_out(np.where(usable, value, np.iinfo(np.int64).max)))
    yield "value: greatest", value == most
    yield "value: least", value == least
    rest = to_outputs(t, t.sum_out(np.where(usable, value, 0))) - value
    share = value * 100 // np.maximum(rest, 1)
    for low, high in zip((0, *_SHARES), (*_SHARES, None), strict=True):
        above = share >= low
        yield (
            f"value: {low} to {high} percent of the rest" if high else f"value: {low} percent up",
            above & (share < high) if high else above,
        )
    zeros = trailing_zeros(value)
    for n in range(6):
        yield f"value: ends in {n} zeros", zeros == n
    yield "value: ends in 6 zeros or more", zeros >= 6
    other = to_outputs(t, t.most_out(np.where(usable, zeros, -1)))
    yield "value: two zeros fewer than another", zeros + 2 <= other
    yield "value: four zeros fewer than another", zeros + 4 <= other
    yield "value: below 1,000 sat", value < 1_000


def _script(t: Transactions) -> Iterator[tuple[str, Bools]]:
    before = t.out_receipts_before
    yield "script: new", before == 0
    yield "script: paid once before", before == 1
    yield "script: paid more than once before", before == 2
    yield "script: took self-change before", t.out_self_change
    yield "script: paid again", t.out_next_receipt >= 0
    usable = t.can_be_change
    new = to_outputs(t, t.count_out(t.out_fresh & usable))
    yield "script: the only new one", t.out_fresh & (new == 1)
    yield "script: not new, another is", ~t.out_fresh & (new > 0)
    again = t.out_next_receipt >= 0
    quiet = to_outputs(t, t.count_out(usable & ~again))
    yield "script: the only one not paid again", ~again & (quiet == 1)
    yield "script: paid again, another is not", again & (quiet > 0)
    back = pays_input(t)
    yield "script: another is spent here", ~back & (to_outputs(t, t.count_out(back)) > 0)
    same = to_outputs(t, t.least_out(np.where(usable, t.out_type, 99))) == to_outputs(
        t, t.most_out(np.where(usable, t.out_type, -1))
    )
    yield "type: all outputs alike", same


def _fate(t: Transactions) -> Iterator[tuple[str, Bools]]:
    spent = t.is_spent
    delay = t.spender_height - t.height[t.tx_of_out]
    known = to_outputs(t, t.as_of_height - t.height)
    yield "unspent", ~spent
    yield "unspent, and the chain goes on for a week", ~spent & (known >= _DELAYS[-1])
    for low, high in zip((0, *_DELAYS), (*_DELAYS, None), strict=True):
        within = spent & (delay >= low)
        yield (
            f"spent {low} to {high} blocks on" if high else f"spent {low} blocks on or later",
            within & (delay < high) if high else within,
        )
    usable = t.can_be_change
    others = to_outputs(t, t.count_out(usable & spent))
    yield "unspent, another is spent", ~spent & (others > 0)
    yield "the only one spent", spent & (others == 1)
    far = np.iinfo(np.int64).max
    first = to_outputs(t, t.least_out(np.where(usable & spent, t.spender_height, far)))
    yield "spent before all others", spent & (t.spender_height == first) & (others > 1)
    yield "spent with another output of this transaction", _together(t)
    own = to_outputs(t, fee_rate(t.fee_sat, t.weight))
    theirs = fee_rate(t.spender_fee_sat, t.spender_weight)
    near = (theirs * 10 >= own * 8) & (theirs * 8 <= own * 10)
    yield "spender's fee rate within a quarter", spent & near
    yield "spender's fee rate twice or half", spent & ((theirs > 2 * own) | (2 * theirs < own))
    yield "spender: one input", spent & (t.spender_inputs == 1)
    yield "spender: five inputs or more", spent & (t.spender_inputs >= 5)
    yield "spender: one output", spent & (t.spender_outputs == 1)
    yield "spender: four outputs or more", spent & (t.spender_outputs >= 4)


def _company(t: Transactions) -> Iterator[tuple[str, Bools]]:
    """How many of the spender's marks agree, for this output and at best for another."""
    agree = agreement(t)
    usable = t.can_be_change & t.is_spent
    for n in range(5):
        yield f"marks of the spender that agree: {n}", t.is_spent & (agree == n)
    best = _best_other(t, np.where(usable, agree, -1))
    yield "marks: more than any other's", t.is_spent & (agree > best) & (best >= 0)
    yield "marks: two more than any other's", t.is_spent & (agree > best + 1) & (best >= 0)
    yield "marks: fewer than another's", t.is_spent & (agree < best)
    yield "marks: all agree, no other's do", t.is_spent & (agree == 4) & (best < 4)


def agreement(t: Transactions) -> Int64:
    """How many of version, locktime, sequence and input type the spender has alike, 0 to 4 [O]."""
    marks = (
        t.spender_version == to_outputs(t, t.version),
        locktime_class(t.spender_locktime, t.spender_height)
        == to_outputs(t, locktime_class(t.locktime, t.height)),
        sequence_class(t.spender_sequence) == to_outputs(t, sequence_class(t.least_sequence)),
        t.spender_type == to_outputs(t, t.in_kind),
    )
    return np.asarray(np.sum(np.stack(marks).astype(np.int64), axis=0))


def _best_other(t: Transactions, values: Int64) -> Int64:
    """The greatest value among the other outputs of the transaction, -1 for none [O]."""
    most = to_outputs(t, t.most_out(values))
    times = to_outputs(t, t.count_out(values == most))
    below = to_outputs(t, t.most_out(np.where(values == most, -1, values)))
    return np.where((values == most) & (times == 1), below, most)


def _together(t: Transactions) -> Bools:
    pairs = np.stack([t.tx_of_out, t.out_spender])
    _, places, counts = np.unique(pairs, axis=1, return_inverse=True, return_counts=True)
    together: Bools = (counts[places] > 1) & t.is_spent
    return together
