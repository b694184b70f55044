"""Exhibits: numbered, kept by hash, and checked."""

from hashlib import sha256

from tests.cli.documented import check


def test_files_and_findings_become_exhibits(worked, tmp_path):
    file = tmp_path / "invoice.pdf"
    file.write_bytes(b"%PDF invoice")
    first = worked("exhibit", "add", file, "--as", "from the server").answer
    second = worked("exhibit", "add", "R1", "--as", "the first payment").answer
    check("case exhibit add", first | {"says": first["says"] | {"of": {"type": "finding"}}})
    assert (first["says"]["id"], second["says"]["id"]) == ("E1", "E2")
    digest = sha256(b"%PDF invoice").hexdigest()
    assert (worked.folder / "inputs" / digest).read_bytes() == b"%PDF invoice"
    listed = worked.look("exhibit", "list").answer
    check("case exhibit list", listed)
    assert [e["copy"] for e in listed["exhibits"]] == ["whole", None]
    (worked.folder / "inputs" / digest).write_bytes(b"forged")
    assert worked.look("exhibit", "list").answer["exhibits"][0]["copy"] == "changed"
    (worked.folder / "inputs" / digest).unlink()
    assert worked.look("exhibit", "list").answer["exhibits"][0]["copy"] == "missing"


def test_a_file_that_must_not_be_stored_leaves_its_hash_alone(worked, tmp_path):
    file = tmp_path / "unlawful.jpg"
    file.write_bytes(b"x" * 1000)
    made = worked("exhibit", "add", file, "--as", "not to be kept", "--hash-only").answer
    assert made["says"]["sha256"] == sha256(b"x" * 1000).hexdigest()
    assert (made["says"]["kept"], made["says"]["size_bytes"]) == (False, 1000)
    assert not (worked.folder / "inputs").exists()
    assert "unlawful" not in str(worked.journal()[-1]["body"])
    worked("exhibit", "add", "R1", "--as", "x", "--hash-only").refused(1, "for files")


def test_what_is_neither_file_nor_reference_is_refused(worked, tmp_path):
    worked("exhibit", "add", tmp_path / "none.pdf", "--as", "x").refused(2, "no file either")
    worked("exhibit", "add", tmp_path, "--as", "x").refused(1, "no ordinary file")
