"""Tracing: `python -m bench.bench_trace`.

Walks of 1,000 to 10,000,000 transactions over a chain in memory, in seconds and bytes an output,
and the sizes that BlockSci's paper gives; the same by networkx and by plain Python, whose answers
must be ours; and walks of a store. Writes bench/results/trace.json, docs/trace.svg and
docs/benchmarks.md.
"""

import argparse
import ctypes
import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from bench.bench_ingest import peer_python, peer_version
from bench.generated import generated
from bench.measure import ROOT, BenchError, commit, machine, run, save, spread
from bench.page import write_page
from bench.scale import checked, ingest, scratch
from bench.trace_chain import flat_chain
from bench.trace_page import draw

from bench import trace_python
from peelchain.actions.view import StoreView
from peelchain.store import arrays as chain_arrays
from peelchain.store.arrays import ChainArrays
from peelchain.store.stored_chain import StoredChain
from peelchain.trace.walk import RULES, Trace, TraceRequest, trace

TIMED_RULES = ("pro_rata", "index_fifo")
VISITS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
PUBLISHED = {7_114: 0.015, 101_684: 0.76}
"""Outputs and seconds of a haircut walk: Kalodner et al. 2020, "BlockSci", USENIX Security."""
_PYTHON_TXS = 100_000
"""The most that plain Python and networkx are asked for: seconds."""
_CHAIN_TXS = 12_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results, plot and page are written, 1 when something failed or two answers differ."""
    parser = argparse.ArgumentParser(description="Walks of the chain under tracing rules.")
    parser.add_argument("--txs", type=int, default=_CHAIN_TXS, help="of the chain in memory")
    parser.add_argument("--size", default="513M", help="of the chain in a store")
    parser.add_argument("--runs", type=int, default=9, help="of each walk; fewer of the long ones")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        result = {
            "benchmark": "trace",
            **commit(),
            "machine": machine(),
            "peers": {"networkx": peer_version("networkx")},
            "store": _store(chosen.size, chosen.runs),
            **_memory(chosen.txs, chosen.runs),
        }
    except BenchError as e:
        print(f"bench_trace: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("trace", result).name)
        print(draw(result).name)
        print(write_page().name)
    return 0


def _memory(txs: int, runs: int) -> dict[str, Any]:
    """Walks of a chain in memory."""
    arrays = flat_chain(txs)
    seed = _first_coinbase(arrays)
    walks = []
    for visits in (size for size in VISITS if size < txs):
        row = _walk(arrays, seed, visits, runs)
        if visits <= _PYTHON_TXS:
            row["peers"] = _peers(arrays, seed, visits, row.pop("found"))
        row.pop("found", None)
        walks.append(row)
    published = []
    for txouts, seconds in PUBLISHED.items():
        row = _walk(arrays, seed, _visits_of(arrays, seed, txouts), runs)
        row.pop("found")
        published.append({**row, "published_txouts": txouts, "published_seconds": seconds})
    return {
        "chain": {"txs": arrays.tx_count, "txouts": arrays.txout_count},
        "walks": walks,
        "published": published,
        "rules": _all_rules(arrays, seed, min(1_000_000, txs // 2)),
    }


def _walk(arrays: ChainArrays, seed: int, visits: int, runs: int) -> dict[str, Any]:
    """Seconds and memory of a walk under each timed rule, the Python call included."""
    seconds: dict[str, dict[str, float]] = {}
    cpu_seconds: dict[str, dict[str, float]] = {}
    bytes_an_output: dict[str, float] = {}
    found: dict[str, dict[int, int]] = {}
    for rule in TIMED_RULES:
        request = _request(arrays, seed, visits, (rule,))
        times = []
        cpu_times = []
        for _ in range((runs if visits < 1_000_000 else 3) + 1):
            before = _peak_rss_from_now()
            start, cpu_start = time.perf_counter(), time.thread_time()
            done = trace(arrays, request)
            times.append(time.perf_counter() - start)
            cpu_times.append(time.thread_time() - cpu_start)
            grown = _peak_rss() - before
        seconds[rule] = spread(times[1:])
        cpu_seconds[rule] = spread(cpu_times[1:])
        bytes_an_output[rule] = round(grown / done.reached_txouts, 1)
        if visits <= _PYTHON_TXS:
            found[rule] = _rested(done, rule)
    print(f"  {visits:,} txs: {json.dumps(seconds)} {bytes_an_output}", file=sys.stderr)
    return {
        "visited_txs": done.visited_txs,
        "reached_txouts": done.reached_txouts,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "txouts_per_second": {
            rule: round(done.reached_txouts / told["median"]) for rule, told in seconds.items()
        },
        "bytes_an_output": bytes_an_output,
        "found": found,
    }


def _all_rules(arrays: ChainArrays, seed: int, visits: int) -> dict[str, Any]:
    """Seconds of each stage of one walk under every rule."""
    told: list[tuple[str, float]] = []

    def progress(stage: str, done: int, total: int | None) -> None:
        if not told or told[-1][0] != stage:
            told.append((stage, time.perf_counter()))

    found = trace(arrays, _request(arrays, seed, visits, RULES), progress)
    told.append(("end", time.perf_counter()))
    return {
        "visited_txs": found.visited_txs,
        "reached_txouts": found.reached_txouts,
        "seconds": {stage: round(after - at, 6) for (stage, at), (_, after) in pairwise(told)},
    }


def _peers(
    arrays: ChainArrays, seed: int, visits: int, found: dict[str, dict[int, int]]
) -> dict[str, Any]:
    """Seconds of plain Python and of networkx. Raises BenchError where they find other satoshis."""
    told: dict[str, Any] = {}
    walks: dict[str, Callable[[ChainArrays, int, int], dict[int, int]]] = {
        "pro_rata": trace_python.pro_rata,
        "index_fifo": trace_python.index_fifo,
    }
    for rule, walk in walks.items():
        start = time.perf_counter()
        rested = walk(arrays, seed, visits)
        told[f"python_{rule}"] = round(time.perf_counter() - start, 6)
        if rested != found[rule]:
            raise BenchError(f"{visits} transactions: plain Python differs under {rule}")
    return {**told, **_networkx(arrays, seed, visits, found["pro_rata"])}


def _networkx(
    arrays: ChainArrays, seed: int, visits: int, rested: dict[int, int]
) -> dict[str, float]:
    """Seconds to make the graph, which we find for it, and to carry the taint over it."""
    request = _request(arrays, seed, visits, ("pro_rata",))
    done = trace(arrays, TraceRequest(**{**vars(request), "graph": True}))
    graph = done.graph
    if graph is None:
        raise BenchError("a graph was asked for and not given")
    with scratch("trace-graph") as folder:
        for name in (
            "node_value_sat",
            "visit_fee_sat",
            "first_entering",
            "entering",
            "first_leaving",
        ):
            getattr(graph, name).tofile(folder / name)
        arrays.txout_value[[seed]].tofile(folder / "seed_sat")
        program = str(ROOT / "bench" / "programs" / "networkx_peer.py")
        answer = json.loads(run([peer_python(), program, str(folder)]).stdout)
        amounts = np.fromfile(answer.pop("amounts"), np.int64)
    ends = graph.node_type != 255
    theirs = dict(zip(graph.node_txout[ends].tolist(), amounts[ends].tolist(), strict=True))
    ours = {txout: sat for txout, sat in rested.items() if txout >= 0}
    if {txout: sat for txout, sat in theirs.items() if sat} != ours:
        raise BenchError(f"{visits} transactions: networkx differs under pro_rata")
    return {"networkx_made": answer["made"], "networkx_pro_rata": answer["seconds"]}


def _rested(done: Trace, rule: str) -> dict[int, int]:
    """Satoshis by output where they rest, -1 for all fees."""
    rested = {-1: done.rules[rule].totals.get("fee", 0)}
    table = done.rules[rule].terminals
    for txout, sat in zip(
        table["txout_id"].to_pylist(), table["traced_sat"].to_pylist(), strict=True
    ):
        if txout is not None:
            rested[txout] = sat
    return {txout: sat for txout, sat in rested.items() if sat}


def _store(size: str, runs: int) -> dict[str, Any]:
    """Walks of a generated chain in a store, from open arrays and from its files; warm."""
    chain = generated(size)
    with scratch("trace-store") as folder:
        checked(chain, ingest(chain.blocks, folder / "store")[1])
        with StoreView(folder / "store") as view:
            loads = []
            for _ in range(3):
                start = time.perf_counter()
                arrays = chain_arrays.load(view.store)
                loads.append(time.perf_counter() - start)
            seed = _first_coinbase(arrays)
            request = _request(arrays, seed, None, TIMED_RULES[:1])
            sources: dict[str, ChainArrays | StoredChain] = {
                "arrays": arrays,
                "files": StoredChain(view.lookup),
            }
            seconds: dict[str, list[float]] = {}
            answers = []
            for _ in range(min(runs, 3) + 1):
                for name, source in sources.items():
                    start = time.perf_counter()
                    done = trace(source, request)
                    seconds.setdefault(name, []).append(time.perf_counter() - start)
                    answers.append(done.rules)
            if any(answer != answers[0] for answer in answers):
                raise BenchError("the store's files and its arrays give different traces")
    told = {
        "chain": {k: chain.summary[k] for k in ("bytes", "blocks", "txs", "txins", "txouts")},
        "load_seconds": spread(loads),
        "visited_txs": done.visited_txs,
        "reached_txouts": done.reached_txouts,
        "seconds": {name: spread(times[1:]) for name, times in seconds.items()},
    }
    print(f"  store: {json.dumps(told)}", file=sys.stderr)
    return told


def _request(
    arrays: ChainArrays, seed: int, visits: int | None, rules: tuple[str, ...]
) -> TraceRequest:
    seeds = np.array([seed], np.int64)
    return TraceRequest(
        "forward", seeds, arrays.txout_value[seeds], rules=rules, hops=False, max_txs=visits
    )


def _first_coinbase(arrays: ChainArrays) -> int:
    """The first output that a coinbase made and somebody spent."""
    made_by_coinbase = arrays.txin_prev_txout[arrays.tx_first_txin[arrays.txout_tx]] == -1
    return int(np.flatnonzero(made_by_coinbase & (arrays.txout_spender >= 0))[0])


def _visits_of(arrays: ChainArrays, seed: int, txouts: int) -> int:
    """The fewest visits that reach so many outputs."""
    low, high = 1, txouts
    while low < high:
        visits = (low + high) // 2
        found = trace(arrays, _request(arrays, seed, visits, TIMED_RULES[:1]))
        low, high = (low, visits) if found.reached_txouts >= txouts else (visits + 1, high)
    return low


def _peak_rss_from_now() -> int:
    """Resets the process's peak of resident bytes, and gives what it is now.

    Memory that earlier calls have freed goes back to the system first: it would hide growth.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return _peak_rss()


def _peak_rss() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise BenchError("the system does not tell the peak of resident memory")


if __name__ == "__main__":
    sys.exit(main())
