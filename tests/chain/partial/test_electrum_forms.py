"""Results of any shape: taken where they are what the protocol says, else refused by name."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.chain.crafted import genesis, grow
from tests.electrum_server import ServedChain

from peelchain.chain.partial.electrum_forms import Result
from peelchain.chain.partial.source import Mention
from peelchain.errors import FalseAnswerError
from peelchain.units import MAX_HEIGHT, format_hash

CHAIN = ServedChain(block.raw for block in grow([genesis()], 6))
TXID = CHAIN.txids[5][1]
HASHES = st.text("0123456789abcdefABCDEFxyz", min_size=62, max_size=66)
WHOLE = st.one_of(
    st.integers(-3, 3), st.integers(), st.sampled_from([MAX_HEIGHT, MAX_HEIGHT + 1, 2**64])
)
LEAVES = st.one_of(st.none(), st.booleans(), WHOLE, st.floats(), st.text(max_size=9), HASHES)
NAMES = st.sampled_from(
    ["block_height", "count", "height", "hex", "max", "merkle", "pos", "tx_hash", "fee", "other"]
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=20,
)
FORMS: dict[str, Callable[[Result], object]] = {
    "version": Result.version,
    "raw": Result.raw,
    "header": Result.header,
    "headers": lambda r: r.headers(2),
    "tip": Result.tip,
    "hash": lambda r: r.hash("tx_hash"),
    "inclusion": lambda r: r.inclusion(5),
    "history": Result.history,
}


@pytest.mark.parametrize("read", FORMS.values(), ids=FORMS)
@given(value=VALUES)
def test_what_is_not_of_the_form_is_refused_and_nothing_else(
    read: Callable[[Result], object], value: object
) -> None:
    try:
        read(Result("electrum:host:1: method", value))
    except FalseAnswerError as e:
        assert str(e).startswith("electrum:host:1: method: ")
        assert str(e).isascii()
        assert len(str(e)) < 400


@given(data=st.data())
def test_a_true_proof_with_one_thing_changed_is_another_or_refused(data: st.DataObject) -> None:
    true = CHAIN.answer("blockchain.transaction.get_merkle", [format_hash(TXID), 5])
    assert isinstance(true, dict)
    name = data.draw(st.sampled_from(sorted(true)))
    value = data.draw(VALUES)
    changed = {**true, name: value}
    try:
        found = Result("electrum:host:1: method", changed).inclusion(5)
    except FalseAnswerError:
        return
    assert found.height == 5
    assert 0 <= found.position <= MAX_HEIGHT
    assert len(found.branch) <= 24
    assert all(len(one) == 32 for one in found.branch)


@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 9)), max_size=5))
def test_a_history_is_told_once_each_and_heights_below_one_are_no_block(
    rows: list[tuple[int, int]],
) -> None:
    told = [{"tx_hash": bytes([n] * 32).hex(), "height": h} for n, h in rows]
    repeats = len({n for n, _ in rows}) < len(rows)
    result = Result("electrum:host:1: method", json.loads(json.dumps(told)))
    if repeats:
        with pytest.raises(FalseAnswerError, match="comes twice"):
            result.history()
    else:
        wanted = [Mention(bytes([n] * 32), h if h > 0 else None) for n, h in rows]
        assert result.history() == wanted
