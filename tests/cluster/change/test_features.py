"""Features of outputs with known answers."""

import pytest
from tests.cluster.change.batches import batch_of, output, payment, seen, spender, spent

from peelchain.cluster.change.features import agreement, features


def has(tx, vout):
    """The names of the features that an output of a transaction has."""
    names, there = features(batch_of([tx]))
    return {name for name, told in zip(names, there[vout].tolist(), strict=True) if told}


def test_place_and_value():
    first, last = has(payment(), 0), has(payment(), 1)
    assert {"place: first", "value: least", "value: ends in 5 zeros"} <= first
    assert {"place: last", "value: greatest", "value: ends in 3 zeros"} <= last
    assert "value: two zeros fewer than another" in last
    assert "value: two zeros fewer than another" not in first
    assert "value: 16 to 50 percent of the rest" in first
    assert "value: 200 to 500 percent of the rest" in last
    assert {"outputs: 2", "inputs: 1", "outputs in order of value"} <= first & last
    assert "outputs in order of value" not in has(payment(outputs=payment()["outputs"][::-1]), 0)


def test_what_rules_leave():
    tx = payment(
        inputs=[spent(1_000_000, 1)], outputs=[output(300_000, 7, type="p2tr"), output(5, 2)]
    )
    assert "address_type: ruled out, others left" in has(tx, 0)
    assert "address_type: the only one left" in has(tx, 1)
    assert "address_type: one of several left" in has(payment(), 1)
    strange = payment(inputs=[spent(1_000_000, 1, type="p2pkh")])
    assert "address_type: ruled out with all" in has(strange, 1)
    assert not any(name.startswith("optimal_change") for name in has(payment(), 1))


def test_scripts():
    tx = payment(
        outputs=[
            output(300_000, 7, **seen(1), next_receipt=500),
            output(699_000, 2),
            output(5, 1, **seen(), self_change=True),
        ]
    )
    assert {"script: paid once before", "script: not new, another is"} <= has(tx, 0)
    assert {"script: paid again", "script: paid again, another is not"} <= has(tx, 0)
    assert {"script: new", "script: the only new one", "script: another is spent here"} <= has(
        tx, 1
    )
    assert {"script: paid more than once before", "script: took self-change before"} <= has(tx, 2)


@pytest.mark.parametrize(
    ("height", "name"),
    [
        (400, "spent 0 to 1 blocks on"),
        (401, "spent 1 to 6 blocks on"),
        (406, "spent 6 to 144 blocks on"),
        (544, "spent 144 to 1008 blocks on"),
        (1408, "spent 1008 blocks on or later"),
    ],
)
def test_delays_do_not_overlap(height, name):
    tx = payment(outputs=[output(3, 7), output(6, 2, spender=spender(height=height))])
    assert {n for n in has(tx, 1) if "blocks on" in n} == {name}
    assert {"the only one spent"} <= has(tx, 1)
    assert {"unspent", "unspent, another is spent"} <= has(tx, 0)


def test_marks_of_spenders():
    tx = payment(
        outputs=[
            output(300_000, 7, spender=spender(version=1, type="p2pkh", fee_sat=9_000)),
            output(699_000, 2, spender=spender(tx_id=51, fee_sat=1_010)),
        ]
    )
    assert agreement(batch_of([tx])).tolist() == [2, 4]
    assert {"marks of the spender that agree: 2", "marks: fewer than another's"} <= has(tx, 0)
    assert {
        "marks: more than any other's",
        "marks: two more than any other's",
        "marks: all agree, no other's do",
        "spender's fee rate within a quarter",
    } <= has(tx, 1)
    assert "spender's fee rate twice or half" in has(tx, 0)


def test_outputs_spent_together():
    together = payment(
        outputs=[output(3, 7, spender=spender(inputs=2)), output(6, 2, spender=spender(inputs=2))]
    )
    assert "spent with another output of this transaction" in has(together, 0) & has(together, 1)
    assert "marks: more than any other's" not in has(together, 0) | has(together, 1)


def test_what_cannot_be_change_is_no_company():
    tx = payment(outputs=[output(3, 7), output(6, 2), output(10**9, 9, type="op_return")])
    assert {"outputs: 2", "value: greatest"} <= has(tx, 1)
    assert "outputs in order of value" in has(tx, 1)
