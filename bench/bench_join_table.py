"""A seized table joined with the chain: `python -m bench.bench_join_table`.

Tables of 10,000 to 1.3 million users, one row in a hundred bad, through `case join-table` as a
whole process: read, decode, seal every user, index, join. Beside it DuckDB on the same store, which
is given the scripts in Parquet and so need not read CSV, decode addresses, find bad rows or encrypt
anything. Both give the same payers, receipts and satoshis. Writes bench/results/join_table.json.
"""

import argparse
import csv
import json
import shutil
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from bench.inputs import synthetic
from bench.measure import (
    BenchError,
    Cost,
    bench_folder,
    commit,
    machine,
    run,
    save,
    sha256_of,
    spread,
)
from bench.page import write_page

from peelchain.actions.clusters import run as cluster_run
from peelchain.actions.view import StoreView
from peelchain.network import REGTEST
from peelchain.script import address, p2wpkh

SIZES = (10_000, 100_000, 1_300_000)
SEED = 12
MAIN = "from peelchain.cli.main import main; main()"
_BAD = 100
_IN_CHAIN = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed or two answers differ."""
    parser = argparse.ArgumentParser(description="A seized table joined with the chain.")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="users")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    folder = bench_folder() / "run-join-table"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        result = _measured(folder, chosen.sizes, chosen.runs)
    except BenchError as e:
        print(f"bench_join_table: {e}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("join_table", result).name)
        print(write_page().name)
    return 0


def _measured(folder: Path, sizes: Sequence[int], runs: int) -> dict[str, Any]:
    before = machine()
    chain = synthetic("peelchain")
    store = folder / "store"
    _peelchain("chain", "ingest", str(chain.source), "--store", str(store), "--json")
    cluster_run(store)
    with StoreView(store) as view:
        counts = dict(view.store.manifest.counts)
        query = "SELECT script_pubkey AS s FROM scripts ORDER BY script_id"
        found = [row["s"] for row in view.lookup.rows(query)]
    scripts = [script for script in found if address(script, REGTEST)]
    Random(SEED).shuffle(scripts)
    return {
        "benchmark": "join_table",
        **commit(),
        "machine": before,
        "runs": runs,
        "duckdb": version("duckdb"),
        "chain": {"bytes": chain.bytes, "sha256": chain.sha256, **counts},
        "tables": [_table(folder, store, scripts, size, runs) for size in sizes],
    }


def _table(
    folder: Path, store: Path, scripts: Sequence[bytes], users: int, runs: int
) -> dict[str, Any]:
    file, parquet = folder / f"users-{users}.csv", folder / f"users-{users}.parquet"
    _write_table(file, parquet, scripts, users)
    costs, answers, peers = [], [], []
    for number in range(runs):
        case = folder / f"case-{users}-{number}"
        _peelchain("case", "open", str(case), "--store", str(store), "--json")
        cost = _peelchain(
            "case", "join-table", str(file), "--case", str(case), "--store", str(store), "--json"
        )
        costs.append(cost)
        answers.append(json.loads(cost.stdout))
        vault = (case / "private" / "vault.sqlite").stat().st_size
        shutil.rmtree(case)
        peers.append(
            run([sys.executable, "-m", "bench.join_table_duckdb", str(store), str(parquet)])
        )
    totals = answers[0]["totals"]
    ours = {k: totals[k] for k in ("users_paid", "receipts", "received_sat")}
    theirs = json.loads(peers[0].stdout)
    if ours != theirs:
        raise BenchError(f"peelchain says {ours}, DuckDB {theirs}")
    problems = answers[0]["table"]["problems"]
    if sum(problems.values()) != users // _BAD:
        raise BenchError(f"{users // _BAD} rows are bad, and {problems} were found")
    print(f"{users:,} users: {median(c.seconds for c in costs):.2f} s", file=sys.stderr)
    return {
        "users": users,
        "rows": answers[0]["table"]["rows"],
        "bytes": file.stat().st_size,
        "sha256": sha256_of([file]),
        "bad_rows": sum(problems.values()),
        **ours,
        "vault_bytes": vault,
        "peelchain": _told(costs),
        "duckdb": _told(peers),
    }


def _told(costs: Sequence[Cost]) -> dict[str, Any]:
    return {
        "seconds": spread([c.seconds for c in costs]),
        "cpu_seconds": spread([c.cpu_seconds for c in costs]),
        "peak_rss_bytes": max(c.peak_rss_bytes for c in costs),
        "peak_anon_bytes": max(c.peak_anon_bytes for c in costs),
    }


def _write_table(file: Path, parquet: Path, scripts: Sequence[bytes], users: int) -> None:
    """Users with one address each: a quarter in the chain, as far as it goes, the rest not."""
    rng = Random(SEED + users)
    known = list(scripts[: users // _IN_CHAIN])
    others = [p2wpkh(rng.randbytes(20)) for _ in range(users - len(known))]
    every = known + others
    rng.shuffle(every)
    with file.open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("user", "address", "registered", "mail"))
        for number, script in enumerate(every):
            said = address(script, REGTEST)
            assert said is not None
            row = (
                f"user {number:07}",
                said,
                f"2011-01-{number % 28 + 1:02}",
                f"u{number}@m.example",
            )
            writer.writerow(row)
            if number % _BAD == _BAD - 1:
                writer.writerow((row[0], said[:-2], *row[2:]))
    names = [f"user {number:07}" for number in range(users)]
    pq.write_table(
        pa.table({"user": names, "script_pubkey": pa.array(every, pa.binary())}), parquet
    )


def _peelchain(*arguments: str) -> Cost:
    return run([sys.executable, "-c", MAIN, *arguments])


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    print(f"took {time.monotonic() - started:.0f} s", file=sys.stderr)
    sys.exit(code)
