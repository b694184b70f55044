"""What a case must be: its truth adds up, and what is labelled is on the chain."""

import csv
import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
pytest.importorskip("pbk", reason="the extra `simulate` is not installed")

from tests.simulate.reading import Chain, Tx, read_chain, read_truth

from peelchain.actions.simulations import Choice
from peelchain.actions.simulations import simulate as simulated
from peelchain.errors import MisuseError
from peelchain.simulate.economy import simulate
from peelchain.simulate.parameters import CASES, PARAMETERS

BLOCKS = 220
COIN = 10**8

Outpoint = tuple[str, int]


@dataclass
class Case:
    out: Path
    chain: Chain
    owners: dict[bytes, str]

    def truth(self, name: str) -> list[dict[str, str]]:
        return read_truth(self.out, name)

    def owner(self, outpoint: Outpoint) -> str:
        return self.owners[self.chain.txs[outpoint[0]].outputs[outpoint[1]][0]]

    def value(self, outpoint: Outpoint) -> int:
        return self.chain.txs[outpoint[0]].outputs[outpoint[1]][1]

    def patterns(self, name: str) -> list[list[dict[str, str]]]:
        found = defaultdict(list)
        for row in self.truth("patterns"):
            if row["pattern"] == name:
                found[row["pattern_id"]].append(row)
        return list(found.values())

    def kinds(self) -> dict[str, str]:
        return {row["txid"]: row["kind"] for row in self.truth("transactions")}


def outpoint(row: dict[str, str]) -> Outpoint:
    return row["txid"], int(row["vout"])


def read_case(out: Path) -> Case:
    rows = read_truth(out, "scripts")
    owners = {bytes.fromhex(row["script_pubkey"]): row["owner_id"] for row in rows}
    return Case(out, read_chain(out), owners)


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> dict[str, Case]:
    made = {}
    for name in CASES:
        out = tmp_path_factory.mktemp(name)
        simulate(out, seed=5, blocks=BLOCKS, parameters=replace(PARAMETERS["default"], case=name))
        made[name] = read_case(out)
    return made


@pytest.fixture(params=CASES)
def case(request, cases) -> Case:
    chosen: Case = cases[request.param]
    return chosen


# The proceeds


def test_proceeds_add_up(case):
    taken = sum(int(row["value_sat"]) for row in case.truth("case_seeds"))
    assert taken == sum(int(row["case_sat"]) for row in case.truth("case_ends")) > COIN


def test_every_transaction_passes_on_what_it_was_brought(case):
    held = {outpoint(row): int(row["value_sat"]) for row in case.truth("case_seeds")}
    seeds = dict(held)
    by_tx: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in case.truth("case_flow"):
        by_tx[row["txid"]].append(row)
    assert by_tx
    for txid, rows in by_tx.items():
        tx = case.chain.txs[txid]
        balance = 0
        for row in rows:
            case_sat, value = int(row["case_sat"]), int(row["value_sat"])
            assert 0 < case_sat <= value
            if row["side"] == "in":
                spent = tx.inputs[int(row["position"])]
                assert case_sat == held.pop(spent)
                balance += case_sat
                continue
            balance -= case_sat
            if row["side"] == "fee":
                assert value == sum(v for _, v in tx.prevouts) - sum(v for _, v in tx.outputs)
                continue
            made = txid, int(row["position"])
            assert (value, row["owner_id"]) == (case.value(made), case.owner(made))
            if made not in seeds:
                held[made] = case_sat
        assert balance == 0
    ends = [row for row in case.truth("case_ends") if row["end"] not in ("fee", "seed")]
    assert held == {outpoint(row): int(row["case_sat"]) for row in ends}


def test_proceeds_rest_where_the_truth_says(case):
    spent = {prevout for tx in case.chain.spends for prevout in tx.inputs}
    roles = {row["owner_id"]: row["label"] for row in case.truth("owners")}
    ends = case.truth("case_ends")
    assert {row["end"] for row in ends} >= {"service", "unspent", "fee"}
    for row in ends:
        if row["end"] == "service":
            assert roles[row["owner_id"]]
        elif row["end"] == "unspent":
            assert outpoint(row) not in spent


def test_seeds_are_published_as_a_trace_takes_them(case):
    with (case.out / "seeds.csv").open() as file:
        published = list(csv.DictReader(file))
    assert published == [
        {
            "outpoint": f"{row['txid']}:{row['vout']}",
            "satoshis": row["value_sat"],
            "claimant": row["claimant"],
        }
        for row in case.truth("case_seeds")
    ]


def test_deposits_are_at_addresses_of_the_depositors_accounts(case):
    addresses = {
        bytes.fromhex(row["script_pubkey"]): row["address"] for row in case.truth("scripts")
    }
    accounts = {row["address"]: row for row in case.truth("accounts")}
    rows = case.truth("case_deposits")
    assert len({row["service_id"] for row in rows}) >= 3
    for row in rows:
        account = accounts[addresses[case.chain.txs[row["txid"]].outputs[int(row["vout"])][0]]]
        assert (account["service_id"], account["account"], account["customer_id"]) == (
            row["service_id"],
            row["account"],
            row["depositor_id"],
        )
        assert 0 <= int(row["case_sat"]) <= int(row["value_sat"]) == case.value(outpoint(row))


def test_any_books_would_lie_between_the_least_and_the_most(case):
    ends = case.truth("case_ends")
    for row in (*ends, *case.truth("case_deposits")):
        amounts = [int(row[name]) for name in ("least_sat", "case_sat", "most_sat", "value_sat")]
        assert amounts == sorted(amounts)
    certain = [row for row in ends if row["least_sat"] == row["value_sat"]]
    assert 0 < len(certain) < len(ends), "some of it is beyond doubt, some is not"


def test_proceeds_come_to_lie_beside_clean_money(case):
    mixed = [
        tx
        for tx in {row["txid"] for row in case.truth("case_flow")}
        if 0 < proceeds_into(case, tx) < sum(v for _, v in case.chain.txs[tx].prevouts)
    ]
    assert mixed


def proceeds_into(case: Case, txid: str) -> int:
    rows = case.truth("case_flow")
    return sum(int(r["case_sat"]) for r in rows if r["txid"] == txid and r["side"] == "in")


# Each case


def test_ransoms_are_paid_to_fresh_addresses_and_shared(cases):
    case = cases["ransomware"]
    seeds = case.truth("case_seeds")
    assert len({row["claimant"] for row in seeds}) >= 7
    paid = Counter(
        script for tx in case.chain.txs.values() for script, _ in tx.outputs
    )  # how often an address was paid
    for row in seeds:
        txid, vout = outpoint(row)
        assert paid[case.chain.txs[txid].outputs[vout][0]] == 1
        assert case.owner((txid, vout)) == "case-operator"
    shared = [rows for rows in case.patterns("fan_out") if rows[0]["owner_id"] == "case-operator"]
    assert shared
    for rows in shared:
        owners = [case.owner(outpoint(row)) for row in rows]
        assert owners.count("case-operator") == 1
        assert len(owners) == 2
    joined = case.patterns("consolidation")
    assert {"case-operator", "affiliate-1"} <= {rows[0]["owner_id"] for rows in joined}
    depositors = {row["depositor_id"] for row in case.truth("case_deposits")}
    assert depositors == {"case-operator", "affiliate-1", "affiliate-2"}


def test_the_exchange_was_robbed_of_its_hot_money(cases):
    case = cases["theft"]
    kinds = case.kinds()
    seeds = case.truth("case_seeds")
    assert len(seeds) == 3
    for row in seeds:
        assert kinds[row["txid"]] == "theft"
        prevouts = case.chain.txs[row["txid"]].prevouts
        assert {case.owners[script] for script, _ in prevouts} == {row["claimant"]}
    unspent = sum(int(r["case_sat"]) for r in case.truth("case_ends") if r["end"] == "unspent")
    assert unspent > 10 * COIN


def test_the_loot_is_peeled(cases):
    case = cases["theft"]
    chains = [
        rows for rows in case.patterns("peel_chain") if rows[0]["owner_id"] == "case-operator"
    ]
    assert len(chains) == 1
    rows = chains[0]
    assert [int(row["seq"]) for row in rows] == list(range(len(rows)))
    links = [row for row in rows if row["role"] != "peel"]
    assert rows[0]["role"] == "start"
    assert len(links) > 20
    for before, after in pairwise(links):
        tx = case.chain.txs[after["txid"]]
        assert tx.inputs == [outpoint(before)]
        assert case.owner(outpoint(after)) == "case-operator"
        peels = [r for r in rows if r["role"] == "peel" and r["txid"] == after["txid"]]
        assert len(peels) == 1
        assert int(peels[0]["value_sat"]) < int(after["value_sat"])
    wallets = {row["script_pubkey"]: row["wallet"] for row in case.truth("scripts")}
    scripts = [case.chain.txs[r["txid"]].outputs[int(r["vout"])][0].hex() for r in links]
    assert len(set(scripts)) == len(scripts), "change goes to fresh scripts"
    assert len({wallets[script] for script in scripts}) > 1, "at times to another wallet"


def test_structured_deposits_are_just_below_the_threshold_of_their_day(cases):
    case = cases["theft"]
    with (case.out / "rates.csv").open() as file:
        prices = {
            r["date"]: float(r["price"]) for r in csv.DictReader(file) if r["currency"] == "USD"
        }
    found = case.patterns("structuring")
    assert {rows[0]["threshold_usd"] for rows in found} == {"1000", "10000"}
    deposits = {outpoint(row): row for row in case.truth("case_deposits")}
    for rows in found:
        assert len(rows) >= 8
        for row in rows:
            time = case.chain.times[case.chain.txs[row["txid"]].height]
            dollars = prices[f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d}"]
            share = int(row["value_sat"]) / COIN * dollars / float(row["threshold_usd"])
            assert 0.92 < share < 1.0
            assert deposits[outpoint(row)]["service_id"] == row["service_id"]
            assert deposits[outpoint(row)]["route"] == "structured"


def test_round_trips_leave_a_service_and_come_back(cases):
    case = cases["theft"]
    trips = case.patterns("round_trip")
    assert len(trips) == 2
    withdrawals = {outpoint(row): row for row in case.truth("withdrawals")}
    deposits = {outpoint(row): row for row in case.truth("case_deposits")}
    for rows in trips:
        assert [row["role"] for row in rows] == ["out", "hop", "back"]
        assert withdrawals[outpoint(rows[0])]["service_id"] == rows[0]["service_id"]
        assert deposits[outpoint(rows[-1])]["service_id"] == rows[0]["service_id"]
        for before, after in pairwise(rows):
            assert outpoint(before) in case.chain.txs[after["txid"]].inputs


def test_layered_proceeds_pass_coinjoins_and_are_joined_again(cases):
    case = cases["layering"]
    mixes = {row["txid"]: row["type"] for row in case.truth("coinjoins")}
    passed = {row["txid"] for row in case.truth("case_flow")} & set(mixes)
    assert {mixes[txid] for txid in passed} == {"joinmarket", "wasabi1"}
    for txid in passed:
        rows = [r for r in case.truth("case_flow") if r["txid"] == txid]
        own = sum(int(r["case_sat"]) for r in rows if r["owner_id"] == "case-operator")
        assert own > 1.9 * proceeds_into(case, txid), "the operator gets its own share back"
    assert {row["route"] for row in case.truth("case_deposits")} == {"mixed"}
    joined = [r for r in case.patterns("consolidation") if r[0]["owner_id"] == "case-operator"]
    sources = {row["txid"] for rows in joined for row in rows if row["role"] == "part"}
    assert sources & passed
    assert sources - passed


# Labels


def test_services_sweeps_and_batches_are_labelled(case):
    kinds = case.kinds()
    sweeps = case.patterns("deposit_sweep")
    assert {rows[-1]["txid"] for rows in sweeps} == {t for t, k in kinds.items() if k == "sweep"}
    purposes = {row["script_pubkey"]: row["purpose"] for row in case.truth("scripts")}
    for rows in sweeps:
        *deposits, sweep = rows
        assert {row["role"] for row in deposits} == {"deposit"}
        assert purposes[script_of(case, sweep)] == "hot"
        assert {purposes[script_of(case, row)] for row in deposits} == {"deposit"}
        prevouts = case.chain.txs[sweep["txid"]].inputs
        hot = [p for p in prevouts if purposes[script_of(case, as_row(p))] == "hot"]
        assert [outpoint(row) for row in deposits] == [p for p in prevouts if p not in hot]
    paid = {rows[0]["txid"] for rows in case.patterns("fan_out")}
    withdrawals = Counter(row["txid"] for row in case.truth("withdrawals"))
    assert {txid for txid, count in withdrawals.items() if count > 1} <= paid


def as_row(place: Outpoint) -> dict[str, str]:
    return {"txid": place[0], "vout": str(place[1])}


def script_of(case: Case, row: dict[str, str]) -> str:
    return case.chain.txs[row["txid"]].outputs[int(row["vout"])][0].hex()


def test_consolidations_join_coins_of_one_owner_in_one(case):
    found = case.patterns("consolidation")
    assert {"site", "case-operator"} & {rows[0]["owner_id"] for rows in found}
    for rows in found:
        *parts, whole = rows
        tx: Tx = case.chain.txs[whole["txid"]]
        assert len(parts) >= 2
        assert {case.owner(outpoint(row)) for row in rows} == {whole["owner_id"]}
        assert sorted(outpoint(row) for row in parts) == sorted(tx.inputs)


def test_coinjoins_have_no_label(case):
    mixes = {row["txid"] for row in case.truth("coinjoins")}
    made = {"peel", "carry", "sweep", "whole", "paid"}
    labelled = {row["txid"] for row in case.truth("patterns") if row["role"] in made}
    assert mixes
    assert not mixes & labelled


# The same seed, the same bytes; refusals


def tree_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def test_same_seed_gives_the_same_bytes(cases, tmp_path):
    told: list[int] = []
    simulated(
        5,
        BLOCKS,
        tmp_path / "again",
        progress=lambda stage, done, of: told.append(done),
        choice=Choice(case="theft"),
    )
    assert tree_hash(tmp_path / "again") == tree_hash(cases["theft"].out)
    assert told == list(range(1, BLOCKS + 1))


def test_without_a_case_the_proceeds_are_what_the_site_took(tmp_path):
    answer = simulated(5, 200, tmp_path / "out")
    assert answer["case"] is None
    site = read_case(tmp_path / "out")
    taken = {outpoint(row): row["claimant"] for row in site.truth("case_seeds")}
    assert taken == {outpoint(row): row["payer_id"] for row in site.truth("payments")}
    ends = site.truth("case_ends")
    assert sum(site.value(out) for out in taken) == sum(int(row["case_sat"]) for row in ends)
    assert {row["end"] for row in ends} >= {"service", "unspent", "fee"}
    assert not (tmp_path / "out" / "truth" / "case_deposits.csv").exists()


def test_a_case_that_does_not_exist_is_misuse(tmp_path):
    with pytest.raises(
        MisuseError, match="no case is called 'fraud'; choose from ransomware, theft"
    ):
        simulated(5, BLOCKS, tmp_path / "out", choice=Choice(case="fraud"))
    assert not (tmp_path / "out").exists()


def test_a_case_in_too_few_blocks_is_misuse(tmp_path):
    with pytest.raises(MisuseError, match=r"150 blocks leave no room .* theft; choose 200 or more"):
        simulated(5, 150, tmp_path / "out", choice=Choice(case="theft"))
    assert not (tmp_path / "out").exists()
