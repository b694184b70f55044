"""Who is held to control the next hop of a trace, against what simulated wallets really did."""

import csv
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.chain.stores import ingest

from peelchain.actions.clusters import run
from peelchain.actions.simulations import simulate
from peelchain.actions.tagging.importing import import_tags
from peelchain.actions.tracing.traces import trace_from

DATE = datetime(2024, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("controls")
    simulate(11, 200, folder / "node")
    store = folder / "store"
    ingest(folder / "node" / "regtest" / "blocks", store)
    run(store)
    import_tags([folder / "node" / "tagpack.yaml"], store, DATE)
    return folder / "node", store


def rows(node: Path, table: str) -> list[dict[str, str]]:
    with (node / "truth" / f"{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def hops(world: tuple[Path, Path]) -> list[dict[str, Any]]:
    node, store = world
    payments = rows(node, "withdrawals")[:60]
    seeds = sorted({f"{row['txid']}:{row['vout']}" for row in payments})
    answer = trace_from("forward", seeds, "pro-rata", store, with_hops=True)
    found: list[dict[str, Any]] = answer["hops"]
    assert set(answer["control_errors"]) <= {"co_spend", "change", "payment"}
    return found


def test_every_hop_but_the_fee_says_who_and_on_what_basis(hops: list[dict[str, Any]]) -> None:
    bases = Counter(h["control"]["basis"] for h in hops if h["to"])
    assert all(h["control"] is None for h in hops if not h["to"])
    assert set(bases) <= {"same_script", "co_spend", "tag", "change", "payment", "unknown"}
    assert min(bases["tag"], bases["co_spend"] + bases["change"]) > 5
    for hop in hops:
        control = hop["control"]
        if control and control["basis"] == "tag":
            assert (control["by"], bool(control["label"])) == ("another", True)


def test_who_is_held_to_control_the_hop_is_right(
    world: tuple[Path, Path], hops: list[dict[str, Any]]
) -> None:
    node, _ = world
    change = {f"{row['txid']}:{row['vout']}" for row in rows(node, "change")}
    spenders = {row["txid"]: row["spenders"].split() for row in rows(node, "transactions")}
    alone = [h for h in hops if h["to"] and len(spenders[h["txid"]]) == 1]
    by_change = [h for h in alone if h["control"]["basis"] == "change"]
    assert sum(h["to"] in change for h in by_change) >= 0.97 * len(by_change)
    paid = [h for h in alone if h["control"]["basis"] == "payment"]
    assert sum(h["to"] not in change for h in paid) >= 0.97 * len(paid)
    assert len(by_change) + len(paid) > 5
