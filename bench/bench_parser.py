"""Block parsers and hashes against each other: `python -m bench.bench_parser`.

Builds bench/parser (Rust, a workspace of its own), runs it on the real blocks and writes
bench/results/parser.json and docs/benchmarks.md. See docs/adr/0002-block-parser.md.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.generated import built
from bench.inputs import real_block_files
from bench.measure import (
    ROOT,
    BenchError,
    commit,
    machine,
    run,
    save,
    sha256_of,
    spread,
)
from bench.page import write_page

CRATE = ROOT / "bench" / "parser"
MEASURED = ("bitcoin", "bitcoin_hashes", "bitcoin_slices", "sha2")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, or when there is nothing to measure on; 1 on failure."""
    parser = argparse.ArgumentParser(description="Block parsers and hashes against each other.")
    parser.add_argument("--rounds", type=int, default=25, help="rounds of all, in turns")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    files = real_block_files()
    if not files:
        print("bench_parser: skipped, no shared data; set PEELCHAIN_DATA", file=sys.stderr)
        return 0
    try:
        result = measure(files, chosen.rounds)
    except BenchError as e:
        print(f"bench_parser: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("parser", result).relative_to(ROOT))
        print(write_page().relative_to(ROOT))
    return 0


def measure(files: Sequence[Path], rounds: int) -> dict[str, Any]:
    """The whole result, as bench/results/parser.json holds it. Raises BenchError."""
    facts = machine()
    told = json.loads(
        run([str(built("parser", "parser-bench")), str(rounds), *map(str, files)]).stdout
    )
    size, txs = told["bytes"], told["txs"]
    parsers = []
    for row in told["parsers"]:
        seconds = spread(row["seconds"])
        parsers.append(
            {
                **row,
                "seconds": seconds,
                "mb_per_second": round(size / seconds["median"] / 1e6),
                "txs_per_second": round(txs / seconds["median"]),
            }
        )
    hashes = []
    for row in told["hashes"]:
        seconds = spread(row["seconds"])
        speed = round(row["hashed_bytes"] / seconds["median"] / 1e6)
        hashes.append({**row, "seconds": seconds, "mb_per_second": speed})
    counts = {k: told[k] for k in ("blocks", "bytes", "txs", "txins", "txouts")}
    return {
        "benchmark": "parser",
        **commit(),
        "machine": facts,
        "rounds": rounds,
        "input": {**counts, "sha256": sha256_of(files)},
        "versions": _versions(),
        "parsers": parsers,
        "hashes": hashes,
    }


def _versions() -> dict[str, str]:
    """The newest locked version of each crate that is measured, and the compiler's."""
    packages = tomllib.loads((CRATE / "Cargo.lock").read_text())["package"]
    found: dict[str, str] = {}
    for package in packages:
        name, version = package["name"], package["version"]
        if name in MEASURED:
            found[name] = max(found.get(name, version), version, key=_numbers)
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True)
    return {**found, "rustc": rustc.stdout.split()[1]}


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


if __name__ == "__main__":
    sys.exit(main())
