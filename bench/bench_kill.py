"""Ingests killed at random moments, on the 2 GB chain: `python -m bench.bench_kill`.

Each is killed by SIGKILL at a random moment of the time an undisturbed one takes and run again,
killed again or not, until it ends; its tables must be those of the undisturbed ingest. Writes
bench/results/kill.json.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from bench.generated import generated
from bench.measure import BenchError, command_environment, commit, machine, save
from bench.page import write_page
from bench.scale import PEELCHAIN, checked, ingest, scratch, table_hashes

from peelchain.store import manifest as manifests

SEED = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every killed ingest ended as the undisturbed one did, else 1."""
    parser = argparse.ArgumentParser(description="Ingests killed at random moments.")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--size", default="2G")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        result = measure(chosen.size, chosen.kills)
    except BenchError as e:
        print(f"bench_kill: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("kill", result).name)
        print(write_page().name)
    return 0


def measure(size: str, kills: int) -> dict[str, Any]:
    """The whole result, as bench/results/kill.json holds it. Raises BenchError."""
    chain = generated(size)
    random = Random(SEED)
    moments = []
    with scratch("kill") as folder:
        cost, answer = ingest(chain.blocks, folder / "undisturbed")
        checked(chain, answer)
        wanted = table_hashes(folder / "undisturbed")
        store = folder / "killed"
        while len(moments) < kills:
            after = random.uniform(0, cost.seconds)
            if not _killed(chain.blocks, store, after):
                # it ended first: what it made must be right, and the next begins from nothing
                _same(store, wanted)
                subprocess.run(["rm", "-rf", str(store)], check=True)
                continue
            height = manifests.read(store).tip_height if (store / manifests.NAME).exists() else -1
            print(f"  killed after {after:.2f} s, the store is at {height}", file=sys.stderr)
            moments.append({"seconds": round(after, 3), "tip_height": height})
        ingest(chain.blocks, store)
        _same(store, wanted)
    return {
        "benchmark": "kill",
        **commit(),
        "machine": machine(),
        "seed": SEED,
        "bytes": chain.bytes,
        "undisturbed_seconds": round(cost.seconds, 3),
        "kills": moments,
    }


def _killed(blocks: Path, store: Path, after: float) -> bool:
    command = [PEELCHAIN, "chain", "ingest", f"core:{blocks}", "--store", str(store)]
    process = subprocess.Popen(
        command,
        env=command_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after)
    os.kill(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def _same(store: Path, wanted: dict[str, list[str]]) -> None:
    if table_hashes(store) != wanted:
        raise BenchError(f"{store} has other tables than an undisturbed ingest")


if __name__ == "__main__":
    sys.exit(main())
