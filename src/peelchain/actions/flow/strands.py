"""Outputs on their way, bundled by where they lead."""

from dataclasses import dataclass

import numpy as np

from peelchain.store.arrays import Int64


@dataclass(frozen=True)
class Strands:
    """N outputs, each with the neighbour it leads to; all int64[N].

    `key` names the neighbour, `tx` is the transaction in which the value moves, `txout` and
    `value_sat` are the output's.
    """

    key: Int64
    tx: Int64
    txout: Int64
    value_sat: Int64


@dataclass(frozen=True)
class Bundles:
    """The strands by neighbour, keys rising: of each the sum, the transactions, the first and last.

    All int64[G], beside the strands, which lie sorted by key, transaction and output.
    """

    key: Int64
    value_sat: Int64
    tx_count: Int64
    first_tx: Int64
    last_tx: Int64
    start: Int64
    strands: Strands

    def __len__(self) -> int:
        return len(self.key)

    def of(self, group: int) -> Strands:
        """The strands of the group at this place."""
        s = self.strands
        part = slice(int(self.start[group]), int(self.start[group + 1]))
        return Strands(s.key[part], s.tx[part], s.txout[part], s.value_sat[part])


def bundled(strands: Strands) -> Bundles:
    """The strands by neighbour; one that stands there twice counts once."""
    order = np.lexsort((strands.txout, strands.tx, strands.key))
    key, tx, txout = strands.key[order], strands.tx[order], strands.txout[order]
    kept = np.ones(len(key), bool)
    kept[1:] = (key[1:] != key[:-1]) | (tx[1:] != tx[:-1]) | (txout[1:] != txout[:-1])
    key, tx, txout = key[kept], tx[kept], txout[kept]
    value_sat = strands.value_sat[order][kept]
    group = np.ones(len(key), bool)
    group[1:] = key[1:] != key[:-1]
    start = np.append(np.flatnonzero(group), len(key)).astype(np.int64)
    of = np.cumsum(group) - 1
    new_tx = group.copy()
    new_tx[1:] |= tx[1:] != tx[:-1]
    sums = np.zeros(len(start) - 1, np.int64)
    np.add.at(sums, of, value_sat)
    counts = np.bincount(of[new_tx], minlength=len(sums)).astype(np.int64)
    return Bundles(
        key=key[start[:-1]],
        value_sat=sums,
        tx_count=counts,
        first_tx=tx[start[:-1]],
        last_tx=tx[start[1:] - 1],
        start=start,
        strands=Strands(key, tx, txout, value_sat),
    )
