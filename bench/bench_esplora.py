"""How fast the Esplora server answers on full blocks: `python -m bench.bench_esplora`.

500 requests of each kind, one after another over a connection that is kept, to a real server of
the synthetic chain's store; beside it the sums of addresses by SQL in DuckDB, which must be equal.
Fails where a kind takes 200 ms at the 95th percentile. Writes bench/results/esplora.json and
docs/benchmarks.md.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import httpx
from bench.inputs import Input, synthetic
from bench.measure import BenchError, command_environment, commit, machine, save
from bench.page import write_page
from bench.scale import scratch
from bench.web.server import PEELCHAIN

from peelchain.actions import chain
from peelchain.script import address
from peelchain.store.lookup import Lookup
from peelchain.store.reader import Store
from peelchain.units import format_hash

SEED = 19
MOST_SECONDS = 0.2
"""What the 95th percentile stays below."""

Paths = dict[str, list[str]]


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed, was wrong or too slow."""
    parser = argparse.ArgumentParser(description="How fast the Esplora server answers.")
    parser.add_argument("--requests", type=int, default=500, help="of each kind")
    parser.add_argument("--compared", type=int, default=50, help="sums that DuckDB repeats")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        with scratch("esplora") as folder:
            result = measure(synthetic(""), folder / "store", chosen.requests, chosen.compared)
    except BenchError as e:
        print(f"bench_esplora: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("esplora", result).name)
        print(write_page().name)
    return 0


def measure(source: Input, store: Path, requests: int, compared: int) -> dict[str, Any]:
    """The whole result, as bench/results/esplora.json holds it. Raises BenchError."""
    result: dict[str, Any] = {"benchmark": "esplora", **commit(), "machine": machine()}
    result["input"] = {"name": source.name, "what": source.what, "sha256": source.sha256}
    chain.ingest(str(source.source), store)
    with Store.open(store) as opened, Lookup(opened) as lookup:
        result["counts"] = opened.manifest.counts
        paths = _paths(lookup, requests)
        start = time.perf_counter()
        with _serving(store) as client:
            result["start_seconds"] = round(time.perf_counter() - start, 3)
            result["requests"] = {name: _measured(client, some) for name, some in paths.items()}
            result["compared"] = _beside_duckdb(client, lookup, paths["address"][:compared])
    for name, told in result["requests"].items():
        if told["p95"] >= MOST_SECONDS:
            raise BenchError(f"{name}: {told['p95']:.3f} s at the 95th percentile")
    return result


def _paths(lookup: Lookup, count: int) -> Paths:
    """What is asked: transactions and blocks by chance, the busiest addresses and others."""
    chance, counts = Random(SEED), lookup.store.manifest.counts
    tx_ids = sorted(chance.sample(range(counts["txs"]), count))
    txids = [format_hash(txid) for txid in lookup.txids(tx_ids).values()]
    busiest = lookup.rows(
        "SELECT script_id FROM txouts GROUP BY script_id ORDER BY count(*) DESC, script_id "
        f"LIMIT {count // 10}"
    )
    script_ids = {row["script_id"] for row in busiest}
    script_ids |= set(chance.sample(range(counts["scripts"]), count))
    network = lookup.store.network
    named = (address(script, network) for script in lookup.scripts(script_ids).values())
    addresses = [name for name in named if name][:count]
    blocks = [format_hash(b.block_hash) for b in lookup.blocks(range(101, counts["blocks"]))]
    for some in (txids, addresses, blocks):
        chance.shuffle(some)
    return {
        "tx": [f"/tx/{txid}" for txid in txids],
        "tx raw": [f"/tx/{txid}/raw" for txid in txids],
        "merkle-proof": [f"/tx/{txid}/merkle-proof" for txid in txids],
        "outspends": [f"/tx/{txid}/outspends" for txid in txids],
        "address": [f"/address/{name}" for name in addresses],
        "address txs": [f"/address/{name}/txs" for name in addresses],
        "address utxo": [f"/address/{name}/utxo" for name in addresses],
        "block txs": [f"/block/{name}/txs" for name in blocks],
    }


@contextmanager
def _serving(store: Path) -> Iterator[httpx.Client]:
    """A server of the store as a process of its own, and a client of it."""
    command = [*PEELCHAIN, "serve", "--esplora", "--store", str(store), "--port", "0", "--json"]
    process = subprocess.Popen(
        command, env=command_environment(), stdout=subprocess.PIPE, stderr=sys.stderr, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise BenchError("the server ended before it said where it is")
        with httpx.Client(base_url=json.loads(line)["address"], timeout=60) as client:
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _measured(client: httpx.Client, paths: Sequence[str]) -> dict[str, float | int]:
    """Seconds from asking to the last byte of the answer, each asked once."""
    seconds, size = [], 0
    for path in paths:
        start = time.perf_counter()
        answer = client.get(path)
        seconds.append(time.perf_counter() - start)
        size = max(size, len(answer.content))
        if answer.status_code != 200:
            raise BenchError(f"{path}: {answer.status_code} {answer.text[:200]}")
    return {
        "requests": len(seconds),
        "median": round(median(seconds), 6),
        "p95": round(sorted(seconds)[int(len(seconds) * 0.95)], 6),
        "most": round(max(seconds), 6),
        "most_bytes": size,
    }


def _beside_duckdb(client: httpx.Client, lookup: Lookup, paths: Sequence[str]) -> dict[str, Any]:
    """The sums of addresses from the server and by SQL, in turns. Raises BenchError."""
    ours, theirs = [], []
    for path in paths:
        start = time.perf_counter()
        stats = client.get(path).json()["chain_stats"]
        between = time.perf_counter()
        script = client.get(f"/v1/validate-address/{path[9:]}").json()["scriptPubKey"]
        asked = time.perf_counter()
        (row,) = lookup.rows(
            "SELECT count(*) AS n, sum(value_sat)::BIGINT AS sat, count(i.tx_id) AS spent "
            "FROM txouts o LEFT JOIN txins i ON i.prev_txout_id = o.txout_id "
            "WHERE o.script_id = (SELECT script_id FROM scripts WHERE script_pubkey = ?)",
            [bytes.fromhex(script)],
        )
        theirs.append(time.perf_counter() - asked)
        ours.append(between - start)
        told = [stats["funded_txo_count"], stats["funded_txo_sum"], stats["spent_txo_count"]]
        if told != [row["n"], row["sat"], row["spent"]]:
            raise BenchError(f"{path}: {told} by the server, {row} by SQL")
    return {
        "requests": len(paths),
        "peelchain": round(median(ours), 6),
        "duckdb": round(median(theirs), 6),
    }


if __name__ == "__main__":
    sys.exit(main())
