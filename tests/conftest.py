"""Fixtures every test may use."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulated_cases import Case

ROOT = Path(__file__).resolve().parent.parent

# started in the background or under nohup, a process and its children ignore these: commands that
# are to be interrupted here would not be
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> "dict[str, Case]":
    """The simulated cases by name, each in a store and ready to be traced."""
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    from tests.simulated_cases import CASES, prepare

    return {name: prepare(tmp_path_factory.mktemp(name), name) for name in CASES}


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real blocks and lists; skips the test, saying so, where it is absent."""
    folder = Path(os.environ.get("PEELCHAIN_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set PEELCHAIN_DATA to the folder that holds it")
    return folder
