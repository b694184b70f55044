"""What a walk over a partial store lacks: where it ended because nothing more was fetched."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from peelchain.actions.tracing.places import Places
from peelchain.actions.tracing.walk import Walked
from peelchain.chain.partial.fetch import fetch_parents, fetch_spenders, fetch_transactions
from peelchain.chain.partial.history import fetch_history
from peelchain.chain.partial.sitting import Sitting
from peelchain.chain.partial.source import Mention
from peelchain.units import OutPoint, format_hash

_EAGER_INPUTS = 40
"""A spender of more inputs is most likely a CoinJoin or a service's: whether a walk passes it is
seen before what it spends is fetched, at the cost of a round."""

_MOST_OF_PARTY = 500
"""Addresses of a cluster whose histories are fetched."""


@dataclass(frozen=True)
class Missing:
    """What is to be fetched: who spends these outputs, and what these transactions spend.

    `unspent` are outputs that were told unspent, perhaps at an earlier tip; `party` the scripts of
    the cluster that a walk starts from, of which all receipts are wanted.
    """

    spenders: tuple[OutPoint, ...] = ()
    parents: tuple[bytes, ...] = ()
    unspent: tuple[OutPoint, ...] = ()
    party: tuple[bytes, ...] = ()

    def __len__(self) -> int:
        return len(self.spenders) + len(self.parents)

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing that a server could be asked."""
        return not (self.spenders or self.parents or self.unspent or self.party)


def missing(walked: Walked) -> Missing:
    """What a walk lacks to go on; the walk was asked for its paths."""
    reached = walked.trace.reached
    open_ends = sorted(reached.ends("unresolved"))
    still = sorted(reached.ends("unspent"))
    outputs = walked.view.chain.outputs(np.array(open_ends, np.int64))
    places = Places(walked.view, [*open_ends, *still])
    txs: set[int] = set()
    spenders = []
    for txout, maker, spender in zip(
        open_ends, outputs.tx_id.tolist(), outputs.spender.tolist(), strict=True
    ):
        if walked.direction == "backward":
            txs.add(maker)
        elif spender >= 0:
            txs.add(spender)
        else:
            spenders.append(OutPoint.parse(places.outpoint(txout)))
    txids = walked.view.lookup.txids(txs)
    # what a cluster holds is an inference, which grows with what is fetched
    party = walked.seeds.scripts.tolist() if walked.seeds.basis == "inference" else []
    scripts = walked.view.lookup.scripts(party)
    return Missing(
        tuple(spenders),
        tuple(txids[tx] for tx in sorted(txs)),
        tuple(OutPoint.parse(places.outpoint(txout)) for txout in still),
        tuple(scripts[script_id] for script_id in party),
    )


def fetch_missing(sitting: Sitting, lacking: Missing, most_of_script: int) -> None:
    """Fetches what is missing, and nothing else: the next walk sees what it leads to."""
    _fetch_party(sitting, lacking.party, most_of_script)
    outpoints = [*lacking.spenders, *lacking.unspent]
    fetch_spenders(sitting, outpoints)
    found = {sitting.spends.by_outpoint.get(o) for o in outpoints} - {None}
    fetch_transactions(sitting, [Mention(txid, None) for txid in lacking.parents])
    fetch_parents(sitting, [*_small(sitting, found), *lacking.parents])


def _fetch_party(sitting: Sitting, scripts: Sequence[bytes], most_of_script: int) -> None:
    """Fetches all that paid or spent these scripts, and what is spent beside them."""
    if len(scripts) > _MOST_OF_PARTY:
        sitting.take_note(
            f"the cluster has {len(scripts):,} addresses here; the histories of the first "
            f"{_MOST_OF_PARTY:,} were fetched: fetch others with 'peelchain chain fetch'"
        )
    for script in scripts[:_MOST_OF_PARTY]:
        fetch_history(sitting, script, most_of_script)
    fetch_parents(sitting, spenders_of(sitting, scripts[:_MOST_OF_PARTY]))


def spenders_of(sitting: Sitting, scripts: Iterable[bytes]) -> list[bytes]:
    """The txids of the kept transactions that spend from any of the scripts, rising."""
    wanted = frozenset(scripts)
    found = set()
    for outpoint, spender in sitting.spends.by_outpoint.items():
        output = sitting.vault.output(outpoint)
        if output is not None and output.script_pubkey in wanted:
            found.add(spender)
    return sorted(found)


def _small(sitting: Sitting, txids: Iterable[bytes | None]) -> list[bytes]:
    small = []
    for txid in txids:
        tx = sitting.vault.transaction(txid) if txid else None
        if tx is not None and len(tx.inputs) <= _EAGER_INPUTS:
            small.append(tx.txid)
    return sorted(small)


def as_text(lacking: Missing) -> list[str]:
    """What is missing, for an answer."""
    return [
        *(f"the spender of {o}" for o in lacking.spenders),
        *(f"what {format_hash(txid)} spends" for txid in lacking.parents),
    ]
