"""Benchmark chains by bench/chain, made once and kept, and the tools that cargo builds."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.block_file import MAINNET_MAGIC, framed, raw_blocks, turned
from bench.measure import ROOT, BenchError, bench_folder, sha256_of

_FRAME_BYTES = 8


@dataclass(frozen=True)
class Generated:
    """A generated blocks folder and what its generator says of it."""

    blocks: Path
    summary: dict[str, Any]

    @property
    def bytes(self) -> int:
        """Bytes of its block files."""
        return int(self.summary["bytes"])


def built(crate: str, binary: str) -> Path:
    """The binary of a crate under bench/, built if its sources changed. Raises BenchError."""
    target = bench_folder() / "target"
    print(f"building bench/{crate}", file=sys.stderr)
    done = subprocess.run(
        ["cargo", "build", "--quiet", "--release", "--locked"],
        cwd=ROOT / "bench" / crate,
        env={**os.environ, "CARGO_TARGET_DIR": str(target)},
    )
    if done.returncode != 0:
        raise BenchError(f"bench/{crate} does not build; cargo's words are above")
    return target / "release" / binary


def generated(size: str, *options: str) -> Generated:
    """The chain of this size and these options of chain-bench. Raises BenchError."""
    sources = sorted((ROOT / "bench" / "chain" / "src").glob("*.rs"))
    stamp = " ".join([size, *options, sha256_of(sources)])
    name = "-".join(["generated", size, *(o.lstrip("-") for o in options)])
    folder = bench_folder() / "inputs" / name
    mark = folder / "made_from"
    if not (mark.is_file() and mark.read_text() == stamp):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command = [str(built("chain", "chain-bench")), str(folder / "blocks"), "--size", size]
        try:
            subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
        except subprocess.CalledProcessError as e:
            raise BenchError("chain-bench failed; its words are above") from e
        mark.write_text(stamp)
    blocks = folder / "blocks"
    return Generated(blocks, json.loads((blocks / "generated.json").read_text()))


def plain_copy(chain: Generated) -> Path:
    """One file of the same blocks as peers read them: not obfuscated, under mainnet's magic."""
    plain = chain.blocks.parent / "plain.dat"
    if not plain.exists():
        making = plain.with_suffix(".new")
        with making.open("wb") as file:
            for raw in raw_blocks(chain.blocks):
                file.write(framed(raw, MAINNET_MAGIC))
        making.rename(plain)
    return plain


def without_last_day(chain: Generated, into: Path) -> Path:
    """A copy, by links as far as can be, of a chain's blocks folder less its last 144 blocks."""
    day = chain.summary["last_day"]
    return _cut(chain, into, day["file"], day["offset"])


def first_blocks(chain: Generated, count: int, into: Path) -> Path:
    """A copy, by links as far as can be, of the first `count` blocks."""
    file = max(
        (f for f in chain.summary["files"] if f["first_height"] < count),
        key=lambda f: f["first_height"],
    )
    key = (chain.blocks / "xor.dat").read_bytes()
    data = turned((chain.blocks / file["name"]).read_bytes(), key)
    offset = 0
    for _ in range(count - file["first_height"]):
        size = int.from_bytes(data[offset + 4 : offset + _FRAME_BYTES], "little")
        offset += _FRAME_BYTES + size
    return _cut(chain, into, file["name"], offset)


def _cut(chain: Generated, into: Path, file: str, offset: int) -> Path:
    into.mkdir(parents=True)
    shutil.copyfile(chain.blocks / "xor.dat", into / "xor.dat")
    for told in chain.summary["files"]:
        source = chain.blocks / told["name"]
        if told["name"] == file:
            with source.open("rb") as opened:
                (into / file).write_bytes(opened.read(offset))
            return into
        os.link(source, into / told["name"])
    raise BenchError(f"{chain.blocks} has no file {file}")
