"""Ingests of generated chains, as the benchmarks of scale measure them."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.generated import Generated
from bench.measure import BenchError, Cost, bench_folder, run

from peelchain.schema import CHAIN_TABLES
from peelchain.store import manifest as manifests

PEELCHAIN = str(Path(sys.executable).with_name("peelchain"))


@dataclass(frozen=True)
class Rates:
    """One ingest: what it took, and what of the chain went in each second."""

    seconds: float
    cpu_seconds: float
    peak_anon_bytes: int
    peak_rss_bytes: int
    mb_per_second: float
    txs_per_second: int
    txouts_per_second: int
    store_bytes: int


def ingest(blocks: Path, store: Path, *options: str) -> tuple[Cost, dict[str, Any]]:
    """What `chain ingest` cost, whole process, and its answer."""
    command = [PEELCHAIN, "chain", "ingest", f"core:{blocks}", "--store", str(store), "--json"]
    cost = run([*command, *options])
    answer: dict[str, Any] = json.loads(cost.stdout)
    return cost, answer


def rates(cost: Cost, size: int, txs: int, txouts: int, store: Path) -> dict[str, Any]:
    """The rates of an ingest of so many bytes, transactions and outputs, for a saved result."""
    return asdict(
        Rates(
            seconds=round(cost.seconds, 3),
            cpu_seconds=round(cost.cpu_seconds, 3),
            peak_anon_bytes=cost.peak_anon_bytes,
            peak_rss_bytes=cost.peak_rss_bytes,
            mb_per_second=round(size / cost.seconds / 1e6, 1),
            txs_per_second=round(txs / cost.seconds),
            txouts_per_second=round(txouts / cost.seconds),
            store_bytes=sum(f.bytes for f in manifests.read(store).files()),
        )
    )


def checked(chain: Generated, answer: dict[str, Any]) -> None:
    """Raises BenchError unless an ingest holds what the generator wrote."""
    for ours, theirs in (("txs", "txs"), ("txouts", "txouts"), ("scripts", "scripts")):
        if answer[ours] != chain.summary[theirs]:
            raise BenchError(
                f"{chain.blocks}: the store has {answer[ours]} {ours}, the generator wrote "
                f"{chain.summary[theirs]}"
            )


def table_hashes(store: Path) -> dict[str, list[str]]:
    """The SHA-256 of each table's files, which depend on their rows and segments alone."""
    manifest = manifests.read(store)
    return {t: [f.sha256 for f in manifest.table_files(t)] for t in CHAIN_TABLES}


def forget(store: Path) -> None:
    """Drops the files of a store from the page cache, the manifest aside."""
    for stored in manifests.read(store).files():
        held = os.open(store / stored.file, os.O_RDONLY)
        try:
            os.posix_fadvise(held, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(held)


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """A folder for stores, beside the inputs rather than in /tmp, removed at the end."""
    folder = bench_folder() / f"run-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
