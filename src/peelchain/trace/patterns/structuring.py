"""Structuring: payments to one party kept just below a threshold.

**Definition.** Payments to one party (tagged, by tag or sweep; else a cluster) of which at least
`LEAST_BELOW` are worth less than a threshold T and no less than T / 1.1, each no more than `gap`
seconds after the one before; and for which chance is no good explanation. *Chance*: whoever does
not know of T pays as likely just above as just below. So of the payments to that party from `gap`
before the first to `gap` after the last that are worth T / 1.1 to T * 1.1, as many below T, or
more, must come about with a probability of at most `LEVEL` when each falls on either side with one
half. The two bands are equally wide in logarithms; where amounts thin out, below is somewhat
likelier than one half, and the measured false alarms say what that costs. What is worth T exactly
is above. A payment without a rate is not judged.

Sources: FATF 2020, "Virtual Assets: Red Flag Indicators", transactions (structuring in amounts
under record-keeping or reporting thresholds); 31 CFR 1010.100(xx). The test is the sign test on
the density at a cut-off (McCrary 2008 asks the same of a density estimate). `LEVEL` holds for one
party and one threshold: who tries many finds some by chance.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import comb

from peelchain.errors import MisuseError
from peelchain.trace.patterns.deposit_sweep import credited
from peelchain.trace.patterns.finding import STRUCTURING, Finding, ordered
from peelchain.trace.patterns.scene import Scene

LEAST_BELOW = 5
LEVEL = Fraction(1, 20)
GAP_SECONDS = 30 * 24 * 3600
BAND = (11, 10)
"""The bands reach from T down to T * 10 / 11 and up to T * 11 / 10."""


@dataclass(frozen=True)
class Threshold:
    """A threshold and how far apart payments may lie: `worth` in the least units of `currency`.

    Those are hundredths, of BTC satoshis.
    """

    worth: int
    currency: str
    gap_seconds: int = GAP_SECONDS

    def __post_init__(self) -> None:
        if self.worth < 1 or self.gap_seconds < 0:
            raise MisuseError(
                f"a threshold of {self.worth} within {self.gap_seconds} s makes no sense; give at "
                "least 1, and no negative time"
            )

    def side(self, worth: int) -> int:
        """-1 just below the threshold, 1 at it or just above, 0 elsewhere."""
        high, low = BAND
        if worth * high >= self.worth * low and worth < self.worth:
            return -1
        return 1 if self.worth <= worth and worth * low < self.worth * high else 0


@dataclass(frozen=True)
class Payment:
    """A payment to a party.

    `time` in seconds since 1970, `worth` in the units of the threshold; None without a rate.
    """

    txout_id: int
    tx_id: int
    payee: str | int
    time: int
    worth: int | None


Worth = Callable[[int, int], int | None]
"""The worth of satoshis at a time, None without a rate."""


def payments(
    scene: Scene, tx_ids: Iterable[int], time_of: Callable[[int], int], worth: Worth
) -> tuple[Payment, ...]:
    """What these transactions pay others than their spender, in chain order.

    `time_of` gives the time of a height. CoinJoins pay nobody in particular and are left out.
    """
    found: list[Payment] = []
    for portion in scene.portions(sorted(set(tx_ids) - scene.mixes)):
        scene.load(portion)
        scene.load(o.spender for tx in portion for o in scene.tx(tx).outputs if o.spender >= 0)
        for tx_id in portion:
            tx = scene.tx(tx_id)
            own = {scene.holder(coin.script_id) for coin in tx.inputs}
            time = time_of(tx.height)
            for output in tx.movable:
                payee = credited(scene, output) or scene.cluster(output.script_id)
                if payee not in own:
                    value = worth(output.value_sat, time)
                    found.append(Payment(output.txout_id, tx_id, payee, time, value))
    return tuple(found)


def structurings(paid: Iterable[Payment], threshold: Threshold) -> tuple[Finding, ...]:
    """The structurings among payments: `txouts` are those just below the threshold."""
    rows = sorted(paid, key=lambda p: (*_key(p), p.time, p.txout_id))
    found = []
    for _, group in groupby(rows, key=_key):
        some = list(group)
        for run in _runs(some, threshold):
            if len(run) < LEAST_BELOW:
                continue
            first, last = (run[end].time for end in (0, -1))
            gap = threshold.gap_seconds
            above = sum(
                p.worth is not None
                and threshold.side(p.worth) > 0
                and first - gap <= p.time <= last + gap
                for p in some
            )
            chance = by_chance(len(run), above)
            if chance <= LEVEL:
                found.append(_finding(run, above, chance, threshold))
    return ordered(found)


def by_chance(below: int, above: int) -> Fraction:
    """The probability of at least so many below among below + above, each side as likely."""
    every = below + above
    return Fraction(sum(comb(every, k) for k in range(below, every + 1)), 2**every)


def _key(payment: Payment) -> tuple[bool, str]:
    return isinstance(payment.payee, str), str(payment.payee)


def _runs(some: Sequence[Payment], threshold: Threshold) -> list[list[Payment]]:
    runs: list[list[Payment]] = []
    for payment in some:
        if payment.worth is None or threshold.side(payment.worth) >= 0:
            continue
        if runs and payment.time - runs[-1][-1].time <= threshold.gap_seconds:
            runs[-1].append(payment)
        else:
            runs.append([payment])
    return runs


def _finding(run: Sequence[Payment], above: int, chance: Fraction, threshold: Threshold) -> Finding:
    least, most = (f(p.worth for p in run if p.worth is not None) for f in (min, max))
    unit = "satoshis" if threshold.currency == "BTC" else f"hundredths of {threshold.currency}"
    payee = run[0].payee
    who = f"{payee}, as tagged or swept into it" if isinstance(payee, str) else "one cluster"
    reasons = (
        f"{len(run)} payments to {who} are worth {least} to {most} {unit}, just below "
        f"{threshold.worth}; {above} just above it",
        f"at most {_rounded_up(chance)} by chance, if either side were as likely",
    )
    txs = dict.fromkeys(p.tx_id for p in sorted(run, key=lambda p: p.txout_id))
    return Finding(STRUCTURING, tuple(txs), tuple(sorted(p.txout_id for p in run)), (), reasons)


def _rounded_up(chance: Fraction) -> str:
    millionths = -(-chance.numerator * 1_000_000 // chance.denominator)
    return f"{millionths // 1_000_000}.{millionths % 1_000_000:06d}"
