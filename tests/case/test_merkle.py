"""Branches of many leaves are those of each, and lead to the root."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st
from tests.case import evidence_chain as ec

from peelchain import _core
from peelchain.case.merkle import merkle_branches


@given(st.integers(1, 40), st.data())
def test_branches_are_those_of_the_kernel_and_lead_to_the_root(
    count: int, data: st.DataObject
) -> None:
    leaves = [sha256(bytes([n])).digest() for n in range(count)]
    wanted = data.draw(st.lists(st.integers(0, count - 1), unique=True))
    found = merkle_branches(b"".join(leaves), wanted)
    assert sorted(found) == sorted(wanted)
    for index in wanted:
        assert found[index] == _core.merkle_branch(b"".join(leaves), index)
        assert [h[::-1].hex() for h in found[index]] == ec.merkle(leaves, index)[1]
