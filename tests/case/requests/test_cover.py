"""The fewest sets: against every choice there is, and honest where it was not searched."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from peelchain.case.requests import cover
from peelchain.case.requests.cover import fewest, greedy, heaviest

MEMBERS = [f"m{i}" for i in range(9)]
SETS = st.dictionaries(
    st.sampled_from([f"S{i}" for i in range(7)]), st.sets(st.sampled_from(MEMBERS)), max_size=7
)
WEIGHTS = st.fixed_dictionaries({member: st.integers(0, 20) for member in MEMBERS})


def weight_of(names, sets, weights) -> int:
    return sum(weights[m] for m in set().union(*(sets[name] for name in names)))


def by_every_choice(sets, weights, needed):
    """(size, weight) of the best choice, None where all together do not reach it."""
    for size in range(len(sets) + 1):
        heaviest = max(
            (weight_of(c, sets, weights) for c in combinations(sorted(sets), size)), default=-1
        )
        if heaviest >= needed:
            return size, heaviest
    return None


@given(SETS, WEIGHTS, st.integers(0, 120))
@settings(max_examples=300, deadline=None)
def test_no_smaller_choice_covers_as_much(sets, weights, needed):
    found = fewest(sets, weights, needed)
    best = by_every_choice(sets, weights, needed)
    assert found.covered == weight_of(found.chosen, sets, weights)
    if best is None:
        assert not found.reached
        assert found.covered == weight_of(sets, sets, weights)
    else:
        assert found.proved
        assert (len(found.chosen), found.covered) == best


@given(SETS, WEIGHTS, st.integers(1, 60))
@settings(max_examples=150, deadline=None)
def test_a_choice_that_was_not_searched_says_how_few_it_could_have_been(sets, weights, needed):
    cover_limit, cover.MOST_EXACT = cover.MOST_EXACT, 0
    try:
        found = fewest(sets, weights, needed)
    finally:
        cover.MOST_EXACT = cover_limit
    best = by_every_choice(sets, weights, needed)
    assert found.reached == (best is not None)
    if best is not None:
        assert found.at_least <= best[0] <= len(found.chosen)


@given(SETS, WEIGHTS, st.integers(0, 7))
@settings(max_examples=150, deadline=None)
def test_no_other_choice_of_so_many_is_heavier(sets, weights, size):
    chosen = heaviest(sets, weights, size)
    assert len(chosen) <= size
    most = max(
        weight_of(c, sets, weights) for c in combinations(sorted(sets), min(size, len(sets)))
    )
    assert weight_of(chosen, sets, weights) == most


def test_greedy_is_beaten_where_two_sets_do_what_three_would():
    sets = {"a": "123456", "b": "1237", "c": "4568"}
    weights = dict.fromkeys("12345678", 1)
    assert [name for name, _ in greedy(sets, weights)] == ["a", "b", "c"]
    found = fewest(sets, weights, 8)
    assert sorted(found.chosen) == ["b", "c"]
    assert found.proved


def test_a_search_that_grows_too_long_is_given_up_with_a_bound():
    # Every pair of 24 sets shares one member: no small choice can be ruled out early.
    names = [f"S{i:02d}" for i in range(24)]
    sets = {
        name: [f"{a}{b}" for a, b in combinations(names, 2) if name in (a, b)] for name in names
    }
    weights = {member: 1 for members in sets.values() for member in members}
    found = fewest(sets, weights, len(weights) * 3 // 4)
    assert found.reached
    assert found.at_least < len(found.chosen)


def test_the_order_of_sets_changes_nothing():
    sets = {f"S{i}": [str(j) for j in range(i, i + 4)] for i in range(9)}
    weights = {str(j): 1 + j % 3 for j in range(13)}
    turned = dict(reversed(sets.items()))
    assert fewest(sets, weights, 15) == fewest(turned, weights, 15)
