"""Which findings change when tags are taken back, held against whole derivations without them."""

import random
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cli.running import peelchain

from peelchain.actions.casework.dependents import dependents_in_store, dependents_of_tags
from peelchain.actions.casework.findings import derive_findings
from peelchain.actions.view import StoreView
from peelchain.case.casefile import CaseFile
from peelchain.errors import OtherChainError
from peelchain.tags.knowledge import Knowledge

LABELS = ("Exchange East", "Exchange North", "Harbour Bank", "Mixer Grey", "Corner Shop")
CATEGORIES = ("exchange", "exchange", "wallet_service", "mixing_service", "shop", "user")
MOMENT = datetime.fromisoformat("2024-02-01T00:00:00+00:00")


@pytest.fixture(scope="module", params=[1, 2])
def disputed(request, session, tmp_path_factory):
    """A case on a store with a pack of wild tags beside the simulated ones."""
    folder = tmp_path_factory.mktemp("disputed")
    store = folder / "store"
    shutil.copytree(session.store, store)
    draw = random.Random(request.param)
    with StoreView(store) as view:
        scripts = draw.sample(range(view.store.manifest.counts["scripts"]), 60)
        addresses = [a for _, a in sorted(view.addresses(scripts).items()) if a]
    tags = [
        {
            "address": address,
            "label": draw.choice(LABELS),
            "category": draw.choice(CATEGORIES),
            "confidence": draw.choice(["ownership", "web_crawl", "heuristic", "service_data"]),
            "is_cluster_definer": draw.random() < 0.7,
            "lastmod": f"2023-0{draw.randint(1, 9)}-01",
            "source": "drawn",
        }
        for address in addresses
    ]
    pack = folder / "wild.yaml"
    head = {"title": "wild", "creator": "test", "currency": "BTC"}
    pack.write_text(yaml.safe_dump({**head, "tags": tags}))
    assert peelchain("tags", "import", pack, "--store", store, "--json").code == 0
    made = peelchain(
        *("investigate", f"@{session.node / 'observed.txt'}", "--store", store),
        *("--case", folder / "case", "--date", "2024-01-31", "--json"),
    )
    assert made.code == 0, made.err
    with StoreView(store) as view:
        yield folder, view


def told(view: StoreView, parameters: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """The findings of a derivation by list and outpoint: whose, how much, by which way."""
    derived = derive_findings(view, parameters, "subject", lambda *_: None)
    who = {e["entity"]: (e["label"], e["category"]) for e in derived.owned.entities}
    found = {}
    for name in ("inflows", "outflows"):
        for row in getattr(derived.found, name):
            rest = {k: v for k, v in row.items() if k not in ("id", "entity")}
            found[name, row["outpoint"]] = (who[row["entity"]], rest)
    return found


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_exactly_the_findings_that_change_are_listed(disputed, data):
    folder, view = disputed
    known = sorted(view.tags["tag_id"].to_pylist())
    gone = data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=4, unique=True))
    with CaseFile.open(folder / "case") as case:
        run = case.last("run")
        assert run is not None
        parameters = run.body["parameters"]
    listed = dependents_of_tags(folder / "case", view, None, gone)
    with StoreView(folder / "store", knowledge=Knowledge(without_tags=frozenset(gone))) as fresh:
        after = told(fresh, parameters)
    before = told(view, parameters)
    changed = {k for k in before.keys() | after.keys() if before.get(k) != after.get(k)}
    rows = {}
    for row in listed:
        assert row["kind"] == "finding"
        one = row["was"] or row["becomes"]
        way = "outflows" if "deposit_candidates" in one else "inflows"
        rows[way, one["outpoint"]] = row
    assert set(rows) == changed
    for key, row in rows.items():
        for side, facts in (("was", before), ("becomes", after)):
            assert (row[side] is None) == (key not in facts)
            if row[side] is not None:
                (label, category), rest = facts[key]
                assert row[side] == {"label": label, "category": category, **rest}
        assert (row["finding"] is None) == (key not in before)


def test_some_tag_changes_findings_and_some_does_not(disputed):
    folder, view = disputed
    counts = [
        len(dependents_of_tags(folder / "case", view, None, [tag]))
        for tag in view.tags["tag_id"].to_pylist()
    ]
    assert any(counts)
    assert not all(counts)


def test_exhibits_and_requests_that_name_a_changed_finding_are_listed(disputed, tmp_path):
    folder, view = disputed
    shutil.copytree(folder / "case", tmp_path / "case")
    tag, finding = next(
        (tag, rows[0])
        for tag in view.tags["tag_id"].to_pylist()
        for rows in [dependents_of_tags(folder / "case", view, None, [tag])]
        if rows and rows[0]["finding"]
    )
    name, was = finding["finding"], finding["was"]
    way = "O" if "deposit_candidates" in was else "I"
    with CaseFile.open(tmp_path / "case") as case:
        of = {"type": "finding", "id": f"{way}1", "outpoint": was["outpoint"], "report": 3}
        case.append("exhibit", {"id": "E1", "of": of}, MOMENT)
        case.append("exhibit", {"id": "E2", "of": {**of, "outpoint": "00" * 32 + ":0"}}, MOMENT)
        case.append("exhibit", {"id": "E3", "of": {"type": "entity", "label": "X"}}, MOMENT)
        case.append("exhibit", {"id": "E4", "of": {"type": "entity", **was}}, MOMENT)
        case.write("requests/1/requests.json", b'{"rows":[{"finding":"%s"}]}' % name.encode())
        outputs = {"requests/1/requests.json": "00"}
        request = case.append("request", {"outputs": outputs}, MOMENT)
        case.append("request", {"rows": [{"finding": "I999999"}]}, MOMENT)
    rows = dependents_in_store(tmp_path / "case", folder / "store", [tag])
    others = [(r["kind"], r["id"]) for r in rows if r["kind"] != "finding" and r["finding"] == name]
    assert others == [("exhibit", "E1"), ("exhibit", "E4"), ("request", f"#{request.seq}")]


def test_a_case_of_another_tip_is_refused(session, investigated, tmp_path):
    shutil.copytree(investigated.case, tmp_path / "case")
    node = tmp_path / "node"
    assert peelchain("simulate", "--seed", 3, "--blocks", 120, "--out", node).code == 0
    store: Path = tmp_path / "store"
    assert peelchain("chain", "ingest", f"core:{node}", "--store", store).code == 0
    with pytest.raises(OtherChainError):
        dependents_in_store(tmp_path / "case", store, ["00" * 8])
