"""The stub of the Rust kernels says what the built extension has."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_stub_matches_the_extension():
    pytest.importorskip("peelchain._core", reason="the extension is not built; run 'make install'")
    checked = subprocess.run(
        [ROOT / "scripts" / "stubtest.sh"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
