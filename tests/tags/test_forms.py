"""The forms of lists: each told from its content and read, against an independent reading."""

import csv
import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from peelchain.errors import AddressError, MisuseError, TagError
from peelchain.network import MAINNET
from peelchain.script import script_pubkey
from peelchain.tags.forms import OFAC_FIELDS, as_asked
from peelchain.tags.table import inert_cell, table_pack
from peelchain.tags.tagpack import TagImport, read_lists

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
A = "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"
B = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


def read(path: Path, **asked: object) -> TagImport:
    reading = as_asked(**asked)  # type: ignore[arg-type]
    return read_lists([path], MAINNET, recorded_utc=NOW, reading=reading)


def write(folder: Path, content: str | bytes, name: str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_sanctions_are_marked_and_the_tron_address_is_named_as_such(shared_data):
    folder = shared_data / "ofac"
    lines = (folder / "sanctioned_addresses_XBT.txt").read_text().split()
    for name in ("sanctioned_addresses_XBT.txt", "sanctioned_addresses_XBT.json"):
        found = read(folder / name)
        assert found.files[0].form == "ofac"
        assert found.tags.num_rows + len(found.rejected) == len(lines) == 435
        (refused,) = found.rejected
        assert "a Tron address" in refused.reason
        assert set(found.tags["address"].to_pylist()) == set(lines) - {refused.address}
        assert set(found.tags["abuse"].to_pylist()) == {"sanction"}
        assert set(found.tags["confidence"].to_pylist()) == {"authority_data"}


def test_a_bare_list_of_addresses_must_be_told_what_it_is(tmp_path):
    path = write(tmp_path, f"# mine\n{A}\n\n{B}\n", "addresses.txt")
    with pytest.raises(TagError, match=r"say what they are with --set label=.*--format ofac"):
        read(path)
    found = read(path, defaults={"label": "x", "source": "y", "valid_from": "2020-01-01"})
    assert found.tags["label"].to_pylist() == ["x", "x"]
    assert found.tags["valid_from"].to_pylist() == ["2020-01-01"] * 2
    as_sanctions = read(path, form="ofac").tags
    assert set(as_sanctions["label"].to_pylist()) == {OFAC_FIELDS["label"]}


def test_real_pools_give_payout_addresses_and_coinbase_marks(shared_data):
    path = shared_data / "mining_pools" / "pools-v2.json"
    found = read(path)
    pools = json.loads(path.read_text())
    payouts = [(pool["name"], each) for pool in pools for each in pool["addresses"]]
    kept = set(zip(found.tags["label"].to_pylist(), found.tags["address"].to_pylist(), strict=True))
    refused = {row.address for row in found.rejected}
    assert kept == {(name, each) for name, each in payouts if each not in refused}
    assert all("testnet" in row.reason for row in found.rejected)
    marks = {(mark, pool["name"]) for pool in pools for mark in pool["tags"] if mark.strip()}
    rows = found.pool_marks.to_pylist()
    assert {(row["mark"], row["label"]) for row in rows} == marks
    assert set(found.tags["category"].to_pylist()) == {"miner"}


def test_the_older_form_of_pools_is_read_too(tmp_path):
    pool = {"name": "North", "link": "https://north.example"}
    content = {"coinbase_tags": {"/north/": pool}, "payout_addresses": {A: pool}}
    found = read(write(tmp_path, json.dumps(content), "pools.json"))
    assert found.tags["label"].to_pylist() == ["North"]
    assert found.pool_marks.to_pylist()[0]["mark"] == "/north/"
    assert json.loads(found.tags["context"][0].as_py()) == {"link": "https://north.example"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("encoding", "said"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"),
                           ("latin-1", "latin-1")],
)  # fmt: skip
def test_a_table_is_read_whatever_its_delimiter_and_encoding(tmp_path, delimiter, encoding, said):
    rows = [["Adresse", "Wer", "Quelle"], [A, "Münze, «Nord»; alt", "Heft | 1"], [B, "b", "c"]]
    path = tmp_path / "table.csv"
    with path.open("w", encoding=encoding, newline="", errors="strict") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    asked = {"address": "Adresse", "label": "Wer", "source": "quelle"}
    found = read(path, columns=asked)
    assert not found.rejected
    assert found.files[0].encoding == said
    told = {row["address"]: (row["label"], row["source"]) for row in found.tags.to_pylist()}
    assert told == {A: ("Münze, «Nord»; alt", "Heft | 1"), B: ("b", "c")}


def test_headings_that_are_fields_need_no_map_and_others_are_told(tmp_path):
    text = f'Address,Label,Source,Concepts,Colour\n{A},x,s,"exchange; user",red\n{A},too,few\n'
    found = read(write(tmp_path, text, "t.csv"))
    assert found.files[0].passed_over == ("Colour",)
    (row,) = found.tags.to_pylist()
    assert (row["category"], json.loads(row["concepts"])) == ("exchange", ["exchange", "user"])
    (refused,) = found.rejected
    assert (refused.line, refused.reason) == (3, "has 3 cells under 5 headings")


@pytest.mark.parametrize(
    ("text", "columns", "reason"),
    [
        ("a,b\n1,2\n", {}, "row 1: no column of addresses; say which it is with --map"),
        ("a,b\n1,2\n", {"address": "c"}, "the heading 'c' is not there"),
        ("a,a\n1,2\n", {"address": "a"}, "the heading 'a' stands there twice"),
        ("", {"address": "a"}, "is not there"),
    ],
)
def test_a_table_without_its_columns_is_refused(tmp_path, text, columns, reason):
    with pytest.raises(TagError) as refused:
        read(write(tmp_path, text, "t.csv"), form="csv", columns=columns)
    assert reason in str(refused.value)


def test_a_broken_utf_16_file_is_refused(tmp_path):
    path = write(tmp_path, b"\xff\xfea\x00d\x00\x00\xd8", "t.csv")
    with pytest.raises(TagError, match="is not utf-16 text"):
        read(path, form="csv")


def test_forms_and_fields_there_are_not_are_refused():
    with pytest.raises(MisuseError, match="no form 'xml'; those are tagpack"):
        as_asked("xml")
    with pytest.raises(MisuseError, match="no field 'colour'"):
        as_asked(columns={"colour": "x"})


def test_a_validity_that_ends_before_it_begins_or_is_no_date_is_refused(tmp_path):
    text = (
        "address,label,source,valid_from,valid_until\n"
        f"{A},x,s,2020-01-02,2020-01-01\n{A},x,s,soon,\n{A},x,s,2020-01-01,2020-01-01\n"
    )
    found = read(write(tmp_path, text, "t.csv"))
    assert [row.line for row in found.rejected] == [2, 3]
    assert found.tags.num_rows == 1


@given(st.text(max_size=30))
def test_a_cell_that_no_spreadsheet_runs_reads_back_as_it_was(text):
    plain = text.strip().replace("\0", "")
    cell = inert_cell(plain)
    assert cell[:1] not in ("=", "+", "-", "@")
    stream = StringIO(newline="")
    csv.writer(stream).writerows([["address", "label"], ["x", cell]])
    pack, _, _ = table_pack(stream.getvalue().encode("utf-8", "replace"), "t.csv", {}, {})
    got = pack.items[0].fields.get("label", "")
    assert got == plain.encode("utf-8", "replace").decode().strip()


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.json", "a.yaml", "a.txt", "a"]))
def test_any_bytes_are_a_list_or_a_clear_refusal(tmp_path_factory, content, name):
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    try:
        found = read(path)
    except TagError as refused:
        assert str(refused).isprintable()
    else:
        assert found.tags.num_rows + len(found.rejected) <= found.files[0].items


def test_every_real_tag_is_kept_as_a_plain_yaml_reader_sees_it(shared_data):
    """The counts and the fields of the smaller real packs, by another reader and other rules."""
    paths = [
        path
        for path in sorted((shared_data / "tagpacks" / "packs").rglob("*.yaml"))
        if path.stat().st_size < 200_000
    ]
    found = read_lists(paths, MAINNET, recorded_utc=NOW)
    expected: dict[tuple[bytes, str], set[str]] = {}
    bitcoin = total = 0
    for path in paths:
        with path.open(encoding="utf-8") as file:
            pack = yaml.load(file, yaml.CBaseLoader)
        total += len(pack["tags"])
        for tag in pack["tags"]:
            said = {**pack, **tag}
            names = {said.get("currency", "BTC"), said.get("network", "BTC")}
            if names == {"BTC"}:
                bitcoin += 1
                try:
                    script = script_pubkey(tag["address"], MAINNET)
                except AddressError:
                    continue
                expected.setdefault((script, said["label"]), set()).add(said.get("abuse", ""))
    rows = found.tags.to_pylist()
    assert found.skipped_other_currency == total - bitcoin
    assert found.tags.num_rows + len(found.rejected) + found.duplicates == bitcoin
    mended = {row.now for row in found.repaired if row.field == "address"}
    kept: dict[tuple[bytes, str], set[str]] = {}
    for row in rows:
        if row["address"] not in mended:
            key = (row["script_pubkey"], row["label"])
            kept.setdefault(key, set()).add(row["abuse"] or "")
    assert kept == expected
