"""Training of the change predictor: weights, then calibration, then thresholds, on other seeds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from peelchain.cluster.change.model import Model
from peelchain.cluster.change.transactions import MIXED, TYPES
from peelchain.errors import PeelchainError
from peelchain.evaluate.change_data import Examples
from peelchain.evaluate.intervals import Interval, share_interval

Bools = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]

TARGET = 0.993
"""What the lower limit must reach where thresholds are chosen: 0.99 and some room."""

ROUNDS = 400

SURE = 0.98
"""What the probability of an output itself must reach: sure company makes no doubtful one sure."""

_LEAST_IN_ROW = 200
_LEAST_MET = 200
_UNIT = 1000


def train(
    training: Examples,
    calibrating: Examples,
    choosing: Examples,
    trained_on: Mapping[str, Any],
    rounds: int = ROUNDS,
) -> Model:
    """A model: weights from `training`, probabilities from `calibrating`, limits from `choosing`.

    The three must share no seed. Boosted trees of two questions each, `rounds` of them, added up to
    weights of features and of pairs of features, rounded to thousandths; then isotonic regression
    of the truth on the score, in rows of at least 200 outputs, each with (right + 1/2) / (all + 1),
    so that no probability is 0 or 1. Raises PeelchainError where scikit-learn is missing or seeds
    are shared.

    Sources: Friedman 2001 (boosting); Lou et al. 2013 (sums of pairs); Zadrozny and Elkan 2002
    (isotonic calibration); Jeffreys' prior for the rows.
    """
    seeds = [set(part.seed.tolist()) for part in (training, calibrating, choosing)]
    if seeds[0] & seeds[1] or seeds[0] & seeds[2] or seeds[1] & seeds[2]:
        raise PeelchainError(
            "training, calibration and the choice of thresholds share a seed: give each its own"
        )
    intercept, weights, pairs = _fit(training, rounds)
    types = met_types(training)
    bare = Model(trained_on, types, intercept, weights, pairs, ((0, 0.5),), 2.0, 0.0)
    table = calibration(scores_of(calibrating, bare), calibrating.is_change)
    bare = replace(bare, calibration=table)
    change_from, payment_to = thresholds(choosing, bare)
    return replace(bare, change_from=change_from, payment_to=payment_to)


def met_types(examples: Examples) -> tuple[str, ...]:
    """The types of script that enough of the examples spend, and enough pay."""
    return tuple(
        name
        for place, name in enumerate(TYPES)
        if min((examples.in_type == place).sum(), (examples.out_type == place).sum()) >= _LEAST_MET
    )


@dataclass(frozen=True)
class Said:
    """What a model says of examples [M], as `predict` says it of outputs."""

    probability: npt.NDArray[np.float64]
    is_change: Bools
    is_payment: Bools


def said_of(examples: Examples, model: Model) -> Said:
    """What a model says of these examples. They must hold whole transactions."""
    met = [TYPES.index(name) for name in model.types]
    known = np.isin(examples.in_type, [*met, MIXED]) & np.isin(examples.out_type, met)
    found = np.where(known, model.probabilities(scores_of(examples, model)), np.nan)
    is_change = found >= model.change_from
    pair = np.stack([examples.seed, examples.tx])
    txs = np.unique(pair, axis=1, return_inverse=True)[1]
    beside = np.bincount(txs, weights=is_change)[txs] > 0
    payment = (found <= model.payment_to) & beside & ~examples.pays_input
    return Said(found, is_change, payment)


def scores_of(examples: Examples, model: Model) -> Int64:
    """The score of each example under a model [M]."""
    return model.scores(examples.feature_names, examples.has)


def _fit(training: Examples, rounds: int) -> tuple[int, dict[str, int], dict[tuple[str, str], int]]:
    """Intercept and weights, of features and of pairs, in thousandths of log-odds.

    A tree of two questions about features that are there or not is a sum of weights of features and
    of pairs of them; so is the sum of all trees.
    """
    has = training.has.astype(np.uint8)
    with _library("threadpoolctl").threadpool_limits(
        1
    ):  # sums over threads would differ in their last bits
        boosted = _library("sklearn.ensemble").HistGradientBoostingClassifier(
            max_iter=rounds,
            max_depth=2,
            learning_rate=0.3,
            min_samples_leaf=100,
            l2_regularization=1.0,
            early_stopping=False,
            random_state=0,
        )
        boosted.fit(has, training.is_change)
    terms: dict[tuple[int, ...], float] = {(): float(boosted._baseline_prediction.item())}
    for (tree,) in boosted._predictors:
        for features, value in _terms(tree.nodes, 0).items():
            terms[features] = terms.get(features, 0.0) + value
    _same(boosted, terms, has[:2000])
    names = training.feature_names
    whole = {features: round(value * _UNIT) for features, value in sorted(terms.items())}
    weights = {names[f[0]]: w for f, w in whole.items() if len(f) == 1 and w}
    pairs = {(names[f[0]], names[f[1]]): w for f, w in whole.items() if len(f) == 2 and w}
    return whole[()], weights, pairs


def _terms(nodes: Any, at: int) -> dict[tuple[int, ...], float]:
    """A tree as a sum: for each set of features what is added where all of them are there."""
    node = nodes[at]
    if node["is_leaf"]:
        return {(): float(node["value"])}
    absent, there = _terms(nodes, int(node["left"])), _terms(nodes, int(node["right"]))
    asked = int(node["feature_idx"])
    total = dict(absent)
    for sign, part in ((1.0, there), (-1.0, absent)):
        for features, value in part.items():
            both = tuple(sorted({*features, asked}))
            total[both] = total.get(both, 0.0) + sign * value
    return total


def _same(boosted: Any, terms: Mapping[tuple[int, ...], float], has: Any) -> None:
    """Raises PeelchainError where the sum is not what the trees say of these rows."""
    summed = np.zeros(len(has))
    for features, value in terms.items():
        summed += value * has[:, list(features)].all(axis=1)
    if not np.allclose(summed, boosted.decision_function(has), atol=1e-6):
        raise PeelchainError(
            "this scikit-learn keeps its trees in another form: train with the version that "
            "requirements.lock names"
        )


def calibration(scores: Int64, is_change: Bools) -> tuple[tuple[int, float], ...]:
    """Rows of least score and probability, both rising: the isotonic fit, in blocks."""
    fit = _library("sklearn.isotonic").IsotonicRegression(out_of_bounds="clip")
    fitted = fit.fit_transform(scores.astype(np.float64), is_change.astype(np.float64))
    order = np.argsort(scores, kind="stable")
    blocks: list[list[int]] = []
    last = None
    for row in order.tolist():
        value = round(float(fitted[row]), 12)
        full = not blocks or blocks[-1][2] >= _LEAST_IN_ROW
        if not blocks or (value != last and full and scores[row] > blocks[-1][3]):
            blocks.append([int(scores[row]), 0, 0, 0])
        block = blocks[-1]
        block[1] += int(is_change[row])
        block[2] += 1
        block[3] = int(scores[row])
        last = value
    return _rising(blocks)


def _rising(blocks: list[list[int]]) -> tuple[tuple[int, float], ...]:
    """Blocks of (least score, right, all, most score) pooled until their probabilities rise."""
    pooled: list[list[int]] = []

    def value(block: list[int]) -> float:
        return round((block[1] + 0.5) / (block[2] + 1), 6)

    for block in blocks:
        pooled.append(list(block))
        while len(pooled) > 1 and (
            value(pooled[-1]) <= value(pooled[-2]) or pooled[-1][2] < _LEAST_IN_ROW
        ):
            top = pooled.pop()
            pooled[-1][1] += top[1]
            pooled[-1][2] += top[2]
    return tuple((block[0], value(block)) for block in pooled)


def thresholds(examples: Examples, model: Model) -> tuple[float, float]:
    """The probability from which on, and up to which, the model speaks of these examples.

    The widest, within SURE, for which the lower 95% limit of what it then says is TARGET or more,
    by the exact interval and by resampling wallets and seeds, the least of them; 2 and 0 where
    there is none.
    """
    change_from, payment_to = 2.0, 0.0
    for _, value in reversed(model.calibration):
        said = said_of(examples, replace(model, change_from=value)).is_change
        if value >= SURE and lower_limit(examples, said, examples.is_change) >= TARGET:
            change_from = value
    for _, value in model.calibration:
        trial = replace(model, change_from=change_from, payment_to=value)
        said = said_of(examples, trial).is_payment
        if value <= 1 - SURE and lower_limit(examples, said, ~examples.is_change) >= TARGET:
            payment_to = value
    return change_from, payment_to


def lower_limit(examples: Examples, said: Bools, right: Bools) -> float:
    """The lower 95% limit of the share of `right` among `said`, the least of three intervals."""
    return precision(examples, said, right).low


def precision(examples: Examples, said: Bools, right: Bools) -> Interval:
    """The interval of the share of `right` among `said`: exact, by wallet and by seed, the widest.

    Outputs of one wallet hang together, and so may those of one economy.
    """
    by_wallet = share_interval(parts(examples.wallet, said, right))
    by_seed = share_interval(parts(examples.seed, said, right))
    return Interval(min(by_wallet.low, by_seed.low), max(by_wallet.high, by_seed.high))


def parts(groups: Int64, said: Bools, right: Bools) -> list[tuple[int, int]]:
    """(right, said) of each group that something was said of, in order of the group's number."""
    names, places = np.unique(groups[said], return_inverse=True)
    total = np.bincount(places, minlength=len(names))
    good = np.bincount(places, weights=right[said].astype(np.float64), minlength=len(names))
    return list(zip(good.astype(np.int64).tolist(), total.tolist(), strict=True))


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise PeelchainError(
            "training needs scikit-learn; run pip install 'peelchain[evaluate]'"
        ) from None
