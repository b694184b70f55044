"""`case challenge` against derivations without each reason and each pair of reasons."""

import csv
import io
import json
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
import pytest
from tests.cli.documented import NOTES, check
from tests.cli.running import peelchain

from peelchain.actions.casework.findings import derive_findings
from peelchain.actions.casework.what_if import supposing
from peelchain.actions.view import StoreView
from peelchain.case.casefile import CaseFile
from peelchain.errors import NotInChainError
from peelchain.units import parse_txid

QUIET = lambda *_: None  # noqa: E731  # a progress that says nothing
DIRECTIONS = {"inflows": "backward", "outflows": "forward"}


@dataclass(frozen=True)
class Derive:
    """Called with tags and transactions: labels and amounts of what is found without them."""

    view: StoreView
    without: Callable[[Collection[str], Collection[int]], dict[tuple[str, str], tuple[str, int]]]

    def __call__(self, tags, txs):
        return self.without(tags, txs)


def ask(session, case, *more):
    return peelchain(
        *("case", "challenge", *more, "--case", case, "--store", session.store),
        *("--date", "2024-02-01", "--json"),
    )


@pytest.fixture(scope="module")
def case(investigated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("challenge") / "case"
    shutil.copytree(investigated.case, folder)
    return folder


@pytest.fixture(scope="module")
def every(investigated, case):
    """The answer on everything that the case found."""
    return ask(investigated, case).answer


@pytest.fixture(scope="module")
def derive(investigated, case):
    """Derives the case without reasons: the labels and amounts of all that it finds then."""
    with CaseFile.open(case) as opened:
        run = opened.last("run")
        assert run is not None
    known = {}
    with StoreView(investigated.store) as view:

        def without(tags, txs):
            key = frozenset(tags), frozenset(txs)
            if key not in known:
                known[key] = told(supposing(view, tags, txs))
            return known[key]

        def told(supposed):
            try:
                derived = derive_findings(supposed, run.body["parameters"], "subject", QUIET)
            except NotInChainError:
                return {}
            label = {e["entity"]: e["label"] for e in derived.owned.entities}
            found = {("receipts", r["outpoint"]): ("", 0) for r in derived.found.receipts}
            for name in DIRECTIONS:
                for row in getattr(derived.found, name):
                    sat = row["traced_sat"]["pro_rata"]
                    found[name, row["outpoint"]] = label[row["entity"]], sat
            return found

        yield Derive(view, without)


def ids_of(view, reasons):
    tags = [r["id"] for r in reasons if r["kind"] == "tag"]
    txs = [view.lookup.tx_ids(parse_txid(r["id"]))[-1] for r in reasons if r["kind"] == "link"]
    return tags, txs


def stands(row, report, found):
    """Whether a challenged conclusion holds among what was found."""
    if row["direction"] is None:
        receipt = next(r for r in report["receipts"] if r["id"] == row["finding"])
        return ("receipts", receipt["outpoint"]) in found
    name = next(n for n, direction in DIRECTIONS.items() if direction == row["direction"])
    outpoint = next((r["outpoint"] for r in report[name] if r["id"] == row["finding"]), None)
    there = [
        sat
        for (of, at), (label, sat) in found.items()
        if of == name and label == row["label"] and outpoint in (None, at)
    ]
    return bool(there) and (row["below_sat"] is None or sum(there) >= row["below_sat"])


def test_every_set_overturns_its_finding_and_no_single_reason_where_two_are_said(
    case, every, derive
):
    report = json.loads((case / "report.json").read_text())
    view = derive.view
    links = view.clusters.links["tx_id"].to_numpy()
    tags = view.tags["tag_id"].to_pylist()
    rows = every["challenged"]
    named = {row["finding"] for row in rows}
    assert named >= {r["id"] for r in (*report["inflows"], *report["outflows"])}
    whole = derive([], [])
    assert all(stands(row, report, whole) for row in rows)
    for row in rows:
        if row["rests_on_facts"]:
            assert row["direction"] is None
            continue
        assert row["proved"]
        assert len(row["smallest"]) == row["at_least"]
        for reasons in (row["smallest"], row["likeliest"]):
            assert not stands(row, report, derive(*ids_of(view, reasons)))
        assert float(row["likeliest_doubt"]) >= float(row["doubt"])
    single = [derive([tag], []) for tag in tags]
    single += [derive([], [tx]) for tx in np.unique(links).tolist()]
    two = [row for row in rows if row["at_least"] > 1]
    assert two
    for row in two:
        assert all(stands(row, report, found) for found in single), row


def test_no_pair_overturns_what_three_are_said_to_need(case, every, derive):
    report = json.loads((case / "report.json").read_text())
    three = [row for row in every["challenged"] if row["at_least"] > 2][:3]
    reasons = sorted({(r["kind"], r["id"]) for row in three for r in row["smallest"] or []})
    for pair in islice(combinations(reasons, 2), 60):
        chosen = [{"kind": kind, "id": name} for kind, name in pair]
        found = derive(*ids_of(derive.view, chosen))
        assert all(stands(row, report, found) for row in three)


def test_an_amount_falls_below_what_was_asked(investigated, case, derive):
    report = json.loads((case / "report.json").read_text())
    service = max(report["by_service"]["inflows"], key=lambda s: s["traced_sat"]["pro_rata"])
    half = service["traced_sat"]["pro_rata"] // 2
    answer = ask(investigated, case, service["entity"], "--below", half).answer
    row = next(r for r in answer["challenged"] if r["direction"] == "backward")
    assert row["was_sat"] == service["traced_sat"]["pro_rata"]
    assert not stands(row, report, derive(*ids_of(derive.view, row["smallest"])))
    whole = ask(investigated, case, service["entity"]).answer["challenged"]
    full = next(r for r in whole if r["direction"] == "backward")
    assert row["at_least"] <= full["at_least"]
    much = ask(investigated, case, "I1", "--below", 10**15).answer["challenged"]
    assert (much[0]["effect"], much[0]["smallest"]) == ("already_below", [])


def test_the_report_says_what_would_change_it(investigated, case):
    report = json.loads((case / "report.json").read_text())
    rows = report["assurance"]["would_change"]
    told = {(row["finding"], row["direction"]) for row in rows}
    assert told == {
        (row["entity"], DIRECTIONS[name]) for name, of in report["by_service"].items() for row in of
    }
    for row in rows:
        assert row["outcome"] in ("gone", "another_service")
        assert row["size"] == len(row["sets"][0]["elements"]) > 0
        for one in row["sets"]:
            kinds = {element["kind"] for element in one["elements"]}
            assert (one["doubt"] is None) == ("tag" in kinds)


def test_what_is_not_there_is_refused(investigated, case):
    ask(investigated, case, "I99999").refused(2, "the last run has no finding 'I99999'")
    ask(investigated, case, "S99").refused(2, "the last run has no service 'S99'")


def test_keys_and_columns_are_those_documented(investigated, case, every):
    check("case challenge", every)
    command = ("case", "challenge", "S1", "--case", case, "--store", investigated.store)
    rows = list(csv.reader(io.StringIO(peelchain(*command, "--csv").out)))
    assert ",".join(rows[0]) == NOTES["case challenge"]["csv"]
    assert "gone" in peelchain(*command).out


def test_it_is_derived_again_to_the_same_bytes(investigated, case, every):
    from peelchain.actions.casework.challenge import challenge_of_case
    from peelchain.actions.casework.what_if import view_of_run
    from peelchain.actions.casework.work import derive_again

    with CaseFile.open(case) as opened, view_of_run(opened, investigated.store) as view:
        entry = next(e for e in opened.standing("challenge") if e.seq == every["entry"])
        again = derive_again(opened, entry, challenge_of_case, view=view)
    assert again.outputs == entry.body["outputs"]
