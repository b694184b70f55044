"""Import of tags: `python -m bench.bench_tags`.

Whole processes, from start to exit: `peelchain tags import` into a fresh store, and PyYAML's
CSafeLoader reading the same files into Python objects, which is a part of the work alone. Real
packs where $PEELCHAIN_DATA has them, and generated ones in which every tag has fields of its own.
Writes bench/results/tags.json and docs/benchmarks.md. Every import is checked: its counts add up to
the items that PyYAML found, and no good address is refused.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.measure import ROOT, BenchError, Cost, commit, machine, run, save, sha256_of, spread
from bench.page import write_page

from peelchain.network import MAINNET
from peelchain.script import address, p2pkh, p2wpkh
from peelchain.store.writer import open_for_writing

SIZES = (10_000, 100_000, 500_000, 1_300_000)
_PER_FILE = 100_000
_SERVICES = 5_000
_PEELCHAIN = (sys.executable, "-c", "from peelchain.cli.main import main; main()")
_PEER = (
    "import sys, yaml\n"
    "count = 0\n"
    "for path in sys.argv[1:]:\n"
    "    with open(path, encoding='utf-8') as file:\n"
    "        count += len(yaml.load(file, yaml.CSafeLoader)['tags'])\n"
    "print(count)\n"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed or an answer was wrong."""
    parser = argparse.ArgumentParser(description="Import of tags.")
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES), help="generated tags")
    parser.add_argument("--runs", type=int, default=3, help="of each program")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        with TemporaryDirectory(prefix="bench-tags-") as name:
            folder = Path(name)
            inputs = [*_real(), *(_generated(folder, size) for size in chosen.sizes)]
            result = {
                "benchmark": "tags",
                **commit(),
                "machine": machine(),
                "runs": chosen.runs,
                "pyyaml": version("pyyaml"),
                "inputs": [_measured(folder, *each, chosen.runs) for each in inputs],
            }
    except BenchError as e:
        print(f"bench_tags: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("tags", result).name)
        print(write_page().name)
    return 0


def _real() -> list[tuple[str, list[Path]]]:
    folder = Path(os.environ.get("PEELCHAIN_DATA", ROOT.parent / "shared" / "data")) / "tagpacks"
    paths = sorted((folder / "packs").rglob("*.yaml"))
    return [("GraphSense's packs", paths)] if paths else []


def _generated(folder: Path, size: int) -> tuple[str, list[Path]]:
    """Packs of tags with a label, source, category, actor and date each, no source twice."""
    paths = []
    for number, first in enumerate(range(0, size, _PER_FILE)):
        path = folder / f"generated-{size}-{number:03}.yaml"
        with path.open("w", encoding="ascii") as file:
            file.write("title: Generated\ncreator: bench\ncurrency: BTC\nconfidence: web_crawl\n")
            file.write("is_cluster_definer: true\ntags:\n")
            for tag in range(first, min(size, first + _PER_FILE)):
                digest = hashlib.sha256(tag.to_bytes(8, "big")).digest()[:20]
                text = address((p2pkh if tag % 2 else p2wpkh)(digest), MAINNET)
                service = tag % _SERVICES
                file.write(
                    f"- address: {text}\n  label: Service {service}\n  category: exchange\n"
                    f"  actor: service{service}\n  source: https://list.example/{tag}\n"
                    f"  lastmod: 2024-{1 + tag % 12:02}-15\n"
                )
        paths.append(path)
    return "generated", paths


def _measured(folder: Path, what: str, paths: list[Path], runs: int) -> dict[str, Any]:
    ours: list[Cost] = []
    theirs: list[Cost] = []
    answer: dict[str, Any] = {}
    # the first round warms the caches and is thrown away
    for number in range(runs + 1):
        store = folder / f"store-{len(list(folder.iterdir()))}"
        with open_for_writing(store, create=MAINNET) as writer:
            writer.commit(writer.manifest)
        named = [str(path) for path in paths]
        imported = run([*_PEELCHAIN, "tags", "import", *named, "--store", str(store), "--json"])
        peer = run([sys.executable, "-c", _PEER, *named])
        answer = json.loads(imported.stdout)
        _check(answer, int(peer.stdout), what)
        if number:
            ours.append(imported)
            theirs.append(peer)
    return {
        "what": what,
        "sha256": sha256_of(paths),
        "files": len(paths),
        "bytes": sum(path.stat().st_size for path in paths),
        "items": sum(file["items"] for file in answer["files"]),
        "imported": answer["imported"],
        "rejected": answer["rejected_count"],
        "other_currencies": answer["skipped_other_currency"],
        "seconds": spread([cost.seconds for cost in ours]),
        "peak_rss_bytes": max(cost.peak_rss_bytes for cost in ours),
        "peer_seconds": spread([cost.seconds for cost in theirs]),
        "peer_peak_rss_bytes": max(cost.peak_rss_bytes for cost in theirs),
        "times_peer": spread(
            [own.seconds / peer.seconds for own, peer in zip(ours, theirs, strict=True)]
        ),
    }


def _check(answer: dict[str, Any], items: int, what: str) -> None:
    told = answer["imported"] + answer["rejected_count"] + answer["duplicates"]
    if told + answer["skipped_other_currency"] != items:
        raise BenchError(f"{what}: {told} tags told of {items} that PyYAML found")
    if what == "generated" and answer["imported"] != items:
        raise BenchError(f"{answer['imported']} of {items} generated tags were imported")


if __name__ == "__main__":
    sys.exit(main())
