"""Paths, comparisons and amounts between ends, on the command line, against the chain."""

import csv
import io
import shutil
from decimal import Decimal
from itertools import pairwise

import pytest
from tests.cli.running import peelchain

from peelchain.actions import open_store
from peelchain.store import arrays

HOSTILE = "\x1b[31mEvil\u202e Bank"


@pytest.fixture(scope="module")
def spread(session):
    """A trace of the site's cluster, which comes to several services."""
    return session.ask("trace", "forward", "--cluster", session.addresses[0], "--rule", "all")


@pytest.fixture(scope="module")
def service(spread):
    """The service that most comes to."""
    sums: dict[str, int] = {}
    for t in spread["terminals"]:
        if t["type"] == "service":
            sums[t["label"]] = sums.get(t["label"], 0) + t["value_sat"]
    return max(sums, key=lambda label: (sums[label], label))


@pytest.fixture(scope="module")
def compared(session):
    return session.ask("trace", "compare", "--cluster", session.addresses[0])


def test_every_step_of_a_path_spends_the_output_before(session, service):
    site = f"cluster:{session.addresses[0]}"
    answer = session.ask("trace", "path", site, f"service:{service}", "--max-paths", 4)
    assert answer["from"]["basis"] == "inference"
    assert answer["paths"]
    ranks = [(p["joint_truth"]["at_least_low"], -p["hops"]) for p in answer["paths"]]
    assert ranks == sorted(ranks, reverse=True)
    ways = {tuple(s["outpoint"] for s in (p["start"], *p["steps"])) for p in answer["paths"]}
    assert len(ways) == len(ranks)
    for path in answer["paths"]:
        outputs = [path["start"], *path["steps"]]
        assert len(outputs) == path["hops"] + 1 == len({o["outpoint"] for o in outputs})
        assert path["bottleneck_sat"] == min(o["value_sat"] for o in outputs)
        for before, after in pairwise(outputs):
            tx = session.ask("tx", after["txid"])
            assert before["outpoint"] in {i["prevout"] for i in tx["inputs"]}
            vout = int(after["outpoint"].split(":")[1])
            assert tx["outputs"][vout]["value_sat"] == after["value_sat"]
        assert path["steps"][-1]["control"]["label"] == service
        for rule, carried in path["carried_at_most_sat"].items():
            assert carried <= path["bottleneck_sat"]
            assert carried <= min(step["traced_sat"][rule] for step in path["steps"])
        bases = [step["control"]["basis"] for step in path["steps"]]
        assert path["unknown_hops"] == bases.count("unknown")
        assert path["sentence"].startswith(f"{path['hops']} hop")


def test_more_paths_begin_with_the_fewer(session, service):
    ask = ["trace", "path", f"cluster:{session.addresses[0]}", f"service:{service}"]
    few = session.ask(*ask, "--max-paths", 2)
    many = session.ask(*ask, "--max-paths", 6)
    assert few["paths"] == many["paths"][:2]
    assert few["more"] == (len(many["paths"]) > 2)
    short = session.ask(*ask, "--max-hops", 2)
    assert all(path["hops"] <= 2 for path in short["paths"])


def test_ends_are_outputs_transactions_or_parties(session, spread):
    seed = spread["seeds"][0]["outpoint"]
    txid = seed.split(":")[0]
    own = session.ask("trace", "path", txid, seed)
    assert [p["hops"] for p in own["paths"]] == [0]
    assert own["paths"][0]["without_inference"]
    assert own["without_inference"]
    resting = next(t for t in spread["terminals"] if t["type"] == "unspent")
    for end in (f"{resting['txid']}:{resting['vout']}", resting["txid"], resting["address"]):
        found = session.ask("trace", "path", f"cluster:{session.addresses[0]}", end)
        assert found["paths"][0]["steps"][-1]["txid"] == resting["txid"]
    empty = peelchain("trace", "path", resting["txid"], seed, "-s", session.store, "--table")
    assert "no value passes" in empty.out


@pytest.mark.parametrize(
    ("ends", "code", "words"),
    [
        (("nonsense", "{a}"), 2, ("'nonsense'", "cluster:ADDRESS", "service:NAME")),
        (("{a}", "service:Nobody"), 2, ("no service is called 'Nobody'", "tags name")),
        (("{a}", "cluster:{a}"), 2, ("are one",)),
        (("{a}", "00" * 32), 1, ("00" * 32, "not in the chain")),
        (("{a}", "00" * 32 + ":x"), 2, ("output index",)),
        (("{a}", "{seed}", "--max-hops", "0"), 2, ("--max-hops",)),
        (("{a}", "{seed}", "--max-paths", "0"), 2, ("--max-paths",)),
        (("cluster:{a}", "{seed}", "--rule", "nonsense"), 2, ("pro-rata",)),
    ],
)
def test_ends_that_make_no_sense_are_refused(session, spread, ends, code, words):
    names = {"a": session.addresses[0], "seed": spread["seeds"][0]["outpoint"]}
    told = [end.format(**names) for end in ends]
    ran = peelchain("trace", "path", *told, "-s", session.store)
    ran.refused(code, *words)


def test_bounds_enclose_every_rule_of_their_scope_and_rank_the_destinations(compared, spread):
    rows = compared["destinations"]
    assert compared["rules"][0]["totals"] == spread["totals"]
    order = [tuple(-bound["least_sat"] for bound in row["bounds"].values()) for row in rows]
    assert order == sorted(order)
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    scopes = {rule["rule"]: rule["scope"] for rule in compared["rules"]}
    assert set(scopes.values()) == {"transaction", "account"}
    assert {"account-fifo", "account-libr"} <= set(scopes)
    for row in rows:
        assert row["traced_sat"].keys() == scopes.keys()
        for rule, scope in scopes.items():
            bound = row["bounds"][scope]
            assert bound["least_sat"] <= bound["least_known_sat"]
            assert bound["most_known_sat"] <= bound["most_sat"]
            assert bound["least_sat"] <= row["traced_sat"][rule] <= bound["most_sat"]
    for rule in compared["rules"]:
        by_type: dict[str, int] = {}
        for row in rows:
            sat = row["traced_sat"][rule["rule"]]
            by_type[row["type"]] = by_type.get(row["type"], 0) + sat
        assert {k: v for k, v in by_type.items() if v} == rule["totals"]
        assert sum(rule["totals"].values()) == compared["seeds_sat"]


def test_rules_of_scope_account_are_asked_for_by_name(session, spread):
    ask = ["trace", "compare", "--seed", spread["seeds"][0]["outpoint"]]
    answer = session.ask(*ask, "--rule", "account-fifo", "--rule", "tiho")
    assert [rule["rule"] for rule in answer["rules"]] == ["tiho", "account-fifo"]
    store = ["-s", session.store]
    peelchain(*ask, "--rule", "account-libr", "--backward", *store).refused(
        2, "cannot run backward"
    )
    peelchain(*ask, "--rule", "account-pool", "--rule", "account_pool", *store).refused(2, "twice")
    between = [
        "trace",
        "between",
        ask[3],
        "--to",
        session.reached,
        "--rule",
        "account-fifo",
        *store,
    ]
    peelchain(*between).refused(2, "scope account", "trace compare")


def test_a_comparison_tells_the_worth_of_what_comes_to_each(session):
    answer = session.ask("trace", "compare", "--cluster", session.addresses[0], "--fiat", "EUR")
    traced = session.ask(
        "trace", "forward", "--cluster", session.addresses[0], "--rule", "all", "--fiat", "EUR"
    )
    assert answer["fiat"] == {"currency": "EUR", "days_without_rate": [], "without_rate": []}
    for rule in (rule for rule in traced["rules"] if rule["scope"] == "transaction"):
        sums: dict[str, Decimal] = {}
        for row in answer["destinations"]:
            worth = Decimal(row["fiat"].get(rule["rule"], "0"))
            sums[row["type"]] = sums.get(row["type"], Decimal(0)) + worth
        expected = {kind: Decimal(total) for kind, total in rule["fiat_totals"].items()}
        assert {kind: worth for kind, worth in sums.items() if worth} == expected


def test_a_cut_walk_says_by_how_much_the_cut_widens(session):
    def services(*options):
        told = session.ask("trace", "compare", "--cluster", session.addresses[0], *options)
        rows = (row for row in told["destinations"] if row["type"] == "service")
        return told, {row["destination"]: row["bounds"]["transaction"] for row in rows}

    _, whole = services()
    widened = 0
    for hops in (3, 4, 5):
        told, cut = services("--max-hops", hops)
        for name, bound in cut.items():
            # what the longer walk finds lies within what the shorter one allowed for
            assert bound["least_sat"] <= whole[name]["least_sat"]
            assert whole[name]["most_sat"] <= bound["most_sat"]
            widened += bound["most_sat"] - bound["most_known_sat"]
        assert any("the walk was cut" in said for said in told["statements"])
    assert widened > 0


def test_what_needs_no_inference_is_said_in_words(session, spread):
    seed = spread["seeds"][0]["outpoint"]
    alone = session.ask("trace", "compare", "--seed", seed, "--max-hops", 1)
    (cut, *_) = sorted(alone["destinations"], key=lambda row: -row["traced_sat"]["pro-rata"])
    assert cut["without_inference_sat"] is None
    maker = seed.split(":")[0]
    own = session.ask("trace", "compare", "--seed", seed, "--to", maker)
    (row,) = own["destinations"]
    assert row["destination"] == f"to:{maker}"
    assert row["without_inference_sat"] == own["seeds_sat"]
    assert "traceable without any inference" in own["statements"][0]
    by_cluster = session.ask("trace", "compare", "--cluster", session.addresses[0])
    assert {row["without_inference_sat"] for row in by_cluster["destinations"]} == {None}


def test_a_coinjoin_is_crossed_on_request_as_an_interval(session, spread):
    txid = next(t["coinjoin"] for t in spread["terminals"] if t["type"] == "coinjoin")
    inputs = {i["prevout"] for i in session.ask("tx", txid)["inputs"]}
    stopped = [t for t in spread["terminals"] if t["coinjoin"] == txid]
    assert {f"{t['txid']}:{t['vout']}" for t in stopped} <= inputs
    ask = ["trace", "compare", "--cluster", session.addresses[0], "--rule", "pro-rata"]
    answer = session.ask(*ask, "--cross", txid)
    crossing = answer["crossing"]
    (told,) = crossing["coinjoins"]
    assert (told["txid"], told["reached"], told["entering"]) == (txid, True, len(stopped))
    before = {row["destination"]: row["bounds"]["transaction"] for row in answer["destinations"]}
    for row in crossing["destinations"]:
        wide, narrowed = row["wide"], row["narrowed"]
        assert wide["least_sat"] <= narrowed["least_sat"] <= narrowed["most_sat"]
        assert narrowed["most_sat"] <= wide["most_sat"]
        if row["type"] == "service" and row["destination"] in before:
            # what came there without passing the CoinJoin comes there still
            assert wide["least_sat"] >= before[row["destination"]]["least_sat"]
    assert session.ask(*ask)["crossing"] is None
    store = ["-s", session.store]
    shown = peelchain(*ask, "--cross", txid, *store, "--table").out
    assert "no rule's amount" in shown
    ordinary = spread["seeds"][0]["outpoint"].split(":")[0]
    peelchain(*ask, "--cross", ordinary, *store).refused(2, "no detector takes it for a CoinJoin")
    peelchain(*ask, "--cross", "00" * 32, *store).refused(1, "not in the chain")


def test_backward_the_sources_are_compared(session, spread):
    seed = spread["seeds"][0]["outpoint"]
    answer = session.ask("trace", "compare", "--seed", seed, "--backward")
    assert answer["direction"] == "backward"
    traced = session.ask("trace", "backward", "--seed", seed)
    pro_rata = {row["type"]: 0 for row in answer["destinations"]}
    for row in answer["destinations"]:
        pro_rata[row["type"]] += row["traced_sat"]["pro-rata"]
        bound = row["bounds"]["transaction"]
        assert bound["least_sat"] <= row["traced_sat"]["pro-rata"] <= bound["most_sat"]
    assert {k: v for k, v in pro_rata.items() if v} == traced["totals"]


def test_csv_of_a_comparison_has_every_amount(session, compared):
    out = peelchain(
        "trace", "compare", "--cluster", session.addresses[0], "-s", session.store, "--csv"
    ).out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == len(compared["destinations"]) * (len(compared["rules"]) + 2 * 4)
    amounts = {
        (r["destination"], r["measure"]): int(r["value_sat"])
        for r in rows
        if r["scope"] == "transaction"
    }
    for row in compared["destinations"]:
        assert amounts[row["destination"], "least"] == row["bounds"]["transaction"]["least_sat"]
        assert amounts[row["destination"], "pro-rata"] == row["traced_sat"]["pro-rata"]


def test_amounts_between_two_sets_add_up_over_the_pairs(session, spread, compared, service):
    seeds = [s["outpoint"] for s in spread["seeds"] if s["height"] < 150][:3]
    other = next(
        row["label"]
        for row in compared["destinations"]
        if row["type"] == "service" and row["label"] != service
    )
    ends = ["--to", f"service:{service}", "--to", f"service:{other}"]
    answer = session.ask("trace", "between", *seeds, *ends)
    for rule in answer["rules"]:
        name = rule["rule"]
        assert answer["traced_sat"][name] == rule["totals"].get("target", 0)
        for end in answer["to"]:
            bound = end["bounds"]["transaction"]
            assert bound["least_sat"] <= end["traced_sat"][name] <= bound["most_sat"]
            pairs = [p for p in answer["pairs"] if p["to"] == end["text"]]
            assert [p["from"] for p in pairs] == seeds
            assert sum(p["traced_sat"][name] for p in pairs) == end["traced_sat"][name]
    bound = answer["bounds"]["transaction"]
    assert bound["most_sat"] <= sum(e["bounds"]["transaction"]["most_sat"] for e in answer["to"])
    assert bound["least_sat"] >= sum(e["bounds"]["transaction"]["least_sat"] for e in answer["to"])
    shown = peelchain("trace", "between", *seeds, *ends, "-s", session.store, "--table").out
    assert "all together" in shown
    words = ["--", f"service:{service}", f"service:{other}"]
    store = ["-s", session.store]
    first = peelchain("trace", "between", *seeds, *store, "--json", *words).answer
    last = peelchain("trace", "between", *seeds, *words, *store, "--json").answer
    assert answer == first == last


def test_direct_payments_are_told_gross(session, spread):
    seed = spread["seeds"][0]["outpoint"]
    txid, vout = seed.split(":")
    spender = session.ask("tx", txid)["outputs"][int(vout)]["spent_by"].split(":")[0]
    made = session.ask("tx", spender)["outputs"][0]
    answer = session.ask("trace", "between", seed, "--to", f"{spender}:0")
    assert answer["direct"] == {"outputs": 1, "value_sat": made["value_sat"]}
    far = session.ask("trace", "between", seed, "--to", spread["seeds"][1]["outpoint"])
    assert far["direct"] == {"outputs": 0, "value_sat": 0}


def test_sets_that_overlap_are_refused(session, spread):
    a, seed = session.addresses[0], spread["seeds"][0]["outpoint"]
    store = ["-s", session.store]
    peelchain("trace", "between", a, "--to", f"cluster:{a}", *store).refused(2, "must be apart")
    peelchain("trace", "between", seed, "--to", seed.split(":")[0], *store).refused(2, "apart")
    peelchain("trace", "between", a, f"cluster:{a}", "--to", seed, *store).refused(2, "are one")
    peelchain("trace", "between", a, a, "--to", seed, *store).refused(2, "given twice")


def test_a_store_too_long_to_load_gives_the_same_answers(session, spread, service, monkeypatch):
    site, seed = session.addresses[0], spread["seeds"][0]["outpoint"]
    questions = [
        ["trace", "forward", "--cluster", site, "--hops", "--fiat", "EUR"],
        ["trace", "backward", "--address", site, "--hops"],
        ["trace", "compare", "--cluster", site, "--rule", "pro-rata", "--to", f"service:{service}"],
        ["trace", "compare", "--seed", seed, "--backward", "--rule", "index-fifo"],
        ["trace", "path", f"cluster:{site}", f"service:{service}"],
        ["trace", "between", site, seed, "--to", f"service:{service}"],
        ["trace", "forward", "--cluster", site, "--through", service],
    ]
    short = [session.ask(*question) for question in questions]
    monkeypatch.setattr(open_store, "_SHORT_TXOUTS", 0)
    monkeypatch.setattr(arrays, "load", None)
    assert [session.ask(*question) for question in questions] == short


def test_labels_cannot_steer_the_terminal(session, spread, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(session.store, store)
    resting = next(t for t in spread["terminals"] if t["type"] == "unspent" and t["address"])
    pack = tmp_path / "pack.yaml"
    label = HOSTILE.encode("unicode_escape").decode()
    pack.write_text(
        "title: t\ncreator: c\ntags:\n"
        f'  - address: {resting["address"]}\n    label: "{label}"\n    category: exchange\n'
        "    currency: BTC\n    source: https://example.org\n    lastmod: 2020-01-01\n"
        "    confidence: service_api\n"
    )
    assert peelchain("tags", "import", pack, "-s", store).code == 0
    site = session.addresses[0]
    for ask in (
        ["trace", "forward", "--cluster", site],
        ["trace", "compare", "--cluster", site],
        ["trace", "path", f"cluster:{site}", resting["address"]],
        ["trace", "between", f"cluster:{site}", "--to", resting["address"]],
    ):
        ran = peelchain(*ask, "-s", store, "--table")
        assert ran.code == 0, ran.err
        assert "\x1b" not in ran.out + ran.err
        assert "\u202e" not in ran.out + ran.err
    told = peelchain("trace", "compare", "--cluster", site, "-s", store, "--table").out
    assert "Evil" in told
    # the tag is the script's own: from outputs given, no cluster is needed to say whose it is
    seeds = [part for s in spread["seeds"] for part in ("--seed", s["outpoint"])]
    answer = peelchain("trace", "compare", *seeds, "-s", store, "--json").answer
    (row,) = (row for row in answer["destinations"] if "Evil" in (row["label"] or ""))
    assert 0 <= row["without_inference_sat"] <= row["bounds"]["transaction"]["least_sat"]
