"""`peelchain serve` as a command: what it says, and what it refuses."""

import subprocess
from pathlib import Path

from tests.cli.documented import check
from tests.cli.running import ENTRY, ENVIRONMENT, peelchain
from tests.web.conftest import Demo
from tests.web.serving import Served


def test_what_it_says_is_documented_and_leads_to_the_page(served: Served) -> None:
    check("serve", served.said)
    assert served.address.startswith(f"http://127.0.0.1:{served.port}/#token=")
    with served.client() as client:
        assert client.get("/api/status").json()["cases"] == ["pay-site"]


def test_a_port_that_is_taken_is_refused(served: Served, demo: Demo, tmp_path: Path) -> None:
    options = ("--store", demo.store, "--cases", tmp_path, "--port", served.port)
    ended = subprocess.run(
        [*ENTRY, "serve", *map(str, options)], env=ENVIRONMENT, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"127.0.0.1:{served.port}" in ended.stderr
    assert "another --port" in ended.stderr


def test_a_folder_without_a_store_is_refused(tmp_path: Path) -> None:
    options = ("--store", tmp_path / "none", "--cases", tmp_path)
    peelchain("serve", *options).refused(1, "none")
