"""The cheapest set that overturns a conclusion, against every set there is."""

from itertools import combinations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from peelchain.case.support.overturning import Reasons, cheapest_hitting_set, overturned

reasons = st.tuples(st.sampled_from(["tag", "link"]), st.sampled_from("abcde"))
supports = st.lists(st.frozensets(reasons, max_size=4), max_size=7)
weights = st.dictionaries(reasons, st.integers(0, 5))


def all_sets(known: list[Reasons]) -> list[Reasons]:
    every = sorted(frozenset().union(*known))
    return [frozenset(c) for n in range(len(every) + 1) for c in combinations(every, n)]


def falls(known: list[Reasons], fallen: Reasons) -> bool:
    return all(support & fallen for support in known)


@settings(max_examples=150, deadline=None)
@given(supports, weights)
@example(
    [
        frozenset({("tag", "a"), ("tag", "b")}),
        frozenset({("tag", "a")}),
        frozenset({("tag", "b"), ("link", "a")}),
    ],
    {("tag", "b"): 3},
)
def test_no_set_that_overturns_is_cheaper(known, weight):
    def left(fallen: Reasons) -> Reasons | None:
        return next((support for support in known if not support & fallen), None)

    for cost in (lambda r: (1, weight.get(r, 1)), lambda r: (weight.get(r, 1), 1)):
        found = overturned(left, cost, 200)
        able = [chosen for chosen in all_sets(known) if falls(known, chosen)]
        if not able:
            assert found.rests_on_facts
            assert found.reasons is None
            continue
        prices = [tuple(map(sum, zip(*map(cost, s), strict=True))) or (0, 0) for s in able]
        assert found.reasons is not None
        assert falls(known, found.reasons)
        price = tuple(map(sum, zip(*map(cost, found.reasons), strict=True))) or (0, 0)
        assert price == min(prices)
        fewest = min(len(chosen) for chosen in able)
        assert found.at_least <= fewest
        # looked for by number first, the set itself shows it
        by_number = all(cost(reason)[0] == 1 for chosen in able for reason in chosen)
        assert found.at_least == fewest or not by_number


@given(supports)
def test_a_bound_holds_where_looking_is_given_up(known):
    def left(fallen: Reasons) -> Reasons | None:
        return next((support for support in known if not support & fallen), None)

    able = [chosen for chosen in all_sets(known) if falls(known, chosen)]
    found = overturned(left, lambda _: (1, 0), 2)
    if able:
        assert found.at_least <= min(map(len, able))


def test_of_equal_sets_the_first_by_name_is_taken():
    known = [frozenset({("tag", "b"), ("tag", "a")})]
    assert cheapest_hitting_set(known, lambda _: (1, 0)) == frozenset({("tag", "a")})
