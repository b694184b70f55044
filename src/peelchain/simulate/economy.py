"""The simulation as a whole: from a seed to a folder with chain, truth and public knowledge."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from peelchain.errors import MisuseError
from peelchain.network import REGTEST
from peelchain.simulate.blocks import COINBASE_MATURITY, Node, genesis_hash
from peelchain.simulate.ledger import Ledger
from peelchain.simulate.parameters import PARAMETERS, Parameters
from peelchain.simulate.people import identities_of, people_of, write_people
from peelchain.simulate.published import write_actors, write_published, write_seeds
from peelchain.simulate.rates import Rates
from peelchain.simulate.scenarios.cast import check_length
from peelchain.simulate.seized import write_seized
from peelchain.simulate.society import START, Society
from peelchain.units import format_hash

LEAST_BLOCKS = 110
DEFAULT = PARAMETERS["default"]
MOST_BLOCKS = 20_000

_FIRST_TIME = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp())
_LAST_TIME = int(datetime(2023, 6, 30, tzinfo=UTC).timestamp())
_MEDIAN_SPAN = 11


@dataclass(frozen=True)
class SimulationSummary:
    """What was simulated; `txs` counts genesis, `blocks` does not; `tip_hash` is display hex."""

    blocks: int
    txs: int
    tip_hash: str
    owners: int


def simulate(
    out: Path,
    *,
    seed: int,
    blocks: int,
    parameters: Parameters = DEFAULT,
    progress: Callable[[int, int], None] | None = None,
) -> SimulationSummary:
    """A chain of that many blocks after genesis, written as a Bitcoin Core data directory.

    Writes `out/regtest/blocks` (block and undo files, XOR key), `out/truth`, `out/tagpack.yaml`,
    `out/rates.csv`, `out/observed.txt`, `out/seeds.csv`, `out/actorpack.yaml` and `out/seized`; the
    same arguments give the same bytes.
    `progress` is told the height and `blocks` after each block. `blocks` is 110 to 20,000, with a
    case 200 at least; in the first hundred or so coins only mature. Raises MisuseError for a folder
    that is not empty or a number out of range; nothing stays behind when it fails.
    """
    _check(out, seed, blocks)
    check_length(parameters.case, blocks)
    existed = out.exists()
    out.mkdir(parents=True, exist_ok=True)
    try:
        return _simulate(out, seed, blocks, parameters, progress)
    except BaseException:
        for child in out.iterdir():
            if child.is_dir():
                shutil.rmtree(child)
            else:
                child.unlink()
        if not existed:
            out.rmdir()
        raise


def _check(out: Path, seed: int, blocks: int) -> None:
    if not LEAST_BLOCKS <= blocks <= MOST_BLOCKS:
        raise MisuseError(
            f"{blocks} blocks cannot be simulated: mined coins mature after {COINBASE_MATURITY} "
            f"blocks and the site needs some time; choose {LEAST_BLOCKS} to {MOST_BLOCKS}"
        )
    if not 0 <= seed < 2**63:
        raise MisuseError(f"seed {seed} is out of range; choose 0 to 2^63 - 1")
    if out.exists() and not out.is_dir():
        raise MisuseError(f"{out} is a file; name a new or empty folder for the simulation")
    if out.is_dir() and any(out.iterdir()):
        raise MisuseError(f"{out} is not empty; name a new or empty folder for the simulation")


def _simulate(
    out: Path,
    seed: int,
    blocks: int,
    parameters: Parameters,
    progress: Callable[[int, int], None] | None,
) -> SimulationSummary:
    times = _block_times(seed, blocks)
    days = [datetime.fromtimestamp(time, UTC).date() for time in (min(times[1:]), max(times))]
    rates = Rates(seed, days[0], days[1])
    ledger = Ledger(seed, blocks, times, rates, parameters)
    society = Society(ledger)
    key = hashlib.sha256(f"peelchain xor {seed}".encode()).digest()[:8]
    previous = genesis_hash()
    with Node(out / REGTEST.folder, key) as node:
        for height in range(1, blocks + 1):
            ledger.height = height
            if height >= START:
                society.live()
            previous = society.mine_block(node, previous)
            if progress is not None:
                progress(height, blocks)
        tip = node.tip_hash(blocks)
    ledger.patterns.write(ledger.truth)
    ledger.flow.write(ledger.truth)
    ledger.truth.write(out / "truth", _about(seed, blocks, tip), parameters)
    write_published(out, society.services, society.site.observed, rates)
    write_seeds(out, ledger.truth.case_seeds)
    write_actors(out, society.services)
    _write_people(out, seed, ledger, society)
    return SimulationSummary(
        blocks, ledger.transactions + blocks + 1, format_hash(tip), len(ledger.owners)
    )


def _write_people(out: Path, seed: int, ledger: Ledger, society: Society) -> None:
    truth = ledger.truth
    people = people_of(seed, ledger.owners.values())
    identities = identities_of(seed, people, truth.accounts, truth.withdrawals)
    write_people(out / "truth" / "people", people, identities)
    number_of = {row[0]: row[1] for row in truth.site_users.rows}
    paid = frozenset(str(number_of[row[3]]) for row in truth.payments.rows)
    write_seized(out, seed, society.site.registered, paid)


def _block_times(seed: int, blocks: int) -> list[int]:
    """Header time of each height, now and then earlier than the block before it.

    Never at or below the median of the eleven before it, which consensus asks for.
    """
    rng = Random(f"peelchain times {seed}")
    step = (_LAST_TIME - _FIRST_TIME) // blocks
    times = [_FIRST_TIME - step]
    for height in range(1, blocks + 1):
        time = _FIRST_TIME + (height - 1) * step + rng.randrange(-step // 2, step // 2)
        if rng.random() < 0.03:
            time -= step
        median = sorted(times[-_MEDIAN_SPAN:])[len(times[-_MEDIAN_SPAN:]) // 2]
        times.append(max(time, median + 1, _FIRST_TIME))
    return times


def _about(seed: int, blocks: int, tip: bytes) -> str:
    return (
        f"Seed {seed}, {blocks} blocks, tip {format_hash(tip)}. Nobody in it is real. Hashes are "
        "display hex, scripts hex in wire order, amounts satoshis.\n\n"
        "`../regtest` is a Bitcoin Core data directory without its databases: a node rebuilds them "
        "with `-reindex`. `../tagpack.yaml` holds the public tags, `../observed.txt` the site "
        "addresses that undercover users saw, `../seeds.csv` what was taken and from whom, "
        "`../rates.csv` the day's prices from block 1 on."
    )
