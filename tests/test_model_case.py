"""The whole model case on simulated chains, by the command line, compared with the truth."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.cli.running import peelchain
from tests.oracle.case_work import Line, compare, differing

pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
pytest.importorskip("pbk", reason="the extra `simulate` is not installed")

CHAINS = [(8, 150), (41, 180)]
ROOT = Path(__file__).resolve().parent.parent


def _model_case() -> ModuleType:
    path = ROOT / "scripts" / "model_case.py"
    spec = importlib.util.spec_from_file_location("model_case", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["model_case"] = module
    spec.loader.exec_module(module)
    return module


def run(*arguments: object) -> dict[str, Any]:
    return peelchain(*arguments, "--json").answer


@pytest.fixture(scope="module", params=CHAINS, ids=lambda p: f"seed-{p[0]}-blocks-{p[1]}")
def lines(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Line]:
    """Every comparison of one chain's case with its truth, by what is compared."""
    seed, blocks = request.param
    folder = tmp_path_factory.mktemp(f"model{seed}")
    node, store = folder / "node", folder / "store"
    on = ("--store", store)
    run("simulate", "--seed", seed, "--blocks", blocks, "--out", node)
    run("chain", "ingest", f"core:{node}", *on)
    run("tags", "import", node / "tagpack.yaml", node / "actorpack.yaml", *on)
    run("rates", "import", node / "rates.csv", *on)
    observed = f"@{node / 'observed.txt'}"
    run("investigate", observed, *on, "--case", folder / "case", "--date", "2024-01-31")
    for _ in _model_case().steps(run, folder):
        pass
    return {line.what: line for line in compare(node, folder)}


def test_all_that_the_case_says_is_true(lines: dict[str, Line]) -> None:
    assert [f"{what}: {differing(line)}" for what, line in lines.items() if not line.holds] == []


def test_the_comparison_is_of_something(lines: dict[str, Line]) -> None:
    assert len(lines["paying users found"].true) >= 10
    assert len(lines["payments linked to their true account holders"].true) >= 20
    assert lines["links that do not agree: the mistakes made"].true
    assert lines["unspent outputs of the site"].true
