"""Rules of scope account on trace forward and backward: what they leave where, and who holds it."""

import csv
import io
from decimal import Decimal

import pytest
from tests.cli.running import peelchain


@pytest.fixture(scope="module")
def forward(session):
    """All rules of both scopes from what others paid the site."""
    asked = ["--cluster", session.addresses[0], "--rule", "all", "--hops"]
    return session.ask("trace", "forward", *asked)


def of_account(answer):
    return [rule for rule in answer["rules"] if rule["scope"] == "account"]


def summed(answer, rule):
    rows = [*answer["terminals"], *answer["holdings"]]
    return sum(row["traced_sat"].get(rule, 0) for row in rows)


def test_terminals_and_holdings_add_up_to_the_seeds(forward):
    names = [rule["rule"] for rule in of_account(forward)]
    assert names == ["account-fifo", "account-lifo", "account-pool", "account-libr"]
    for rule in forward["rules"]:
        assert summed(forward, rule["rule"]) == rule["seeds_sat"] == forward["seeds_sat"]
    for rule in of_account(forward):
        held = sum(h["traced_sat"][rule["rule"]] for h in forward["holdings"])
        assert held == sum(rule["held"].values()) > 0
        assert rule["held"]["unspent"] == rule["totals"]["unspent"]
    assert all(h["balance_sat"] >= max(h["traced_sat"].values()) for h in forward["holdings"])
    assert {rule["held"] is None for rule in forward["rules"]} == {True, False}


def test_what_comes_to_each_service_is_what_a_comparison_says(session, forward):
    compared = session.ask("trace", "compare", "--cluster", session.addresses[0])
    destinations = {d["label"]: d["traced_sat"] for d in compared["destinations"] if d["label"]}
    assert destinations
    for rule in forward["rules"]:
        name = rule["rule"]
        found = dict.fromkeys(destinations, 0)
        for t in forward["terminals"]:
            if t["type"] in ("service", "mixer"):
                found[t["label"]] += t["traced_sat"][name]
        assert found == {label: traced[name] for label, traced in destinations.items()}


def test_an_account_is_named_by_an_address_of_its_cluster(session, forward):
    named = [h for h in forward["holdings"] if h["type"] == "unspent"][:5]
    assert named
    for holding in named:
        cluster = session.ask("cluster", "show", holding["account"])
        assert cluster["balance_sat"] == holding["balance_sat"]


def test_payments_and_holdings_of_an_account_are_what_got_into_it(forward):
    for rule in of_account(forward):
        got: dict[str, int] = {}
        for p in forward["payments"]:
            sat = p["traced_sat"][rule["rule"]]
            got[p["account"]] = got.get(p["account"], 0) - sat
            if p["other_account"]:
                got[p["other_account"]] = got.get(p["other_account"], 0) + sat
        for h in forward["holdings"]:
            got[h["account"]] = got.get(h["account"], 0) - h["traced_sat"][rule["rule"]]
        # the books lack what came in from outside: the seeds, but those that end where they are
        ended = sum(
            t["traced_sat"][rule["rule"]] for t in forward["terminals"] if t["account"] is None
        )
        assert -sum(got.values()) == rule["seeds_sat"] - ended


def test_the_rules_named_are_told_in_their_order(session):
    ask = ["trace", "forward", "--cluster", session.addresses[0], "--hops"]
    one = session.ask(*ask, "--rule", "account-libr")
    assert [rule["rule"] for rule in one["rules"]] == [one["rule"]] == ["account-libr"]
    assert one["hops"] == []
    assert one["payments"]
    assert sum(t["value_sat"] for t in one["terminals"]) == one["seeds_sat"] - sum(
        one["rules"][0]["held"].values()
    )
    two = session.ask(*ask, "--rule", "account_libr", "--rule", "tiho")
    assert [rule["rule"] for rule in two["rules"]] == ["account-libr", "tiho"]
    assert two["totals"] == one["totals"]
    assert two["hops"]
    plain = session.ask(*ask, "--rule", "tiho")
    assert (plain["accounts"], plain["holdings"], plain["payments"]) == (None, [], [])
    assert {t["account"] for t in plain["terminals"]} == {None}


def test_backward_runs_without_the_rule_that_cannot(session, forward):
    seed = next(f"{t['txid']}:{t['vout']}" for t in forward["terminals"] if t["type"] == "service")
    ask = ["trace", "backward", "--seed", seed]
    answer = session.ask(*ask, "--rule", "all")
    assert [rule["rule"] for rule in of_account(answer)] == [
        "account-fifo",
        "account-lifo",
        "account-pool",
    ]
    for rule in answer["rules"]:
        assert summed(answer, rule["rule"]) == answer["seeds_sat"]
    refused = peelchain(*ask, "--rule", "account-libr", "-s", session.store)
    refused.refused(2, "cannot run backward", "account-pool")


def test_figures_need_a_rule_with_hops(session, forward, tmp_path):
    seed = next(s["outpoint"] for s in forward["seeds"])
    ask = ["trace", "forward", "--seed", seed, "--figures", tmp_path / "f", "-s", session.store]
    peelchain(*ask, "--rule", "account-fifo").refused(2, "scope transaction", "--figures")
    both = peelchain(*ask, "--rule", "account-fifo", "--rule", "tiho", "--json").answer
    assert "flow.svg" in both["figures"]


def test_a_limit_and_an_early_stop_keep_the_sums(session, forward):
    tip = session.said["chain ingest"].answer["tip_height"]
    ask = ["trace", "forward", "--cluster", session.addresses[0], "--rule", "account-pool"]
    for limit in (["--max-height", tip * 2 // 3], ["--max-hops", 0], ["--max-txs", 5]):
        answer = session.ask(*ask, *limit)
        assert summed(answer, "account-pool") == answer["seeds_sat"]
        assert answer["totals"]["cut"] > 0
    assert (answer["partial"], answer["stopped_by"]) == (True, "max_txs")


def test_csv_and_text_tell_scopes_apart(session, forward):
    ask = ["trace", "forward", "--cluster", session.addresses[0], "-s", session.store]
    ask += ["--rule", "account-fifo", "--rule", "pro-rata"]
    rows = list(csv.DictReader(io.StringIO(peelchain(*ask, "--csv").out)))
    for rule, scope in (("account-fifo", "account"), ("pro-rata", "transaction")):
        own = [row for row in rows if row["rule"] == rule]
        assert {row["scope"] for row in own} == {scope}
        assert sum(int(row["value_sat"]) for row in own) == forward["seeds_sat"]
        assert any(row["account"] for row in own) == (scope == "account")
    shown = peelchain(*ask, "--table").out.splitlines()
    (line,) = [text for text in shown if text.startswith("account-fifo  seeds")]
    assert "held by accounts" in line
    left, right = line.removesuffix(" BTC").split(" = ")
    parts = [Decimal(part.split()[-1]) for part in right.split(" + ")]
    assert sum(parts) == Decimal(left.split()[-1])
    assert any(text.startswith("scope account: an account is a cluster") for text in shown)
    assert any(text.startswith("held by account ") for text in shown)
