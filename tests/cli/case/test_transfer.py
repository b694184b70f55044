"""A case goes into one file and comes out the same; a file that was tampered with does not."""

import json
import shutil
import zipfile
from hashlib import sha256

import pytest
from tests.cli.documented import check
from tests.cli.running import files, peelchain

from peelchain.case.vault.vault import Vault

BESIDE = {"journal.sqlite", ".lock"}


@pytest.fixture
def spoken(worked, tmp_path):
    file = tmp_path / "invoice.pdf"
    file.write_bytes(b"%PDF")
    for step in (
        ("exhibit", "add", file, "--as", "invoice"),
        ("note", "a note", "--about", "E1"),
        ("report", "--store", worked.store),
    ):
        assert worked(*step).code == 0
    return worked


@pytest.fixture(scope="module")
def exported(reported, tmp_path_factory):
    """An exported case, which tests take apart."""
    folder = tmp_path_factory.mktemp("exported")
    shutil.copytree(reported.folder, folder / "case")
    out = folder / "case.zip"
    ran = peelchain("case", "export", out, "--case", folder / "case", "--date", "2024-02-01")
    assert ran.code == 0, ran.err
    return out


def test_a_case_comes_out_as_it_went_in(spoken, tmp_path):
    before = {n: c for n, c in files(spoken.folder).items() if n not in BESIDE}
    (spoken.folder / "scrap.txt").write_text("mine")
    out, there = tmp_path / "out.zip", tmp_path / "there" / "case"
    answer = spoken("export", out, "--to", "the expert").answer
    check("case export", answer | {"missing": ["x"]})
    assert (answer["left_out"], answer["missing"]) == (["scrap.txt"], [])
    taken = peelchain("case", "import", out, there, "--json").answer
    check("case import", taken | {"missing": ["x"]})
    assert taken["entries"] == answer["entry"] - 1
    assert {n: c for n, c in files(there).items() if n not in BESIDE} == before
    assert any(name.startswith("earlier/4/") for name in before)
    again = tmp_path / "again.zip"
    assert peelchain("case", "export", again, "--case", there).code == 0
    assert again.read_bytes() == out.read_bytes()
    log = peelchain("case", "journal", "--case", there, "--json").answer
    ours = spoken.journal()
    assert [e["hash"] for e in log["entries"]][:-1] == [e["hash"] for e in ours][:-1]
    assert ours[-1]["body"]["sha256"] == answer["sha256"]


def test_it_replays_in_its_new_place(exported, reported, tmp_path):
    there = tmp_path / "case"
    assert peelchain("case", "import", exported, there).code == 0
    ran = peelchain("case", "replay", "--case", there, "--store", reported.store, "--json")
    assert ran.answer["agrees"] is True


def test_personal_data_travels_only_when_asked_and_never_with_its_key(worked, tmp_path):
    with Vault.open(worked.folder) as vault:
        vault.add({"name": "User 4711"})
    without, with_ = tmp_path / "without.zip", tmp_path / "with.zip"
    assert worked("export", without).answer["personal_data"] is False
    assert worked("export", with_, "--with-personal-data").answer["personal_data"] is True
    assert not [n for n in zipfile.ZipFile(without).namelist() if "private" in n]
    inside = [n for n in zipfile.ZipFile(with_).namelist() if "private" in n]
    assert inside == ["case/private/vault.sqlite"]
    assert b"User 4711" not in with_.read_bytes()
    there = tmp_path / "there"
    peelchain("case", "import", with_, there)
    shutil.copy(worked.folder / "private" / "key", there / "private" / "key")
    with Vault.open(there) as vault:
        assert vault.records("P1") == [{"name": "User 4711"}]


def rewritten(exported, out, change):
    """The export with its files changed by `change`, as (name, content) pairs."""
    with zipfile.ZipFile(exported) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in change(members):
            archive.writestr(zipfile.ZipInfo(name), content)
    return out


def refused(file, tmp_path, *words):
    there = tmp_path / "refused"
    said = peelchain("case", "import", file, there).refused(1, *words)
    assert not there.exists()
    assert [p for p in tmp_path.iterdir() if p.name.startswith(".peelchain")] == []
    return said


def test_every_changed_file_is_named(exported, tmp_path):
    with zipfile.ZipFile(exported) as archive:
        names = archive.namelist()
    for name in names:

        def flip(members, name=name):
            content = bytearray(members[name])
            content[len(content) // 2] ^= 1
            return [*{**members, name: bytes(content)}.items()]

        said = refused(rewritten(exported, tmp_path / "x.zip", flip), tmp_path)
        # the list of hashes can only be told from what it lists
        assert name.removeprefix("case/") in said or name == "case/export.json", said


def test_a_byte_flipped_in_the_archive_is_found(exported, tmp_path):
    raw = exported.read_bytes()
    with zipfile.ZipFile(exported) as archive:
        at = next(i for i in archive.infolist() if i.filename.endswith("report.pdf")).header_offset
    for place in (at + 2000, at + 30, len(raw) - 30):
        changed = bytearray(raw)
        changed[place] ^= 0x01
        (tmp_path / "x.zip").write_bytes(changed)
        refused(tmp_path / "x.zip", tmp_path)
    (tmp_path / "x.zip").write_bytes(raw[: len(raw) // 2])
    refused(tmp_path / "x.zip", tmp_path, "damaged")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("case/../../evil", "no name of a case"),
        ("/etc/evil", "no name of a case"),
        ("case/files/../evil", "no name of a case"),
        ("case/files/.hidden", "no name of a case"),
        ("case\\..\\evil", "no name of a case"),
        ("other/files/x", "does not hold one folder"),
        ("case/files/extra", "does not list"),
        ("case/files/report.PDF", "twice"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(exported, tmp_path, name, words):
    file = rewritten(exported, tmp_path / "x.zip", lambda m: [*m.items(), (name, b"evil")])
    refused(file, tmp_path, words)
    assert not (tmp_path / "evil").exists()


def test_bombs_and_links_are_refused(exported, tmp_path):
    with zipfile.ZipFile(exported) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr("case/files/zeros", bytes(10_000_000))
    refused(tmp_path / "x.zip", tmp_path, "claims to hold more bytes")
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as archive:
        link = zipfile.ZipInfo("case/files/link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    refused(tmp_path / "y.zip", tmp_path, "no ordinary file")
    (tmp_path / "z.zip").write_bytes(b"no zip")
    refused(tmp_path / "z.zip", tmp_path, "damaged")


def test_a_forged_output_with_fresh_hashes_is_refused(exported, tmp_path):
    def forge(members):
        contents = json.loads(members["case/export.json"])
        members["case/files/report.pdf"] = b"forged"
        contents["files"]["files/report.pdf"] = sha256(b"forged").hexdigest()
        text = json.dumps(contents, sort_keys=True, separators=(",", ":")) + "\n"
        return [*{**members, "case/export.json": text.encode()}.items()]

    refused(rewritten(exported, tmp_path / "x.zip", forge), tmp_path, "not what the journal says")


def test_a_forged_journal_with_fresh_hashes_is_refused(exported, tmp_path):
    def forge(members):
        contents = json.loads(members["case/export.json"])
        lines = members["case/journal.jsonl"].replace(b'"title":"The site"', b'"title":"Other"')
        assert lines != members["case/journal.jsonl"]
        contents["files"]["journal.jsonl"] = sha256(lines).hexdigest()
        text = json.dumps(contents, sort_keys=True, separators=(",", ":")) + "\n"
        return [
            *{**members, "case/export.json": text.encode(), "case/journal.jsonl": lines}.items()
        ]

    refused(rewritten(exported, tmp_path / "x.zip", forge), tmp_path, "entry 1 was changed")


def test_an_export_is_not_written_over_nor_into_the_case(worked, tmp_path):
    worked("export", worked.folder / "x.zip").refused(2, "in the case itself")
    (tmp_path / "x.zip").write_bytes(b"mine")
    worked("export", tmp_path / "x.zip").refused(1, "exists already")
    assert len(worked.journal()) == 4
    peelchain("case", "import", tmp_path / "x.zip", worked.folder).refused(1, "holds a case")
