"""A chain as flat arrays, as large as asked for: what a walk reads, and nothing else.

Inputs, outputs and ages are those of full mainnet blocks: 2.3 inputs and 2.6 outputs a transaction,
one output in eight never spent, the others after a time with a heavy tail. Values are as consensus
has them, inputs being outputs and a fee. Transactions without inputs are coinbases.
"""

import numpy as np

from peelchain.store.arrays import ChainArrays

SEED = 7
TXS_A_BLOCK = 2_000
_STEP = 500
"""No output is spent within so many transactions: so many are made at once."""
_NEVER_SPENT = 0.12
_TAIL = 0.55
_OUTPUTS = np.array([1, 2, 2, 2, 2, 2, 2, 3, 4, 6])
_COINBASE_SAT = 312_500_000
_FEE_SHARE = 4_000


def flat_chain(txs: int, seed: int = SEED) -> ChainArrays:
    """The same chain for the same arguments."""
    chance = np.random.default_rng(seed)
    outputs = chance.choice(_OUTPUTS, txs)
    first_txout = np.concatenate([[0], np.cumsum(outputs)])
    count = int(first_txout[-1])
    maker = np.repeat(np.arange(txs), outputs)
    lag = np.minimum(_STEP * (1 + chance.pareto(_TAIL, count)), float(2**40)).astype(np.int64)
    spender = maker + lag
    spender[(spender >= txs) | (chance.random(count) < _NEVER_SPENT)] = -1
    del lag
    spent = np.flatnonzero(spender >= 0)
    by_spender = spent[np.argsort(spender[spent], kind="stable")]
    inputs = np.bincount(spender[spent], minlength=txs)
    prevouts = np.insert(by_spender, np.repeat(_starts(inputs)[:-1], inputs == 0), -1)
    first_txin = _starts(np.maximum(inputs, 1))
    value = _values(first_txin, first_txout, prevouts, outputs, chance.random(count))
    # Nobody is known here: each output pays a script of its own.
    return ChainArrays(
        tx_height=(np.arange(txs) // TXS_A_BLOCK).astype(np.int32),
        tx_first_txin=first_txin,
        tx_first_txout=first_txout,
        txin_prev_txout=prevouts,
        txout_value=value,
        txout_script=np.arange(count),
        txout_tx=maker,
        txout_spender=spender,
        txout_unspendable=np.zeros(count, np.bool_),
    )


def _starts(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)])


def _values(
    first_txin: np.ndarray,
    first_txout: np.ndarray,
    prevouts: np.ndarray,
    outputs: np.ndarray,
    shares: np.ndarray,
) -> np.ndarray:
    """Each transaction's inputs less a fee, cut at random; the last output has the rest."""
    txs = len(outputs)
    value = np.zeros(first_txout[-1] + 1, np.int64)
    for start in range(0, txs, _STEP):
        end = min(start + _STEP, txs)
        ins, outs = (slice(first[start], first[end]) for first in (first_txin, first_txout))
        # A coinbase's prevout, -1, is the last value of all, which is none.
        total = np.add.reduceat(value[prevouts[ins]], first_txin[start:end] - first_txin[start])
        total[total == 0] = _COINBASE_SAT
        total -= total // _FEE_SHARE
        firsts = first_txout[start:end] - first_txout[start]
        whole = np.add.reduceat(shares[outs], firsts)
        counts = outputs[start:end]
        made = (np.repeat(total / whole, counts) * shares[outs]).astype(np.int64)
        last = firsts + counts - 1
        made[last] = 0
        made[last] = total - np.add.reduceat(made, firsts)
        value[outs] = made
    return value[:-1]
