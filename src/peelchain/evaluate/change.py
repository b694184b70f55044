"""Measured error of the change rules and of the predictor, on economies that trained nothing."""

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from peelchain.cluster.change.model import Model
from peelchain.cluster.change.rules import RULE_NAMES
from peelchain.evaluate.change_data import SEVERAL, Examples, examples_of, join
from peelchain.evaluate.change_model import precision, said_of, train
from peelchain.evaluate.conditions import STATED, condition
from peelchain.evaluate.error_rates import ErrorRate
from peelchain.evaluate.intervals import clopper_pearson
from peelchain.evaluate.one_economy import simulated
from peelchain.evaluate.runs import Task
from peelchain.evaluate.seeds import Purpose, require, seeds_for

MADE_BY = "python scripts/render_change.py --train WORK"
SHIPPED = Path(__file__).with_name("change_error.json")

UNIT = "outputs held to be change"
"""What error rates of change count: each output that is said, or should be said, to be change."""

Bools = npt.NDArray[np.bool_]
Progress = Callable[[str, int, int], object]
Figures = dict[str, Any]

_BINS = (0.0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.999, 1.0)
_LEAST = 50


@dataclass(frozen=True)
class Plan:
    """How many economies of which kind serve what; all of `blocks` blocks.

    The model learns from `STATED` economies alone: weights from `training`, calibration from the
    first `calibrating` seeds of that purpose, thresholds from the `thresholds` seeds after those.
    `tested` counts test economies by condition. A model that leaves a family out learns from
    `left_out` of the training economies.
    """

    blocks: int = 600
    training: int = 12
    calibrating: int = 8
    thresholds: int = 8
    tested: tuple[tuple[str, int], ...] = ((STATED, 10), ("shifted", 8), ("default", 4))
    left_out: int = 8


@dataclass(frozen=True)
class ChangeEvaluation:
    """A model, and what it and the rules were measured to do; `figures` is fit for JSON."""

    model: Model
    figures: Figures


def evaluate_change(
    work: Path,
    plan: Plan | None = None,
    *,
    jobs: int = 1,
    progress: Progress = lambda what, done, of: None,
) -> ChangeEvaluation:
    """Trains the model anew and measures it, and every rule, on seeds that trained nothing.

    The same plan and software give the same model and figures. Chains are kept below `work`, so
    that a run that was stopped goes on where it was. Raises PeelchainError where an optional
    dependency is missing.
    """
    plan = plan or Plan()
    get = partial(_examples, work=work, blocks=plan.blocks, jobs=jobs, progress=progress)
    training = get(STATED, "training", plan.training)
    calibrating = get(STATED, "calibration", plan.calibrating)
    choosing = get(STATED, "calibration", plan.thresholds, first=plan.calibrating)
    tested = {name: get(name, "test", count) for name, count in plan.tested}
    tests: Purpose = "test"
    require((tests,), {s for part in tested.values() for s in part.seed.tolist()})
    progress("training", 0, 1)
    model = train(training, calibrating, choosing, trained_on(plan))
    progress("training", 1, 1)
    figures: Figures = {
        "format": 1,
        "made_by": MADE_BY,
        "model": model.digest,
        "plan": asdict(plan),
        "seeds": {name: _seed_text(part) for name, part in tested.items()},
        "conditions": {name: measured(part, model) for name, part in tested.items()},
        "rules": {name: rules_measured(part) for name, part in tested.items()},
        "fresh": {
            name: _row(get(name, "test", count, fresh=True), model) for name, count in plan.tested
        },
        "left_out": {},
    }
    known = training.seed < seeds_for("training", 1, plan.left_out - 1)[0] + 1
    families = [f for f in tested[STATED].families if f != SEVERAL]
    fewer = [training.where(known), calibrating, choosing]
    tasks = [(fewer, tested[STATED], family, plan) for family in families]
    for done, row in enumerate(_each(_left_out, tasks, jobs)):
        progress("leaving a family out", done + 1, len(families))
        figures["left_out"][families[done]] = row
    return ChangeEvaluation(model, figures)


def trained_on(plan: Plan) -> Figures:
    """What the model's file says of its origin."""
    seeds = {
        "training": seeds_for("training", plan.training),
        "calibration": seeds_for("calibration", plan.calibrating),
        "thresholds": seeds_for("calibration", plan.thresholds, plan.calibrating),
    }
    return {
        "command": MADE_BY,
        "condition": STATED,
        "blocks": plan.blocks,
        "seeds": {name: f"{some[0]} to {some[-1]}" for name, some in seeds.items()},
    }


def measured(examples: Examples, model: Model) -> Figures:
    """What a model does on these examples: in all, by family and class, by probability."""
    found = said_of(examples, model).probability
    return {
        "all": _row(examples, model),
        "families": _by(examples.families, examples.family, examples, model),
        "classes": _by(examples.kinds, examples.kind, examples, model),
        "calibration": _reliability(examples, found),
        "curve": _curve(examples, found),
    }


def rules_measured(examples: Examples) -> Figures:
    """Of each rule: of how many transactions it speaks, and how the output that it leaves does.

    Where it leaves one output alone, that is what it says to be change. `keeps` is the share of
    change outputs that it does not rule out where it speaks.
    """
    rows: Figures = {}
    txs = np.unique(np.stack([examples.seed, examples.tx]), axis=1, return_inverse=True)[1]
    count = int(txs.max(initial=-1)) + 1
    for place, name in enumerate(RULE_NAMES):
        only = examples.rule_only[:, place]
        spoken = examples.rule_decided[:, place]
        spoke = np.zeros(count, dtype=np.bool_)
        spoke[txs[spoken]] = True
        kept = spoken & examples.is_change
        limits = precision(examples, only, examples.is_change)
        right = int((only & examples.is_change).sum())
        rows[name] = {
            "transactions": count,
            "speaks_of": int(spoke.sum()),
            "change": int(examples.is_change.sum()),
            "said_change": int(only.sum()),
            "right_change": right,
            "own_change": int((only & examples.is_own).sum()),
            "precision": _three(right, int(only.sum()), limits),
            "coverage": _covered(examples, only),
            "keeps": _share(int((kept & examples.rule_possible[:, place]).sum()), int(kept.sum())),
        }
    return rows


def change_rates(figures: Mapping[str, Any]) -> list[ErrorRate]:
    """The error rates of predictor (rule `change`) and rules, as reports quote them.

    `figures` are those of `ChangeEvaluation`, or of the shipped file. The stratum is `all` for the
    stated condition, `condition:NAME` for another, `family:NAME` and `left_out:NAME` for families.
    """
    rows: list[ErrorRate] = []
    for name, told in figures["conditions"].items():
        stratum = "all" if name == STATED else f"condition:{name}"
        rows.append(_rate(figures, name, "change", stratum, told["all"]))
        for rule, row in figures["rules"][name].items():
            rows.append(_rate(figures, name, rule, stratum, row))
    for family, row in figures["conditions"][STATED]["families"].items():
        rows.append(_rate(figures, STATED, "change", f"family:{family}", row))
    for family, row in figures["left_out"].items():
        rows.append(_rate(figures, STATED, "change", f"left_out:{family}", row))
    return rows


def _rate(
    figures: Mapping[str, Any], name: str, rule: str, stratum: str, row: Mapping[str, Any]
) -> ErrorRate:
    unknown = (None, None, None)
    share, low, high = row["precision"] or unknown
    found, found_low, found_high = row["coverage"] or unknown
    return ErrorRate(
        rule=rule,
        stratum=stratum,
        data=f"simulated economies, {name}",
        basis="simulated",
        unit=UNIT,
        right=row["right_change"],
        wrong=row["said_change"] - row["right_change"],
        precision=share,
        precision_low=low,
        precision_high=high,
        found=row["right_change"],
        missed=row["change"] - row["right_change"],
        recall=found,
        recall_low=found_low,
        recall_high=found_high,
        made_by=figures["made_by"],
        seeds=figures["seeds"][name],
    )


def to_json(figures: Figures) -> str:
    """The figures as their file has them: ASCII, ending in a newline."""
    return json.dumps(figures, indent=1, ensure_ascii=True) + "\n"


def _examples(
    name: str,
    purpose: Purpose,
    count: int,
    first: int = 0,
    *,
    fresh: bool = False,
    work: Path,
    blocks: int,
    jobs: int,
    progress: Progress,
) -> Examples:
    tasks = [Task(condition(name), seed, blocks) for seed in seeds_for(purpose, count, first)]
    found = []
    for part in _each(_one, [(task, work, fresh) for task in tasks], jobs):
        found.append(part)
        progress(f"{purpose}: {name}" + ", seen soon after" * fresh, len(found), count)
    return join(found)


def _one(task: Task, work: Path, fresh: bool) -> Examples:
    folder = work / "chains" / task.chain_key
    node = simulated(folder, task.seed, task.blocks, task.condition.parameters)
    return examples_of(node, task.seed, fresh=fresh)


def _left_out(learnt: list[Examples], tested: Examples, family: str, plan: Plan) -> Figures:
    """What a model that never saw a family does on it."""
    without = [part.where(part.family != part.families.index(family)) for part in learnt]
    model = train(without[0], without[1], without[2], {**trained_on(plan), "without": family})
    own = tested.where(tested.family == tested.families.index(family))
    return _row(own, model)


def _each(function: Callable[..., Any], tasks: list[tuple[Any, ...]], jobs: int) -> Iterable[Any]:
    if jobs <= 1:
        yield from (function(*task) for task in tasks)
        return
    with ProcessPoolExecutor(min(jobs, len(tasks)), get_context("spawn")) as pool:
        yield from pool.map(function, *zip(*tasks, strict=True))


def _row(examples: Examples, model: Model) -> Figures:
    said = said_of(examples, model)
    change, payment = said.is_change, said.is_payment
    right = int((change & examples.is_change).sum())
    limits = precision(examples, change, examples.is_change)
    other = precision(examples, payment, ~examples.is_change)
    refuted = int((payment & ~examples.is_change).sum())
    return {
        "outputs": len(examples),
        "wallets": len(np.unique(examples.wallet)),
        "change": int(examples.is_change.sum()),
        "said_change": int(change.sum()),
        "right_change": right,
        "own_change": int((change & examples.is_own).sum()),
        "precision": _three(right, int(change.sum()), limits),
        "coverage": _covered(examples, change),
        "said_payment": int(payment.sum()),
        "right_payment": refuted,
        "payment_precision": _three(refuted, int(payment.sum()), other),
        "abstained": int((~change & ~payment).sum()),
    }


def _by(
    names: list[str],
    places: npt.NDArray[np.int64],
    examples: Examples,
    model: Model,
) -> Figures:
    return {
        name: _row(examples.where(places == at), model)
        for at, name in enumerate(names)
        if (places == at).any()
    }


def _reliability(examples: Examples, found: npt.NDArray[np.float64]) -> list[Figures]:
    """In bins of stated probability: the mean that was stated, and the share that was so."""
    rows = []
    for low, high in pairwise(_BINS):
        inside = (found >= low) & ((found < high) | (high == 1.0))
        total = int(inside.sum())
        if total < _LEAST:
            continue
        limits = precision(examples, inside, examples.is_change)
        right = int((inside & examples.is_change).sum())
        rows.append(
            {
                "from": low,
                "to": high,
                "outputs": total,
                "stated": round(float(found[inside].mean()), 6),
                "true": _three(right, total, limits),
            }
        )
    return rows


def _curve(examples: Examples, found: npt.NDArray[np.float64]) -> list[Figures]:
    """For each stated probability: what would be said from there on, and how much of it is so."""
    rows = []
    for value in np.unique(found[~np.isnan(found)])[::-1].tolist():
        if value < 0.5:
            break
        said = found >= value
        right = int((said & examples.is_change).sum())
        limits = clopper_pearson(right, int(said.sum()))
        rows.append(
            {
                "from": value,
                "coverage": _share(right, int(examples.is_change.sum())),
                "precision": _three(right, int(said.sum()), limits),
            }
        )
    return rows


def _covered(examples: Examples, said: Bools) -> list[float] | None:
    """The share of change outputs that are said to be change, with its limits."""
    limits = precision(examples, examples.is_change, said)
    return _three(int((said & examples.is_change).sum()), int(examples.is_change.sum()), limits)


def _three(right: int, total: int, limits: Any) -> list[float] | None:
    """Share, lower and upper limit; None where nothing was counted."""
    if not total:
        return None
    return [round(right / total, 6), round(limits.low, 6), round(limits.high, 6)]


def _share(right: int, total: int) -> float | None:
    return round(right / total, 6) if total else None


def _seed_text(examples: Examples) -> str:
    return f"{examples.seed.min()} to {examples.seed.max()}"
