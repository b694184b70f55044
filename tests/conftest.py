"""Fixtures every test may use."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real blocks and lists; skips the test, saying so, where it is absent."""
    folder = Path(os.environ.get("PEELCHAIN_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set PEELCHAIN_DATA to the folder that holds it")
    return folder
