"""A store late in the chain, without the chain: runs of virtual unspent outputs and scripts."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

from bench.generated import Generated, built
from bench.measure import BenchError
from peelchain.store import manifest as manifests
from peelchain.store.manifest import Manifest, SortedRun, StoredFile

COUNTS = {"txs": 1_400_000_000, "txouts": 3_800_000_000, "txins": 3_600_000_000}
"""Rows before the chain goes on, so that ids are as wide as they are late in the chain."""


def seed(store: Path, chain: Generated, coins: int, scripts: int, sorting_bytes: int) -> int:
    """Adds the virtual state that `chain` spends and pays to a store of its first blocks.

    Gives the bytes it takes. The store then holds no tables for what was added: an ingest can go on
    from it, nothing else.
    """
    manifest = manifests.read(store)
    command = [built("state", "state-bench"), store / "lookups", manifest.key]
    numbers = [chain.summary["parameters"]["seed"], coins, scripts, sorting_bytes]
    try:
        done = subprocess.run(
            [str(a) for a in (*command, *numbers)], check=True, stdout=subprocess.PIPE, text=True
        )
    except subprocess.CalledProcessError as e:
        raise BenchError("state-bench failed; its words are above") from e
    runs = [_run(store, manifest, json.loads(line)) for line in done.stdout.splitlines()]
    sealed = [s for s in manifest.segments if s.last_height <= manifest.sealed_height]
    counts = {**sealed[-1].counts, **COUNTS, "scripts": scripts + sealed[-1].counts["scripts"]}
    manifests.write(
        store,
        replace(
            manifest,
            segments=(*sealed[:-1], replace(sealed[-1], counts=counts)),
            sorted_runs=(
                *(r for r in manifest.sorted_runs if r.last_height <= manifest.sealed_height),
                *runs,
            ),
        ),
    )
    return sum(f.bytes for r in runs for f in (r.run, r.filter) if f)


def _run(store: Path, manifest: Manifest, told: dict[str, str | int]) -> SortedRun:
    path = Path(str(told["path"])).relative_to(store)
    rows, size, filter_size = int(told["rows"]), int(told["bytes"]), int(told["filter_bytes"])
    return SortedRun(
        str(told["kind"]),
        0,
        manifest.sealed_height,
        StoredFile(str(path), rows, size, str(told["sha256"])),
        StoredFile(
            str(path.with_suffix(".filter")), 0, filter_size, str(told["filter_sha256"])
        ),
    )
