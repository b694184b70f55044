"""Chains for tests of clustering: as lists of coins, and as the arrays made of them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from tests.oracle.cluster import Coin, Tx

from peelchain.store.arrays import ChainArrays


def arrays_of(chain: Sequence[Tx]) -> ChainArrays:
    """The chain as arrays. Every input spends an output made for it in a transaction before it.

    tx_ids are kept: the outputs that inputs spend belong to transaction 0, which must be a
    coinbase; where the chain has its own outputs there they come first.
    """
    coins: list[Coin] = list(chain[0][1])
    first_txin, first_txout = [0], [0]
    prev: list[int] = []
    for inputs, _ in chain:
        if inputs is None:
            prev.append(-1)
        else:
            prev += range(len(coins), len(coins) + len(inputs))
            coins += inputs
        first_txin.append(len(prev))
    first_txout.append(len(coins))
    for _, outputs in chain[1:]:
        coins += outputs
        first_txout.append(len(coins))

    counts = np.diff(first_txout)
    txout_tx = np.repeat(np.arange(len(chain)), counts)
    spender = np.full(len(coins), -1)
    tx_of_input = np.repeat(np.arange(len(chain)), np.diff(first_txin))
    known = np.array(prev) >= 0
    spender[np.array(prev)[known]] = tx_of_input[known]
    return ChainArrays(
        tx_height=np.arange(len(chain), dtype=np.int32),
        tx_first_txin=np.array(first_txin, dtype=np.int64),
        tx_first_txout=np.array(first_txout, dtype=np.int64),
        txin_prev_txout=np.array(prev, dtype=np.int64),
        txout_value=np.array([value for value, _ in coins], dtype=np.int64),
        txout_script=np.array([script for _, script in coins], dtype=np.int64),
        txout_tx=txout_tx.astype(np.int64),
        txout_spender=spender.astype(np.int64),
        txout_unspendable=np.zeros(len(coins), dtype=np.bool_),
    )


COINBASE: Tx = (None, [(5_000_000_000, 0)])

_coin = st.tuples(
    st.sampled_from([546, 3000, 100_000, 100_000, 100_000, 250_000, 250_000, 900_000]),
    st.integers(0, 25),
)
_tx = st.tuples(st.lists(_coin, min_size=1, max_size=14), st.lists(_coin, min_size=1, max_size=14))


@st.composite
def _mixes(draw: st.DrawFn) -> Tx:
    """CoinJoins and what nearly is one: equal outputs, funded, with change."""
    n = draw(st.integers(2, 6))
    value = draw(st.sampled_from([100_000, 250_000]))
    scripts = draw(st.lists(st.integers(0, 25), min_size=n, max_size=n + 2))
    inputs = [(value + draw(st.integers(0, 60_000)), script) for script in scripts]
    outputs = [(value, 30 + i) for i in range(n)]
    outputs += [(v - value, 50 + i) for i, (v, _) in enumerate(inputs) if v > value]
    return inputs, outputs[: draw(st.integers(n, len(outputs)))]


chains = st.lists(st.one_of(_tx, _mixes()), max_size=12).map(lambda txs: [COINBASE, *txs])


def renumbered(txs: list[tuple[list[tuple[int, str]], list[tuple[int, str]]]]) -> list[Tx]:
    """Real transactions with scripts as bytes, as a chain with scripts as numbers."""
    ids: dict[str, int] = {}

    def coins(side: list[tuple[int, str]]) -> list[Coin]:
        return [(value, ids.setdefault(script, len(ids) + 1)) for value, script in side]

    return [COINBASE, *((coins(inputs), coins(outputs)) for inputs, outputs in txs)]


def read_coinjoins(path: Path) -> list[Tx]:
    """One of the files under `coinjoins/`: a transaction a line."""

    def coin(text: str) -> tuple[int, str]:
        place, script, _ = text.split("+")
        return int(place.rpartition("-")[2]), script

    txs = []
    for line in path.read_text().splitlines():
        *_, inputs, outputs = line.split(":::")
        sides = [[coin(text) for text in side.split("}{")] for side in (inputs, outputs)]
        txs.append((sides[0], sides[1]))
    return renumbered(txs)


def read_block(path: Path) -> list[Tx]:
    """The transactions other than the coinbase of a block under `blocks_with_prevouts/`."""

    def spent(txin: dict[str, Any]) -> tuple[int, str]:
        prevout = txin["previous_output"]["data"]
        return prevout["value"], prevout["pk_script"]

    (block,) = json.loads(path.read_text())["blocks"]
    return renumbered(
        [
            (
                [spent(txin) for txin in tx["inputs"]],
                [(txout["value"], txout["pk_script"]) for txout in tx["outputs"]],
            )
            for tx in block["data"]["transactions"][1:]
        ]
    )
