"""The predictor: its scores, its model, and the links and tables that come of it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from tests.cluster.change.batches import batch_of, batches, output, payment, seen, spender, spent

from peelchain.cluster.change.controls import held_outputs
from peelchain.cluster.change.features import features
from peelchain.cluster.change.links import change_links, links_of
from peelchain.cluster.change.load import load_transactions
from peelchain.cluster.change.model import SHIPPED, Model, read_model, shipped_model
from peelchain.cluster.change.predict import Prediction, predict, scores, why
from peelchain.cluster.change.rules import RULE_NAMES, Parties
from peelchain.cluster.change.stage import CHOICES, change_table
from peelchain.errors import MisuseError, SourceError
from peelchain.schema import TABLES

CLEAR = payment(
    inputs=[spent(600_000, 1, type="p2wpkh"), spent(400_000, 3)],
    outputs=[
        output(700_000, 7, type="p2pkh", **seen(), spender=spender(version=1, type="p2pkh")),
        output(298_765, 2, spender=spender()),
    ],
)
MODEL = Model(
    trained_on={},
    types=("p2pkh", "p2wpkh"),
    intercept=-500,
    weights={"value: least": 700, "address_type: the only one left": 1500, "place: first": -40},
    pairs={("place: last", "value: least"): 300, ("place: first", "value: least"): 9000},
    calibration=((-1000, 0.01), (0, 0.2), (1000, 0.7), (2000, 0.99)),
    change_from=0.99,
    payment_to=0.01,
)


def test_a_score_is_the_sum_of_what_why_lists():
    batch = batch_of([CLEAR, payment()])
    for out, score in enumerate(scores(batch, MODEL)):
        assert score == MODEL.intercept + sum(adds for _, adds in why(batch, out, MODEL))
    assert why(batch, 1, MODEL) == [
        ("address_type: the only one left", 1500),
        ("value: least", 700),
        ("place: last, and value: least", 300),
    ]
    assert predict(batch, MODEL).probability[:2].tolist() == [0.01, 0.99]


@pytest.mark.parametrize(
    ("score", "probability"),
    [(-9999, 0.01), (-1000, 0.01), (-1, 0.01), (0, 0.2), (999, 0.2), (1000, 0.7), (9999, 0.99)],
)
def test_probabilities_are_looked_up_by_least_score(score, probability):
    assert MODEL.probabilities(np.array([score])).tolist() == [probability]


def test_between_the_thresholds_it_abstains():
    batch = batch_of([CLEAR])
    said = predict(batch, replace(MODEL, change_from=0.995))
    assert said.is_change.tolist() == [False, False]
    assert said.probability.tolist() == [0.01, 0.99]


def test_a_clear_payment_is_told_by_the_shipped_model():
    said = predict(batch_of([CLEAR]))
    assert said.is_change.tolist() == [False, True]
    assert said.is_payment.tolist() == [True, False]


def test_payments_are_told_beside_change_only():
    doubtful = replace(MODEL, change_from=0.995)
    assert not predict(batch_of([CLEAR]), doubtful).is_payment.any()
    eager = replace(MODEL, change_from=0.2)
    for script, is_payment in ((7, True), (1, False)):
        outputs = [output(700_000, script, **seen()), output(299_999, 2)]
        said = predict(batch_of([payment(outputs=outputs)]), eager)
        assert said.is_change.tolist() == [False, True]
        assert said.is_payment.tolist() == [is_payment, False]


def test_it_does_not_speak_of_scripts_that_it_never_met():
    strange = [output(300_000, 7, type="p2tr"), output(699_000, 2)]
    said = predict(batch_of([payment(outputs=strange)]), MODEL)
    assert np.isnan(said.probability).tolist() == [True, False]
    spends = payment(inputs=[spent(1_000_000, 1, type="p2pk")])
    assert np.isnan(predict(batch_of([spends]), MODEL).probability).all()


@pytest.mark.parametrize(
    "tx",
    [
        payment(is_coinbase=True),
        payment(is_mix=True),
        payment(outputs=[output(5, 7), output(0, 8, type="op_return")]),
    ],
)
def test_it_is_silent_where_nothing_is_in_question(tx):
    said = predict(batch_of([tx]))
    assert np.isnan(said.probability).all()
    assert not (said.is_change | said.is_payment).any()


@given(batches)
def test_features_of_a_transaction_do_not_depend_on_its_company(txs):
    batch = batch_of(txs)
    names, together = features(batch)
    assert len(set(names)) == len(names) == together.shape[1]
    for row in range(len(txs)):
        alone = features(batch.chosen(np.array([row])))[1]
        assert np.array_equal(alone, together[batch.tx_of_out == row])


def test_the_shipped_model_is_its_file():
    assert shipped_model().to_json() == SHIPPED.read_text(encoding="ascii")
    names, _ = features(batch_of([CLEAR]))
    assert set(shipped_model().weights) <= set(names)
    assert {name for pair in shipped_model().pairs for name in pair} <= set(names)
    assert shipped_model().change_from >= 0.95


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 9}, "format 9"),
        ({"weights": None}, "damaged"),
        ({"types": ["p2qr"]}, "damaged"),
        ({"calibration": []}, "does not rise"),
        ({"calibration": [[1, 0.5], [0, 0.6]]}, "does not rise"),
        ({"calibration": [[0, 0.5], [1, 1.5]]}, "leaves 0 to 1"),
        ({"thresholds": {"change_from": 0.1, "payment_to": 0.2}}, "not in order"),
        ({"thresholds": {}}, "damaged"),
    ],
)
def test_a_damaged_model_is_refused(tmp_path, change, said):
    told = json.loads(MODEL.to_json())
    file = tmp_path / "model.json"
    file.write_text(json.dumps({**told, **change}))
    with pytest.raises(SourceError, match=said):
        read_model(file)
    file.write_text("{}")
    with pytest.raises(SourceError, match="needs the keys"):
        read_model(file)
    file.write_text("x")
    with pytest.raises(SourceError, match="cannot be read"):
        read_model(file)


def test_a_model_of_other_features_is_refused():
    other = replace(MODEL, pairs={("colour: red", "value: least"): 5})
    with pytest.raises(SourceError, match="lacks: colour: red"):
        predict(batch_of([CLEAR]), other)


def predicted(batch, held):
    flags = np.array(held)
    return Prediction(np.where(flags, 0.999, 0.5), flags, ~flags & False)


def test_links_join_the_least_script_spent_with_each_change():
    back = payment(tx_id=6, outputs=[output(9, 1), output(8, 0), output(7, 4)])
    batch = batch_of([CLEAR, back])
    links = links_of(batch, predicted(batch, [False, True, True, True, True]))
    assert links.schema == TABLES["links"].schema
    assert [tuple(row.values()) for row in links.to_pylist()] == [
        (5, 1, 2, "change"),
        (6, 0, 1, "change"),
        (6, 1, 4, "change"),
    ]
    assert links_of(batch, predicted(batch, [False] * 5)).num_rows == 0


def test_links_and_holdings_of_a_store_range_by_range(small):
    whole = change_links(small.lookup, range(small.count))
    cut = small.count * 2 // 3
    parts = [change_links(small.lookup, r) for r in (range(cut), range(cut, small.count))]
    assert whole.to_pylist() == [row for part in parts for row in part.to_pylist()]
    assert whole.num_rows > 100

    held = held_outputs(small.lookup, range(small.count))
    kept = sum(o.held == "change" for outs in held.values() for o in outs)
    assert kept >= whole.num_rows
    batch = load_transactions(small.lookup, [max(held)])
    (outs,) = held_outputs(small.lookup, [max(held)]).values()
    assert [o.txout_id for o in outs] == batch.out_id[batch.can_be_change].tolist()
    assert held_outputs(small.lookup, [0]) == {}


def test_the_table_has_what_is_said(small):
    batch = load_transactions(small.lookup, range(small.count))
    parties = Parties(lambda scripts: scripts, {})
    table = change_table(batch, CHOICES, parties=parties)
    assert table.schema == TABLES["change"].schema
    keys = list(zip(*(table[c].to_pylist() for c in ("tx_id", "vout", "rule")), strict=True))
    assert keys == sorted(set(keys))
    assert {rule for _, _, rule in keys} <= set(CHOICES)
    said = predict(batch)
    rows = [row for row in table.to_pylist() if row["rule"] == "predictor"]
    spoken = np.flatnonzero(~np.isnan(said.probability))
    assert [row["probability"] for row in rows] == said.probability[spoken].tolist()
    assert [row["verdict"] for row in rows] == [
        True if said.is_change[o] else False if said.is_payment[o] else None for o in spoken
    ]
    assert {row["probability"] for row in table.to_pylist() if row["rule"] in RULE_NAMES} == {None}


def test_rules_that_there_are_not_are_refused(small):
    batch = load_transactions(small.lookup, [])
    with pytest.raises(MisuseError, match="no change rule 'guess'; those there are: address_reuse"):
        change_table(batch, ["guess"])
    with pytest.raises(MisuseError, match="name a change rule"):
        change_table(batch, [])
    with pytest.raises(MisuseError, match="needs a clustering"):
        change_table(batch, ["cluster_fingerprint"])
    assert change_table(batch, ["address_type"]).num_rows == 0
