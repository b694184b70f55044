"""From measured chains to the whole one: `python -m bench.bench_projection`.

Ingests generated chains of several sizes, takes time and disk by byte, transaction and output,
adds what late state costs (bench_late's saved result), and projects to the whole chain. Writes
bench/results/projection.json, docs/projection.svg and docs/benchmarks.md.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from bench.generated import generated
from bench.measure import RESULTS, BenchError, commit, machine, save, saved
from bench.page import write_page
from bench.projection import Point, draw, project
from bench.scale import checked, ingest, rates, scratch

SIZES = ("500M", "2G", "8G")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results, plot and page are written, 1 when something failed."""
    parser = argparse.ArgumentParser(description="From measured chains to the whole one.")
    parser.add_argument("--size", action="append", help=f"{', '.join(SIZES)} unless given")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        result = measure(chosen.size or SIZES)
    except BenchError as e:
        print(f"bench_projection: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("projection", result).name)
        print(draw(result).name)
        print(write_page().name)
    return 0


def measure(sizes: Sequence[str]) -> dict[str, Any]:
    """The whole result, as bench/results/projection.json holds it. Raises BenchError."""
    points = [_point(size) for size in sizes]
    if not (RESULTS / "late.json").exists():
        raise BenchError("bench/results/late.json is missing; run bench_late first")
    late = saved("late")["states"][-1]
    return {
        "benchmark": "projection",
        **commit(),
        "machine": machine(),
        "points": [vars(p) for p in points],
        "late": late,
        "whole": project(points, late),
    }


def _point(size: str) -> Point:
    chain = generated(size)
    with scratch("projection") as folder:
        cost, answer = ingest(chain.blocks, folder / "store")
        checked(chain, answer)
        told = rates(cost, chain.bytes, answer["txs"], answer["txouts"], folder / "store")
    print(f"  {size}: {told}", file=sys.stderr)
    return Point(
        bytes=chain.bytes,
        txs=answer["txs"],
        txins=answer["txins"],
        txouts=answer["txouts"],
        scripts=answer["scripts"],
        unspent=chain.summary["unspent"],
        seconds=told["seconds"],
        cpu_seconds=told["cpu_seconds"],
        peak_anon_bytes=told["peak_anon_bytes"],
        store_bytes=told["store_bytes"],
    )


if __name__ == "__main__":
    sys.exit(main())
