"""The verifier as the other side runs it: a Python without peelchain, files on a disk.

A flipped byte, a file cut short, emptied, taken away or added: each fails and the file is named.
The verifier that judges is a clean copy, for a damaged one may do anything.
"""

from hashlib import sha256
from pathlib import Path

import pytest
from tests.case import evidence_chain as ec
from tests.case.stranger import DAMAGES, assert_named, flipped, laid_out, stranger

from peelchain.case.bundle import VERIFIER, seal
from peelchain.case.redacted.redaction import Keep, part_of_bundle

WHOLE = dict(seal(ec.payload_of(ec.scene()), date_utc=ec.DATE).files)
PART = dict(
    seal(
        part_of_bundle(WHOLE, Keep(findings=frozenset({"I1", "O1"})), bytes(32)), date_utc=ec.DATE
    ).files
)


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verifier")
    return laid_out({name: WHOLE[name] for name in VERIFIER}, folder)


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_damage_of_any_file_fails_and_names_it(name: str, verifier: Path, tmp_path: Path) -> None:
    folder = laid_out(WHOLE, tmp_path / "bundle")
    # Each file meets each of two kinds of damage here, and all kinds are met by some file.
    number = sorted(WHOLE).index(name)
    for what in [list(DAMAGES)[(number + step) % len(DAMAGES)] for step in (0, 3)]:
        damaged = DAMAGES[what](WHOLE[name])
        if damaged is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(damaged)
        assert_named(stranger(verifier, folder), name, what)


@pytest.mark.parametrize("name", ["extra", "data/extra", "data/traces/extra.json"])
def test_an_added_file_fails_and_is_named(name: str, verifier: Path, tmp_path: Path) -> None:
    folder = laid_out({**WHOLE, name: b"{}\n"}, tmp_path / "bundle")
    assert_named(stranger(verifier, folder), name, "added")


def resealed(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files with both manifests made anew, by hand."""
    made = dict(files)
    for manifest, is_payload in (("manifest-sha256.txt", True), ("tagmanifest-sha256.txt", False)):
        made.pop("tagmanifest-sha256.txt", None)
        names = sorted(n for n in made if n.startswith("data/") == is_payload)
        lines = [f"{sha256(made[n]).hexdigest()}  {n}\n" for n in names]
        made[manifest] = "".join(lines).encode()
    return made


def test_a_value_rewritten_with_every_hash_fails_the_digest(verifier: Path, tmp_path: Path) -> None:
    assert resealed(WHOLE) == WHOLE
    digest = sha256(WHOLE["tagmanifest-sha256.txt"]).hexdigest()
    for name, old, new in (
        ("data/report.json", b'"title":"A site', b'"title":"B site'),
        ("data/report.pdf", b"any bytes", b"new bytes"),
        ("data/tags.jsonl", b"tags.example", b"tags.invalid"),
    ):
        assert old in WHOLE[name]
        lied = resealed({**WHOLE, name: WHOLE[name].replace(old, new)})
        folder = laid_out(lied, tmp_path / name.replace("/", "-"))
        assert stranger(verifier, folder).returncode == 0
        run = stranger(verifier, folder, "--expect", digest)
        assert run.returncode == 1
        assert f"the digest is {sha256(lied['tagmanifest-sha256.txt']).hexdigest()}" in run.stdout


def test_a_part_passes_says_what_is_withheld_and_its_damage_is_named(
    verifier: Path, tmp_path: Path
) -> None:
    folder = laid_out(PART, tmp_path / "part")
    run = stranger(verifier, folder)
    assert (run.returncode, run.stderr) == (0, "")
    assert "things are withheld: " in run.stdout
    assert "all holds" in run.stdout
    for name in ("data/redaction.json", "data/journal.jsonl", "data/report.json"):
        damaged = flipped(50)(PART[name])
        assert damaged is not None
        (folder / name).write_bytes(damaged)
        assert_named(stranger(verifier, folder), name, "flipped")
        (folder / name).write_bytes(PART[name])
