"""What a real transaction is, read from its shape by hand and by plain code.

Apart from the detectors: the reference by which the sets in `PEELCHAIN_DATA/coinjoins` are
relabelled, written from the publications for those sets and their years, and slow where that is
plainer. It uses what the detectors do not: the time of the block, published fees written out, the
sums of single inputs, and a reader's verdict on borderline lines.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

POOLS = (100_000, 1_000_000, 5_000_000, 50_000_000)
# 5% of the small pools; 2.97% to 3.5% of the great ones, by year
POOL_FEES = {
    100_000: (5_000,),
    1_000_000: (50_000,),
    5_000_000: (148_500, 175_000),
    50_000_000: (1_485_000, 1_750_000),
}
WASABI_COORDINATOR = "0014869f5c7a4cd7776ae0c0fcd9c3315abb239a9f0d"
WASABI_1_YEARS = (datetime(2018, 7, 1, tzinfo=UTC), datetime(2022, 7, 1, tzinfo=UTC))
DUST_SAT = 2_730

STANDARD = (
    {2**i for i in range(64)}
    | {3**i for i in range(40)}
    | {2 * 3**i for i in range(40)}
    | {times * 10**i for times in (1, 2, 5) for i in range(19)}
)

MIXES = frozenset(
    {"whirlpool_mix", "wasabi_1_0", "wasabi_1_1", "wasabi_2", "joinmarket", "equal_output"}
)

_CHAIN = "equal outputs and changes of one type; coins that are equal outputs of earlier rounds"

# Lines that the code below leaves to a reader, by the first ten digits of the txid.
READ = {
    "597bfbd60b": (
        "equal_output",
        "six equal outputs and five changes, each 124,597 sat below a coin spent: all pay alike",
    ),
    "7c575ed7e7": (
        "equal_output",
        "three coins of one value and three side coins that lose 405,70x sat each: all pay alike",
    ),
    "72fdb179aa": (
        "ordinary",
        "57 coins of some 350,000 sat to payees of three address types: a service pays out",
    ),
    "72de23f9ce": (
        "ordinary",
        "three equal coins and a great one pay six outputs of four types: inputs cannot part",
    ),
    "d6455c9807": ("ordinary", "coins of one type pay ten outputs of four types: a payout"),
    "9166b3b97e": ("joinmarket", _CHAIN),
    "ded7cd9d7a": ("joinmarket", _CHAIN),
    "52c003e8f2": ("joinmarket", _CHAIN),
    "91c9d1a11c": ("ordinary", "128 coins of one script: one party, whatever the outputs"),
}


@dataclass(frozen=True)
class Tx:
    """A transaction: (value_sat, script hex) on both sides."""

    txid: str
    time: int
    inputs: list[tuple[int, str]]
    outputs: list[tuple[int, str]]


def kind_of(script: str) -> str:
    """The address type of a script, as far as the sets need it."""
    starts = {"0014": "p2wpkh", "0020": "p2wsh", "5120": "p2tr", "a914": "p2sh", "76a914": "p2pkh"}
    if script.startswith("6a"):
        return "op_return"
    return next((kind for start, kind in starts.items() if script.startswith(start)), "other")


def label(tx: Tx) -> tuple[str, str]:
    """The verdict and its reason. Verdicts: MIXES, `whirlpool_tx0`, `undecided`, `ordinary`."""
    if tx.txid[:10] in READ:
        return READ[tx.txid[:10]]
    for rule in (_whirlpool, _tx0, _wasabi2, _wasabi1, _joinmarket, _two_equal):
        found = rule(tx)
        if found:
            return found
    return "ordinary", _why_ordinary(tx)


def _paid(tx: Tx) -> list[tuple[int, str]]:
    return [o for o in tx.outputs if kind_of(o[1]) != "op_return"]


def _equal(tx: Tx) -> tuple[int, int]:
    """The most frequent value above dust (the greatest, on a tie) and how often it is paid."""
    times = Counter(value for value, _ in _paid(tx) if value > DUST_SAT)
    if not times:
        return 0, 0
    value, n = max(times.items(), key=lambda item: (item[1], item[0]))
    return value, n


def _types(side: list[tuple[int, str]]) -> set[str]:
    return {kind_of(script) for _, script in side}


def _whirlpool(tx: Tx) -> tuple[str, str] | None:
    pool = tx.outputs[0][0]
    n = len(tx.outputs)
    if pool not in POOLS or not 5 <= n <= 10 or len(tx.inputs) != n:
        return None
    if {value for value, _ in tx.outputs} != {pool} or _types(tx.inputs) != {"p2wpkh"}:
        return None
    premix = [value - pool for value, _ in tx.inputs if value != pool]
    if not premix or min(premix) < 0 or max(premix) > 110_000:
        return None
    return (
        "whirlpool_mix",
        f"{n} inputs and {n} outputs, all outputs {pool} sat; {len(premix)} inputs from premix",
    )


def _tx0(tx: Tx) -> tuple[str, str] | None:
    payloads = [script for _, script in tx.outputs if kind_of(script) == "op_return"]
    if len(payloads) != 1 or len(payloads[0]) // 2 not in (66, 83):
        return None
    paid = Counter(value for value, _ in _paid(tx))
    for pool in POOLS:
        for value, times in paid.items():
            # the fee is the published one, or up to half of it off
            fees = [v for v in paid if any(f / 2 <= v <= f for f in POOL_FEES[pool]) and v != value]
            rest = sum(paid.values()) - times
            if pool < value <= pool + 70_000 and fees and rest <= 4:
                return (
                    "whirlpool_tx0",
                    f"{times} outputs of {value} sat for the pool of {pool}, a fee, a payload",
                )
    return None


def _wasabi2(tx: Tx) -> tuple[str, str] | None:
    ins, outs = ([value for value, _ in side] for side in (tx.inputs, tx.outputs))
    standard = sum(value in STANDARD for value in outs)
    owners = {script for _, script in tx.inputs}
    if len(ins) < 20 or ins != sorted(ins, reverse=True) or outs != sorted(outs, reverse=True):
        return None
    if standard <= 0.8 * len(outs) or len(set(outs) & STANDARD) < 5 or len(owners) < 20:
        return None
    return (
        "wasabi_2",
        f"{len(ins)} inputs of {len(owners)} scripts; {standard} of {len(outs)} outputs of "
        "standard denominations; both sides sorted",
    )


def _fees(tx: Tx, value: int) -> tuple[int, int]:
    """Changes whose owner earned by the round, and whose owner paid, judged by single inputs."""
    earned = paid = 0
    for change, _ in _paid(tx):
        if change == value:
            continue
        gains = [value + change - coin for coin, _ in tx.inputs]
        if any(0 <= gain <= 0.003 * value for gain in gains):
            earned += 1
        elif any(0 < -gain <= 0.012 * value for gain in gains):
            paid += 1
    return earned, paid


def _wasabi1(tx: Tx) -> tuple[str, str] | None:
    value, n = _equal(tx)
    when = datetime.fromtimestamp(tx.time, UTC)
    if n < 5 or not WASABI_1_YEARS[0] <= when < WASABI_1_YEARS[1]:
        return None
    if _types(tx.inputs) | _types(tx.outputs) != {"p2wpkh"} or len(tx.inputs) < n:
        return None
    earned, paid = _fees(tx, value)
    coordinator = any(script == WASABI_COORDINATOR for _, script in tx.outputs)
    # JoinMarket had no native segwit before 2020, and never has so many, so the rest is ZeroLink's
    certain = when.year < 2020 or n >= 30
    in_range = 1_000_000 <= value <= 12_000_000
    if not coordinator and not (in_range and (certain or paid > earned)):
        return None
    times = Counter(v for v, _ in tx.outputs)
    levels = [
        times[v]
        for i in range(1, 11)
        for v in times
        if times[v] > 1 and abs(v - value * 2**i) <= 0.0002 * value * 2**i
    ]
    seen = f"{n} outputs of {value} sat, {len(tx.inputs)} inputs, {len(tx.outputs)} outputs"
    by = "pays the coordinator" if coordinator else "native segwit throughout, everybody pays"
    if levels:
        return "wasabi_1_1", f"{seen}, {sum(levels)} on higher levels; {by}"
    return "wasabi_1_0", f"{seen}; {by}"


def _joinmarket(tx: Tx) -> tuple[str, str] | None:
    value, n = _equal(tx)
    changes = len(tx.outputs) - n
    owners = {script for _, script in tx.inputs}
    payees = [script for _, script in tx.outputs]
    if n < 3 or changes not in (n - 1, n) or len(owners) < n:
        return None
    if len(set(payees)) < len(payees) or owners & set(payees) or "op_return" in _types(tx.outputs):
        return None
    types = Counter(kind_of(script) for _, script in tx.outputs)
    _, most = types.most_common(1)[0]
    earned, paid = _fees(tx, value)
    if most < len(tx.outputs) - 2 or earned == 0 or paid > earned:
        return None
    return (
        "joinmarket",
        f"{n} outputs of {value} sat and {changes} changes, {len(owners)} input scripts; {earned} "
        "changes show a maker who earned",
    )


def _two_equal(tx: Tx) -> tuple[str, str] | None:
    """Two equal outputs, two changes, and coins that part in two: one party or two.

    Half a percent is allowed for fees between two parties.
    """
    value, n = _equal(tx)
    if n != 2 or len(tx.outputs) != 4 or len(_paid(tx)) != 4:
        return None
    owners = {script for _, script in tx.inputs}
    payees = {script for _, script in tx.outputs}
    if len(payees) < 4 or owners & payees or len(owners) < 2:
        return None
    changes = [v for v, _ in tx.outputs if v != value]
    total = sum(coin for coin, _ in tx.inputs)
    fee = total - sum(v for v, _ in tx.outputs)
    # every sum that some of the coins come to, without those that pass what one side can be
    sums = {0}
    for coin, _ in tx.inputs:
        sums |= {s + coin for s in sums if s + coin < total}
        if len(sums) > 200_000:
            return "undecided", "two equal outputs, and too many coins to say whether they part"
    slack = fee + value // 200
    if any(
        abs(s - value - changes[0]) <= slack and abs(total - s - value - changes[1]) <= slack
        for s in sums
    ):
        return "undecided", "two equal outputs and inputs that part in two: one party or two"
    return None


def _why_ordinary(tx: Tx) -> str:
    value, n = _equal(tx)
    owners = len({script for _, script in tx.inputs})
    dust = sum(0 < v <= DUST_SAT for v, _ in tx.inputs)
    seen = f"{len(tx.inputs)} inputs of {owners} scripts, {len(tx.outputs)} outputs"
    if dust and any(0 < v <= DUST_SAT for v, _ in _paid(tx)):
        return f"{seen}; coins of dust size on both sides, as in trades of assets"
    if "op_return" in _types(tx.outputs):
        return f"{seen}, one a payload"
    if n < 2:
        return f"{seen}; no value repeats"
    if owners == 1:
        return f"{seen}; {n} outputs of {value} sat from one script"
    if n == 2:
        return f"{seen}; two equal outputs, and inputs that do not part in two"
    return f"{seen}; {n} outputs of {value} sat, not as participants would be paid"
