"""What can be asked of a trace on the command line, and that the answers agree with the chain."""

import csv
import hashlib
import json
import shutil
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from tests.cli.running import peelchain

from peelchain.actions.tracing.seeds import SeedsAsked
from peelchain.actions.tracing.traces import TraceAsked, trace_asked


@pytest.fixture(scope="module")
def party(session):
    """Addresses of the site, and its receipts as the cluster's seeds."""
    return session.ask("trace", "forward", "--cluster", session.addresses[0], "--rule", "all")


@pytest.fixture(scope="module")
def seeds(party):
    """Two receipts that are spent."""
    heights = {s["outpoint"]: s["height"] for s in party["seeds"]}
    return sorted(heights, key=lambda outpoint: (heights[outpoint], outpoint))[:2]


def traced(session, direction, *options):
    return session.ask("trace", direction, *options)


def test_several_rules_side_by_side_are_each_rule_alone(session, seeds):
    given = [part for seed in seeds for part in ("--seed", seed)]
    together = traced(session, "forward", *given, "--rule", "all", "--hops")
    names = [rule["rule"] for rule in together["rules"]]
    assert {"pro-rata", "index-fifo"} <= set(names)
    for rule in together["rules"]:
        alone = traced(session, "forward", *given, "--rule", rule["rule"], "--hops")
        name = rule["rule"]
        assert alone["totals"] == rule["totals"]
        assert sum(rule["totals"].values()) == together["seeds_sat"] == rule["seeds_sat"]
        for rows, key in (("terminals", ("type", "txid", "vout")), ("hops", ("from", "to"))):
            found = {tuple(r[k] for k in key): r["traced_sat"].get(name) for r in together[rows]}
            expected = {tuple(r[k] for k in key): r["value_sat"] for r in alone[rows]}
            assert {k: v for k, v in found.items() if v} == expected
        assert [h["traced_sat"][name] for h in alone["holdings"]] == [
            h["traced_sat"][name] for h in together["holdings"] if h["traced_sat"].get(name)
        ]
    lines = peelchain(
        "trace", "forward", *given, "--rule", "all", "--store", session.store, "--table"
    ).out.splitlines()
    for name in names:
        (line,) = (text for text in lines if text.split()[:2] == [name, "seeds"])
        left, right = line.removesuffix(" BTC").split(" = ")
        parts = [Decimal(part.split()[-1]) for part in right.split(" + ")]
        assert sum(parts) == Decimal(left.split()[-1])


def test_a_party_is_traced_from_what_others_paid_it(session, party):
    own = {m["address"] for m in session.ask("cluster", "show", session.addresses[0])["members"]}
    received = {}
    for address in sorted(own):
        for receipt in session.ask("address", address)["receipts"]:
            received[f"{receipt['txid']}:{receipt['vout']}"] = receipt["txid"]
    inside = {
        txid
        for txid in set(received.values())
        if own & {i["address"] for i in session.ask("tx", txid)["inputs"]}
    }
    expected = {outpoint for outpoint, txid in received.items() if txid not in inside}
    assert {s["outpoint"] for s in party["seeds"]} == expected
    assert party["receipts"]["internal_count"] == len(received) - len(expected)
    assert party["seeds_basis"] == "inference"
    given = [part for address in sorted(own) for part in ("--address", address)]
    by_hand = traced(session, "forward", *given, "--rule", "all")
    assert by_hand["seeds_basis"] == "fact"
    assert by_hand["terminals"] == party["terminals"]


def test_a_period_cuts_by_height_and_by_date(session, party):
    tip = session.said["chain ingest"].answer["tip_height"]
    middle = tip // 2
    by_height = traced(
        session, "forward", "--cluster", session.addresses[0], "--max-height", middle
    )
    assert by_height["filters"] == {"max_height": middle}
    rested = [t for t in by_height["terminals"] if t["type"] == "cut"]
    assert rested
    for terminal in rested[:5]:
        spender = session.ask("tx", terminal["txid"])["outputs"][terminal["vout"]]["spent_by"]
        assert session.ask("tx", spender.split(":")[0])["height"] > middle
    day = session.ask("sql", f"select time_utc::date d from blocks where height = {middle}")
    [[date]] = day["rows"]
    by_date = traced(session, "forward", "--cluster", session.addresses[0], "--until", date)
    last = session.ask(
        "sql", f"select max(height) h from blocks where time_utc < date '{date}' + interval 1 day"
    )["rows"][0][0]
    assert by_date["filters"] == {"until": date, "max_height": last}
    assert sum(by_date["totals"].values()) == by_date["seeds_sat"]


def test_receipts_outside_of_the_period_are_counted_and_left_out(session, party):
    tip = session.said["chain ingest"].answer["tip_height"]
    late = traced(session, "forward", "--cluster", session.addresses[0], "--min-height", tip - 20)
    whole, kept = party["receipts"], late["receipts"]
    assert kept["left_out_count"] > 0
    assert kept["count"] + kept["left_out_count"] == whole["count"]
    assert kept["received_sat"] + kept["left_out_sat"] == whole["received_sat"]


def test_filters_that_contradict_are_refused_with_the_remedy(session, seeds):
    tip = session.said["chain ingest"].answer["tip_height"]
    spent = session.ask("tx", seeds[0].split(":")[0])["outputs"][int(seeds[0].split(":")[1])]
    assert spent["spent_by"]
    for options, words in (
        (["--min-height", 9, "--max-height", 8], ("begins at height 9", "swap")),
        (["--since", "2031-01-01"], ("after the last block", "earlier date")),
        (["--until", "1999-01-01"], ("before the first block", "later")),
        (["--since", "2020-02-02", "--until", "2020-02-01"], ("swap them",)),
        (["--since", "2020-02-02", "--min-height", 3], ("give one of them",)),
        (["--since", "soon"], ("'soon' is not a date", "2024-01-31")),
        (["--until", "2020-02-30"], ("'2020-02-30' is not a date",)),
        (["--min-height", tip], (seeds[0], "was spent at height", "begin earlier")),
        (["--rule", "pro-rata", "--rule", "haircut"], ("given twice",)),
        (["--fiat", "XXX"], ("no rate of 'XXX'", "EUR", "rates import")),
        (["--rates-of", "nobody"], ("--fiat",)),
        (["--through", "Nobody's Bank"], ("Nobody's Bank",)),
    ):
        ran = peelchain("trace", "forward", "--seed", seeds[0], *options, "-s", session.store)
        ran.refused(2, *words)
    ran = peelchain("trace", "backward", "--seed", seeds[0], "--max-height", 1, "-s", session.store)
    ran.refused(2, seeds[0], "was made at height", "end later")


def test_seeds_that_make_no_sense_are_refused_with_the_remedy(session, seeds, tmp_path):
    address = session.addresses[0]
    value = session.ask("trace", "forward", "--seed", seeds[0])["seeds_sat"]
    file = tmp_path / "seeds.csv"
    file.write_text(f"outpoint,satoshis\n{seeds[0]},{value + 1}\n")
    receipt = session.ask("trace", "forward", "--address", address)["seeds"][0]["outpoint"]
    for options, words in (
        (["--seed", f"{seeds[0]}={value + 1}"], (seeds[0], f"holds {value} sat", "give 1 to")),
        (["--seeds", file], (seeds[0], f"holds {value} sat")),
        (["--seed", seeds[0], "--seed", seeds[0]], ("given twice",)),
        (["--seed", seeds[0], "--claimant", f"Ann={seeds[1]}"], ("has no claimant",)),
        (["--address", address, "--claimant", f"Ann={seeds[1]}"], ("has no claimant",)),
        (["--claimant", f"A={seeds[0]}", "--claimant", f"B={seeds[0]}"], ("together",)),
        (["--claimant", f"A={seeds[0]},{seeds[0]}"], ("given twice by claimant 'A'",)),
        (["--address", address, "--seed", receipt], (receipt, "name it once")),
    ):
        peelchain("trace", "forward", *options, "-s", session.store).refused(2, *words)


def test_claims_add_up_to_what_was_traced(session, seeds, tmp_path):
    file = tmp_path / "seeds.csv"
    half = session.ask("trace", "forward", "--seed", seeds[0])["seeds_sat"] // 2
    file.write_text(f"outpoint,satoshis,claimant\n{seeds[0]},{half},Ann\n{seeds[1]},,=Bob\n")
    options = ["--seeds", file, "--claimant", f"Cy={seeds[0]}=1", "--rule", "all"]
    answer = traced(session, "forward", *options)
    assert [c["claimant"] for c in answer["claimants"]] == ["Cy", "Ann", "=Bob"]
    assert sum(c["seeds_sat"] for c in answer["claimants"]) == answer["seeds_sat"]
    parts: dict[tuple[object, ...], int] = {}
    for row in answer["claims"]:
        key = (row["rule"], row["type"], row["txid"], row["vout"])
        parts[key] = parts.get(key, 0) + row["traced_sat"]
    expected = {
        (rule, t["type"], t["txid"], t["vout"]): sat
        for t in answer["terminals"]
        for rule, sat in t["traced_sat"].items()
        if sat
    }
    for h in answer["holdings"]:
        for rule, sat in h["traced_sat"].items():
            if sat:
                key = (rule, h["type"], h["closed_by"], None)
                expected[key] = expected.get(key, 0) + sat
    assert parts == expected
    for claimant in answer["claimants"]:
        for totals in claimant["totals"].values():
            assert sum(totals.values()) == claimant["seeds_sat"]
    out = peelchain("trace", "forward", *options, "-s", session.store, "--table").out
    assert "=Bob" in out


def test_a_walk_that_is_stopped_keeps_what_it_found_and_says_so(session, party):
    options = ["--cluster", session.addresses[0]]
    short = traced(session, "forward", *options, "--max-txs", 3)
    assert (short["partial"], short["stopped_by"], short["visited_txs"]) == (True, "max_txs", 3)
    assert sum(short["totals"].values()) == short["seeds_sat"]
    assert short["totals"]["cut"] > 0
    out = peelchain("trace", "forward", *options, "--max-txs", 3, "-s", session.store, "--table")
    assert "PARTIAL" in out.out
    assert (party["partial"], party["stopped_by"]) == (False, None)
    asked = TraceAsked("forward", SeedsAsked(clusters=[session.addresses[0]]))
    stopped = trace_asked(asked, session.store, lambda stage, *_: stage != "reach")
    assert (stopped["partial"], stopped["stopped_by"]) == (True, "you")
    assert sum(stopped["totals"].values()) == stopped["seeds_sat"]


def test_fiat_is_the_worth_on_the_day(session, seeds):
    answer = traced(session, "forward", "--seed", seeds[0], "--fiat", "eur", "--rule", "all")
    assert answer["fiat"] == {"currency": "EUR", "days_without_rate": [], "without_rate": []}
    prices = dict(
        session.ask("sql", "select date::text, price::text from rates where currency = 'EUR'")[
            "rows"
        ]
    )
    for terminal in answer["terminals"]:
        price = Decimal(prices[terminal["time_utc"][:10]])
        for rule, sat in terminal["traced_sat"].items():
            assert abs(Decimal(terminal["fiat"][rule]) - sat * price / 100_000_000) <= Decimal(
                "0.005"
            )
    for rule in answer["rules"]:
        for kind, total in rule["fiat_totals"].items():
            worths = [
                Decimal(t["fiat"][rule["rule"]]) for t in answer["terminals"] if t["type"] == kind
            ]
            assert Decimal(total) == sum(worths)


def test_amounts_without_a_rate_are_listed_and_contradictions_refused(session, seeds, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(session.store, store)
    terminals = traced(session, "forward", "--seed", seeds[0])["terminals"]
    days = sorted({t["time_utc"][:10] for t in terminals})
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(f"date,currency,price,source\n{days[0]},GBP,10000,First Bank\n")
    second.write_text(f"date,currency,price,source\n{days[0]},GBP,20000,Second Bank\n")
    assert peelchain("rates", "import", first, "-s", store).code == 0
    ask = ["trace", "forward", "--seed", seeds[0], "--fiat", "GBP", "-s", store]
    answer = peelchain(*ask, "--json").answer
    known = [t for t in terminals if t["time_utc"][:10] == days[0]]
    assert len(answer["fiat"]["without_rate"]) == len(terminals) - len(known)
    assert answer["fiat"]["days_without_rate"] == days[1:]
    assert len([t for t in answer["terminals"] if t["fiat"]["pro-rata"] is None]) == len(
        answer["fiat"]["without_rate"]
    )
    if days[1:]:
        assert "import rates of those days" in peelchain(*ask, "--table").out
    assert peelchain("rates", "import", second, "-s", store).code == 0
    peelchain(*ask).refused(2, "two rates of GBP", days[0], "First Bank", "--rates-of")
    chosen = peelchain(*ask, "--rates-of", "Second Bank", "--json").answer
    assert chosen["fiat"] == answer["fiat"]
    assert chosen["terminals"] != answer["terminals"]


def test_an_import_names_the_days_that_a_table_of_rates_lacks(session, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(session.store, store)
    file = tmp_path / "rates.csv"
    rows = ["2020-01-03,CHF,3", "2020-01-01,CHF,1", "2020-01-07,CHF,7", "2020-01-05,SEK,1"]
    file.write_text("date,currency,price\n" + "\n".join(rows) + "\n")
    ask = ["rates", "import", file, "--source", "s", "-s", store]
    assert peelchain(*ask, "--json").answer["gaps"] == [
        {"currency": "CHF", "from": "2020-01-02", "until": "2020-01-02", "days": 1},
        {"currency": "CHF", "from": "2020-01-04", "until": "2020-01-06", "days": 3},
    ]
    assert "CHF 2020-01-04 to 2020-01-06" in peelchain(*ask).out
    assert session.said["rates import"].answer["gaps"] == []


def test_tables_leave_with_outpoints_a_stamp_and_the_same_bytes(session, seeds, tmp_path):
    options = ["--seed", seeds[0], "--rule", "all", "--fiat", "EUR"]
    one, two = tmp_path / "one", tmp_path / "two"
    answer = traced(session, "forward", *options, "--tables", one)
    traced(session, "forward", *options, "--tables", two)
    assert sorted(p.name for p in one.iterdir()) == sorted(answer["tables"])
    for file in one.iterdir():
        assert file.read_bytes() == (two / file.name).read_bytes()
    stamp = json.loads((one / "run.json").read_text())
    assert stamp["tip_hash"] == answer["tip_hash"]
    assert (stamp["policy"], stamp["run_id"]) == (answer["policy"], answer["run_id"])
    for name, digest in stamp["files"].items():
        assert hashlib.sha256((one / name).read_bytes()).hexdigest() == digest
    for name in ("seeds", "terminals", "hops", "holdings", "payments"):
        table = pq.read_table(one / f"{name}.parquet")
        assert not [c for c in table.column_names if c.endswith("_id")]
        assert json.loads(table.schema.metadata[b"peelchain"])["tip_hash"] == answer["tip_hash"]
        with (one / f"{name}.csv").open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert len(rows) == table.num_rows > 0
        assert list(rows[0]) == table.column_names
    table = pq.read_table(one / "terminals.parquet").to_pylist()
    table += pq.read_table(one / "holdings.parquet").to_pylist()
    for rule in answer["rules"]:
        rested = [row["traced_sat"] for row in table if row["rule"] == rule["rule"]]
        assert sum(rested) == answer["seeds_sat"]
    again = peelchain("trace", "forward", *options, "--tables", one, "-s", session.store)
    again.refused(2, "is not empty", "--tables")


def test_through_a_service_the_walk_goes_on(session, party):
    label = next(t["label"] for t in party["terminals"] if t["type"] == "service")
    on = traced(session, "forward", "--cluster", session.addresses[0], "--through", label.upper())
    assert label not in {t["label"] for t in on["terminals"]}
    assert on["visited_txs"] > party["visited_txs"]
    assert on["filters"] == {"through": [label.upper()]}
    assert sum(on["totals"].values()) == on["seeds_sat"]
