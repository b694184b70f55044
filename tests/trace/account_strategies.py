"""Random chains of accounts, and questions about them."""

import numpy as np
from hypothesis import strategies as st
from tests.oracle.accounts import Question
from tests.strategies import ChainBuilder, some, values_within

from peelchain.store.arrays import ChainArrays

SCRIPTS = 8


def anyone_of(txouts: list[int]) -> st.SearchStrategy[int]:
    """One of some outputs."""
    return st.sampled_from(txouts)


@st.composite
def account_chains(
    draw: st.DrawFn, *, most_txs: int = 16, most_sat: int = 24
) -> tuple[ChainArrays, dict[int, int]]:
    """A chain in which mostly one account pays, and the account of each script.

    Some transactions spend from several accounts, or what was not fetched; some outputs are
    worthless or unspendable.
    """
    # few accounts, so that value comes back to one it was in
    names = draw(st.lists(st.integers(0, 3), min_size=SCRIPTS, max_size=SCRIPTS))
    owner = {script: names.index(name) for script, name in enumerate(names)}
    builder = ChainBuilder()
    anyone = st.integers(0, SCRIPTS - 1)
    unspent: dict[int, int] = {}
    paid: dict[int, int] = {}
    height = 0
    for _ in range(draw(st.integers(2, most_txs))):
        height += draw(st.integers(0, 1))
        spent: list[int] = []
        if draw(st.integers(0, 4)) and unspent:
            choice = sorted(unspent)
            if draw(st.integers(0, 9)):
                account = owner[paid[draw(anyone_of(choice))]]
                choice = [o for o in choice if owner[paid[o]] == account]
            spent = draw(st.lists(anyone_of(choice), min_size=1, max_size=3, unique=True))
        prevouts = spent or [-1]
        total = sum(unspent[o] for o in spent) if spent else draw(st.integers(0, most_sat))
        if spent and draw(st.integers(0, 30)) == 30:
            prevouts = [*spent, -2]
        values = values_within(draw, total)
        scripts = [draw(anyone) for _ in values]
        made = builder.tx(prevouts, list(zip(values, scripts, strict=True)), height)
        for txout in spent:
            del unspent[txout]
        for txout, value, script in zip(made, values, scripts, strict=True):
            if draw(st.integers(0, 20)) == 20:
                builder.unspendable.add(txout)
            else:
                unspent[txout], paid[txout] = value, script
    return builder.arrays(), owner


@st.composite
def questions(draw: st.DrawFn, arrays: ChainArrays, owner: dict[int, int]) -> Question:
    """Seeds of `arrays`, by one claimant or several, with boundaries, targets and limits."""
    worth = np.flatnonzero(arrays.txout_value > 0).tolist()
    chosen = draw(st.lists(st.sampled_from(worth), min_size=1, max_size=4, unique=True))
    claimants = draw(st.integers(1, 3))
    seeds = []
    for txout in chosen:
        left = int(arrays.txout_value[txout])
        named = draw(st.permutations(range(claimants)))
        for claimant in named[: draw(st.integers(1, claimants))]:
            if left:
                sat = draw(st.just(left) | st.integers(1, left))
                seeds.append((txout, claimant, sat))
                left -= sat
    # Scripts and ids beyond those of the chain: most chains have no boundary and no target.
    scripts = st.integers(0, 4 * SCRIPTS)
    return Question(
        direction=draw(st.sampled_from(["forward", "backward"])),
        seeds=tuple(seeds),
        owner=owner,
        boundary=draw(st.dictionaries(scripts, st.sampled_from(["service", "mixer"]), max_size=2)),
        exempt=draw(st.frozensets(st.integers(0, SCRIPTS), max_size=1)),
        coinjoins=draw(st.frozensets(st.integers(0, 3 * len(arrays.tx_height)), max_size=2)),
        target_scripts=draw(st.frozensets(scripts, max_size=1)),
        target_txouts=draw(st.frozensets(st.integers(0, 4 * len(worth)), max_size=1)),
        max_hops=draw(some(st.integers(0, 2))),
        min_value_sat=draw(some(st.integers(0, 6))),
        min_height=draw(some(st.integers(0, 3))),
        max_height=draw(some(st.integers(3, 10))),
        max_account_outputs=draw(some(st.integers(0, 8))),
        max_txs=draw(some(st.integers(0, 4))),
    )


@st.composite
def traced_accounts(draw: st.DrawFn) -> tuple[ChainArrays, Question]:
    """A chain of accounts with something to trace on it, and what to trace."""
    made = account_chains().filter(lambda found: bool((found[0].txout_value > 0).any()))
    arrays, owner = draw(made)
    return arrays, draw(questions(arrays, owner))
