"""What the detectors read: transactions whole, and what others know of scripts and of mixes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from peelchain.store.chain_rows import ChainRows, Int64
from peelchain.store.lookup import Lookup
from peelchain.trace.patterns.fingerprint import SEVERAL_TYPES, Fingerprint, fingerprint

ClusterOf = Callable[[Int64], Int64]
"""Gives the cluster_id of each script_id."""

NameOf = Callable[[int], str | None]
"""Gives the party that tags hold a script_id to be of, by one name a party; None for none."""


@dataclass(frozen=True)
class Made:
    """How N transactions were made: int64[N] each, `least_sequence` over the inputs."""

    version: Int64
    locktime: Int64
    least_sequence: Int64


class Details(Protocol):
    """What detectors ask of a chain beyond ChainRows."""

    def made(self, txs: Int64) -> Made:
        """How transactions were made, given rising and each once."""

    def script_types(self, txouts: Int64) -> list[str]:
        """The type of each output's script, given rising and each once."""


class StoredDetails:
    """The details of an open store."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def made(self, txs: Int64) -> Made:
        """As in Details."""
        columns = ["version", "locktime", "first_txin", "txin_count"]
        rows = self._lookup.columns_of("txs", txs.tolist(), columns)
        first, count = (np.array(rows[c], np.int64) for c in ("first_txin", "txin_count"))
        ends = np.cumsum(count)
        inputs = np.arange(count.sum()) + np.repeat(first - (ends - count), count)
        # rising, since both tables are in chain order
        sequences = self._lookup.columns_of("txins", inputs.tolist(), ["sequence"])["sequence"]
        least = np.empty(0, np.int64)
        if len(count):
            least = np.minimum.reduceat(np.array(sequences, np.int64), ends - count)
        return Made(
            np.array(rows["version"], np.int64), np.array(rows["locktime"], np.int64), least
        )

    def script_types(self, txouts: Int64) -> list[str]:
        """As in Details."""
        rows = self._lookup.columns_of("txouts", txouts.tolist(), ["script_type"])["script_type"]
        return [_text(name) for name in rows]


def _text(name: bytes | str) -> str:
    return name.decode("ascii") if isinstance(name, bytes) else name


@dataclass(frozen=True, slots=True)
class Output:
    """An output.

    `spender` is the tx_id that spends it, -1 for none; `can_move` is false for what nobody can
    spend and for what has no value.
    """

    txout_id: int
    tx_id: int
    value_sat: int
    script_id: int
    script_type: str
    spender: int
    can_move: bool


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction.

    `inputs` are the outputs it spends that are known, in order of input; `all_known` says whether
    these are all (never so of a coinbase).
    """

    tx_id: int
    height: int
    fingerprint: Fingerprint
    inputs: tuple[Output, ...]
    all_known: bool
    outputs: tuple[Output, ...]

    @property
    def movable(self) -> tuple[Output, ...]:
        """Its outputs that hold value somebody can spend."""
        return tuple(output for output in self.outputs if output.can_move)


AT_ONCE = 20_000
"""Transactions looked at before what was read is forgotten."""

_LOADED_AT_ONCE = 5_000
"""Transactions read together: bounds what is held beside them."""


class Scene:
    """A chain as the detectors see it; keeps the transactions it has read.

    `cluster_of` gives clusters, `name` the parties that tags name, `mixes` the tx_ids held to be
    CoinJoins, or otherwise to have no one spender. Nothing of it is decided here. `hot` keeps what
    deposit_sweep found of scripts and parties. `at_once` bounds what is held in memory.
    """

    def __init__(
        self,
        chain: ChainRows,
        details: Details,
        cluster_of: ClusterOf,
        name_of: NameOf,
        mixes: Iterable[int] = (),
        at_once: int = AT_ONCE,
    ) -> None:
        self.at_once = at_once
        self.chain = chain
        self.name = name_of
        self.mixes = frozenset(int(tx) for tx in mixes)
        self._details = details
        self._cluster_of = cluster_of
        self._clusters: dict[int, int] = {}
        self._known: dict[int, Transaction] = {}
        self.hot: dict[tuple[int, str], bool] = {}

    def tx(self, tx_id: int) -> Transaction:
        """A transaction. Raises StoreError for one beyond the chain."""
        if tx_id not in self._known:
            self.load([tx_id])
        return self._known[tx_id]

    def load(self, tx_ids: Iterable[int]) -> None:
        """Reads transactions together, which is much faster than one by one."""
        missing = sorted({int(tx) for tx in tx_ids} - self._known.keys())
        for first in range(0, len(missing), _LOADED_AT_ONCE):
            self._load(np.array(missing[first : first + _LOADED_AT_ONCE], np.int64))

    def portions(self, tx_ids: Sequence[int]) -> Iterator[Sequence[int]]:
        """The transactions some at a time; what was read for those before is forgotten."""
        for first in range(0, len(tx_ids), self.at_once):
            self._known.clear()
            self._clusters.clear()
            yield tx_ids[first : first + self.at_once]

    def cluster(self, script_id: int) -> int:
        """The cluster of a script."""
        found = self._clusters.get(script_id)
        if found is None:
            found = int(self._cluster_of(np.array([script_id], np.int64))[0])
            self._clusters[script_id] = found
        return found

    def holder(self, script_id: int) -> int | str:
        """Whom a script is counted to: the party's name, else the number of its cluster."""
        return self.name(script_id) or self.cluster(script_id)

    def _load(self, txs: Int64) -> None:
        rows, made = self.chain.transactions(txs), self._details.made(txs)
        prevouts = [self.chain.prevouts(tx) for tx in txs.tolist()]
        own = [
            np.arange(first, first + count)
            for first, count in zip(
                rows.first_txout.tolist(), rows.txout_count.tolist(), strict=True
            )
        ]
        every = np.unique(np.concatenate([*own, *prevouts]))
        outputs = self._outputs(every[every >= 0])
        scripts = np.unique([output.script_id for output in outputs.values()]).astype(np.int64)
        self._clusters.update(
            zip(scripts.tolist(), self._cluster_of(scripts).tolist(), strict=True)
        )
        for at, tx in enumerate(txs.tolist()):
            spent = tuple(outputs[txout] for txout in prevouts[at].tolist() if txout >= 0)
            types = {output.script_type for output in spent}
            height = int(rows.height[at])
            self._known[tx] = Transaction(
                tx_id=tx,
                height=height,
                fingerprint=fingerprint(
                    version=int(made.version[at]),
                    locktime=int(made.locktime[at]),
                    least_sequence=int(made.least_sequence[at]),
                    height=height,
                    script_type=types.pop() if len(types) == 1 else SEVERAL_TYPES,
                ),
                inputs=spent,
                all_known=len(spent) == len(prevouts[at]),
                outputs=tuple(outputs[txout] for txout in own[at].tolist()),
            )

    def _outputs(self, txouts: npt.NDArray[np.int64]) -> dict[int, Output]:
        rows = self.chain.outputs(txouts)
        columns = zip(
            txouts.tolist(),
            rows.tx_id.tolist(),
            rows.value_sat.tolist(),
            rows.script_id.tolist(),
            self._details.script_types(txouts),
            rows.spender.tolist(),
            (~rows.unspendable & (rows.value_sat > 0)).tolist(),
            strict=True,
        )
        return {row[0]: Output(*row) for row in columns}
