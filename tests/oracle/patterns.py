"""The patterns by their definitions, slowly: every relation written out, every way tried."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import factorial

from peelchain.store.arrays import ChainArrays


@dataclass
class Known:
    """A chain, and what is known of it beside: all by plain numbers."""

    arrays: ChainArrays
    habits: list[tuple[int, str, str]]
    types: list[str]
    cluster: list[int]
    party: dict[int, str] = field(default_factory=dict)
    mixes: frozenset[int] = frozenset()

    def ins(self, tx: int) -> list[int]:
        a = self.arrays
        own = slice(int(a.tx_first_txin[tx]), int(a.tx_first_txin[tx + 1]))
        return [int(txout) for txout in a.txin_prev_txout[own]]

    def outs(self, tx: int) -> list[int]:
        return list(range(self.arrays.tx_first_txout[tx], self.arrays.tx_first_txout[tx + 1]))

    def moves(self, txout: int) -> bool:
        worth = self.arrays.txout_value[txout] > 0
        return bool(worth and not self.arrays.txout_unspendable[txout])

    def value(self, txout: int) -> int:
        return int(self.arrays.txout_value[txout])

    def script(self, txout: int) -> int:
        return int(self.arrays.txout_script[txout])

    def maker(self, txout: int) -> int:
        return int(self.arrays.txout_tx[txout])

    def spender(self, txout: int) -> int:
        return int(self.arrays.txout_spender[txout])

    def tag(self, txout: int) -> str | None:
        return self.party.get(self.script(txout))

    def group(self, txout: int) -> int:
        return self.cluster[self.script(txout)]

    def holder(self, txout: int) -> object:
        return self.tag(txout) or self.group(txout)

    def fingerprint(self, tx: int) -> object:
        kinds = {self.types[txout] for txout in self.ins(tx) if txout >= 0}
        return self.habits[tx], kinds.pop() if len(kinds) == 1 else "mixed"

    def every_tx(self) -> range:
        return range(self.arrays.tx_count)


def remainder_of(known: Known, tx: int) -> int | None:
    """The remainder of a hop; None where it is none or cannot be told."""
    if not is_hop(known, tx):
        return None
    (coin,) = known.ins(tx)
    going_on = [
        out
        for out in known.outs(tx)
        if known.tag(out) in (None, known.tag(coin))
        and known.spender(out) >= 0
        and known.spender(out) not in known.mixes
        and known.ins(known.spender(out)) == [out]
        and known.fingerprint(known.spender(out)) == known.fingerprint(tx)
    ]
    if len(going_on) == 2:
        going_on = [out for out in going_on if known.group(out) == known.group(coin)]
    if len(going_on) != 1:
        return None
    other = next(out for out in known.outs(tx) if out != going_on[0])
    return going_on[0] if known.value(going_on[0]) >= known.value(other) else None


def is_hop(known: Known, tx: int) -> bool:
    ins, outs = known.ins(tx), known.outs(tx)
    plain = len(ins) == 1 and ins[0] >= 0 and len(outs) == 2
    return plain and all(known.moves(out) for out in outs) and tx not in known.mixes


def peel_chains(known: Known, least: int) -> set[tuple[tuple[int, ...], tuple[int, ...]]]:
    """(hops, remainders) of each chain: the classes of hops under `spends the remainder of`."""
    after = {
        tx: known.spender(rest)
        for tx in known.every_tx()
        if (rest := remainder_of(known, tx)) is not None
    }
    chains: list[set[int]] = [{tx} for tx in known.every_tx() if is_hop(known, tx)]
    for tx, following in after.items():
        one = next(c for c in chains if tx in c)
        other = next((c for c in chains if following in c), None)
        if other is not None and one is not other:
            chains.remove(other)
            one |= other
    found = set()
    for chain in chains:
        if len(chain) >= least:
            hops = tuple(sorted(chain))
            rests = tuple(r for tx in hops if (r := remainder_of(known, tx)) is not None)
            found.add((hops, rests))
    return found


def consolidations(known: Known, least: int) -> dict[int, str]:
    """The ground of each consolidation."""
    found = {}
    for tx in known.every_tx():
        ins = known.ins(tx)
        outs = [out for out in known.outs(tx) if known.moves(out)]
        if tx in known.mixes or min(ins) < 0 or len(ins) < least or len(outs) != 1:
            continue
        (out,) = outs
        spender = known.spender(out)
        if any(known.group(coin) == known.group(out) for coin in ins):
            found[tx] = "co-spend"
        elif known.tag(out) is not None:
            if any(known.tag(coin) == known.tag(out) for coin in ins):
                found[tx] = "tag"
        elif (
            spender >= 0
            and spender not in known.mixes
            and known.habits[spender] == known.habits[tx]
            and {known.types[coin] for coin in ins} == {known.types[out]}
        ):
            found[tx] = "fingerprint"
    return found


def fan_outs(known: Known, least: int, least_sat: int) -> dict[int, set[int]]:
    """What each fan-out pays."""
    found = {}
    for tx in known.every_tx():
        ins = known.ins(tx)
        if tx in known.mixes or min(ins) < 0 or len({known.holder(c) for c in ins}) != 1:
            continue
        paid = {
            out
            for out in known.outs(tx)
            if known.moves(out)
            and known.value(out) >= least_sat
            and known.holder(out) != known.holder(ins[0])
        }
        if len({known.holder(out) for out in paid}) >= least:
            found[tx] = paid
    return found


def gathers(known: Known, tx: int) -> str | None:
    outs = [out for out in known.outs(tx) if known.moves(out)]
    whose = {known.tag(out) for out in outs}
    good = tx not in known.mixes and min(known.ins(tx)) >= 0 and len(whose) == 1
    return whose.pop() if good else None


def is_hot(known: Known, script: int, party: str, outside: int) -> bool:
    paid = [o for o in range(known.arrays.txout_count) if known.script(o) == script]
    spenders = {known.spender(o) for o in paid} - {-1}
    pays_out = any(
        gathers(known, tx) != party and sum(known.moves(o) for o in known.outs(tx)) > 1
        for tx in spenders
    )
    makers = {known.maker(o) for o in paid}
    customers = [
        tx
        for tx in makers
        if any(c >= 0 for c in known.ins(tx))
        and not any(c >= 0 and known.tag(c) == party for c in known.ins(tx))
        and gathers(known, tx) != party
    ]
    return pays_out and Fraction(len(customers), len(makers)) <= Fraction(1, outside)


def deposits(known: Known, outside: int) -> dict[int, set[int]]:
    """The deposits of each sweep."""
    found = {}
    for tx in known.every_tx():
        party = gathers(known, tx)
        outs = [out for out in known.outs(tx) if known.moves(out)]
        if party is None or not any(is_hot(known, known.script(o), party, outside) for o in outs):
            continue
        some = set()
        for coin in known.ins(tx):
            same = [
                o for o in range(known.arrays.txout_count) if known.script(o) == known.script(coin)
            ]
            into = {gathers(known, s) for o in same if (s := known.spender(o)) >= 0}
            makers = [c for c in known.ins(known.maker(coin)) if c >= 0]
            if (
                known.tag(coin) is None
                and makers
                and into == {party}
                and all(known.tag(c) != party for c in makers)
            ):
                some.add(coin)
        if some:
            found[tx] = some
    return found


def round_trips(
    known: Known, outside: int, most_txs: int, most_blocks: int
) -> dict[int, set[tuple[int, ...]]]:
    """By the output that left: every way back of the fewest transactions."""
    swept = {coin: gathers(known, tx) for tx, some in deposits(known, outside).items()
             for coin in some}  # fmt: skip

    def held(out: int) -> object:
        return known.tag(out) or swept.get(out) or known.group(out)

    def ways(way: tuple[int, ...], payer: object) -> list[tuple[int, ...]]:
        tx = known.spender(way[-1])
        if len(way) > most_txs or tx < 0 or tx in known.mixes or min(known.ins(tx)) < 0:
            return []
        heights = known.arrays.tx_height
        if isinstance(held(way[-1]), str) or held(way[-1]) == payer:
            return []
        if heights[tx] - heights[known.maker(way[0])] > most_blocks:
            return []
        if any(known.holder(coin) == payer for coin in known.ins(tx)):
            return []
        found = []
        for out in known.outs(tx):
            enough = 2 * known.value(out) >= known.value(way[0]) >= known.value(out)
            if not known.moves(out) or not enough:
                continue
            longer = (*way, out)
            if held(out) != payer:
                found += ways(longer, payer)
            elif len(longer) > 2 or any(
                known.holder(o) != payer for o in known.outs(tx) if known.moves(o)
            ):
                found.append(longer)
        return found

    found: dict[int, set[tuple[int, ...]]] = {}
    for tx in known.every_tx():
        ins = known.ins(tx)
        if tx in known.mixes or min(ins) < 0 or len({known.holder(c) for c in ins}) != 1:
            continue
        for out in known.outs(tx):
            payer = known.holder(ins[0])
            if known.moves(out) and held(out) != payer:
                every = ways((out,), payer)
                fewest = min(map(len, every), default=0)
                if every:
                    found[out] = {way for way in every if len(way) == fewest}
    return found


def chance(below: int, above: int) -> Fraction:
    """Of all ways in which so many payments fall on two sides, the share with as many below."""
    every = below + above
    ways = sum(
        factorial(every) // factorial(k) // factorial(every - k) for k in range(below, every + 1)
    )
    return Fraction(ways, 2**every)


def chance_by_trying(below: int, above: int) -> Fraction:
    """The same by writing every way out."""
    tries = list(product((0, 1), repeat=below + above))
    return Fraction(sum(sum(one) >= below for one in tries), len(tries))


def structurings(
    paid: Sequence[tuple[int, object, int, int | None]], threshold: int, gap: int, least: int
) -> set[tuple[int, ...]]:
    """Of payments (txout, payee, time, worth): the outputs of each structuring.

    Two payments below hang together when one can step from the one to the other over payments
    below, no step longer than the gap.
    """
    found = set()
    for payee in {p[1] for p in paid}:
        own = [p for p in paid if p[1] == payee and p[3] is not None]
        below = [p for p in own if Fraction(threshold * 10, 11) <= (p[3] or 0) < threshold]
        above = [p for p in own if threshold <= (p[3] or 0) < Fraction(threshold * 11, 10)]
        left = list(below)
        while left:
            run, grew = [left.pop()], True
            while grew:
                near = [p for p in left if any(abs(p[2] - q[2]) <= gap for q in run)]
                left = [p for p in left if p not in near]
                run += near
                grew = bool(near)
            first, last = min(p[2] for p in run), max(p[2] for p in run)
            beside = [p for p in above if first - gap <= p[2] <= last + gap]
            unlikely = chance(len(run), len(beside)) <= Fraction(1, 20)
            if len(run) >= least and unlikely:
                found.add(tuple(sorted(p[0] for p in run)))
    return found
