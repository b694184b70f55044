"""Look-ups in the store of a generated chain of 2 GB: `python -m bench.bench_lookup`.

A txid and an address in an open store, warm and with nothing in the page cache; the commands that
show them, whole processes; opening a store. Writes bench/results/lookup.json and
docs/benchmarks.md. Every answer is compared with the row it was drawn from.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any

from bench.generated import generated
from bench.measure import BenchError, commit, machine, run, save, spread
from bench.page import write_page
from bench.scale import PEELCHAIN, checked, forget, ingest, scratch

from peelchain.script import address, script_pubkey
from peelchain.store import manifest as manifests
from peelchain.store.lookup import Lookup
from peelchain.store.manifest import Manifest
from peelchain.store.reader import Store

SEED = 11
WHOLE_CHAIN_SEGMENTS = 900
_KEPT = ("generator", "bytes", "blocks", "txs", "txins", "txouts", "scripts", "unspent")
_HUNDREDTHS = 100

Question = tuple[str, int]
"""A txid or an address as people write it, and the id that it leads to."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed or an answer was wrong."""
    parser = argparse.ArgumentParser(description="Look-ups in the store of a generated chain.")
    parser.add_argument("--size", default="2G", help="of the chain")
    parser.add_argument("--warm", type=int, default=2000, help="look-ups of each kind, warm")
    parser.add_argument("--cold", type=int, default=200, help="look-ups of each kind, cold")
    parser.add_argument("--runs", type=int, default=20, help="runs of each command")
    parser.add_argument("--store", type=Path, help="of that chain, instead of a fresh one")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        result = measure(chosen.size, chosen.warm, chosen.cold, chosen.runs, chosen.store)
    except BenchError as e:
        print(f"bench_lookup: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("lookup", result).name)
        print(write_page().name)
    return 0


def measure(size: str, warm: int, cold: int, runs: int, store: Path | None) -> dict[str, Any]:
    """The whole result, as bench/results/lookup.json holds it. Raises BenchError."""
    result: dict[str, Any] = {
        "benchmark": "lookup",
        **commit(),
        "machine": machine(),
        "runs": runs,
    }
    with scratch("lookup") as folder:
        if store is None:
            chain = generated(size)
            store = folder / "store"
            checked(chain, ingest(chain.blocks, store)[1])
            result["input"] = {name: chain.summary[name] for name in _KEPT}
        counts = manifests.read(store).counts
        result["store"] = {"counts": counts, "segments": len(manifests.read(store).segments)}
        with _open(store) as lookup:
            txids, addresses = _questions(lookup, warm, Random(SEED))
        kinds = (("txid", txids, find_txid), ("address", addresses, find_address))
        for kind, questions, ask in kinds:
            result[kind] = {
                "warm_seconds": _warm(store, questions, ask),
                "cold_seconds": _cold(store, questions[:cold], ask),
            }
            print(f"  {kind}: {json.dumps(result[kind])}", file=sys.stderr)
        result["commands"] = _commands(store, txids[:runs], addresses[:runs], runs)
        result["open_seconds"] = {
            "this": _opened(store, runs),
            "whole_chain": _opened(_whole_chain(store, folder / "whole"), runs),
        }
    return result


def find_txid(lookup: Lookup, question: Question) -> bool:
    """Looks a txid up; whether it led where it should."""
    return lookup.tx_ids(bytes.fromhex(question[0])[::-1])[-1] == question[1]


def find_address(lookup: Lookup, question: Question) -> bool:
    """Looks up an address with what it received and spent; whether it led where it should."""
    script = script_pubkey(question[0], lookup.store.network)
    script_id = lookup.script_ids([script])[script]
    return script_id == question[1] and lookup.history(script_id, 10_000).receipt_count > 0


@contextmanager
def _open(store: Path) -> Iterator[Lookup]:
    with Store.open(store) as held, Lookup(held) as lookup:
        yield lookup


def _questions(lookup: Lookup, count: int, chance: Random) -> tuple[list[Question], list[Question]]:
    """Transactions and addressed scripts drawn evenly from all, in no order."""
    counts = lookup.store.manifest.counts
    tx_ids = chance.sample(range(counts["txs"]), count)
    found = lookup.txids(tx_ids)
    txids = [(found[i][::-1].hex(), i) for i in tx_ids]
    script_ids = chance.sample(range(counts["scripts"]), 2 * count)
    scripts = lookup.scripts(script_ids)
    named = [(address(scripts[i], lookup.store.network), i) for i in script_ids]
    return txids, [(text, i) for text, i in named if text is not None][:count]


def _timed(lookup: Lookup, question: Question, ask: Callable[[Lookup, Question], bool]) -> float:
    start = time.perf_counter()
    right = ask(lookup, question)
    seconds = time.perf_counter() - start
    if not right:
        raise BenchError(f"{question[0]} led elsewhere than to {question[1]}")
    return seconds


def _warm(
    store: Path, questions: list[Question], ask: Callable[[Lookup, Question], bool]
) -> dict[str, float]:
    """In one open store; the first pass over the questions warms it and is not counted."""
    with _open(store) as lookup:
        for question in questions:
            ask(lookup, question)
        return _tail([_timed(lookup, question, ask) for question in questions])


def _cold(
    store: Path, questions: list[Question], ask: Callable[[Lookup, Question], bool]
) -> dict[str, float]:
    """Each in a store opened anew, with none of its files in the page cache.

    A mapped page stays in the cache, so one that a look-up before it mapped would be no cold one.
    """
    seconds = []
    for question in questions:
        forget(store)
        with _open(store) as lookup:
            seconds.append(_timed(lookup, question, ask))
    return _tail(seconds)


def _tail(seconds: list[float]) -> dict[str, float]:
    """Median, 99th percentile and greatest, to the tenth of a microsecond."""
    return {
        "median": round(median(seconds), 7),
        "p99": round(quantiles(seconds, n=_HUNDREDTHS, method="inclusive")[-1], 7),
        "most": round(max(seconds), 7),
    }


def _commands(
    store: Path, txids: list[Question], addresses: list[Question], runs: int
) -> dict[str, Any]:
    """Whole processes, each asked of another transaction or address; the first is not counted."""
    asked = {
        "tx": [["tx", txid] for txid, _ in txids],
        "address": [["address", text] for text, _ in addresses],
        "chain status": [["chain", "status"]] * runs,
    }
    told = {}
    for name, commands in asked.items():
        costs = [
            run([PEELCHAIN, *arguments, "--store", str(store), "--json"])
            for arguments in (commands[0], *commands)
        ][1:]
        told[name] = {
            "seconds": spread([c.seconds for c in costs]),
            "cpu_seconds": spread([c.cpu_seconds for c in costs]),
            "peak_rss_bytes": max(c.peak_rss_bytes for c in costs),
        }
        print(f"  {name}: {told[name]['seconds']['median']:.3f} s", file=sys.stderr)
    return told


def _opened(store: Path, runs: int) -> dict[str, float]:
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        Store.open(store).close()
        seconds.append(time.perf_counter() - start)
    return spread(seconds)


def _whole_chain(store: Path, into: Path) -> Path:
    """A manifest alone, with as many segments and look-ups as the whole chain would have."""
    manifest = manifests.read(store)
    into.mkdir()
    manifests.write(into, _repeated(manifest, WHOLE_CHAIN_SEGMENTS))
    return into


def _repeated(manifest: Manifest, count: int) -> Manifest:
    first = manifest.segments[0]
    blocks = first.last_height + 1
    segments = [
        replace(first, first_height=i * blocks, last_height=(i + 1) * blocks - 1)
        for i in range(count)
    ]
    runs = [
        replace(run, first_height=i * blocks, last_height=(i + 1) * blocks - 1)
        for run in manifest.sorted_runs
        if run.first_height == 0
        for i in range(0, count, 30)
    ]
    return replace(manifest, segments=tuple(segments), sorted_runs=tuple(runs), runs=())


if __name__ == "__main__":
    sys.exit(main())
