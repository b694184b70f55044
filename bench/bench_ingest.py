"""Ingest against peers on the same blocks: `python -m bench.bench_ingest`.

Writes bench/results/ingest.json and docs/benchmarks.md. The programs' answers are held
against each other before a figure is written.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.inputs import INPUTS, Input
from bench.measure import (
    ROOT,
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

PEELCHAIN = str(Path(sys.executable).with_name("peelchain"))
PEER_REQUIREMENTS = ROOT / "bench" / "requirements.txt"


@dataclass(frozen=True)
class Contender:
    """A program and the work it does: `ingest` to a store, `rows` in memory, or `txids` alone."""

    program: str
    version: str
    work: str
    command: Callable[[Input, Path], list[str] | None]


@dataclass
class _Seen:
    costs: list[Cost] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)
    store_bytes: int | None = None


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when a program failed or two disagreed."""
    parser = argparse.ArgumentParser(description="Ingest against peers on the same blocks.")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program, in turns")
    parser.add_argument("--input", action="append", choices=list(INPUTS), help="all unless given")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        result = measure(chosen.input or list(INPUTS), chosen.runs)
    except BenchError as e:
        print(f"bench_ingest: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("ingest", result).relative_to(ROOT))
        print(write_page().relative_to(ROOT))
    return 0


def measure(names: Sequence[str], runs: int) -> dict[str, Any]:
    """The whole result, as bench/results/ingest.json holds it. Raises BenchError."""
    result: dict[str, Any] = {
        "benchmark": "ingest",
        **commit(),
        "machine": machine(),
        "runs": runs,
        "inputs": {},
        "results": [],
    }
    contenders = _contenders(peer_python())
    for name in names:
        found = INPUTS[name](PEELCHAIN)
        if found is None:
            print(f"{name}: skipped, no shared data; set PEELCHAIN_DATA", file=sys.stderr)
            continue
        print(f"{name}: {found.bytes / 1e6:.1f} MB in {found.blocks:,} blocks", file=sys.stderr)
        seen = _in_turns(found, contenders, runs)
        answer = agreed(name, {c: s.answer for c, s in seen.items()})
        facts = {k: v for k, v in asdict(found).items() if k not in ("name", "source", "plain")}
        counts = {k: answer.get(k) for k in ("txs", "txins", "txouts", "txids")}
        result["inputs"][name] = {**facts, **counts}
        for contender, what in seen.items():
            row = _row(found, answer, contender, what)
            result["results"].append({**row, **_beside_ours(contender, seen)})
    return result


def agreed(name: str, answers: dict[Contender, dict[str, Any]]) -> dict[str, Any]:
    """All that the programs found, together. Raises BenchError when two differ on anything."""
    together: dict[str, Any] = {}
    source: dict[str, Contender] = {}
    for contender, answer in answers.items():
        for key, value in answer.items():
            if together.setdefault(key, value) != value:
                raise BenchError(
                    f"{name}: {contender.program} ({contender.work}) gives {key} {value}, "
                    f"{source[key].program} ({source[key].work}) gives {together[key]}"
                )
            source.setdefault(key, contender)
    return together


def _in_turns(found: Input, contenders: list[Contender], runs: int) -> dict[Contender, _Seen]:
    """Every contender once in each round: a slow minute of the machine falls on all alike.

    Round 0 warms the caches and gives the answers; its cost is not kept.
    """
    seen: dict[Contender, _Seen] = {}
    for round_number in range(runs + 1):
        for contender in contenders:
            with _scratch() as scratch:
                command = contender.command(found, scratch / "store")
                if command is None:
                    continue
                what = seen.setdefault(contender, _Seen())
                cost = run(command)
                if contender.work == "ingest":
                    what.store_bytes = _bytes_in(scratch / "store")
                if round_number == 0:
                    what.answer = _answer(contender, cost, scratch / "store")
                else:
                    what.costs.append(cost)
            print(
                f"  {round_number}/{runs} {contender.program} {contender.work}: "
                f"{cost.seconds:.2f} s, {cost.peak_rss_bytes / 1e6:.0f} MB",
                file=sys.stderr,
            )
    return seen


def _answer(contender: Contender, cost: Cost, store: Path) -> dict[str, Any]:
    if contender.work == "ingest":
        cost = run([sys.executable, "-m", "bench.programs.store_answer", str(store)])
    answer: dict[str, Any] = json.loads(cost.stdout)
    return answer


def _row(found: Input, answer: dict[str, Any], contender: Contender, what: _Seen) -> dict[str, Any]:
    seconds = spread([c.seconds for c in what.costs])
    middle = seconds["median"]
    inner = [json.loads(c.stdout)["seconds"] for c in what.costs if contender.work == "ingest"]
    return {
        "input": found.name,
        "program": contender.program,
        "version": contender.version,
        "work": contender.work,
        "seconds": seconds,
        "cpu_seconds": spread([c.cpu_seconds for c in what.costs]),
        "seconds_after_start": spread(inner) if inner else None,
        "mb_per_second": round(found.bytes / middle / 1e6, 2),
        "txs_per_second": round(answer["txs"] / middle),
        "txouts_per_second": round(answer["txouts"] / middle) if "txouts" in answer else None,
        "peak_rss_bytes": max(c.peak_rss_bytes for c in what.costs),
        "store_bytes": what.store_bytes,
    }


def _beside_ours(contender: Contender, seen: dict[Contender, _Seen]) -> dict[str, Any]:
    """A peer's time over ours in the same round: for the same work, else for our ingest."""
    ours = {c.work: s.costs for c, s in seen.items() if c.program == "peelchain"}
    work = contender.work if contender.work in ours else "ingest"
    if contender.program == "peelchain" or work not in ours:
        return {}
    pairs = zip(seen[contender].costs, ours[work], strict=True)
    ratios = [theirs.seconds / our.seconds for theirs, our in pairs]
    return {"times_peelchain": {"work": work, **spread(ratios)}}


def _contenders(peer_python: str) -> list[Contender]:
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text())
    version = cargo["workspace"]["package"]["version"]
    peer, kernel = peer_version("blockchain-parser"), metadata.version("py-bitcoinkernel")

    def module(name: str, *arguments: str) -> list[str]:
        return ["-m", f"bench.programs.{name}", *arguments]

    def ingest(i: Input, store: Path) -> list[str] | None:
        if not i.source:
            return None
        return [PEELCHAIN, "chain", "ingest", i.source, "--store", str(store), "--json"]

    def rows(i: Input, store: Path) -> list[str] | None:
        if not i.source:
            return None
        return [peer_python, *module("blockchain_parser_peer", str(i.plain), "rows")]

    return [
        Contender("peelchain", version, "ingest", ingest),
        Contender("blockchain-parser", peer, "rows", rows),
        Contender(
            "peelchain",
            version,
            "txids",
            lambda i, _: [sys.executable, *module("peelchain_txids", str(i.plain))],
        ),
        Contender(
            "blockchain-parser",
            peer,
            "txids",
            lambda i, _: [peer_python, *module("blockchain_parser_peer", str(i.plain), "txids")],
        ),
        Contender(
            "py-bitcoinkernel",
            kernel,
            "txids",
            lambda i, _: [sys.executable, *module("bitcoinkernel_peer", str(i.plain))],
        ),
    ]


def peer_python() -> str:
    """The interpreter of the peers' virtual environment, which is made when it is not there."""
    folder = bench_folder() / "peers"
    mark, stamp = folder / "made_from", sha256_of([PEER_REQUIREMENTS])
    python = folder / "bin" / "python"
    if mark.is_file() and mark.read_text() == stamp:
        return str(python)
    shutil.rmtree(folder, ignore_errors=True)
    print("installing the peers of bench/requirements.txt", file=sys.stderr)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([*pip, "--no-deps", "-r", str(PEER_REQUIREMENTS)], check=True)
    except subprocess.CalledProcessError as e:
        raise BenchError(
            "the peers could not be installed; they need the Python package index once"
        ) from e
    mark.write_text(stamp)
    return str(python)


def peer_version(name: str) -> str:
    """The version of a peer that bench/requirements.txt pins. Raises BenchError."""
    for line in PEER_REQUIREMENTS.read_text().splitlines():
        if line.startswith(f"{name}=="):
            return line.partition("==")[2]
    raise BenchError(f"{PEER_REQUIREMENTS} does not pin {name}")


def _bytes_in(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


@contextmanager
def _scratch() -> Iterator[Path]:
    # beside the inputs rather than in /tmp, which may be memory
    with tempfile.TemporaryDirectory(prefix="run-", dir=bench_folder()) as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
