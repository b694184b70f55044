"""`case forfeiture` on a simulated chain: sums, bounds, claimants, and truth."""

import csv
import io
import json
import shutil

import pytest
from tests.cli.documented import NOTES, check
from tests.cli.running import peelchain
from tests.simulate.reading import read_chain, read_truth


def ask(session, case, *more):
    command = ("case", "forfeiture", "--case", case, "--store", session.store)
    return peelchain(*command, "--date", "2024-02-01", *more, "--json")


def table(path):
    return list(csv.DictReader(io.StringIO(path.read_text())))


@pytest.fixture
def case(investigated, tmp_path):
    shutil.copytree(investigated.case, tmp_path / "case")
    return tmp_path / "case"


@pytest.fixture
def claims(case, tmp_path):
    """Two claimants, one of whom has but a part of what both claim."""
    receipts = table(case / "receipts.csv")
    half = int(receipts[1]["value_sat"]) // 2
    rows = [
        f"{receipts[0]['outpoint']},,=User 1",
        f"{receipts[1]['outpoint']},{half},=User 1",
        f"{receipts[1]['outpoint']},{half},User 2",
        f"{receipts[4]['outpoint']},,User 2",
    ]
    path = tmp_path / "claims.csv"
    path.write_text("\n".join(["outpoint,satoshis,claimant", *rows]) + "\n")
    sums = [int(receipts[0]["value_sat"]) + half, half + int(receipts[4]["value_sat"])]
    return path, sums


def test_the_schedule_adds_up_to_the_satoshi_under_every_rule(investigated, case):
    answer = ask(investigated, case).answer
    report = json.loads((case / "report.json").read_text())
    assert answer["seeds_sat"] == report["totals"]["received_sat"]
    totals = {t["rule"]: t["totals"] for t in report["traces"] if t["direction"] == "forward"}
    for rule in answer["rules"]:
        where: dict[str, int] = {}
        for row in answer["where"]:
            where[row["type"]] = where.get(row["type"], 0) + row["traced_sat"][rule]
        assert sum(where.values()) == answer["seeds_sat"]
        assert sum(r["traced_sat"][rule] for r in answer["unspent"]) == where["unspent"]
        assert sum(r["traced_sat"][rule] for r in answer["accounts"]) == where["service"]
        if rule in totals:
            assert {kind: sat for kind, sat in where.items() if sat} == totals[rule]
        parts = ("subject_unspent_traced_sat", "others_unspent_sat", "services_sat")
        told = [answer["totals"][name][rule] for name in (*parts, "elsewhere_sat")]
        assert sum(told) == answer["seeds_sat"]
    for row in (*answer["where"], *answer["unspent"], *answer["accounts"]):
        assert all(row["least_sat"] <= s <= row["most_sat"] for s in row["traced_sat"].values())
    named = {finding for row in answer["accounts"] for finding in row["findings"]}
    assert named == {row["id"] for row in report["outflows"]}


def test_what_is_left_is_what_is_left_in_truth(investigated, case):
    answer = ask(investigated, case).answer
    chain = read_chain(investigated.node)
    owner_of = {
        bytes.fromhex(row["script_pubkey"]): row["owner_id"]
        for row in read_truth(investigated.node, "scripts")
    }
    spent = {prevout for tx in chain.txs.values() for prevout in tx.inputs}
    unspent = {
        f"{tx.txid}:{vout}": (owner_of[script], script.hex(), value)
        for tx in chain.txs.values()
        for vout, (script, value) in enumerate(tx.outputs)
        if (tx.txid, vout) not in spent and value
    }
    rows = {row["outpoint"]: row for row in answer["unspent"]}
    for outpoint, row in rows.items():
        owner, script, value = unspent[outpoint]
        assert (row["script_pubkey"], row["value_sat"]) == (script, value)
        assert (row["held_by"] == "subject") == (owner == "site")
    watched = {r["script_pubkey"] for r in watch(case, answer) if r["reason"] == "subject"}
    of_site = {o for o, (owner, script, _) in unspent.items() if script in watched}
    assert of_site <= set(rows)
    operators = {o for o, (owner, _, _) in unspent.items() if owner == "operator"}
    assert operators & set(rows), "nothing of the operator's is found to be left"


def watch(case, answer):
    return json.loads((case / f"forfeiture/{answer['entry']}/watch.json").read_text())["watch"]


def test_the_watch_list_has_each_thing_once_and_twins_that_agree(investigated, case):
    answer = ask(investigated, case).answer
    listed = watch(case, answer)
    assert len({(r["watch"], r["outpoint"] or r["script_pubkey"]) for r in listed}) == len(listed)
    assert {r["outpoint"] for r in listed if r["outpoint"]} == {
        row["outpoint"] for row in answer["unspent"]
    }
    assert len(listed) == answer["counts"]["watch"]
    twin = table(case / f"forfeiture/{answer['entry']}/watch.csv")
    assert [r["script_pubkey"] for r in twin] == [r["script_pubkey"] for r in listed]
    reasons = {r["reason"] for r in listed}
    assert reasons >= {"subject", "subject_unspent", "traced_unspent", "deposit"}


def test_claimants_parts_add_up_and_their_names_are_in_no_file(investigated, case, claims):
    path, sums = claims
    answer = ask(investigated, case, "--claimants", path).answer
    *named, rest = answer["claims"]
    assert [claim["claimed_sat"] for claim in named] == sums
    assert rest["claimant"] is None
    assert sum(c["claimed_sat"] for c in answer["claims"]) == answer["seeds_sat"]
    whole = {row["id"]: row["traced_sat"] for row in (*answer["unspent"], *answer["accounts"])}
    for rule in answer["rules"]:
        for asset, traced in whole.items():
            parts = [
                part["traced_sat"][rule]
                for claim in answer["claims"]
                for part in claim["assets"]
                if part["asset"] == asset
            ]
            assert sum(parts) == traced[rule]
        for claim in answer["claims"]:
            assert sum(p["traced_sat"][rule] for p in claim["assets"]) == claim["claimed_sat"]
    for file in case.rglob("*"):
        if file.is_file():
            assert b"User 1" not in file.read_bytes(), file
            assert file.stat().st_mode & 0o077 == 0
    again = ask(investigated, case, "--claimants", path).answer
    assert [c["claimant"] for c in again["claims"]] == [c["claimant"] for c in answer["claims"]]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{0},,", "row 2: names no claimant"),
        ("{0},999999999999,A", "row 2: 999999999999 sat of"),
        ("{0},,A\n{0},,A", "row 3: claims"),
        ("{0},,A\n{0},1,B", "row 3:"),
        (f"{'00' * 32}:0,,A", "row 2: " + "00" * 32 + ":0 is no receipt"),
        ("{0},-5,A", "row 2"),
    ],
)
def test_bad_claims_are_refused_by_row(investigated, case, tmp_path, row, said):
    receipt = table(case / "receipts.csv")[0]["outpoint"]
    path = tmp_path / "claims.csv"
    path.write_text("outpoint,satoshis,claimant\n" + row.format(receipt) + "\n")
    ask(investigated, case, "--claimants", path).refused(1, f"'claims.csv' {said}")
    assert not (case / "forfeiture").exists()


def test_keys_and_columns_are_those_documented(investigated, case, claims):
    answer = ask(investigated, case, "--claimants", claims[0]).answer
    check("case forfeiture", answer)
    command = ("case", "forfeiture", "--case", case, "--store", investigated.store)
    rows = list(csv.reader(io.StringIO(peelchain(*command, "--csv").out)))
    assert ",".join(rows[0]) == NOTES["case forfeiture"]["csv"]
    assert len(rows) - 1 == len(answer["unspent"]) + len(answer["accounts"])
    shown = peelchain(*command).out
    assert "unspent, the subject's" in shown


def test_it_is_derived_again_to_the_same_bytes(investigated, case, claims):
    from peelchain.actions.casework.forfeiture import forfeiture_of_case
    from peelchain.actions.casework.what_if import view_of_run
    from peelchain.actions.casework.work import derive_again
    from peelchain.case.casefile import CaseFile

    ask(investigated, case, "--claimants", claims[0])
    with CaseFile.open(case) as opened, view_of_run(opened, investigated.store) as view:
        entry = opened.last("forfeiture")
        assert entry is not None
        again = derive_again(opened, entry, forfeiture_of_case, view=view)
    assert again.outputs == entry.body["outputs"]


def test_accounts_name_their_holders_as_services_answered(investigated, case, tmp_path):
    where = ("--case", case, "--store", investigated.store, "--date", "2024-02-01")
    written = peelchain("case", "requests", "write", *where, "--json").answer
    schedules = [f for s in written["services"] for f in s["files"] if f.endswith(".csv")]
    asked = [word for name in schedules for word in ("--requests", case / name)]
    answers = tmp_path / "answers"
    assert peelchain("simulate-returns", investigated.node, *asked, "--out", answers).code == 0
    for stem, told in json.loads((answers / "import.json").read_text()).items():
        command = ("case", "returns", "import", answers / f"{stem}.csv", *where)
        more = ("--service", told["service"], "--grade", "b2", *told["arguments"])
        assert peelchain(*command, *more).code == 0
    answer = ask(investigated, case).answer
    links = [
        (row["outpoint"], row["account"], row["person"])
        for path in sorted(case.glob("returns/*/links.csv"))
        for row in table(path)
        if row["agrees"] == "1"
    ]
    held = 0
    for account in answer["accounts"]:
        deposits = [c["outpoint"] for c in account["deposit_candidates"]]
        its = {*account["outpoints"], *deposits}
        told = [(h["outpoint"], h["account"], h["person"]) for h in account["holders"]]
        assert sorted(told) == sorted(link for link in links if link[0] in its)
        assert all(h["grade"] == "B2" for h in account["holders"])
        held += len(told)
    assert held
