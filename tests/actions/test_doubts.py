"""What an investigation says is in doubt, on a simulated chain, against its truth and by hand."""

import csv
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.oracle.cluster import clusters as oracle_clusters

from peelchain.actions import chain
from peelchain.actions import clusters as clustering
from peelchain.actions.casework.investigate import Request, investigate
from peelchain.actions.simulations import Choice, simulate
from peelchain.actions.tagging import importing as tag_import
from peelchain.actions.view import StoreView

DATE = datetime(2024, 1, 31, 12, tzinfo=UTC)
SEED, BLOCKS, PAYJOINS = 11, 200, 0.5


@dataclass(frozen=True)
class Case:
    """A case on a chain with many PayJoins; `joins` are (txid, script_a, script_b, outputs)."""

    folder: Path
    report: dict[str, Any]
    entities: list[dict[str, Any]]
    cluster: dict[bytes, int]
    joins: list[tuple[str, bytes, bytes, int]]

    @property
    def doubts(self) -> dict[str, Any]:
        doubts: dict[str, Any] = self.report["doubts"]
        return doubts

    def scripts(self, entity: dict[str, Any]) -> set[bytes]:
        """The scripts of the clusters of an entity."""
        own = {bytes.fromhex(s["script_pubkey"]) for s in entity["scripts"]}
        clusters = {self.cluster[script] for script in own if script in self.cluster}
        return own | {script for script, of in self.cluster.items() if of in clusters}

    def truth(self, name: str) -> list[dict[str, str]]:
        with (self.folder / "node" / "truth" / f"{name}.csv").open(encoding="utf-8") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    folder = tmp_path_factory.mktemp("doubts")
    simulate(SEED, BLOCKS, folder / "node", choice=Choice("habits", payjoin_share=PAYJOINS))
    chain.ingest(f"core:{folder / 'node'}", folder / "store")
    tag_import.import_tags([folder / "node" / "tagpack.yaml"], folder / "store", DATE)
    clustering.run(folder / "store")
    return investigated(folder, "case")


def investigated(folder: Path, name: str) -> Case:
    seeds = [f"@{folder / 'node' / 'observed.txt'}"]
    investigate(Request(seeds, folder / "store", folder / name, date_utc=DATE))
    with zipfile.ZipFile(folder / name / "bundle.zip") as bag:
        lines = bag.read(f"{name}/data/entities.jsonl").splitlines()
    with StoreView(folder / "store") as view:
        rows = view.clusters.table.to_pylist()
        scripts = view.lookup.scripts(row["script_id"] for row in rows)
        links = view.clusters.links.to_pylist()
        txs = view.lookup.rows_of("txs", {x["tx_id"] for x in links}, ["txid", "txout_count"])
    return Case(
        folder,
        json.loads((folder / name / "report.json").read_text()),
        [json.loads(line) for line in lines],
        {scripts[row["script_id"]]: row["cluster_id"] for row in rows},
        [
            (
                txs[x["tx_id"]]["txid"][::-1].hex(),
                scripts[x["script_a"]],
                scripts[x["script_b"]],
                txs[x["tx_id"]]["txout_count"],
            )
            for x in links
        ],
    )


def test_every_payjoin_in_a_cluster_of_the_case_is_named(case: Case) -> None:
    payjoins = {row["txid"] for row in case.truth("payjoins")}
    joined = 0
    told = {row["entity"]: row for row in case.doubts["possible_payjoins"]}
    assert [e["entity"] for e in case.entities] == list(told)
    for entity in case.entities:
        scripts = case.scripts(entity)
        there = {txid for txid, a, _, _ in case.joins if a in scripts} & payjoins
        assert there <= set(told[entity["entity"]]["txids"])
        joined += len(there)
    assert joined, "a case without a PayJoin shows nothing"


def test_counts_and_what_stays_joined_are_those_of_the_definition(case: Case) -> None:
    for entity, row in zip(case.entities, case.doubts["possible_payjoins"], strict=True):
        scripts = case.scripts(entity)
        own = [join for join in case.joins if join[1] in scripts]
        doubted = {txid for txid, *_, outputs in own if outputs == 2}
        assert row["links"] == len({txid for txid, *_ in own})
        assert (row["transactions"], row["scripts"]) == (len(doubted), len(scripts))
        assert set(row["txids"]) == doubted
        relied = {link["txid"] for link in entity["links"]} & doubted
        assert set(row["txids"][: row["relied_on"]]) == relied
        if row["entity"] != "subject":
            assert row["received_sat_without"] is None
            continue
        left = united([(a, b) for txid, a, b, _ in own if txid not in doubted])
        roots = {left.get(script, script) for script in anchors(case)}
        stay = {script for script in scripts if left.get(script, script) in roots}
        assert row["scripts_without"] == len(stay)
        received = sum(
            r["value_sat"] for r in case.report["receipts"] if script_of(case, r) in stay
        )
        assert row["received_sat_without"] == received


def united(pairs: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """A name for the part of each script that is joined to another, the same for all of a part."""
    order = sorted({script for pair in pairs for script in pair})
    at = {script: n for n, script in enumerate(order)}
    found = oracle_clusters((at[a], at[b]) for a, b in pairs)
    return {order[n]: order[part] for n, part in found.items()}


def anchors(case: Case) -> set[bytes]:
    """The scripts of the observed addresses, which are the seeds."""
    of_address = {row["address"]: row["script_pubkey"] for row in case.truth("scripts")}
    return {bytes.fromhex(of_address[address]) for address in observed(case)}


def observed(case: Case) -> list[str]:
    lines = (case.folder / "node" / "observed.txt").read_text().splitlines()
    return [text for line in lines if (text := line.split("#")[0].strip())]


def script_of(case: Case, receipt: dict[str, Any]) -> bytes:
    of_address = {row["address"]: row["script_pubkey"] for row in case.truth("scripts")}
    return bytes.fromhex(of_address[receipt["address"]])


def test_the_sentences_are_in_the_summary_and_the_page(case: Case) -> None:
    summary = (case.folder / "case" / "summary.txt").read_text()
    html = (case.folder / "case" / "report.html").read_text()
    sentences = case.doubts["sentences"]
    assert sentences
    for sentence in sentences:
        assert sentence in html
    assert sentences[0] in summary


TAGPACK = """title: Other labels
creator: tests
lastmod: 2024-01-01
currency: BTC
source: https://other.example/list
category: exchange
confidence: ownership
tags:
"""


def test_contradicting_tags_and_superclusters_of_the_case_are_told(case: Case) -> None:
    assert case.doubts["tag_conflicts"] == case.doubts["superclusters"] == []
    assert case.doubts["subject_tags"] == []
    entity = next(e for e in case.entities[1:] if len(e["links"]) > 1)
    tagged = [s["address"] for s in entity["scripts"] if s["anchor"]]
    others = [s["address"] for s in entity["scripts"] if not s["anchor"]]
    named = {tagged[0]: entity["label"], others[0]: "Desk Anew", observed(case)[0]: "Shop Anew"}
    pack = case.folder / "other.yaml"
    rows = (f"  - address: {address}\n    label: {label}\n" for address, label in named.items())
    pack.write_text(TAGPACK + "".join(rows))
    tag_import.import_tags([pack], case.folder / "store", DATE)
    again = investigated(case.folder, "again")
    (conflict,) = again.doubts["tag_conflicts"]
    assert {conflict["label"], *conflict["others"]} == {entity["label"], "Desk Anew"}
    (suspected,) = again.doubts["superclusters"]
    assert suspected["entities"] == [conflict["entity"]]
    assert len(suspected["services"]) == 2
    assert set(suspected["txids"]) <= {txid for txid, *_ in case.joins}
    assert suspected["txids"]
    (tag,) = again.doubts["subject_tags"]
    assert (tag["label"], tag["category"]) == ("Shop Anew", "exchange")
    first, *_, conflicting = again.doubts["sentences"]
    assert "as Shop Anew" in first
    assert "disagree" in conflicting
    assert any("is suspected to hold several parties" in s for s in again.doubts["sentences"])
    assert "Shop Anew" in (case.folder / "again" / "summary.txt").read_text()
