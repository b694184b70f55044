"""What was found last is kept, and never more than is allowed."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from peelchain.actions.esplora.recent import Recent


def test_what_was_used_longest_ago_goes_first() -> None:
    found: list[str] = []

    def finding(key: str) -> Callable[[], str]:
        def find() -> str:
            found.append(key)
            return key * 3

        return find

    kept: Recent[str, str] = Recent(10, len)
    for key in "abcab":
        assert kept.get(key, finding(key)) == key * 3
    assert found == ["a", "b", "c"]
    kept.get("d", finding("d"))
    # "c" was asked for longest ago
    assert [key in kept for key in "abcd"] == [True, True, False, True]


@given(st.lists(st.integers(0, 12)), st.integers(0, 30))
def test_what_is_kept_is_right_and_never_too_much(asked: list[int], most: int) -> None:
    kept: Recent[int, bytes] = Recent(most, len)
    for key in asked:
        assert kept.get(key, lambda key=key: bytes(key)) == bytes(key)  # type: ignore[misc]
        assert sum(other for other in range(13) if other in kept) <= most
