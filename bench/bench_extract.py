"""The search of seized files: `python -m bench.bench_extract`.

Three files of the same size, made from a seed: random bytes as of an encrypted disk, text as of
source and letters, base64 as of mail; in each, things to find are planted at known places. The peer
is `grep`, which finds candidates by form and checks no checksum, so that its candidates are more.
Writes bench/results/extract.json and docs/benchmarks.md. Every planted thing must be found, and of
addresses nothing else.
"""

import argparse
import base64
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.measure import BenchError, bench_folder, commit, machine, run, save, sha256_of, spread
from bench.page import write_page

SEED = 11
PLANTED = (
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
    "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
)
SECRET = "abandon " * 11 + "about"
PATTERN = (
    r"(bc1|tb1|bcrt1)[02-9ac-hj-np-z]{11,87}|[123mn][1-9A-HJ-NP-Za-km-z]{25,34}"
    r"|[xyztuv]pub[1-9A-HJ-NP-Za-km-z]{107}|[5KLc9][1-9A-HJ-NP-Za-km-z]{50,51}"
)
LETTERS = "eeeeettttaaaoooiiinnnsssrrrhhllddcumfpgwybv"

_SCAN = """
import json, sys
from pathlib import Path
from peelchain import _core
path = sys.argv[1]
hits = _core.scan_file(path, 0, Path(path).stat().st_size, [])
print(json.dumps([[kind, offset] for kind, offset, *_ in hits]))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when results and page are written, 1 when something failed or was not found."""
    parser = argparse.ArgumentParser(description="The search of seized files.")
    parser.add_argument("--megabytes", type=int, default=512, help="of each file")
    parser.add_argument("--runs", type=int, default=3, help="of each program")
    parser.add_argument("--dry", action="store_true", help="print the result, write nothing")
    chosen = parser.parse_args(arguments)
    try:
        inputs = [_input(kind, chosen.megabytes) for kind in ("random", "text", "base64")]
        result = {
            "benchmark": "extract",
            **commit(),
            "machine": machine(),
            "runs": chosen.runs,
            "peer": _version(),
            "inputs": [_measured(kind, path, places, chosen.runs) for kind, path, places in inputs],
        }
    except BenchError as e:
        print(f"bench_extract: {e}", file=sys.stderr)
        return 1
    if chosen.dry:
        print(json.dumps(result, indent=1))
    else:
        print(save("extract", result).name)
        print(write_page().name)
    return 0


def _input(kind: str, megabytes: int) -> tuple[str, Path, list[tuple[str, int]]]:
    """The file and what is planted where: a kind of hit and its offset."""
    path = bench_folder() / f"extract-{kind}-{megabytes}.bin"
    chance = random.Random(SEED)
    size = megabytes * 1_000_000
    content = bytearray()
    while len(content) < size:
        content += _piece(kind, chance)
    del content[size:]
    places = []
    for number, at in enumerate(range(size // 64, size - 1000, size // 64)):
        text = (*PLANTED, SECRET)[number % 5].encode()
        content[at : at + len(text) + 2] = b"\n" + text + b"\n"
        places.append(("secret" if text == SECRET.encode() else "address", at + 1))
    path.write_bytes(content)
    return kind, path, places


def _piece(kind: str, chance: random.Random) -> bytes:
    if kind == "random":
        return chance.randbytes(1 << 20)
    if kind == "base64":
        return base64.encodebytes(chance.randbytes(57 << 14))
    # words of chance: of real ones every sixteenth row of twelve seed words would be a phrase
    words = ["".join(chance.choices(LETTERS, k=chance.randint(1, 9))) for _ in range(5_000)]
    return (" ".join(chance.choices(words, k=200_000)) + "\n").encode()


def _measured(kind: str, path: Path, places: list[tuple[str, int]], runs: int) -> dict[str, Any]:
    size = path.stat().st_size
    ours, peers, peak, candidates = [], [], 0, 0
    for _ in range(runs):
        cost = run([sys.executable, "-c", _SCAN, str(path)])
        found = [(k.partition(":")[0], at) for k, at in json.loads(cost.stdout)]
        if sorted(found) != sorted(places):
            raise BenchError(f"{kind}: {len(found)} hits, {len(places)} planted")
        ours.append(cost.seconds)
        peak = max(peak, cost.peak_anon_bytes)
        cost = run(["env", "LC_ALL=C", "grep", "-aobE", PATTERN, str(path)])
        candidates = cost.stdout.count("\n")
        peers.append(cost.seconds)
    return {
        "input": kind,
        "bytes": size,
        "sha256": sha256_of([path]),
        "planted": len(places),
        "peer_candidates": candidates,
        "peak_anon_bytes": peak,
        "seconds": spread(ours),
        "mb_per_second": round(size / spread(ours)["median"] / 1e6),
        "peer_seconds": spread(peers),
    }


def _version() -> str:
    said = subprocess.run(["grep", "--version"], capture_output=True, text=True, check=True)
    return said.stdout.splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
