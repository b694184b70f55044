"""The whole job on simulated chains, measured against their truth."""

import hashlib
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.oracle.truth import OutPoint, Reachable, cashouts, customers, reachable

from peelchain.actions import chain
from peelchain.actions.bundles import verify_bundle
from peelchain.actions.casework.investigate import Request, investigate
from peelchain.actions.simulations import simulate
from peelchain.actions.tagging import importing as tag_import
from peelchain.actions.tagging import rates as rate_import

DATE = datetime(2024, 1, 31, 12, tzinfo=UTC)
CHAINS = [(8, 150), (3, 260), (19, 420), (41, 640)]


@dataclass(frozen=True)
class Job:
    """One simulated chain, investigated."""

    folder: Path
    answer: dict[str, Any]
    report: dict[str, Any]
    truth: Reachable


def run_case(folder: Path, name: str) -> dict[str, Any]:
    """The investigation of the folder's observed addresses."""
    request = Request(
        seeds=[f"@{folder / 'node' / 'observed.txt'}"],
        store=folder / "store",
        case=folder / name / "case",
        title="Pay site",
        subject="pay site",
        date_utc=DATE,
    )
    return investigate(request)


@pytest.fixture(scope="module", params=CHAINS, ids=lambda p: f"seed-{p[0]}-blocks-{p[1]}")
def job(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The main job from simulation to bundle."""
    seed, blocks = request.param
    folder = tmp_path_factory.mktemp(f"job{seed}")
    simulate(seed, blocks, folder / "node")
    chain.ingest(f"core:{folder / 'node'}", folder / "store")
    tag_import.import_tags([folder / "node" / "tagpack.yaml"], folder / "store", DATE)
    rate_import.import_rates(folder / "node" / "rates.csv", folder / "store")
    answer = run_case(folder, "first")
    report = json.loads(Path(answer["files"]["data"]).read_text())
    return Job(folder, answer, report, reachable(folder / "node"))


def outpoint(text: str) -> OutPoint:
    return text[:64], int(text[65:])


def found(job: Job, side: str) -> dict[OutPoint, str]:
    """The rows of a side, with the label of the service each names."""
    labels = {entity: said["label"] for entity, said in job.report["entities"].items()}
    return {outpoint(row["outpoint"]): labels[row["entity"]] for row in job.report[side]}


def candidates(job: Job) -> dict[OutPoint, str]:
    """The likely deposits, with the label of the service that each is held to have paid."""
    labels = {entity: said["label"] for entity, said in job.report["entities"].items()}
    return {
        outpoint(c): labels[row["entity"]]
        for row in job.report["outflows"]
        for c in row["deposit_candidates"]
    }


def test_the_receipts_are_the_sites_own(job: Job) -> None:
    receipts = {outpoint(row["outpoint"]) for row in job.report["receipts"]}
    assert receipts == job.truth.receipts
    assert receipts <= set(job.truth.payer), "a receipt that the truth has no payment for"


def test_no_inflow_is_invented_and_none_reachable_missed(job: Job) -> None:
    truth = {out: job.truth.label[owner] for out, owner in job.truth.inflows.items()}
    assert found(job, "inflows") == truth


def test_every_reachable_payer_is_found(job: Job) -> None:
    paid_to = customers(job.folder / "node")
    payers = set(job.truth.payer.values())
    reachable_payers = {paid_to.get(out) for out in job.truth.inflows} & payers
    found_payers = {paid_to.get(out) for out in found(job, "inflows")} & payers
    assert len(reachable_payers) >= 5
    assert found_payers == reachable_payers


def test_no_outflow_is_invented(job: Job) -> None:
    for out, label in {**found(job, "outflows"), **candidates(job)}.items():
        assert job.truth.label[job.truth.owner[out]] == label
    assert set(found(job, "outflows")) <= set(job.truth.inflows) | _descendants(job)


def _descendants(job: Job) -> set[OutPoint]:
    """What a reachable end leads to at a service: itself, or the sweep of its deposit address."""
    ends = set(job.truth.outflows)
    sweeps = {outpoint(row["outpoint"])[0] for row in job.report["outflows"]}
    swept = {
        (tx, vout)
        for tx, vout in job.truth.owner
        if tx in sweeps and job.truth.owner[tx, vout] in set(job.truth.outflows.values())
    }
    return ends | swept


def test_every_reachable_cash_out_is_found(job: Job) -> None:
    own = {out for outs in cashouts(job.folder / "node").values() for out in outs}
    expected = own & set(job.truth.outflows)
    assert expected, "an economy without a reachable cash-out shows nothing"
    seen = {**found(job, "outflows"), **candidates(job)}
    missed = expected - set(seen)
    assert not missed
    for out in expected:
        assert seen[out] == job.truth.label[job.truth.outflows[out]]


def test_amounts_add_up_to_the_satoshi(job: Job) -> None:
    received = sum(row["value_sat"] for row in job.report["receipts"])
    for trace in job.report["traces"]:
        assert trace["seeds_sat"] == received
        assert sum(trace["totals"].values()) == received
    for side, direction in (("inflows", "backward"), ("outflows", "forward")):
        for rule in job.report["rules"]:
            totals = next(
                t["totals"]
                for t in job.report["traces"]
                if (t["direction"], t["rule"]) == (direction, rule)
            )
            rows = sum(row["traced_sat"][rule] for row in job.report[side])
            assert rows == totals.get("service", 0)


def test_the_bundle_holds_and_the_digest_is_on_the_first_page(job: Job) -> None:
    import pypdf

    result = verify_bundle(Path(job.answer["files"]["bundle"]), job.answer["digest"])
    assert result["failures"] == []
    assert result["checked"]["transactions"] == job.answer["transactions"]
    first_page = pypdf.PdfReader(job.answer["files"]["report"]).pages[0].extract_text()
    assert job.answer["digest"] in first_page.replace("\n", "").replace(" ", "")


def test_a_stranger_can_check_the_bundle_without_peelchain(job: Job, tmp_path: Path) -> None:
    with zipfile.ZipFile(job.answer["files"]["bundle"]) as archive:
        archive.extractall(tmp_path)
    (bag,) = tmp_path.iterdir()

    def check(digest: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", "verify.py", "--expect", digest]
        return subprocess.run(command, cwd=bag, capture_output=True, text=True, check=False)

    good = check(job.answer["digest"])
    assert good.returncode == 0, good.stdout
    assert "FAILED" not in good.stdout
    assert check("0" * 64).returncode == 1


def test_the_same_question_gives_the_same_bytes(job: Job) -> None:
    again = run_case(job.folder, "again")
    for name in ("report", "data", "bundle", "page", "flow", "timeline", "inflows"):
        first, second = (Path(a["files"][name]).read_bytes() for a in (job.answer, again))
        assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest(), name
