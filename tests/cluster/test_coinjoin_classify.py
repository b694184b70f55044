"""Classifying a stream: names, lineage, and what must not change the verdict."""

import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cluster.coinjoin_sets import transaction

from peelchain.cluster.coinjoin import classify as module
from peelchain.cluster.coinjoin.classify import Judgement, classify
from peelchain.cluster.coinjoin.parse import Transaction
from peelchain.script import ScriptType, op_return, script_type

# those whose definitions read the order of inputs or outputs
READ_ORDER = {"wasabi_2", "psbt_trade"}


def p2wpkh(number: int) -> str:
    return "0014" + number.to_bytes(20, "big").hex()


def made(
    inputs: list[int], outputs: list[int], txid: int = 1, prev: list[int] | None = None
) -> Transaction:
    """A transaction of P2WPKH coins, each with a script of its own."""
    scripts = iter(range(10_000))
    return transaction(
        f"{txid:064x}",
        [(value, p2wpkh(next(scripts))) for value in inputs],
        [(value, p2wpkh(next(scripts))) for value in outputs],
        prev=None if prev is None else [f"{p:064x}" for p in prev],
    )


def judge(tx: Transaction) -> Judgement:
    (found,) = classify([tx])
    return found


POOL = 1_000_000
MIX_INPUTS = [POOL, POOL + 4_000, POOL, POOL + 4_000, POOL]
JOINMARKET = made(
    [1_500_900 - 200, 1_730_700 - 100, 1_620_600 - 30, 2_200_500 - 77, 1_310_000],
    [1_250_000] * 5 + [250_900, 480_700, 370_600, 950_500, 55_300],
)
NAMED = {
    "whirlpool_mix": made(MIX_INPUTS, [POOL] * 5),
    "joinmarket": JOINMARKET,
    "stonewall": made([1_800_000, 1_400_000], [1_000_000, 1_000_000, 799_000, 399_000]),
    "batch_payout": made([9_000_000, 8_000_000], [2_000_000] * 5 + [6_990_000]),
    "consolidation": made([30_000 + i for i in range(20)], [600_000]),
    "payjoin_suspected": made([900_000, 400_000], [700_000, 598_000]),
    "psbt_trade": made([546, 900_000], [250_000, 546, 640_000]),
}


@pytest.mark.parametrize("name", NAMED)
def test_shape_has_its_name(name):
    found = judge(NAMED[name])
    assert (found.type or found.lookalike) == name
    assert found.reasons
    assert 0 <= found.score <= 1


def test_only_mixes_have_a_type_and_only_strangers_give_no_links():
    found = {name: judge(tx) for name, tx in NAMED.items()}
    assert {n for n, j in found.items() if j.type} == {"whirlpool_mix", "joinmarket"}
    assert {n for n, j in found.items() if not j.gives_links} == {
        "whirlpool_mix",
        "joinmarket",
        "stonewall",
        "psbt_trade",
    }


def test_types_of_scripts_have_the_codes_of_the_core():
    assert list(ScriptType) == module._SCRIPT_TYPES


def whirlpool_chain() -> list[Transaction]:
    """Two Tx0s, a mix of their premix, a mix that remixes it, and one with a stranger's coin."""
    payload = op_return(bytes(64)).hex()

    def tx0(number: int) -> Transaction:
        coins = [(0, payload), (50_000, p2wpkh(900)), (700_000, p2wpkh(901))]
        coins += [(POOL + 4_000, p2wpkh(910 + i)) for i in range(5)]
        return transaction(f"{number:064x}", [(9_000_000, p2wpkh(920))], coins)

    first = made([POOL + 4_000] * 5, [POOL] * 5, 3, [1, 1, 2, 2, 2])
    second = made(MIX_INPUTS, [POOL] * 5, 4, [3, 1, 3, 2, 3])
    ordinary = made([3_000_000], [POOL, 1_990_000], 5)
    third = made(MIX_INPUTS, [POOL] * 5, 6, [5, 1, 3, 2, 4])
    return [tx0(1), tx0(2), first, second, ordinary, third]


def test_lineage_is_what_the_parents_seen_say():
    chain = whirlpool_chain()
    assert [j.type for j in classify(chain)] == [
        "whirlpool_tx0",
        "whirlpool_tx0",
        "whirlpool_mix",
        "whirlpool_mix",
        None,
        "whirlpool_mix",
    ]
    lineage = {j.txid[-1]: j.lineage for j in classify(chain)}
    assert (lineage[3], lineage[4], lineage[6]) == ("confirmed", "confirmed", "broken")
    # a parent that comes later, or never, is not known
    late = {j.txid[-1]: j.lineage for j in classify([chain[3], *chain[:3]])}
    assert (late[4], late[3]) == ("undetermined", "confirmed")
    assert judge(chain[2]).lineage == "undetermined"


def test_lineage_does_not_depend_on_batches(monkeypatch):
    whole = list(classify(whirlpool_chain()))
    monkeypatch.setattr(module, "_BATCH_TXS", 1)
    assert list(classify(whirlpool_chain())) == whole


def test_what_is_forgotten_is_undetermined(monkeypatch):
    monkeypatch.setattr(module, "_BATCH_TXS", 1)
    monkeypatch.setattr(module, "MOST_REMEMBERED", 1)
    lineage = [j.lineage for j in classify(whirlpool_chain())]
    assert lineage == [None, None, "undetermined", "undetermined", None, "broken"]


def test_missing_prevouts_are_said_and_what_the_outputs_show_is_still_told():
    tx = NAMED["whirlpool_mix"]
    unknown = dataclasses.replace(tx.inputs[0], value_sat=None, script_pubkey=None)
    found = judge(dataclasses.replace(tx, inputs=(unknown, *tx.inputs[1:])))
    assert found.type == "whirlpool_mix"
    assert found.unknown_prevouts == 1
    assert any("1 of 5 prevouts are not known" in reason for reason in found.reasons)
    assert found.score < judge(tx).score


def test_coinbase_is_nothing():
    tx = dataclasses.replace(NAMED["batch_payout"], is_coinbase=True)
    found = judge(tx)
    assert (found.type, found.lookalike, found.reasons) == (None, None, ("a coinbase",))


_values = st.sampled_from(
    [330, 546, 9_000, 100_000, 100_000, 104_000, 1_000_000, 1_000_000, 9_999_000]
)
_scripts = st.integers(0, 40).map(p2wpkh) | st.sampled_from(
    ["5120" + "07" * 32, "76a914" + "07" * 20 + "88ac", "6a5d0214", "6a40" + "07" * 64, ""]
)
_coins = st.lists(st.tuples(_values, _scripts), min_size=1, max_size=12)
_transactions = st.builds(
    lambda i, o: transaction("01" * 32, i, o), _coins, _coins
) | st.sampled_from(list(NAMED.values()))


def name_of(found: Judgement) -> str | None:
    return found.type or found.lookalike


@given(_transactions, st.randoms(use_true_random=False))
def test_order_changes_no_verdict_that_does_not_read_it(tx: Transaction, rng: random.Random):
    shuffled = dataclasses.replace(
        tx,
        inputs=tuple(rng.sample(tx.inputs, len(tx.inputs))),
        outputs=tuple(rng.sample(tx.outputs, len(tx.outputs))),
    )
    before, after = judge(tx), judge(shuffled)
    payloads = [o for o in tx.outputs if script_type(o.script_pubkey) == "op_return"]
    if READ_ORDER & {name_of(before), name_of(after)} or len(payloads) > 1:
        return
    assert dataclasses.replace(after, txid=before.txid) == before


@given(_transactions)
def test_verdict_alone_or_in_company_is_the_same(tx: Transaction):
    company = [NAMED["joinmarket"], tx, NAMED["stonewall"]]
    assert list(classify(company))[1] == judge(tx)


@given(_transactions)
def test_less_known_of_the_inputs_is_never_more_certain(tx: Transaction):
    bare = tuple(dataclasses.replace(i, value_sat=None, script_pubkey=None) for i in tx.inputs)
    before, after = judge(tx), judge(dataclasses.replace(tx, inputs=bare))
    assert after.unknown_prevouts == len(tx.inputs)
    if before.type is not None and after.type == before.type:
        assert after.score <= before.score
