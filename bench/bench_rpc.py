"""Ingest from a node over RPC against ingest of files: `python -m bench.bench_rpc`.

Writes bench/results/rpc.json and docs/benchmarks.md. Whole processes, in turns; the counts, tips
and bytes of all ways are compared. The demo's chain comes from btcd, a real node; one of full
blocks from a server in Python that answers as Bitcoin Core does, by RPC and by REST.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.block_file import raw_blocks
from bench.inputs import synthetic
from bench.measure import BenchError, Cost, bench_folder, commit, machine, run, save, spread
from bench.page import write_page
from bench.scale import PEELCHAIN, scratch
from tests.btcd import Btcd, binary
from tests.chain.crafted import Block
from tests.core_rpc import serving

DEMO = ("--seed", "7", "--blocks", "1500")
_COUNTS = ("tip_hash", "blocks", "txs", "txins", "txouts", "scripts", "bytes")

Way = tuple[str, str, list[str]]
"""What the blocks come from in words, its source, and the options it needs."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed or two ways disagreed."""
    parser = argparse.ArgumentParser(description="Ingest over RPC against ingest of files.")
    parser.add_argument("--runs", type=int, default=7, help="runs of each way, in turns")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        result = measure(chosen.runs)
    except BenchError as e:
        print(f"bench_rpc: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("rpc", result).name)
        print(write_page().name)
    return 0


def measure(runs: int) -> dict[str, Any]:
    """The whole result, as bench/results/rpc.json holds it. Raises BenchError."""
    result: dict[str, Any] = {
        "benchmark": "rpc",
        **commit(),
        "machine": machine(),
        "runs": runs,
        "chains": [],
    }
    for opened in (_demo, _full_blocks):
        with scratch("rpc") as folder, opened(folder) as (what, ways):
            result["chains"].append({"what": what, **_in_turns(ways, folder, runs)})
    return result


def _in_turns(ways: list[Way], folder: Path, runs: int) -> dict[str, Any]:
    """Each way once in a round; the first round warms up and gives the answers."""
    costs: dict[str, list[Cost]] = {name: [] for name, _, _ in ways}
    answers = []
    for number in range(runs + 1):
        for name, source, options in ways:
            with scratch("rpc-store") as store:
                asked = [PEELCHAIN, "chain", "ingest", source, "--store", str(store / "s")]
                cost = run([*asked, *options, "--json"])
            answers.append({key: json.loads(cost.stdout)[key] for key in _COUNTS})
            if answers[-1] != answers[0]:
                raise BenchError(f"{name} gives {answers[-1]}, {ways[0][0]} {answers[0]}")
            if number:
                costs[name].append(cost)
            print(f"  {number}/{runs} {name}: {cost.seconds:.2f} s", file=sys.stderr)
    files = spread([c.seconds for c in costs[ways[0][0]]])["median"]
    return {
        "counts": answers[0],
        "ways": {
            name: {
                "seconds": spread([c.seconds for c in taken]),
                "peak_anon_bytes": max(c.peak_anon_bytes for c in taken),
                "speed_of_files": round(files / spread([c.seconds for c in taken])["median"], 3),
            }
            for name, taken in costs.items()
        },
    }


@contextmanager
def _demo(folder: Path) -> Iterator[tuple[str, list[Way]]]:
    found = binary()
    if found is None:
        raise BenchError("there is no btcd; make one with 'make .btcd'")
    chain = bench_folder() / "inputs" / "demo"
    if not (chain / "regtest").is_dir():
        run([PEELCHAIN, "simulate", *DEMO, "--out", str(chain), "--json"])
    node = Btcd(found, folder / "btcd")
    try:
        node.start()
        node.submit(_in_order(chain / "regtest" / "blocks")[1:])
        options = ["--rpc-auth", str(node.password_file())]
        yield (
            f"the demo's chain, `simulate {' '.join(DEMO)}`, small blocks",
            [("block files", f"core:{chain}", []), ("btcd over RPC", f"rpc:{node.url}", options)],
        )
    finally:
        node.kill()


@contextmanager
def _full_blocks(folder: Path) -> Iterator[tuple[str, list[Way]]]:
    made = synthetic(PEELCHAIN)
    if made.source is None:
        raise BenchError("the synthetic chain does not connect")
    blocks = [Block(raw, ()) for raw in _in_order(Path(made.source.partition(":")[2]))]
    (folder / "plain").mkdir()
    (folder / "rest").mkdir()
    with serving(blocks, folder / "plain") as plain, serving(blocks, folder / "rest") as rest:
        rest.rest = True
        yield (
            made.what,
            [
                ("block files", made.source, []),
                ("RPC", f"rpc:{plain.url}", ["--rpc-cookie", str(plain.cookie)]),
                ("REST", f"rpc:{rest.url}", ["--rpc-cookie", str(rest.cookie)]),
            ],
        )


def _in_order(blocks: Path) -> list[bytes]:
    """The raw blocks of a chain without forks, parents first."""
    by_parent = {raw[4:36]: raw for raw in raw_blocks(blocks)}
    chain = [by_parent[bytes(32)]]
    while (following := by_parent.get(_hash(chain[-1]))) is not None:
        chain.append(following)
    return chain


def _hash(raw: bytes) -> bytes:
    return Block(raw, ()).hash


if __name__ == "__main__":
    raise SystemExit(main())
