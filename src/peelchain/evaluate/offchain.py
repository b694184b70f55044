"""Measured error of the marks on outputs that may have changed hands off the chain."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Literal

from peelchain.chain.core_files import find
from peelchain.chain.ingest import ingest_core_files
from peelchain.cluster.of_store import computed
from peelchain.cluster.policy import DEFAULT_POLICY
from peelchain.evaluate.conditions import Condition
from peelchain.evaluate.economy import truth_rows
from peelchain.evaluate.error_rates import EVERYWHERE, ErrorRate
from peelchain.evaluate.one_economy import simulated
from peelchain.evaluate.patterns import Count, pattern_rates
from peelchain.evaluate.runs import Task
from peelchain.evaluate.seeds import seeds_for
from peelchain.evaluate.simulated_rates import seed_text
from peelchain.network import REGTEST
from peelchain.simulate.parameters import PARAMETERS
from peelchain.store.lookup import Lookup
from peelchain.store.raw_blocks import RawBlocks
from peelchain.store.reader import Store
from peelchain.store.witnesses import witnesses
from peelchain.trace.offchain import (
    CHANNEL_OPEN,
    COMMITMENT,
    KEY_HANDOVER,
    MARKS,
    MUTUAL_CLOSE,
    marks,
)
from peelchain.units import OutPoint

OUTPUTS = {
    mark: f"outputs; right where they are of a channel{spent}"
    for mark, spent in zip(MARKS[:2], (", found among those spent", ""), strict=True)
} | {KEY_HANDOVER: "outputs; right where the key is handed over"}

PARAMETERS_OF_MARKS = replace(
    PARAMETERS["habits"],
    channels_per_100_blocks=12.0,
    escrows_per_100_blocks=6.0,
    handed_coins_per_100_blocks=5.0,
    rewards_per_100_blocks=5.0,
)


def evaluate_marks(
    economies: int,
    blocks: int,
    work: Path,
    purpose: Literal["choosing", "test"],
    made_by: str,
    progress: Callable[[int, int], object],
) -> list[ErrorRate]:
    """The error rates of so many economies with channels, on seeds of the purpose.

    `work` keeps the simulated chains. Raises MisuseError for more seeds than there are.
    """
    seeds = seeds_for(purpose, economies)
    condition = Condition("off-chain", "off-chain", PARAMETERS_OF_MARKS)
    counts = []
    for done, seed in enumerate(seeds):
        progress(done, len(seeds))
        folder = work / "chains" / Task(condition, seed, blocks).chain_key
        node = simulated(folder, seed, blocks, condition.parameters)
        counts.append(list(mark_counts(node, folder / "store")))
    progress(len(seeds), len(seeds))
    data = f"habits with channels and handed-over coins: {economies} economies of {blocks} blocks"
    return pattern_rates(counts, data=data, made_by=made_by, seeds=seed_text(seeds))


def mark_counts(node: Path, store: Path) -> Iterator[Count]:
    """The counts of every mark on a simulated data directory; `store` is made if it is not there.

    Outputs of channels that nobody spent cannot be told, and do not count as missed.
    """
    if not store.exists():
        ingest_core_files(find(node, REGTEST), store)
    with Store.open(store) as opened, closing(Lookup(opened)) as lookup:
        blocks = RawBlocks(opened)
        coinjoins = computed(lookup, DEFAULT_POLICY).coinjoins["tx_id"].to_pylist()
        found = marks(
            lookup,
            range(opened.manifest.counts["txouts"]),
            coinjoin_txs=coinjoins,
            witnesses=lambda txs: witnesses(lookup, blocks, txs),
        ).to_pylist()
        truth = _truth(node, lookup)
        for mark in MARKS:
            rows = [row for row in found if row["mark"] == mark]
            meant = truth[mark]
            sought = meant
            if mark == CHANNEL_OPEN:
                spenders = dict(zip(sorted(meant), lookup.spenders(sorted(meant)), strict=True))
                sought = {txout for txout in meant if spenders[txout]}
            said = {row["txout_id"] for row in rows}
            yield Count(
                f"mark:{mark}",
                EVERYWHERE,
                OUTPUTS[mark],
                (len(said & meant), len(said)),
                (len(said & sought), len(sought)),
            )
            for kind in (COMMITMENT, MUTUAL_CLOSE) if mark != KEY_HANDOVER else ():
                some = {row["txout_id"] for row in rows if row["kind"] == kind}
                right = (len(some & meant), len(some))
                yield Count(f"mark:{mark}", f"close:{kind}", OUTPUTS[mark], right, None)


def _truth(node: Path, lookup: Lookup) -> dict[str, set[int]]:
    rows = list(truth_rows(node, "offchain"))
    outpoints = [OutPoint.parse(f"{row['txid']}:{row['vout']}") for row in rows]
    found: dict[str, set[int]] = {mark: set() for mark in MARKS}
    for row, txout in zip(rows, lookup.txout_ids(outpoints), strict=True):
        found[row["mark"]].add(txout)
    return found
