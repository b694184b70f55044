"""The named inputs: block folders, found or made once, each beside a plain copy for the peers."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.block_file import MAINNET_MAGIC, framed, raw_blocks
from bench.measure import ROOT, BenchError, bench_folder, run, sha256_of
from bench.synthetic_chain import write_synthetic_chain

SIMULATED_SEED, SIMULATED_BLOCKS = 11, 3000
SYNTHETIC_SEED, SYNTHETIC_BLOCKS, SYNTHETIC_TXS = 11, 180, 1400
REAL_REPEATS = 12


@dataclass(frozen=True)
class Input:
    """Blocks to measure with.

    `source` is what `chain ingest` is given, None where the blocks do not connect. `plain` is one
    file of the same blocks, not obfuscated and under mainnet's magic: the form every peer reads.
    `bytes` counts the raw blocks without their frames, `sha256` is over the block files.
    """

    name: str
    what: str
    source: str | None
    plain: Path
    bytes: int
    blocks: int
    sha256: str


def shared_data() -> Path:
    """The folder of real blocks, $PEELCHAIN_DATA; it may be absent."""
    return Path(os.environ.get("PEELCHAIN_DATA", ROOT.parent / "shared" / "data"))


def real_block_files() -> list[Path]:
    """The single real blocks, one a file, in the order of their heights; empty where absent."""
    return sorted((shared_data() / "blocks_mainnet").glob("*.bin"))


def early_chain(peelchain: str) -> Input | None:
    """Mainnet, heights 0 to 4312, as a node wrote it; None where the shared data is absent."""
    found = shared_data() / "early_chain"
    if not found.is_dir():
        return None
    place = _made(
        "early_chain",
        sha256_of(sorted(found.glob("*.dat"))),
        lambda folder: shutil.copytree(found, folder / "blocks"),
    )
    return _chain("early_chain", "mainnet, heights 0 to 4312", place / "blocks", place)


def simulated(peelchain: str) -> Input:
    """The simulator's economy, which Bitcoin Core's consensus code accepts."""
    wanted = ["--seed", str(SIMULATED_SEED), "--blocks", str(SIMULATED_BLOCKS)]

    def make(folder: Path) -> None:
        run([peelchain, "simulate", *wanted, "--out", str(folder / "chain"), "--json"])

    place = _made("simulated", " ".join(wanted), make)
    what = f"simulated economy, regtest, seed {SIMULATED_SEED}, {SIMULATED_BLOCKS:,} small blocks"
    return _chain("simulated", what, place / "chain" / "regtest" / "blocks", place)


def synthetic(peelchain: str) -> Input:
    """Blocks as full as mainnet's, with right links and values and random signatures."""
    shape = f"seed {SYNTHETIC_SEED}, {SYNTHETIC_BLOCKS} blocks of {SYNTHETIC_TXS:,} transactions"

    def make(folder: Path) -> None:
        write_synthetic_chain(
            folder / "regtest" / "blocks",
            seed=SYNTHETIC_SEED,
            full_blocks=SYNTHETIC_BLOCKS,
            txs_per_block=SYNTHETIC_TXS,
        )

    place = _made("synthetic", shape + sha256_of([ROOT / "bench" / "synthetic_chain.py"]), make)
    return _chain("synthetic", f"synthetic chain, {shape}", place / "regtest" / "blocks", place)


def real_blocks(peelchain: str) -> Input | None:
    """The single real blocks over and over, for parsing alone: they do not connect."""
    files = real_block_files()
    if not files:
        return None

    def make(folder: Path) -> None:
        once = b"".join(framed(file.read_bytes(), MAINNET_MAGIC) for file in files)
        (folder / "blocks").mkdir()
        (folder / "blocks" / "blk00000.dat").write_bytes(once * REAL_REPEATS)

    place = _made("real_blocks", f"{sha256_of(files)} x {REAL_REPEATS}", make)
    what = f"{len(files)} real mainnet blocks, {REAL_REPEATS} times over; they do not connect"
    return _chain("real_blocks", what, place / "blocks", place, connects=False)


INPUTS: dict[str, Callable[[str], Input | None]] = {
    "early_chain": early_chain,
    "simulated": simulated,
    "synthetic": synthetic,
    "real_blocks": real_blocks,
}


def _made(name: str, stamp: str, make: Callable[[Path], object]) -> Path:
    """The input's folder, made anew unless one with this stamp is there."""
    folder = bench_folder() / "inputs" / name
    mark = folder / "made_from"
    if mark.is_file() and mark.read_text() == stamp:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make(folder)
    mark.write_text(stamp)
    return folder


def _chain(name: str, what: str, blocks: Path, place: Path, *, connects: bool = True) -> Input:
    plain = place / "plain.dat"
    raws = list(raw_blocks(blocks))
    if not raws:
        raise BenchError(f"{blocks} holds no block; remove {place} and run again")
    plain.write_bytes(b"".join(framed(raw, MAINNET_MAGIC) for raw in raws))
    return Input(
        name=name,
        what=what,
        source=f"core:{blocks}" if connects else None,
        plain=plain,
        bytes=sum(map(len, raws)),
        blocks=len(raws),
        sha256=sha256_of(sorted(blocks.glob("*.dat"))),
    )
