"""Peel chains: one coin paid from again and again, the rest going on each time.

**Definition.** A *hop* is a transaction, no CoinJoin, that spends one coin and makes two outputs,
both of value. Its *remainder* is the one output that goes on as the chain came: it is spent alone,
by no CoinJoin, in a transaction with the same fingerprint (version, locktime and sequence habit,
script type spent), and no tag gives it to another party than the coin's. Where both outputs do,
there is no telling and the chain stops: unless exactly one of them is in the cluster of the coin,
which co-spending has shown to be its owner's. The remainder is no less than what is peeled off. A
chain is the longest run of hops, each spending the remainder of the one before; from
`LEAST_HOPS` on it is one. Each transaction spends one coin, so chains never share a hop, and where
one starts does not depend on where one begins to look.

Sources: Meiklejohn et al. 2013, section 5 (the pattern); Kappos et al. 2022, arXiv 2205.13882
(following it by features, both ways, and stopping where these do not tell). Unlike both, the size
of the remainder counts here, and a one-time address is not asked for.

An ordinary wallet that pays from its change again and again makes the same shape, and so does a hot
wallet that pays one customer at a time: a peel chain says that one owner paid these, not why.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from peelchain.trace.patterns.finding import PEEL_CHAIN, Finding, ordered
from peelchain.trace.patterns.scene import Output, Scene, Transaction

LEAST_HOPS = 3
MOST_HOPS = 10_000

TAGGED = "payer:tagged"
UNTAGGED = "payer:untagged"


@dataclass(frozen=True)
class Step:
    """Where a hop leads: its remainder and what is peeled off, or why there is no telling.

    `by` says what told the remainder: `fingerprint` or `cluster`.
    """

    remainder: Output | None
    peel: Output | None
    by: str
    why_not: str


def is_hop(scene: Scene, tx: Transaction) -> bool:
    """Whether a transaction has the shape of a hop."""
    return (
        tx.tx_id not in scene.mixes
        and tx.all_known
        and len(tx.inputs) == 1
        and len(tx.outputs) == len(tx.movable) == 2
    )


def step(scene: Scene, tx: Transaction) -> Step:
    """The remainder of a hop, if it can be told."""
    coin = tx.inputs[0]
    bars = [_bar(scene, tx, output) for output in tx.outputs]
    open_ = [output for output, bar in zip(tx.outputs, bars, strict=True) if not bar]
    by = "fingerprint"
    if len(open_) == 2:
        own = [o for o in open_ if scene.cluster(o.script_id) == scene.cluster(coin.script_id)]
        if len(own) != 1:
            return _stop("both outputs go on in the same way")
        open_, by = own, "cluster"
    if not open_:
        larger = max(range(2), key=lambda at: (tx.outputs[at].value_sat, -at))
        return _stop(f"the larger output {bars[larger]}")
    (remainder,) = open_
    (peel,) = (output for output in tx.outputs if output is not remainder)
    if remainder.value_sat < peel.value_sat:
        return _stop("what goes on is less than what is paid off")
    return Step(remainder, peel, by, "")


def peel_chains(scene: Scene, tx_ids: Iterable[int]) -> tuple[Finding, ...]:
    """The peel chains that have a hop among these transactions, whole: both ways beyond them too.

    `txs` of a finding are its hops, `txouts` the remainders followed, `aside` what each hop peeled
    off, of the last hop what its remainder leaves; both in the order of the hops.
    """
    asked = sorted(set(tx_ids))
    scene.load(asked)
    candidates = [tx for tx in asked if is_hop(scene, scene.tx(tx))]
    scene.load(o.spender for tx in candidates for o in scene.tx(tx).outputs if o.spender >= 0)
    scene.load(scene.tx(tx).inputs[0].tx_id for tx in candidates)
    found: list[Finding] = []
    seen: set[int] = set()
    for tx in candidates:
        if tx in seen:
            continue
        chain = _whole(scene, scene.tx(tx))
        seen |= {hop.tx_id for hop in chain}
        if len(chain) >= LEAST_HOPS:
            found.append(_finding(scene, chain))
    return ordered(found)


def _bar(scene: Scene, tx: Transaction, output: Output) -> str:
    """What keeps an output from being the remainder, in words; empty for nothing."""
    party, payer = scene.name(output.script_id), scene.name(tx.inputs[0].script_id)
    if party is not None and party != payer:
        return "is tagged as another party's"
    if output.spender < 0:
        return "is unspent"
    if output.spender in scene.mixes:
        return "goes into a CoinJoin"
    spender = scene.tx(output.spender)
    if len(spender.inputs) > 1 or not spender.all_known:
        return "is spent along with others"
    others = tx.fingerprint.differences(spender.fingerprint)
    return f"is spent in another way: {', '.join(others)}" if others else ""


def _stop(why: str) -> Step:
    return Step(None, None, "", why)


def _whole(scene: Scene, start: Transaction) -> list[Transaction]:
    chain = [*reversed(list(_before(scene, start))), start]
    while len(chain) < MOST_HOPS:
        remainder = step(scene, chain[-1]).remainder
        if remainder is None or not is_hop(scene, scene.tx(remainder.spender)):
            break
        chain.append(scene.tx(remainder.spender))
    return chain


def _before(scene: Scene, start: Transaction) -> Iterator[Transaction]:
    at = start
    for _ in range(MOST_HOPS):
        coin = at.inputs[0]
        before = scene.tx(coin.tx_id)
        if not is_hop(scene, before):
            return
        remainder = step(scene, before).remainder
        if remainder is None or remainder.txout_id != coin.txout_id:
            return
        yield before
        at = before


def _finding(scene: Scene, chain: list[Transaction]) -> Finding:
    steps = [step(scene, hop) for hop in chain]
    followed = [s for s in steps if s.remainder is not None and s.peel is not None]
    remainders = tuple(s.remainder.txout_id for s in followed if s.remainder is not None)
    peels = tuple(s.peel.txout_id for s in followed if s.peel is not None)
    first, last = chain[0], chain[-1]
    by_cluster = sum(s.by == "cluster" for s in followed)
    version, locktime, sequence, script_type = first.fingerprint
    reasons = [
        f"{len(chain)} hops, each spends one coin, pays one output and passes the rest on",
        f"same fingerprint: version {version}, locktime {locktime}, sequence {sequence}, "
        f"spends {script_type}",
        f"{first.inputs[0].value_sat} sat came in, {sum(_peeled(followed))} sat were peeled off",
    ]
    if by_cluster:
        reasons.append(f"at {by_cluster} of them co-spending tells the remainder")
    places = {s.remainder.txout_id - hop.outputs[0].txout_id
              for s, hop in zip(steps, chain, strict=True) if s.remainder is not None}  # fmt: skip
    if len(places) == 1:
        reasons.append(f"the remainder is output {places.pop()} of every hop")
    return Finding(
        PEEL_CHAIN,
        tuple(hop.tx_id for hop in chain),
        remainders,
        peels,
        tuple(reasons),
        (_why_not_before(scene, first), _why_not_after(scene, last, steps[-1])),
        TAGGED if scene.name(first.inputs[0].script_id) is not None else UNTAGGED,
    )


def _peeled(followed: list[Step]) -> list[int]:
    return [s.peel.value_sat for s in followed if s.peel is not None]


def _why_not_before(scene: Scene, first: Transaction) -> str:
    coin = first.inputs[0]
    before = scene.tx(coin.tx_id)
    if before.tx_id in scene.mixes:
        return "the coin comes out of a CoinJoin"
    if not before.inputs:
        return "the coin was mined" if not before.all_known else "the coin's origin is not known"
    if not is_hop(scene, before):
        shape = f"{len(before.inputs)} inputs and {len(before.outputs)} outputs"
        return f"the coin was paid by a transaction of {shape}"
    told = step(scene, before)
    if told.remainder is None:
        return f"the coin is an output of a like transaction in which {told.why_not}"
    return "the coin was itself peeled off"


def _why_not_after(scene: Scene, last: Transaction, told: Step) -> str:
    if told.remainder is None:
        return told.why_not
    after = scene.tx(told.remainder.spender)
    if len(after.outputs) == 1:
        return "the rest is paid whole into one output"
    if is_hop(scene, after):
        return f"{MOST_HOPS} hops are as far as a chain is followed"
    return f"the rest is spent in a transaction of {len(after.outputs)} outputs"
