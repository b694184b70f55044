"""What a command costs, and on what machine and commit that was seen."""

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Cost:
    """One run of one command: wall and processor time, the peaks of its memory, what it printed.

    The peak of anonymous memory is the greatest of samples every ten milliseconds.
    """

    seconds: float
    cpu_seconds: float
    peak_rss_bytes: int
    peak_anon_bytes: int
    stdout: str


class BenchError(Exception):
    """A benchmark could not be run, or two programs gave different answers."""


def bench_folder() -> Path:
    """The folder of inputs, peers and stores, kept between runs: $PEELCHAIN_BENCH_DIR."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = Path(os.environ.get("PEELCHAIN_BENCH_DIR", cache / "peelchain-bench"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def command_environment() -> dict[str, str]:
    """The environment of measured commands: this checkout, and compiled modules kept for all alike.

    A user's second run finds its modules compiled, but not every installation here leaves them so.
    """
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))),
        "PYTHONPYCACHEPREFIX": str(bench_folder() / "bytecode"),
    }


def run(command: Sequence[str]) -> Cost:
    """What the command cost. Raises BenchError with its last words when it fails."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as report:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(ROOT / "bench" / "launch.py"), str(writing), *command],
            pass_fds=(writing,),
            cwd=ROOT,
            env=command_environment(),
            capture_output=True,
            text=True,
        )
        os.close(writing)
        told = report.read()
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-3:]
        raise BenchError(f"{' '.join(command)} failed: {' / '.join(last)}")
    return Cost(**json.loads(told), stdout=done.stdout)


def spread(values: Sequence[float]) -> dict[str, float]:
    """The median, the least and the most, to the microsecond."""
    return {
        "median": round(median(values), 6),
        "least": round(min(values), 6),
        "most": round(max(values), 6),
    }


def sha256_of(files: Sequence[Path]) -> str:
    """Hex SHA-256 over the contents of the files, in the order given."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            while chunk := opened.read(_CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()


def machine() -> dict[str, Any]:
    """Processor, cores, memory and system; nothing that names the machine."""
    facts = dict(
        line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line
    )
    names = {key.strip(): value.strip() for key, value in facts.items()}
    return {
        "cpu": names.get("model name", platform.machine()),
        "sha_extensions": "sha_ni" in names.get("flags", "").split(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def commit() -> dict[str, Any]:
    """The commit that was measured, and whether the files differed from it."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    changed = subprocess.run(
        [*git, "status", "--porcelain", "--", "src", "rust", "Cargo.lock"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {"commit": head.stdout.strip(), "changed_since": bool(changed.stdout.strip())}


def save(name: str, result: Mapping[str, Any]) -> Path:
    """Writes bench/results/NAME.json."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    return path


def saved(name: str) -> dict[str, Any]:
    """What bench/results/NAME.json holds."""
    result: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return result
