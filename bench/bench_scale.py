"""A generated chain of 2 and 8 GB through the whole store: `python -m bench.bench_scale`.

Ingest beside a peer, a cap on memory, a day's growth, verification and SQL. Writes
bench/results/scale.json and docs/benchmarks.md. Answers are checked before figures are written.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.bench_ingest import peer_python
from bench.generated import Generated, generated, plain_copy, without_last_day
from bench.measure import BenchError, commit, machine, run, save, spread
from bench.page import write_page
from bench.scale import PEELCHAIN, checked, ingest, rates, scratch, table_hashes

CAP = 256 << 20
QUERY = (
    "SELECT o.script_type, year(b.time_utc) AS year, sum(o.value_sat) AS value_sat "
    "FROM txouts o JOIN txs t USING (tx_id) JOIN blocks b USING (height) "
    "GROUP BY ALL ORDER BY ALL"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed or an answer was wrong."""
    parser = argparse.ArgumentParser(description="A generated chain through the whole store.")
    parser.add_argument("--runs", type=int, default=5, help="runs of what takes seconds")
    parser.add_argument(
        "--size", default="2G", help="of the chain that is ingested again and again"
    )
    parser.add_argument("--large", default="8G", help="of the chain for the cap and a day's growth")
    parser.add_argument(
        "--no-peer", action="store_true", help="leave the peer out: it takes minutes"
    )
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        result = measure(chosen.size, chosen.large, chosen.runs, peer=not chosen.no_peer)
    except BenchError as e:
        print(f"bench_scale: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("scale", result).name)
        print(write_page().name)
    return 0


def measure(size: str, large: str, runs: int, *, peer: bool) -> dict[str, Any]:
    """The whole result, as bench/results/scale.json holds it. Raises BenchError."""
    result: dict[str, Any] = {
        "benchmark": "scale",
        **commit(),
        "machine": machine(),
        "runs": runs,
    }
    chain = generated(size)
    result["input"] = _facts(chain)
    with scratch("scale") as folder:
        result["ingest"] = _ingests(chain, folder, runs)
        store = folder / "store"
        result["verify"] = _verifies(chain, store, runs)
        result["sql"] = _queries(chain, store, runs)
        if peer:
            result["peer"] = _peer(chain)
    large_chain = generated(large)
    result["large_input"] = _facts(large_chain)
    with scratch("large") as folder:
        result["memory"] = _capped(large_chain, folder)
        result["day"] = _day(large_chain, folder)
    return result


def _facts(chain: Generated) -> dict[str, Any]:
    kept = ("generator", "bytes", "blocks", "txs", "txins", "txouts", "scripts", "unspent")
    return {name: chain.summary[name] for name in kept}


def _say(words: str) -> None:
    print(f"  {words}", file=sys.stderr)


def _ingests(chain: Generated, folder: Path, runs: int) -> dict[str, Any]:
    """Fresh ingests; the first warms the caches and is not counted."""
    rows = []
    hashes = None
    for number in range(runs + 1):
        store = folder / ("store" if number == runs else f"store-{number}")
        cost, answer = ingest(chain.blocks, store)
        checked(chain, answer)
        if hashes not in (None, table_hashes(store)):
            raise BenchError("two ingests of one chain made different tables")
        hashes = table_hashes(store)
        told = rates(cost, chain.bytes, answer["txs"], answer["txouts"], store)
        _say(f"ingest {number}/{runs}: {told['seconds']} s, {told['mb_per_second']} MB/s")
        rows += [told] if number else []
    names = [name for name in rows[0] if name != "store_bytes"]
    return {
        **{name: spread([row[name] for row in rows]) for name in names},
        "store_bytes": rows[-1]["store_bytes"],
    }


def _verifies(chain: Generated, store: Path, runs: int) -> dict[str, Any]:
    costs = []
    for number in range(runs):
        cost = run([PEELCHAIN, "chain", "verify", "--store", str(store), "--json"])
        if not json.loads(cost.stdout)["ok"]:
            raise BenchError("a fresh store does not verify")
        _say(f"verify {number + 1}/{runs}: {cost.seconds:.2f} s")
        costs.append(cost)
    return {
        "seconds": spread([c.seconds for c in costs]),
        "mb_per_second": spread([round(chain.bytes / c.seconds / 1e6, 1) for c in costs]),
        "peak_anon_bytes": max(c.peak_anon_bytes for c in costs),
    }


def _queries(chain: Generated, store: Path, runs: int) -> dict[str, Any]:
    costs = []
    for number in range(runs):
        cost = run([PEELCHAIN, "sql", QUERY, "--store", str(store), "--json"])
        _say(f"sql {number + 1}/{runs}: {cost.seconds:.2f} s")
        costs.append(cost)
    if len({c.stdout for c in costs}) != 1:
        raise BenchError("one query gave two answers")
    return {
        "query": QUERY,
        "rows": len(json.loads(costs[0].stdout)["rows"]),
        "seconds": spread([c.seconds for c in costs]),
        "peak_rss_bytes": max(c.peak_rss_bytes for c in costs),
    }


def _peer(chain: Generated) -> dict[str, Any]:
    """blockchain-parser over the same files: it only looks at each transaction's parts."""
    program = ["-m", "bench.programs.blockchain_parser_peer", str(plain_copy(chain)), "rows"]
    cost = run([peer_python(), *program])
    if json.loads(cost.stdout)["txs"] != chain.summary["txs"]:
        raise BenchError("the peer read another number of transactions")
    _say(f"peer: {cost.seconds:.1f} s")
    return {
        "program": "blockchain-parser",
        "work": "rows",
        "seconds": round(cost.seconds, 3),
        "mb_per_second": round(chain.bytes / cost.seconds / 1e6, 1),
        "peak_rss_bytes": cost.peak_rss_bytes,
    }


def _capped(chain: Generated, folder: Path) -> dict[str, Any]:
    """The large chain with a cap on memory and without one: the same tables."""
    told = {}
    hashes = []
    for name, options in (("uncapped", []), ("capped", ["--memory", str(CAP)])):
        store = folder / name
        cost, answer = ingest(chain.blocks, store, *options)
        checked(chain, answer)
        told[name] = rates(cost, chain.bytes, answer["txs"], answer["txouts"], store)
        _say(
            f"{name}: {cost.seconds:.1f} s, {told[name]['mb_per_second']} MB/s, "
            f"{cost.peak_anon_bytes >> 20} MiB anonymous"
        )
        hashes.append(table_hashes(store))
    if hashes[0] != hashes[1]:
        raise BenchError("the capped ingest made other tables")
    return {"cap_bytes": CAP, **told}


def _day(chain: Generated, folder: Path) -> dict[str, Any]:
    """The last 144 blocks added to a store of all the others."""
    store, shorter = folder / "grown", without_last_day(chain, folder / "shorter")
    _, before = ingest(shorter, store)
    cost, answer = ingest(chain.blocks, store)
    checked(chain, answer)
    _say(f"a day: {answer['added_blocks']} blocks in {cost.seconds:.2f} s")
    if answer["added_blocks"] != 144 or answer["blocks"] - before["blocks"] != 144:
        raise BenchError(f"{answer['added_blocks']} blocks were added, not 144")
    return {
        "blocks": answer["added_blocks"],
        "seconds": round(cost.seconds, 3),
        "peak_anon_bytes": cost.peak_anon_bytes,
    }


if __name__ == "__main__":
    sys.exit(main())
