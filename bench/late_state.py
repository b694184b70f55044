"""A store late in the chain, without the chain: runs of virtual unspent outputs and scripts."""

import hashlib
import itertools
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

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
    told = [json.loads(line) for line in done.stdout.splitlines()]
    runs = [r for kind in ("coins", "scripts") for r in _runs(store, manifest, kind, told)]
    sealed = [s for s in manifest.segments if s.last_height <= manifest.sealed_height]
    counts = {**sealed[-1].counts, **COUNTS, "scripts": scripts + sealed[-1].counts["scripts"]}
    manifests.write(
        store,
        replace(
            manifest,
            segments=(*sealed[:-1], replace(sealed[-1], counts=counts)),
            sorted_runs=tuple(runs),
            spent=_spent(store, manifest, [r["rows"] for r in told if r["kind"] == "coins"]),
        ),
    )
    return sum(row["bytes"] + row["filter_bytes"] for row in told)


def _spent(store: Path, manifest: Manifest, rows: list[int]) -> StoredFile | None:
    """The marks of the store's own runs, after those of the seeded ones, none of which is spent."""
    if manifest.spent is None:
        return None
    marks = [-(-count // 64) for count in rows]
    content = b"".join(words.to_bytes(8, "little") + bytes(8 * words) for words in marks)
    content += (store / manifest.spent.file).read_bytes()
    path = store / "lookups" / "seeded-spent" / "spent.bits"
    path.parent.mkdir()
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return StoredFile(str(path.relative_to(store)), 0, len(content), digest)


def _runs(
    store: Path, manifest: Manifest, kind: str, told: list[dict[str, Any]]
) -> Iterator[SortedRun]:
    """The seeded runs of a kind and the store's own, as of heights at which none is ever merged."""
    height = 0
    for row in told:
        if row["kind"] == kind:
            path = Path(row["path"]).relative_to(store)
            run = StoredFile(str(path), row["rows"], row["bytes"], row["sha256"])
            beside = str(path.with_suffix(".filter"))
            filter_ = StoredFile(beside, 0, row["filter_bytes"], row["filter_sha256"])
            yield SortedRun(kind, height, height, run, filter_)
            height += 1
    own = [r for r in manifest.runs_of(kind) if r.last_height <= manifest.sealed_height]
    for run, following in itertools.pairwise([*own, None]):
        last = manifest.sealed_height if following is None else run.last_height + height
        yield replace(run, first_height=height, last_height=last)
        height = last + 1
