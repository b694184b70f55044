"""Proceeds led through the CoinJoins of a simulated case: the truth against the intervals."""

import numpy as np
import pytest
from tests.oracle.ground_flow import Place, at_rest
from tests.simulate.reading import read_truth
from tests.simulated_cases import Case

from peelchain.actions.tracing.linkage import judgement, linkage_of
from peelchain.actions.view import StoreView
from peelchain.trace.crossing import Crossing, Interval, cross, intervals
from peelchain.trace.linkage import Linkage
from peelchain.trace.walk import TERMINAL_TYPES

MAX_STEPS = 100_000


@pytest.fixture(scope="module")
def case(cases: dict[str, Case]) -> Case:
    return cases["layering"]


@pytest.fixture(scope="module")
def linkages(case: Case) -> dict[int, Linkage]:
    """The linkage of each CoinJoin that proceeds passed through, as a user would have it."""
    mixes = {row["txid"] for row in read_truth(case.node, "coinjoins")}
    passed = mixes & {row["txid"] for row in read_truth(case.node, "case_flow")}
    found = {}
    with StoreView(case.store) as view:
        for tx_id in sorted(case.txids.index(txid) for txid in passed):
            judged = judgement(view, tx_id)
            assert judged is not None, "a detector found it"
            found[tx_id] = linkage_of(
                view,
                tx_id,
                parties_at_least=judged["participants_at_least"],
                max_steps=MAX_STEPS,
            )
    assert len(found) >= 3
    return found


@pytest.fixture(scope="module")
def crossing(case: Case, linkages: dict[int, Linkage]) -> Crossing:
    return cross(case.arrays, case.request, linkages)


def ends_of(case: Case, crossing: Crossing) -> list[tuple[str, Place]]:
    """The destination and the place of each end of the networks."""
    network = crossing.wide
    ends = []
    for kind, tx, txout in zip(
        network.end_types.tolist(),
        network.end_txs.tolist(),
        network.end_txouts.tolist(),
        strict=True,
    ):
        where = None if txout < 0 else txout
        ends.append((case.destination(TERMINAL_TYPES[kind], where), case.place(tx, where)))
    return ends


def test_the_truth_lies_in_both_intervals(case, crossing):
    ends = ends_of(case, crossing)
    stops = {place: name for name, place in ends if name != "seed"}
    rests, at_seeds = at_rest(case.node, case.inputs, stops)
    truth: dict[str, int] = {"seed": at_seeds}
    for place, sat in rests.items():
        truth[stops[place]] = truth.get(stops[place], 0) + sat
    names = sorted({name for name, _ in ends})
    at = np.array([name for name, _ in ends])
    found: dict[str, Interval] = dict(
        zip(names, intervals(crossing, [at == name for name in names]), strict=True)
    )
    for name, interval in found.items():
        for bound in (interval.wide, interval.narrowed):
            assert bound.least_sat <= truth.get(name, 0) <= bound.most_sat, name
    services = [name for name in truth if name.startswith("Exchange")]
    seeds_sat = int(crossing.wide.seed_sat.sum())
    assert sum(truth[name] for name in services) > seeds_sat // 2, (
        "it went through, and was paid in"
    )


def test_no_true_link_is_excluded(case, linkages):
    """What the operator put in and took out may be linked in every CoinJoin it was part of."""
    rows = read_truth(case.node, "case_flow")
    counted = 0
    for tx_id, linkage in linkages.items():
        own = [r for r in rows if r["txid"] == case.txids[tx_id] and r["side"] != "fee"]
        entering = [int(row["position"]) for row in own if row["side"] == "in"]
        leaving = [
            int(row["position"])
            for row in own
            if row["side"] == "out" and row["owner_id"] == "case-operator"
        ]
        assert entering
        assert leaving
        for vout in leaving:
            assert set(entering) & set(linkage.possible_inputs(vout))
        counted += linkage.links is not None
    assert counted, "the values of one at least could be counted out"
