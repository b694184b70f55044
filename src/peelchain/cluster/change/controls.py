"""Who is held to control the next hop by change: of each transaction, the outputs it kept."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from peelchain.cluster.change.load import load_transactions
from peelchain.cluster.change.model import Model
from peelchain.cluster.change.predict import predict
from peelchain.store.lookup import Lookup


@dataclass(frozen=True)
class HeldOutput:
    """What the predictor says of one output: `held` is `change`, `payment` or None (it abstains).

    `probability` is that of its being change. What is held to be change is held to be controlled by
    whoever spent the transaction's inputs, and by nobody by name.
    """

    txout_id: int
    vout: int
    probability: float
    held: str | None


def held_outputs(
    lookup: Lookup,
    tx_ids: Iterable[int],
    *,
    mixes: Iterable[int] = (),
    as_of_height: int | None = None,
    model: Model | None = None,
) -> dict[int, tuple[HeldOutput, ...]]:
    """For each transaction in question the outputs that could be change, in order of vout.

    Transactions of which nothing can be said (coinbases, CoinJoins, with one output) are left out.
    Arguments as of `load_transactions`; the transactions of a walk at once are read fastest.
    """
    transactions = load_transactions(lookup, tx_ids, mixes=mixes, as_of_height=as_of_height)
    said = predict(transactions, model)
    found: dict[int, list[HeldOutput]] = {}
    for out in np.flatnonzero(~np.isnan(said.probability)).tolist():
        tx_id = int(transactions.tx_id[transactions.tx_of_out[out]])
        held = "change" if said.is_change[out] else "payment" if said.is_payment[out] else None
        found.setdefault(tx_id, []).append(
            HeldOutput(
                int(transactions.out_id[out]),
                int(transactions.vout[out]),
                float(said.probability[out]),
                held,
            )
        )
    return {tx_id: tuple(outputs) for tx_id, outputs in found.items()}
