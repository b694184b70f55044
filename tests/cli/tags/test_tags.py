"""Tags by the command line: imported, listed, taken back, known as of a day, in conflict."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.cli.documented import NOTES, check
from tests.cli.running import peelchain

from peelchain.actions.view import StoreView
from peelchain.tags.knowledge import Knowledge


@pytest.fixture
def store(session, tmp_path) -> Path:
    """A copy of the simulated store, to change."""
    return Path(shutil.copytree(session.store, tmp_path / "store"))


def ask(store: Path, *arguments: object) -> dict[str, Any]:
    return peelchain(*arguments, "--store", store, "--json").answer


def columns(store: Path, *arguments: object) -> str:
    return peelchain(*arguments, "--store", store, "--csv").out.splitlines()[0]


def tagged(store: Path, **wanted: str) -> list[dict[str, Any]]:
    options = [part for name, text in wanted.items() for part in (f"--{name}", text)]
    rows: list[dict[str, Any]] = ask(store, "tags", "list", *options)["tags"]
    return rows


def packed(folder: Path, text: str, name: str = "more.yaml") -> Path:
    path = folder / name
    path.write_text(
        "creator: me\ncurrency: BTC\nsource: https://example.com\nlastmod: 2024-01-01\ntags:\n"
        + text,
        encoding="utf-8",
    )
    return path


def test_answers_are_as_documented(session, store, tmp_path):
    check("tags import", session.said["tags import"].answer)
    check("rates import", session.said["rates import"].answer)
    tag = tagged(store)[0]
    other = packed(
        tmp_path,
        f"- address: {tag['address']}\n  label: Another\n  category: exchange\n"
        f"- address: {tag['address']}\n  label: Drawn\n  category: exchange\n"
        "  confidence: heuristic\n",
    )
    ask(store, "tags", "import", other)
    for name, more in {
        "tags list": [],
        "tags conflicts": [],
        "tags check": [],
        "entities list": [],
        "tags show": [tag["address"]],
        "entities show": [tag["label"]],
    }.items():
        check(name, ask(store, *name.split(), *more))
    check("tags export", ask(store, "tags", "export", "-o", tmp_path / "out.yaml"))
    for name in ("tags list", "tags conflicts", "tags check", "entities list"):
        assert columns(store, *name.split()) == NOTES[name]["csv"]
    said = ("--reason", "an error", "--by", "A. Analyst")
    change = ask(store, "tags", "correct", tag["tag_id"], "--set", "label=Corrected", *said)
    check("tags correct", change)
    check("tags reinstate", ask(store, "tags", "reinstate", tag["tag_id"], *said))
    check("tags retract", ask(store, "tags", "retract", tag["tag_id"], *said))
    rejects = peelchain("tags", "import", other, "--store", store, "--csv")
    assert rejects.out.splitlines()[0] == NOTES["tags import"]["csv"]
    again = change["replacement"]["tag_id"]
    ran = peelchain("tags", "retract", again, *said, "--store", store, "--csv")
    assert ran.out.splitlines()[0] == NOTES["tags retract"]["csv"]


def test_a_retracted_tag_is_gone_from_now_on_and_known_before(store):
    tag = tagged(store)[0]
    early = ask(store, "tags", "show", tag["tag_id"])["tags"][0]["records"][0]["recorded_utc"]
    ask(
        store, "tags", "retract", tag["tag_id"], "--reason", "withdrawn", "--by", "A. Analyst",
        "--recorded", "2099-01-01",
    )  # fmt: skip
    said = peelchain("tags", "show", tag["address"], "--store", store).out
    assert "retracted" in said
    assert "2099-01-01T00:00:00Z by A. Analyst: withdrawn" in said
    assert tag["tag_id"] not in {t["tag_id"] for t in tagged(store)}
    assert tag["tag_id"] in {t["tag_id"] for t in ask(store, "tags", "list", "--retracted")["tags"]}
    assert ask(store, "address", tag["address"])["tags"] == []
    before = ("--as-of", "2098-12-31")
    assert tag["tag_id"] in {t["tag_id"] for t in ask(store, "tags", "list", *before)["tags"]}
    (known,) = ask(store, "address", tag["address"], *before)["tags"]
    assert known["label"] == tag["label"]
    assert ask(store, "tags", "list", "--as-of", early)["count"] > 0
    assert ask(store, "tags", "list", "--as-of", "2001-01-01")["count"] == 0
    assert ask(store, "address", tag["address"], "--as-of", "2001-01-01")["tags"] == []


def test_a_correction_takes_the_tags_place_and_both_stay(store):
    tag = tagged(store)[0]
    answer = ask(
        store, "tags", "correct", tag["tag_id"], "--set", "label=Renamed Exchange",
        "--set", "valid_until=2023-12-31", "--reason", "renamed", "--by", "A. Analyst",
    )  # fmt: skip
    new = answer["replacement"]["tag_id"]
    shown = {t["tag_id"]: t for t in ask(store, "tags", "show", tag["address"])["tags"]}
    assert (shown[tag["tag_id"]]["state"], shown[new]["state"]) == ("corrected", "stands")
    assert shown[tag["tag_id"]]["changes"][0]["replacement"] == new
    same = {"label", "tag_id", "valid_until", "recorded_utc"}
    assert {k: v for k, v in shown[new].items() if k in tag and k not in same} == {
        k: v for k, v in tag.items() if k not in same
    }
    assert (shown[new]["label"], shown[new]["valid_until"]) == ("Renamed Exchange", "2023-12-31")
    ran = peelchain(
        "tags", "correct", tag["tag_id"], "--set", "label=x", "--reason", "r", "--by", "b",
        "--store", store,
    )  # fmt: skip
    ran.refused(2, "was corrected already")


def test_a_change_of_what_is_not_there_is_refused(store):
    said = ("--reason", "r", "--by", "b", "--store", store)
    peelchain("tags", "retract", "0123456789abcdef", *said).refused(2, "there is no tag")
    tag = tagged(store)[0]["tag_id"]
    peelchain("tags", "reinstate", tag, *said).refused(2, "stands; there is nothing to change")
    peelchain("tags", "correct", tag, "--set", "colour=red", *said).refused(2, "no field 'colour'")
    peelchain("tags", "correct", tag, "--set", "address=x", *said).refused(2, "cannot be")
    peelchain("tags", "list", "--as-of", "soon", "--store", store).refused(2, "--as-of", "no date")


def test_the_same_files_again_change_nothing(session, store):
    pack = session.node / "tagpack.yaml"
    before = ask(store, "tags", "show", tagged(store)[0]["tag_id"])
    again = ask(store, "tags", "import", pack)
    assert again["imported_before"]
    assert ask(store, "tags", "show", tagged(store)[0]["tag_id"]) == before
    ran = peelchain("tags", "import", pack, "--store", store, "--recorded", "2001-01-01")
    ran.refused(2, "is never edited")


def test_conflicts_are_ranked_and_say_by_what(store, tmp_path):
    tag = tagged(store, category="exchange")[0]
    pack = packed(
        tmp_path,
        f"- address: {tag['address']}\n  label: Rumour\n  category: market\n"
        "  confidence: web_crawl\n"
        f"- address: {tag['address']}\n  label: A victim\n  category: user\n"
        "  confidence: authority_data\n",
    )
    ask(store, "tags", "import", pack)
    answer = ask(store, "tags", "conflicts")
    by_address = [c for c in answer["conflicts"] if c["scope"] == "address"]
    (found,) = by_address
    assert [claim["label"] for claim in found["claims"]] == ["A victim", tag["label"], "Rumour"]
    assert [claim["decided_by"] for claim in found["claims"]] == ["confidence", "confidence", None]
    (of_cluster,) = (c for c in answer["conflicts"] if c["scope"] == "cluster")
    assert [claim["label"] for claim in of_cluster["claims"]] == [tag["label"], "Rumour"]
    # what comes first is what a trace goes by
    assert ask(store, "cluster", "show", tag["address"])["service"]["label"] == tag["label"]


def test_a_tag_drawn_from_a_clustering_supports_none(store, tmp_path):
    anchor = tagged(store, category="market")[0]
    members = ask(store, "cluster", "show", anchor["address"])["members"]
    other = next(m["address"] for m in members if m["address"] != anchor["address"])
    said = ("--reason", "r", "--by", "b")
    for tag in tagged(store, actor=anchor["actor"]):
        ask(store, "tags", "retract", tag["tag_id"], *said)
    pack = packed(
        tmp_path,
        f"- address: {other}\n  label: Drawn\n  category: market\n  confidence: authority_data\n"
        "  derived_from: peelchain cluster run 1\n",
    )
    ask(store, "tags", "import", pack)
    (flagged,) = ask(store, "tags", "check")["findings"]
    assert (flagged["finding"], flagged["address"]) == ("circular", other)
    assert "nothing else names its cluster" in flagged["what"]
    # it marks its own address and no other of the cluster
    rows = ask(store, "entities", "list")["entities"]
    (drawn,) = (row for row in rows if row["label"] == "Drawn")
    assert (drawn["scope"], drawn["scripts"]) == ("address", 1)


def test_an_entity_shows_its_jurisdictions_and_why_it_is_one(store, tmp_path):
    anchor = tagged(store, category="exchange")[0]
    pack = tmp_path / "actors.yaml"
    pack.write_text(
        f"title: t\ncreator: me\nactors:\n- id: {anchor['actor']}\n  label: The firm\n"
        "  uri: example.com\n  lastmod: 2024-01-01\n  categories: [exchange]\n"
        "  jurisdictions: [MT, AT]\n",
        encoding="utf-8",
    )
    assert ask(store, "tags", "import", pack)["actors"] == 1
    answer = ask(store, "entities", "show", anchor["actor"])
    assert answer["actors"][0]["jurisdictions"] == ["AT", "MT"]
    assert all(entity["jurisdictions"] == ["AT", "MT"] for entity in answer["entities"])
    members = ask(store, "cluster", "show", anchor["address"])["members"]
    far = members[-1]["address"]
    certificate = ask(store, "entities", "show", far)["entities"][0]
    ends = {step[side] for step in certificate["links"] for side in ("address_a", "address_b")}
    assert far in ends
    assert ends & {tag["address"] for tag in certificate["anchors"]}
    # each step is a transaction that spends both of its addresses
    for step in certificate["links"]:
        spent = {i["address"] for i in ask(store, "tx", step["txid"])["inputs"]}
        assert {step["address_a"], step["address_b"]} <= spent


def test_every_command_that_uses_tags_knows_as_of(store, session):
    outpoint = session.outpoint
    early = ("--as-of", "2001-01-01")
    now = ask(store, "trace", "forward", "--seed", outpoint)
    then = ask(store, "trace", "forward", "--seed", outpoint, *early)
    kinds = {t["type"] for t in now["terminals"]}
    assert "service" in kinds
    assert "service" not in {t["type"] for t in then["terminals"]}
    late = ask(store, "trace", "forward", "--seed", outpoint, "--as-of", "2100-01-01")
    assert late["terminals"] == now["terminals"]
    for command in (
        ["trace", "backward", "--seed", outpoint],
        ["trace", "compare", "--seed", outpoint, "--to", session.reached],
        ["trace", "between", outpoint, "--to", session.reached],
        ["trace", "path", outpoint.split(":")[0], session.reached],
        ["trace", "patterns", "--seed", outpoint],
        ["cluster", "show", session.addresses[0]],
        ["cluster", "superclusters"],
        ["tags", "list"],
        ["tags", "conflicts"],
        ["tags", "check"],
        ["entities", "list"],
    ):
        ran = peelchain(*command, *early, "--store", store, "--json")
        assert ran.code == 0, ran.err
        if "terminals" in ran.answer:
            assert all(t["type"] != "service" for t in ran.answer["terminals"])


def test_what_was_known_is_what_an_import_of_that_time_alone_would_know(store, tmp_path, session):
    """A later import and a later retraction are invisible as of the day before them."""
    tag = tagged(store)[0]
    pack = packed(tmp_path, f"- address: {tag['address']}\n  label: Later\n  category: exchange\n")
    moment = ask(store, "tags", "show", tag["tag_id"])["tags"][0]["records"][0]["recorded_utc"]
    with StoreView(store) as view:
        known_then = view.tags
    ask(store, "tags", "import", pack, "--recorded", "2099-06-01")
    said = ("--reason", "r", "--by", "b", "--recorded", "2099-06-02")
    ask(store, "tags", "retract", tag["tag_id"], *said)
    assert ask(store, "tags", "list", "--as-of", moment)["count"] == known_then.num_rows
    with StoreView(store, knowledge=Knowledge(without_tags=frozenset({tag["tag_id"]}))) as view:
        assert tag["tag_id"] not in view.tags["tag_id"].to_pylist()
        labels = view.tags["label"].to_pylist()
        assert "Later" in labels


def test_retracting_a_tag_lists_what_rested_on_it_in_every_case(investigated, store, tmp_path):
    report = json.loads((investigated.case / "report.json").read_text())
    tags = [
        json.loads(line)
        for line in _in_bundle(investigated.case / "bundle.zip", "tags.jsonl").splitlines()
    ]
    entity = report["outflows"][0]["entity"]
    label = report["entities"][entity]["label"]
    ids = [t["tag_id"] for t in tagged(store) if t["label"] == label]
    assert set(ids) & {tag["tag_id"] for tag in tags}
    said = ("--reason", "r", "--by", "b")
    answer = ask(store, "tags", "retract", *ids, *said, "--cases", investigated.case.parent)
    assert answer["cases_not_derived"] == []
    findings = [d for d in answer["dependents"] if d["kind"] == "finding"]
    assert findings
    assert {d["case"] for d in findings} == {str(investigated.case)}
    rested = {
        row["outpoint"]
        for name in ("inflows", "outflows")
        for row in report[name]
        if row["entity"] == entity
    }
    gone = {d["was"]["outpoint"] for d in findings if d["was"] is not None}
    assert rested <= gone


def _in_bundle(bundle: Path, name: str) -> str:
    import zipfile

    with zipfile.ZipFile(bundle) as archive:
        (found,) = [n for n in archive.namelist() if n.endswith("/" + name)]
        return archive.read(found).decode()


def test_an_export_imported_elsewhere_gives_the_same_tags(session, store, tmp_path):
    pack, table = tmp_path / "out.tagpack.yaml", tmp_path / "out.csv"
    ask(store, "tags", "export", "-o", pack)
    ask(store, "tags", "export", "--format", "csv", "-o", table)
    ids = {tag["tag_id"] for tag in tagged(store)}
    for path in (pack, table):
        fresh = Path(shutil.copytree(session.store, tmp_path / path.suffix[1:]))
        answer = ask(fresh, "tags", "import", path)
        assert (answer["imported"], answer["rejected_count"]) == (len(ids), 0)
        assert {tag["tag_id"] for tag in tagged(fresh)} == ids


def test_rejects_leave_as_a_file_with_place_and_reason(session, store, tmp_path):
    good = session.addresses[0]
    table = tmp_path / "mine.csv"
    table.write_bytes(
        f"Adresse;Wer;Land\n{good};Café;AT\n{good[:-1]}x;Wrong;AT\n;Nothing;AT\n"
        f" {good} ;Space;AT\n".encode("latin-1")
    )
    out = tmp_path / "rejects.csv"
    ran = peelchain(
        "tags", "import", table, "--map", "address=Adresse", "--map", "label=Wer",
        "--set", "source=a notebook", "--set", "confidence=manual_transaction",
        "--store", store, "-o", out,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [(r["outcome"], r["line"]) for r in rows] == [("rejected", "3"), ("rejected", "4")]
    shown = ask(store, "tags", "show", good)["tags"]
    assert {t["label"] for t in shown} >= {"Café", "Space"}
    assert {t["source"] for t in shown} >= {"a notebook"}
    mapped = ("--map", "address=Adresse", "--map", "label=Wer", "--set", "source=x")
    encodings = [f["encoding"] for f in ask(store, "tags", "import", table, *mapped)["files"]]
    assert encodings == ["latin-1"]
