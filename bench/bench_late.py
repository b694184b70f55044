"""Ingest late in the chain: `python -m bench.bench_late`.

A store is given 180 million unspent outputs and 1.5 billion script ids, which bench/chain spends
and pays though no block holds them; then 2 GB are ingested on top. Takes some 30 GB of disk and ten
minutes; `--scale` takes a part of the state. Writes bench/results/late.json and docs/benchmarks.md.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.generated import first_blocks, generated
from bench.late_state import seed
from bench.measure import BenchError, bench_folder, commit, machine, save
from bench.page import write_page
from bench.scale import ingest, rates, scratch

from peelchain.store import manifest as manifests

COINS, SCRIPTS = 180_000_000, 1_500_000_000
SEEDED_FROM = 1_255
"""The last height without virtual outputs: a week, a day and a head."""
INPUTS, OUTPUTS = 120, 70
"""Per mille of inputs that spend, and of outputs that pay, what is evenly as old as the chain: the
shares that bench/chain gives the oldest ages within a chain."""
SORTING_BYTES = 4 << 30


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed or an answer was wrong."""
    parser = argparse.ArgumentParser(description="Ingest late in the chain.")
    parser.add_argument("--scale", type=float, action="append", help="shares of the late state; 1")
    parser.add_argument("--size", default="3300M", help="of the chain, 1.3 GB of it beneath")
    parser.add_argument("--inputs", type=int, default=INPUTS, help="old ones spent, per mille")
    parser.add_argument("--outputs", type=int, default=OUTPUTS, help="old scripts paid, per mille")
    parser.add_argument("--runs", type=int, default=3, help="runs on each state")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    result: dict[str, Any] = {"benchmark": "late", **commit(), "machine": machine(), "states": []}
    try:
        for share in chosen.scale or [0.1, 1.0]:
            result["states"].append(measure(share, chosen))
    except BenchError as e:
        print(f"bench_late: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("late", result).name)
        print(write_page().name)
    return 0


def measure(share: float, chosen: argparse.Namespace) -> dict[str, Any]:
    """Ingests on top of this share of the late state. Raises BenchError."""
    coins, scripts = round(COINS * share), round(SCRIPTS * share)
    chain = generated(
        chosen.size,
        *("--seeded-coins", str(coins)),
        *("--seeded-scripts", str(scripts)),
        *("--seeded-from", str(SEEDED_FROM)),
        *("--seeded-inputs", str(chosen.inputs)),
        *("--seeded-outputs", str(chosen.outputs)),
    )
    needed = int(35e9 * share)
    if shutil.disk_usage(bench_folder()).free < needed:
        raise BenchError(f"{bench_folder()} has less than {needed / 1e9:.0f} GB free; use --scale")
    with scratch("late") as folder:
        store = folder / "store"
        ingest(first_blocks(chain, SEEDED_FROM + 1, folder / "first"), store)
        state_bytes = seed(store, chain, coins, scripts, SORTING_BYTES)
        return {
            "coins": coins,
            "scripts": scripts,
            "old_inputs_per_mille": chosen.inputs,
            "old_outputs_per_mille": chosen.outputs,
            "state_bytes": state_bytes,
            **grown(store, chain.blocks, folder / "grown", chosen.runs),
        }


def grown(store: Path, blocks: Path, copy: Path, runs: int) -> dict[str, Any]:
    """The middle of so many ingests of the blocks on copies of a store, warm and cold."""
    before = manifests.read(store)
    told: dict[str, list[dict[str, Any]]] = {"warm": [], "cold": []}
    size = 0
    for cache, rows in told.items():
        # what was just written, or read cold, is no warm cache: one run makes it so
        for number in range(runs + (cache == "warm")):
            _linked(store, copy)
            if cache == "cold":
                _forget(copy.rglob("*.run"))
                _forget(copy.rglob("*.filter"))
            size, row = _grow(blocks, copy, before)
            print(f"  {cache} {number}: {row}", file=sys.stderr)
            rows += [row] if number or cache == "cold" else []
    return {"added_bytes": size, **{cache: _middle(rows) for cache, rows in told.items()}}


def _grow(blocks: Path, store: Path, before: manifests.Manifest) -> tuple[int, dict[str, Any]]:
    cost, answer = ingest(blocks, store)
    sealed = [s for s in before.segments if s.last_height <= before.sealed_height]
    size = answer["bytes"] - sum(s.block_bytes for s in sealed)
    txs = answer["txs"] - sealed[-1].counts["txs"]
    txouts = answer["txouts"] - sealed[-1].counts["txouts"]
    return size, rates(cost, size, txs, txouts, store)


def _linked(store: Path, into: Path) -> Path:
    """A copy of a store whose big files are links: the ingest never writes into a file again."""
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(store, into, copy_function=_link)
    return into


def _link(source: str, into: str) -> None:
    if Path(source).suffix in (".run", ".filter"):
        os.link(source, into)
    else:
        shutil.copy2(source, into)


def _forget(files: Iterable[Path]) -> None:
    """Lets the system drop what it has cached of these files."""
    for path in files:
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _middle(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return sorted(rows, key=lambda row: row["seconds"])[len(rows) // 2]


if __name__ == "__main__":
    sys.exit(main())
