"""Traces from a store's files and from memory: `python -m bench.bench_stored`.

Forward traces over the store of a generated chain of 513 MB: a narrow one, and one as wide as the
chain. Each in a process of its own, with the chain loaded as arrays or read page by page, and then
with the files in the page cache or not. Writes bench/results/stored.json and
docs/benchmarks.md. All ways must find the same terminals.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from bench.generated import generated
from bench.measure import BenchError, commit, machine, run, save, spread
from bench.page import write_page
from bench.scale import checked, forget, ingest, scratch

from peelchain.store import arrays
from peelchain.store import manifest as manifests
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store
from peelchain.store.stored_chain import StoredChain
from peelchain.trace.walk import CASE_RULES, Trace, TraceRequest, trace

SEED = 11
TRACES = (
    ("narrow", {"seeds": 1, "max_txs": 100}),
    ("middling", {"seeds": 10, "max_txs": 10_000}),
    ("wide", {"seeds": 2_000, "max_txs": 10_000_000}),
)
"""Seeds drawn from the first tenth of the outputs, and transactions after which the walk stops."""
WAYS = ("nothing", "memory", "files")
_KEPT = ("generator", "bytes", "blocks", "txs", "txins", "txouts", "scripts", "unspent")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed or answers differ."""
    parser = argparse.ArgumentParser(description="Traces from files and from memory.")
    parser.add_argument("--size", default="513M", help="of the chain")
    parser.add_argument("--runs", type=int, default=5, help="of each trace, each way")
    parser.add_argument("--store", type=Path, help="of that chain, instead of a fresh one")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    parser.add_argument("--one", nargs=2, metavar=("WAY", "TRACE"), help="one run, for the others")
    chosen = parser.parse_args(arguments)
    if chosen.one:
        print(json.dumps(one(chosen.store, *chosen.one)))
        return 0
    try:
        result = measure(chosen.size, chosen.runs, chosen.store)
    except BenchError as e:
        print(f"bench_stored: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("stored", result).name)
        print(write_page().name)
    return 0


def measure(size: str, runs: int, store: Path | None) -> dict[str, Any]:
    """The whole result, as bench/results/stored.json holds it. Raises BenchError."""
    result: dict[str, Any] = {"benchmark": "stored", **commit(), "machine": machine(), "runs": runs}
    with scratch("stored") as folder:
        chain = generated(size)
        result["input"] = {name: chain.summary[name] for name in _KEPT}
        if store is None:
            store = folder / "store"
            checked(chain, ingest(chain.blocks, store)[1])
        stored = manifests.read(store)
        result["store"] = {
            "bytes": sum(f.bytes for f in stored.files()),
            "segments": len(stored.segments),
        }
        result["traces"] = [_compared(store, name, runs) for name, _ in TRACES]
    return result


def _compared(store: Path, name: str, runs: int) -> dict[str, Any]:
    """One trace every way, in turns; cold has its store's files dropped from the page cache."""
    told: dict[str, list[dict[str, Any]]] = {}
    for _ in range(runs):
        for way in WAYS:
            for state in ("warm", "cold") if way == "files" else ("warm",):
                if state == "cold":
                    forget(store)
                told.setdefault(f"{way} {state}", []).append(_run(store, way, name))
    answers = {json.dumps(r["answer"]) for some in told.values() for r in some if "answer" in r}
    if len(answers) != 1:
        raise BenchError(f"the {name} trace differs: {sorted(answers)}")
    ways: dict[str, Any] = {}
    for way, some in told.items():
        ways[way] = {
            "peak_anon_bytes": max(r["peak_anon_bytes"] for r in some),
            "process_seconds": spread([r["process_seconds"] for r in some]),
        }
        for part in ("open_seconds", "first_seconds", "again_seconds"):
            if part in some[0]:
                ways[way][part] = spread([r[part] for r in some])
    row = {"name": name, **json.loads(answers.pop()), "ways": ways}
    row["pages_read"] = told["files warm"][0]["pages_read"]
    print(f"  {json.dumps(row)}", file=sys.stderr)
    return row


def _run(store: Path, way: str, name: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.bench_stored", "--store", str(store.resolve())]
    cost = run([*command, "--one", way, name])
    told: dict[str, Any] = json.loads(cost.stdout)
    return told | {"process_seconds": cost.seconds, "peak_anon_bytes": cost.peak_anon_bytes}


def one(store: Path, way: str, name: str) -> dict[str, Any]:
    """What one way took: to open the chain, for the trace, and for the same trace once more.

    The way `nothing` opens the store alone: what a process weighs without any chain.
    """
    with ExitStack() as held:
        opened = held.enter_context(Store.open(store))
        lookup = held.enter_context(Lookup(opened))
        if way == "nothing":
            return {}
        request = _request(lookup, **dict(TRACES)[name])
        started = time.perf_counter()
        chain = arrays.load(opened) if way == "memory" else StoredChain(lookup)
        ready = time.perf_counter()
        found = trace(chain, request)
        done = time.perf_counter()
        read = {} if way == "memory" else {"pages_read": chain.core.pages_read}
        trace(chain, request)
        again = time.perf_counter()
    return {
        "open_seconds": ready - started,
        "first_seconds": done - ready,
        "again_seconds": again - done,
        **read,
        "answer": _answer(found),
    }


def _request(lookup: Lookup, seeds: int, max_txs: int) -> TraceRequest:
    outputs = lookup.store.manifest.counts["txouts"] // 10
    drawn = sorted(Random(SEED).sample(range(outputs), 2 * seeds))
    rows = lookup.columns_of("txouts", drawn, ["value_sat"])["value_sat"]
    worth = [(txout, sat) for txout, sat in zip(drawn, rows, strict=True) if sat > 0][:seeds]
    txouts, sats = np.array(worth, np.int64).T
    return TraceRequest(
        "forward", txouts.copy(), sats.copy(), rules=CASE_RULES, max_txs=max_txs, hops=False
    )


def _answer(found: Trace) -> dict[str, Any]:
    digest = sha256()
    for rule in CASE_RULES:
        for column in found.rules[rule].terminals.columns:
            digest.update(repr(column.to_pylist()).encode())
    return {
        "visited_txs": found.visited_txs,
        "reached_txouts": found.reached_txouts,
        "terminals_sha256": digest.hexdigest(),
    }


if __name__ == "__main__":
    sys.exit(main())
