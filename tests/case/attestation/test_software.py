"""What software.json says is what lies in the package."""

from hashlib import sha256
from pathlib import Path

import peelchain
from peelchain.case.attestation.software import software
from peelchain.case.canonical import canonical_json


def test_every_file_of_the_package_is_hashed() -> None:
    root = Path(peelchain.__file__).parent
    said = software()
    assert said["version"] == peelchain.__version__
    assert list(said["files"]) == sorted(said["files"])
    assert {p.relative_to(root).as_posix() for p in root.rglob("*.py")} <= set(said["files"])
    assert not any("__pycache__" in name for name in said["files"])
    for name in ("case/verify.py", "case/report/en.toml"):
        assert said["files"][name] == sha256((root / name).read_bytes()).hexdigest()
    assert canonical_json(said)


def test_the_kernel_is_named_by_its_source_and_not_by_its_build() -> None:
    files = software()["files"]
    assert len(bytes.fromhex(files["_core"])) == 32
    assert not any(name.startswith("_core.") and not name.endswith(".pyi") for name in files)


def test_the_workbench_page_is_no_part_of_what_made_a_result() -> None:
    files = software()["files"]
    assert not any(name.startswith("web/static/workbench/") for name in files)
    assert "web/static/report.html" in files
