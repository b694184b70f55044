"""A bundle for another party, and what is opened of it later."""

import json
import shutil
from pathlib import Path

import pytest
from tests.case.stranger import laid_out, stranger
from tests.cli.conftest import Session
from tests.cli.documented import check
from tests.cli.running import peelchain

from peelchain.case.bundle import verifier
from peelchain.case.verify import read_files


@pytest.fixture
def case(investigated: Session, tmp_path: Path) -> Path:
    """A copy of the investigated case, to write in."""
    return Path(shutil.copytree(investigated.case, tmp_path / "site"))


def test_a_part_verifies_and_is_opened_field_by_field(case: Path, tmp_path: Path) -> None:
    whole = json.loads((case / "report.json").read_text())
    kept, hidden = whole["inflows"][0], whole["inflows"][-1]
    command = ("case", "redact", "--case", case, "--for", "the defence")
    answer = peelchain(*command, "--keep", kept["id"], "--without", "label", "--json").answer
    check("case redact", answer)
    bundle = case / "redactions" / str(answer["entry"]) / "bundle.zip"
    assert answer["files"][f"redactions/{answer['entry']}/bundle.zip"] == str(bundle)
    judge = laid_out(verifier(), tmp_path / "judge")
    run = stranger(judge, bundle, "--expect", answer["digest"])
    assert (run.returncode, run.stderr) == (0, "")
    assert "things are withheld: " in run.stdout
    files = read_files(bundle)
    assert not any(hidden["outpoint"].encode() in content for content in files.values())
    assert not any(b"the defence" in content for content in files.values())

    field = f"report.json/inflows/{hidden['id']}"
    opened = peelchain("case", "reveal", field, "--case", case, "--json").answer
    check("case reveal", opened)
    openings = case / "reveals" / str(opened["entry"]) / "openings.jsonl"
    run = stranger(judge, bundle, "--opening", openings)
    assert run.returncode == 0
    assert f'{field}/outpoint = "{hidden["outpoint"]}"' in run.stdout
    said = peelchain("verify", bundle, "--opening", openings, "--json").answer
    check("verify", {**said, "failures": [], "timestamps": [], "kernel": None})
    assert any(hidden["outpoint"] in line for line in said["opened"])
    # The opening of one bundle opens no other.
    assert stranger(judge, case / "bundle.zip", "--opening", openings).returncode == 1

    entry = peelchain("case", "journal", "--case", case, "--json").answer["entries"][-2]
    assert "the defence" not in json.dumps(entry["body"])
    assert entry["opened"]["for"]["value"] == "the defence"


def test_no_bundle_shows_the_secret_that_salts_follow_from(
    case: Path, investigated: Session
) -> None:
    peelchain("case", "redact", "--case", case, "--for", "x", "--without", "label")
    report = peelchain("case", "report", "--case", case, "--store", investigated.store)
    assert report.code == 0, report.err
    journal = read_files(case / "bundle.zip")["data/journal.jsonl"]
    redaction = [json.loads(line) for line in journal.splitlines()][-1]
    assert redaction["kind"] == "redaction"
    assert set(redaction["body"]["sealed"]) == {"for", "secret"}
    assert set(redaction["opened"]) == {"for"}
    answer = peelchain("verify", case / "bundle.zip", "--json").answer
    assert any("1 fields of the journal" in line for line in answer["unchecked"])


def test_what_cannot_be_withheld_is_said(case: Path) -> None:
    command = ("case", "redact", "--case", case, "--for", "x")
    peelchain(*command).refused(2, "--without", "--keep")
    peelchain(*command, "--without", "I99999").refused(2, "no finding", "report.json")
    peelchain(*command, "--without", "everything").refused(2, "cannot be withheld")
    peelchain(*command, "--without", "note").refused(2, "has no note")
    peelchain("case", "reveal", "--case", case).refused(1, "has no redaction")
    peelchain(*command, "--without", "label")
    peelchain("case", "reveal", "report.json/inflows/I1/colour", "--case", case).refused(
        2, "nothing is withheld at"
    )
    listed = peelchain("case", "reveal", "--case", case, "--json").answer
    assert listed["fields"] == len(listed["paths"]) > 0


def test_scripts_are_verified_by_core(case: Path) -> None:
    answer = peelchain("verify", case / "bundle.zip", "--kernel", "--json").answer
    assert answer["kernel"]["inputs"] > 100
    assert answer["kernel"]["failed"] == 0
    shown = peelchain("verify", case / "bundle.zip", "--kernel")
    assert "scripts by Core" in shown.out


def test_a_redaction_and_its_openings_replay_to_the_same_bytes(
    case: Path, investigated: Session
) -> None:
    peelchain("case", "redact", "--case", case, "--for", "x", "--without", "label")
    peelchain("case", "reveal", "entities.jsonl", "--case", case)
    answer = peelchain(
        "case", "replay", "--case", case, "--store", investigated.store, "--json"
    ).answer
    said = {entry["kind"]: entry["result"] for entry in answer["entries"]}
    assert said["redaction"] == said["reveal"] == "same"


def test_headers_begin_at_a_checkpoint_where_it_is_asked(case: Path, investigated: Session) -> None:
    blocks = read_files(case / "bundle.zip")["data/blocks.jsonl"]
    lowest = json.loads(blocks.splitlines()[0])["height"]
    command = ("case", "report", "--case", case, "--store", investigated.store)
    peelchain(*command, "--headers-from", lowest + 1).refused(2, f"--headers-from {lowest}")
    small = peelchain(*command, "--headers-from", lowest, "--json").answer
    assert small["digest"] != (investigated.case / "digest.txt").read_text().strip()
    answer = peelchain("verify", case / "bundle.zip", "--json").answer
    assert answer["ok"] is True
    assert any(f"headers before checkpoint {lowest} " in line for line in answer["unchecked"])
    headers = read_files(case / "bundle.zip")["data/headers.bin"]
    whole = read_files(investigated.case / "bundle.zip")["data/headers.bin"]
    assert headers == whole[80 * lowest :]
