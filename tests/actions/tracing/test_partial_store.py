"""Traces over a partial store: as over the whole chain as far as it goes, and no further."""

import random

import pytest
from tests.chain.partial.fetched import facts_of, fill, tell_the_unspent
from tests.simulated_cases import DATE

from peelchain.actions.clusters import run as cluster
from peelchain.actions.show import address_history, transaction
from peelchain.actions.tagging.importing import import_tags
from peelchain.actions.tracing.seeds import SeedsAsked
from peelchain.actions.tracing.traces import TraceAsked, trace_asked
from peelchain.chain.partial.snapshot import rebuild
from peelchain.chain.partial.vault import Vault
from peelchain.errors import MisuseError
from peelchain.network import REGTEST
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store
from peelchain.trace.walk import RULES


@pytest.fixture(scope="module")
def facts(cases):
    return facts_of(cases["demo"].store)


@pytest.fixture(scope="module")
def fetched(cases, facts, tmp_path_factory):
    """Every transaction fetched, and every unspent output said to be."""
    folder = tmp_path_factory.mktemp("partial")
    with Vault.open(folder, REGTEST) as vault:
        fill(vault, facts)
        tell_the_unspent(vault, cases["demo"].store)
        rebuild(folder, vault)
    import_tags([cases["demo"].node / "tagpack.yaml"], folder, DATE)
    return folder


@pytest.fixture(scope="module")
def holed(cases, facts, tmp_path_factory):
    """Four in five of the transactions, and nothing said of what is unspent."""
    folder = tmp_path_factory.mktemp("holed")
    chosen = {f.txid for f in random.Random(1).sample(facts, len(facts) * 4 // 5)}
    with Vault.open(folder, REGTEST) as vault:
        fill(vault, facts, lambda fact: fact.txid in chosen)
        rebuild(folder, vault)
    import_tags([cases["demo"].node / "tagpack.yaml"], folder, DATE)
    return folder


def seeds_of(store, count=12):
    """Spent outputs of ordinary transactions, over the whole chain."""
    with Store.open(store) as opened, Lookup(opened) as lookup:
        rows = lookup.rows(
            "SELECT show_hash(t.txid) || ':' || o.vout AS seed FROM txouts o JOIN txs t USING "
            "(tx_id) JOIN txins i ON i.prev_txout_id = o.txout_id WHERE o.value_sat > 100000 "
            "ORDER BY o.txout_id"
        )
    return tuple(row["seed"] for row in rows[:: len(rows) // count])


def traced(store, direction, seeds, *rules):
    rules = rules or (RULES if direction == "forward" else ("pro_rata", "index_fifo"))
    named = tuple(rule.replace("_", "-") for rule in rules)
    return trace_asked(TraceAsked(direction, SeedsAsked(outpoints=seeds), rules=named), store)


def ends(answer):
    return {
        (t["type"], t["txid"], t["vout"]): t["traced_sat"]
        for t in answer["terminals"]
        if t["type"] != "coinjoin"
    }


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_what_is_wholly_fetched_is_traced_as_the_whole_chain_is(cases, fetched, direction):
    seeds = seeds_of(cases["demo"].store)
    cluster(fetched)
    whole = traced(cases["demo"].store, direction, seeds)
    partial = traced(fetched, direction, seeds)
    assert partial["terminals"] == whole["terminals"]
    assert partial["totals"] == whole["totals"]
    assert "unresolved" not in partial["totals"]
    assert sum(partial["totals"].values()) == partial["seeds_sat"] == whole["seeds_sat"]


def test_a_hole_is_a_typed_end_and_nothing_is_lost(cases, holed):
    seeds = seeds_of(holed, 40)
    answer = traced(holed, "forward", seeds)
    found = [t for t in answer["terminals"] if t["type"] == "unresolved"]
    assert found
    assert all(t["reason"].startswith("not fetched: ") for t in found)
    assert any("what spends it" in t["reason"] for t in found)
    assert any("inputs of " in t["reason"] for t in found)
    assert "unspent" not in answer["totals"]
    for rule in answer["rules"]:
        assert sum(rule["totals"].values()) == answer["seeds_sat"]
    assert answer["partial_store"]["txs"] > 0


def test_rules_of_scope_account_are_refused(holed):
    seed = seeds_of(holed, 3)[0]
    with pytest.raises(MisuseError, match="every receipt and payment"):
        traced(holed, "forward", (seed,), "account_fifo")


def test_an_output_is_not_called_unspent_for_want_of_fetching(cases, fetched, holed):
    with Store.open(cases["demo"].store) as opened, Lookup(opened) as lookup:
        row = lookup.rows(
            "SELECT show_hash(txid) AS txid FROM txs JOIN txouts o USING (tx_id) WHERE o.txout_id "
            "NOT IN (SELECT prev_txout_id FROM txins WHERE state = 'spent') AND "
            "o.script_type = 'p2wpkh' ORDER BY tx_id"
        )
    known = transaction(row[0]["txid"], fetched)
    assert "unspent" in {o["spend"] for o in known["outputs"]}
    address = next(o["address"] for o in known["outputs"] if o["spend"] == "unspent")
    history = address_history(address, fetched)
    assert (history["balance_sat"], history["history"]) == (None, None)
    with Store.open(holed) as opened, Lookup(opened) as lookup:
        kept = [r["txid"] for r in row if lookup.find_tx_ids(bytes.fromhex(r["txid"])[::-1])]
    states = {o["spend"] for txid in kept[:20] for o in transaction(txid, holed)["outputs"]}
    assert states <= {"spent", "not_fetched"}
    assert "not_fetched" in states
