"""What the command line does not load before it is needed."""

import json
import subprocess
import sys

import pytest
from tests.cli.running import ENVIRONMENT

HEAVY = {"duckdb", "numpy", "pbk", "pyarrow", "rich", "typst", "yaml"}
LOADED = """
import io, json, sys
from contextlib import redirect_stdout, redirect_stderr
from peelchain.cli.main import main
try:
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        main(json.loads(sys.argv[1]))
except SystemExit:
    pass
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def loaded(*arguments: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, json.dumps(arguments)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ran.stdout.split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["chain", "--help"], ["investigate", "--help"], ["x"]]
)
def test_help_and_misuse_load_nothing_heavy(arguments):
    assert loaded(*arguments) & HEAVY == set()


def test_what_is_asked_at_once_loads_nothing_heavy(session):
    address, txid = session.addresses[0], session.outpoint.split(":")[0]
    for arguments in (["chain", "status"], ["tx", txid], ["address", address]):
        for form in ([], ["--json"], ["--csv"]):
            if form != ["--csv"] or arguments[0] != "chain":
                assert loaded(*arguments, *form, "--store", str(session.store)) & HEAVY == set()
