"""The combined predictor: how probably each output is change, or that it cannot be said."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peelchain.cluster.change.features import features
from peelchain.cluster.change.model import Model, shipped_model
from peelchain.cluster.change.own_shape import pays_input
from peelchain.cluster.change.transactions import MIXED, TYPES, Bools, Int64, Transactions

NAME = "predictor"


@dataclass(frozen=True)
class Prediction:
    """What the predictor says of a batch of transactions, all [O].

    `probability` that an output is change, NaN where its transaction is not in question, it could
    not be change, or the model never met scripts of such a type. Each output has its own: none, one
    or two of a transaction may be change. `is_change` and `is_payment` where it speaks; where both
    are false it abstains.
    """

    probability: npt.NDArray[np.float64]
    is_change: Bools
    is_payment: Bools


def predict(transactions: Transactions, model: Model | None = None) -> Prediction:
    """The predictions of a model, by default of the one that is shipped.

    What it uses: the transactions, what was known of their outputs by `as_of_height`, no cluster.
    An output is held to be a payment only beside one that is held to be change, and never where it
    pays a script that is spent here: that all outputs look like payments says more of the model
    than of the transaction. Raises SourceError for a model that asks for features there are not.
    """
    t = transactions
    model = model or shipped_model()
    met = [TYPES.index(name) for name in model.types]
    known = np.isin(t.in_kind, [*met, MIXED])[t.tx_of_out] & np.isin(t.out_type, met)
    spoken = t.is_in_question[t.tx_of_out] & t.can_be_change & known
    found = np.where(spoken, model.probabilities(scores(t, model)), np.nan)
    is_change = found >= model.change_from
    beside = t.count_out(is_change)[t.tx_of_out] > 0
    return Prediction(found, is_change, (found <= model.payment_to) & beside & ~pays_input(t))


def scores(transactions: Transactions, model: Model) -> Int64:
    """The sum of intercept and weights of each output's features, thousandths of log-odds [O]."""
    return model.scores(*features(transactions))


def why(transactions: Transactions, out: int, model: Model | None = None) -> list[tuple[str, int]]:
    """What each feature, and pair of features, of the output of row `out` adds to its score.

    Thousandths of log-odds, the most telling first; with the model's intercept they add up to the
    score.
    """
    names, has = features(transactions)
    there = {name for name, told in zip(names, has[out].tolist(), strict=True) if told}
    return (model or shipped_model()).parts(there)
