"""The real CoinJoin sets and blocks, as transactions to classify."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.oracle.coinjoins import Tx

from peelchain.cluster.coinjoin.parse import Paid, Spent, Transaction


@dataclass(frozen=True)
class Line:
    """A line of a set, as the reference reads it and as the classifier does."""

    reference: Tx
    transaction: Transaction


def set_lines(path: Path) -> Iterator[Line]:
    """The lines of one of the files under `coinjoins/`."""
    for text in path.read_text().splitlines():
        txid, _, _, time, spent, paid = text.split(":::")
        inputs, prev = [], []
        for coin in spent.split("}{"):
            place, script, _ = coin.split("+")
            prev_txid, _, value = place.split("-")
            inputs.append((int(value), script))
            prev.append(prev_txid)
        outputs = [
            (int(value), script)
            for value, script, _ in (coin.split("+") for coin in paid.split("}{"))
        ]
        yield Line(
            Tx(txid, int(time), inputs, outputs), transaction(txid, inputs, outputs, prev=prev)
        )


def transaction(
    txid: str,
    inputs: list[tuple[int, str]],
    outputs: list[tuple[int, str]],
    *,
    prev: list[str] | None = None,
) -> Transaction:
    """A transaction from (value, script hex) on both sides."""
    parents = prev or ["ff" * 32] * len(inputs)
    return Transaction(
        bytes.fromhex(txid),
        is_coinbase=False,
        inputs=tuple(
            Spent(bytes.fromhex(parent), value, bytes.fromhex(script), signs_single=False)
            for parent, (value, script) in zip(parents, inputs, strict=True)
        ),
        outputs=tuple(Paid(value, bytes.fromhex(script)) for value, script in outputs),
    )


def block_transactions(path: Path) -> Iterator[Transaction]:
    """The transactions other than the coinbase of a block under `blocks_with_prevouts/`."""
    (block,) = json.loads(path.read_text())["blocks"]
    for number, tx in enumerate(block["data"]["transactions"][1:]):
        spent = [txin["previous_output"]["data"] for txin in tx["inputs"]]
        yield transaction(
            f"{number:064x}",
            [(s["value"], s["pk_script"][2:]) for s in spent],
            [(o["value"], o["pk_script"][2:]) for o in tx["outputs"]],
            prev=[txin["previous_output"]["txid"] for txin in tx["inputs"]],
        )
