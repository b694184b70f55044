"""Every change rule against its oracle, and small transactions with known answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cluster.change.batches import batch_of, batches, output, payment, seen, spender, spent
from tests.oracle import change as oracle

from peelchain.cluster.change.fingerprints import cluster_fingerprint, fingerprints_of
from peelchain.cluster.change.own_shape import round_value, trailing_zeros
from peelchain.cluster.change.rules import RULE_NAMES, RULES, Parties, verdicts


def spoken(verdict, batch):
    """The verdict in the oracle's form."""
    parts = np.split(verdict.possible, batch.first_out[1:-1])
    return [(bool(d), p.tolist()) for d, p in zip(verdict.decided, parts, strict=False)]


def ask(name, tx):
    """What a rule says of one transaction: None where it is undecided, else the vouts left."""
    batch = batch_of([tx])
    verdict = RULES[name](batch)
    return np.flatnonzero(verdict.possible).tolist() if verdict.decided[0] else None


@given(batches)
def test_same_as_oracle(txs):
    batch = batch_of(txs)
    for name, rule in RULES.items():
        assert spoken(rule(batch), batch) == [oracle.RULES[name](tx) for tx in txs], name


@given(batches, st.lists(st.integers(0, 3), min_size=9, max_size=9))
def test_cluster_fingerprint_is_as_the_oracle_has_it(txs, clusters):
    batch = batch_of(txs)
    table = np.array(clusters)
    known = fingerprints_of(batch, lambda scripts: table[scripts])
    verdict = cluster_fingerprint(batch, lambda scripts: table[scripts], known)
    expected = [oracle.cluster_fingerprint(tx, txs, lambda s: clusters[s]) for tx in txs]
    assert spoken(verdict, batch) == expected


@given(batches)
def test_a_rule_says_the_same_of_a_transaction_alone_as_in_company(txs):
    batch = batch_of(txs)
    parties = Parties(lambda scripts: scripts, fingerprints_of(batch, lambda scripts: scripts))
    together = verdicts(batch, parties)
    for row in range(len(txs)):
        alone = batch.chosen(np.array([row]))
        for name, verdict in verdicts(alone, parties).items():
            assert spoken(verdict, alone) == [spoken(together[name], batch)[row]], name


def test_an_empty_batch_has_no_verdicts():
    batch = batch_of([])
    for verdict in verdicts(batch, Parties(lambda scripts: scripts, {})).values():
        assert verdict.possible.shape == verdict.decided.shape == (0,)


@pytest.mark.parametrize("name", RULE_NAMES)
@pytest.mark.parametrize(
    "tx",
    [
        payment(is_coinbase=True),
        payment(is_mix=True),
        payment(outputs=[output(999_000, 7, spender=spender())]),
        payment(outputs=[output(9, 7, spender=spender()), output(0, 8, type="op_return")]),
        payment(inputs=[spent(5, 1), {**spent(5, 2), "script": None, "value": None}]),
    ],
    ids=["coinbase", "mix", "one output", "one output beside data", "unknown input"],
)
def test_every_rule_is_silent_where_it_is_undefined(name, tx):
    batch = batch_of([tx])
    parties = Parties(lambda scripts: scripts, {1: 0xFFFFFFFF})
    verdict = verdicts(batch, parties)[name]
    assert not verdict.decided.any()
    assert not verdict.possible.any()


def test_change_has_the_type_of_the_inputs():
    outputs = [output(300_000, 7, type="p2pkh"), output(699_000, 2)]
    assert ask("address_type", payment(outputs=outputs)) == [1]
    mixed = [spent(1, 1), spent(1, 2, type="p2tr")]
    assert ask("address_type", payment(outputs=outputs, inputs=mixed)) is None


def test_a_needless_input_rules_out_great_change():
    inputs = [spent(600_000, 1), spent(400_000, 3)]
    outputs = [output(700_000, 7), output(299_000, 2)]
    assert ask("optimal_change", payment(inputs=inputs, outputs=outputs)) == [1]
    assert ask("optimal_change", payment(outputs=outputs)) is None


def test_round_sums_are_paid():
    assert ask("round_value", payment()) == [1]
    odd = payment(outputs=[output(300_001, 7), output(699_000, 2)])
    assert ask("round_value", odd) is None
    assert round_value(batch_of([odd]), digits=3).possible.tolist() == [True, False]
    assert trailing_zeros(np.array([0, 5, 10, 1200, 10**12])).tolist() == [8, 0, 1, 2, 8]


def test_who_pays_itself_is_the_spender():
    back = [output(300_000, 7), output(699_000, 1, **seen())]
    assert ask("address_reuse", payment(outputs=back)) == [1]
    assert ask("address_reuse", payment()) is None


def test_one_time_change_and_its_exceptions():
    paid, change = output(300_000, 7, **seen()), output(699_000, 2)
    assert ask("one_time_change", payment(outputs=[paid, change])) == [1]
    assert ask("shadow_address", payment(outputs=[paid, change])) == [1]
    exceptions = {
        "both new": [output(300_000, 7), change],
        "self-change": [output(300_000, 1, **seen()), change],
        "received once before": [output(300_000, 7, **seen(1)), change],
        "self-change before": [output(300_000, 7, **seen(), self_change=True), change],
        "paid again within the wait": [paid, output(699_000, 2, next_receipt=1408)],
    }
    for why, outputs in exceptions.items():
        assert ask("one_time_change", payment(outputs=outputs)) is None, why
    later = [paid, output(699_000, 2, next_receipt=1409)]
    assert ask("one_time_change", payment(outputs=later)) == [1]


def test_the_spender_shows_the_wallet():
    others: dict[str, dict[str, int | str]] = {
        "spender_locktime": {"locktime": 409},
        "spender_version": {"version": 1},
        "spender_sequence": {"sequence": 0xFFFFFFFD},
        "spender_type": {"type": "p2tr"},
        "spender_outputs": {"outputs": 9},
    }
    for name, other in others.items():
        outputs = [
            output(300_000, 7, spender=spender(**other)),
            output(699_000, 2, spender=spender()),
        ]
        assert ask(name, payment(outputs=outputs)) == [1], name
        assert ask(name, payment(outputs=[outputs[0], output(699_000, 2)])) == [1], name
        assert ask(name, payment()) is None, name


def test_a_fixed_fee_rate_shows_the_client():
    outputs = [
        output(300_000, 7, spender=spender()),
        output(699_000, 2, spender=spender(fee_sat=2000, weight=1120)),
    ]
    assert ask("spender_fee_rate", payment(outputs=outputs)) == [1]
    assert ask("spender_fee_rate", payment(outputs=[outputs[0], output(1, 2)])) is None


def test_a_peeling_chain_goes_on():
    outputs = [output(300_000, 7, spender=spender(inputs=4)), output(699_000, 2, spender=spender())]
    assert ask("peeling_chain", payment(outputs=outputs)) == [1]
    ends = [outputs[0], output(699_000, 2, spender=spender(outputs=1))]
    assert ask("peeling_chain", payment(outputs=ends)) is None
    come_from = [spent(1_000_000, 1, peels=True)]
    assert ask("peeling_chain", payment(outputs=ends, inputs=come_from)) == []


def test_a_cluster_is_known_by_what_it_made_before():
    outputs = [
        output(300_000, 7, spender=spender(version=1)),
        output(699_000, 2, spender=spender(locktime=405)),
    ]
    tx = payment(outputs=outputs)
    another = payment(locktime=398)
    batch = batch_of([tx, another])
    known = fingerprints_of(batch, lambda scripts: scripts)
    verdict = cluster_fingerprint(batch, lambda scripts: scripts, known)
    assert verdict.possible[:2].tolist() == [False, True]
