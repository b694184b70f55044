"""A store is exported by the command line; its folder describes itself and goes on where it was."""

import json
import os
import shutil
import signal
import subprocess
import time
from hashlib import sha256

import pytest
from tests.chain.stores import assert_refused, command
from tests.cli.documented import check
from tests.cli.running import ENTRY, ENVIRONMENT, files, peelchain

FORMATS = ("bigquery", "blockchair", "blocks", "esplora-lines", "etl", "graphsense", "parquet")


@pytest.fixture
def export(session, tmp_path):
    """Exports into `tmp_path/out` unless told otherwise; the outcome of the command."""

    def run(format_name, *options, out=None):
        folder = out or tmp_path / "out"
        return peelchain(
            *("chain", "export", format_name, "--store", session.store, "-o", folder, "--json"),
            *options,
        )

    return run


def test_keys_of_the_answer_are_documented_and_given(export):
    check("chain export", export("etl").answer)


@pytest.mark.parametrize("format_name", FORMATS)
def test_every_file_is_in_the_manifest_with_its_hash_and_the_readme_says_what_it_is(
    export, tmp_path, format_name
):
    answer = export(format_name, "--from", 190).answer
    out = tmp_path / "out"
    manifest = json.loads((out / "manifest.json").read_text())
    told = {f["name"]: f for piece in manifest["pieces"] for f in piece["files"]}
    assert {f["name"]: f for f in answer["files"]} == told
    written = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()}
    assert written == set(told) | {"manifest.json", "SHA256SUMS", "README.md"}
    for name, file in told.items():
        content = (out / name).read_bytes()
        assert (sha256(content).hexdigest(), len(content)) == (file["sha256"], file["bytes"])
        assert f"{file['sha256']}  {name}\n" in (out / "SHA256SUMS").read_text()
    assert answer["tip_hash"] in (out / "README.md").read_text()


@pytest.mark.parametrize(
    ("format_name", "compress"),
    [("blocks", "zst"), ("etl", "none"), ("etl", "gz"), ("etl", "zst"), ("parquet", "gz")],
)
def test_the_same_blocks_give_the_same_bytes(export, tmp_path, format_name, compress):
    options = ("--compress", compress, "--from", 150, "--to", 160)
    for name in ("once", "again"):
        assert export(format_name, *options, out=tmp_path / name).answer["rows"] > 0
    assert files(tmp_path / "once") == files(tmp_path / "again")


@pytest.mark.slow
@pytest.mark.parametrize("format_name", ["blockchair", "etl", "parquet"])
def test_several_processes_make_the_same_bytes(export, tmp_path, format_name):
    options = ("--blocks-per-file", 40, "--from", 30)
    for threads in (1, 3):
        answer = export(format_name, *options, "--threads", threads, out=tmp_path / str(threads))
        assert answer.answer["kept"] == 0
    assert files(tmp_path / "1") == files(tmp_path / "3")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "threads"), [(signal.SIGINT, 1), (signal.SIGINT, 2), (signal.SIGKILL, 2)]
)
def test_what_was_whole_when_an_export_was_stopped_is_kept(session, export, tmp_path, how, threads):
    out = tmp_path / "out"
    options = ("--blocks-per-file", 2, "--threads", threads)
    process = subprocess.Popen(
        [*ENTRY, "chain", "export", "etl", "--store", session.store, "-o", out]
        + [str(option) for option in options],
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        while len(list(out.glob("blocks_*.json"))) < 10:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.01)
        os.killpg(process.pid, how)
        _, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert process.returncode == (130 if how == signal.SIGINT else -how)
    assert b"Traceback" not in err
    assert not (out / "manifest.json").exists()
    assert export("etl", *options).answer["kept"] >= 9
    export("etl", *options, out=tmp_path / "at_once")
    assert files(out) == files(tmp_path / "at_once")


def test_a_stopped_export_goes_on_with_the_files_that_are_missing(export, tmp_path):
    out = tmp_path / "out"
    cut = ("--blocks-per-file", 50)
    assert export("etl", *cut).answer["kept"] == 0
    whole = files(out)
    # as a kill between two parts leaves it: no manifest, a journal of what is whole, half a file
    manifest = json.loads((out / "manifest.json").read_text())
    lines = [manifest["export"], *manifest["pieces"][:2]]
    (out / ".export.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"ke')
    (out / "manifest.json").unlink()
    (out / "transactions_00000100_00000149.json").write_text('{"hash": "not wh')
    before = (out / "blocks_00000000_00000049.json").stat().st_mtime_ns
    assert export("etl", *cut).answer["kept"] == 2
    assert files(out) == whole
    assert (out / "blocks_00000000_00000049.json").stat().st_mtime_ns == before


def test_more_blocks_are_added_and_the_unfinished_part_is_made_anew(export, tmp_path):
    out, at_once = tmp_path / "out", tmp_path / "at_once"
    cut = ("--blocks-per-file", 50)
    export("etl", *cut, "--to", 120)
    assert (out / "blocks_00000100_00000120.json").exists()
    assert export("etl", *cut).answer["kept"] == 2
    export("etl", *cut, out=at_once)
    assert files(out) == files(at_once)


def test_a_folder_with_other_files_is_refused_and_left_alone(export, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    export("etl").refused(2, str(out), "--force")
    assert files(out) == {"mine.txt": b"mine"}
    assert export("etl", "--force").answer["rows"] > 0
    assert (out / "mine.txt").read_text() == "mine"


def test_another_export_is_replaced_only_by_force_and_nothing_else_is_taken_away(export, tmp_path):
    out = tmp_path / "out"
    export("etl")
    whole = files(out)
    export("etl", "--compress", "gz").refused(2, "compression", "none", "gz", "--force")
    export("parquet").refused(2, "format", "--force")
    assert files(out) == whole
    (out / "mine.txt").write_text("mine")
    assert export("parquet", "--force").answer["rows"] > 0
    assert not [p for p in out.iterdir() if p.name.endswith(".json") and p.name != "manifest.json"]
    assert (out / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["csv"], ["'csv'", "etl"]),
        (["etl", "--from", 5000], ["5000", "0 to"]),
        (["etl", "--from", 20, "--to", 10], ["20 to 10"]),
        (["etl", "--compress", "rar"], ["'rar'", "gz"]),
        (["etl", "--blocks-per-file", "some"], ["'some'", "day"]),
    ],
)
def test_what_cannot_be_exported_is_refused_and_no_folder_is_made(export, tmp_path, options, said):
    export(*options).refused(2, *said)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("format_name", ["etl", "bigquery", "parquet"])
def test_a_full_disk_is_told_and_leaves_nothing_half_written(
    session, export, tmp_path, format_name
):
    out = tmp_path / "out"
    asked = ("chain", "export", format_name, "--store", session.store, "-o", out)
    done = command(*asked, "--blocks-per-file", 100, most_bytes=60_000)
    assert_refused(done, str(out), "cannot be written", "goes on")
    assert not [p for p in out.rglob("*") if p.name.endswith(".part")]
    assert not (out / "manifest.json").exists()
    export(format_name, "--blocks-per-file", 100)
    export(format_name, "--blocks-per-file", 100, out=tmp_path / "at_once")
    assert files(out) == files(tmp_path / "at_once")


def test_raw_blocks_that_are_gone_are_named_with_the_remedy(session, export, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(session.store, store)
    manifest = json.loads((store / "manifest.json").read_text())
    manifest["source"]["path"] = str(tmp_path / "gone")
    (store / "manifest.json").write_text(json.dumps(manifest))
    for threads in (1, 2):
        options = ("--threads", threads, "--blocks-per-file", 50, "--store", store)
        export("etl", *options).refused(1, str(tmp_path / "gone"), "chain ingest")
    # the facts alone need none
    assert export("parquet", "--force", "--store", store).answer["rows"] > 0
