"""What each rule saw in one output, in words."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from peelchain.cluster.change.first_seen import WAITING_BLOCKS
from peelchain.cluster.change.own_shape import pays_input, trailing_zeros
from peelchain.cluster.change.rules import CLUSTER_FINGERPRINT
from peelchain.cluster.change.spender import fee_rate, locktime_class, sequence_class
from peelchain.cluster.change.transactions import MIXED, NONE, TYPES, Transactions

_LOCKTIMES = ("none", "a height of late", "another height", "a time")
_SEQUENCES = ("final", "locktime in force", "replaceable")

Told = Callable[[Transactions, int, int], str]
"""Gives the words for the transaction and the output of these rows."""


def reason(rule: str, transactions: Transactions, tx: int, out: int) -> str:
    """What `rule` looked at in the output of row `out` of the transaction of row `tx`."""
    return _TOLD[rule](transactions, tx, out)


def _type(place: int) -> str:
    return {NONE: "unknown", MIXED: "of several types"}.get(place) or TYPES[place]


def _address_type(t: Transactions, tx: int, out: int) -> str:
    return f"{_type(int(t.out_type[out]))}; inputs {_type(int(t.in_kind[tx]))}"


def _optimal_change(t: Transactions, tx: int, out: int) -> str:
    least = int(t.in_value[t.first_in[tx] : t.first_in[tx + 1]].min())
    return f"{t.out_value[out]} sat; least of {t.in_counts[tx]} inputs {least} sat"


def _round_value(t: Transactions, tx: int, out: int) -> str:
    return f"{trailing_zeros(t.out_value[out : out + 1])[0]} zeros at the end of its satoshis"


def _address_reuse(t: Transactions, tx: int, out: int) -> str:
    return "its script is spent here" if pays_input(t)[out] else "its script is not spent here"


def _fresh_address(t: Transactions, tx: int, out: int) -> str:
    before = ("never paid", "paid once", "paid more than once")[t.out_receipts_before[out]]
    return f"its script was {before} before"


def _one_time_change(t: Transactions, tx: int, out: int) -> str:
    words = [_fresh_address(t, tx, out)]
    if t.out_self_change[out]:
        words.append("and took self-change then")
    wait = int(t.out_next_receipt[out]) - int(t.height[tx])
    if t.out_next_receipt[out] >= 0 and wait <= WAITING_BLOCKS:
        words.append(f"and was paid again {wait} blocks on")
    return " ".join(words)


def _of_spender(told: Told) -> Told:
    def words(t: Transactions, tx: int, out: int) -> str:
        if not t.is_spent[out]:
            return f"unspent by height {t.as_of_height}"
        return told(t, tx, out)

    return words


def _locktime(t: Transactions, tx: int, out: int) -> str:
    own = locktime_class(t.locktime[tx], t.height[tx])
    theirs = locktime_class(t.spender_locktime[out], t.spender_height[out])
    return f"its spender's locktime: {_LOCKTIMES[int(theirs)]}; here: {_LOCKTIMES[int(own)]}"


def _version(t: Transactions, tx: int, out: int) -> str:
    return f"its spender's version: {t.spender_version[out]}; here: {t.version[tx]}"


def _sequence(t: Transactions, tx: int, out: int) -> str:
    own = _SEQUENCES[int(sequence_class(t.least_sequence[tx]))]
    return (
        f"its spender's sequence: {_SEQUENCES[int(sequence_class(t.spender_sequence[out]))]}; "
        f"here: {own}"
    )


def _fee_rate(t: Transactions, tx: int, out: int) -> str:
    own = int(fee_rate(t.fee_sat[tx], t.weight[tx]))
    theirs = int(fee_rate(t.spender_fee_sat[out], t.spender_weight[out]))
    return f"its spender's fee: {theirs} sat/kvB; here: {own}"


def _spender_type(t: Transactions, tx: int, out: int) -> str:
    return (
        f"its spender's inputs: {_type(int(t.spender_type[out]))}; "
        f"here: {_type(int(t.in_kind[tx]))}"
    )


def _spender_outputs(t: Transactions, tx: int, out: int) -> str:
    return f"its spender has {t.spender_outputs[out]} outputs"


def _shape(t: Transactions, tx: int, out: int) -> str:
    return f"its spender has inputs: {t.spender_inputs[out]}, outputs: {t.spender_outputs[out]}"


def _fingerprint(t: Transactions, tx: int, out: int) -> str:
    return "; ".join((_version(t, tx, out), _locktime(t, tx, out), _sequence(t, tx, out)))


_TOLD: Mapping[str, Told] = MappingProxyType(
    {
        "address_reuse": _address_reuse,
        "address_type": _address_type,
        CLUSTER_FINGERPRINT: _of_spender(_fingerprint),
        "fresh_address": _fresh_address,
        "one_time_change": _one_time_change,
        "optimal_change": _optimal_change,
        "peeling_chain": _of_spender(_shape),
        "round_value": _round_value,
        "shadow_address": _fresh_address,
        "spender_fee_rate": _of_spender(_fee_rate),
        "spender_locktime": _of_spender(_locktime),
        "spender_outputs": _of_spender(_spender_outputs),
        "spender_sequence": _of_spender(_sequence),
        "spender_type": _of_spender(_spender_type),
        "spender_version": _of_spender(_version),
    }
)
