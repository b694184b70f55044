"""A small simulated chain, taken through every step by the command line itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import Ran, peelchain

BLOCKS = 200


@dataclass
class Session:
    """What the commands left, and what they said with `--json`, by name."""

    folder: Path
    said: dict[str, Ran]

    @property
    def node(self) -> Path:
        return self.folder / "node"

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def case(self) -> Path:
        return self.folder / "case"

    @property
    def addresses(self) -> list[str]:
        """The observed addresses of the site, which a transaction joins."""
        lines = (self.node / "observed.txt").read_text().splitlines()
        return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]

    def ask(self, *arguments: object) -> dict[str, Any]:
        """The answer of a command on this store."""
        return peelchain(*arguments, "--store", self.store, "--json").answer

    @property
    def outpoint(self) -> str:
        """An output that paid the site."""
        receipt = self.ask("address", self.addresses[0])["receipts"][0]
        return f"{receipt['txid']}:{receipt['vout']}"

    @property
    def coinjoin(self) -> str:
        """A CoinJoin, small enough to have its interpretations counted."""
        lines = (self.node / "truth" / "coinjoins.csv").read_text().splitlines()
        joins = [line.split(",") for line in lines if ",joinmarket," in line]
        return min(joins, key=lambda join: len(join[2]))[0]

    @property
    def reached(self) -> str:
        """An output that value of `outpoint` came to rest at."""
        terminals = self.ask("trace", "forward", "--seed", self.outpoint)["terminals"]
        return next(f"{t['txid']}:{t['vout']}" for t in terminals if t["type"] != "fee")

    @property
    def with_change(self) -> str:
        """A transaction with a payment and change."""
        return (self.node / "truth" / "change.csv").read_text().split("\n")[1].split(",")[0]


@pytest.fixture(scope="session")
def session(tmp_path_factory) -> Session:
    pytest.importorskip("coincurve", reason="the extra `simulate` is not installed")
    pytest.importorskip("pbk", reason="the extra `simulate` is not installed")
    made = Session(tmp_path_factory.mktemp("cli"), {})
    node, store = made.node, made.store
    steps = {
        "simulate": ["simulate", "--seed", 3, "--blocks", BLOCKS, "--out", node],
        "chain ingest": ["chain", "ingest", f"core:{node}", "--store", store],
        "tags import": ["tags", "import", node / "tagpack.yaml", "--store", store],
        "rates import": ["rates", "import", node / "rates.csv", "--store", store],
        "cluster run": ["cluster", "run", "--store", store],
    }
    for name, arguments in steps.items():
        made.said[name] = peelchain(*arguments, "--json")
        assert made.said[name].code == 0, made.said[name].err
    return made


@pytest.fixture(scope="session")
def investigated(session: Session) -> Session:
    """The session with a case on the observed addresses."""
    observed = f"@{session.node / 'observed.txt'}"
    session.said["investigate"] = peelchain(
        *("investigate", observed, "--store", session.store, "--case", session.case),
        *("--date", "2024-01-31", "--json"),
    )
    assert session.said["investigate"].code == 0, session.said["investigate"].err
    return session
