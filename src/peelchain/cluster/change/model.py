"""The predictor's model: weights, calibration and thresholds, small enough to compute by hand."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from peelchain.errors import SourceError
from peelchain.script import ScriptType

Int64 = npt.NDArray[np.int64]

FORMAT = 1
SHIPPED = Path(__file__).with_name("model.json")

_KEYS = (
    "format",
    "trained_on",
    "types",
    "intercept",
    "weights",
    "pairs",
    "calibration",
    "thresholds",
)


@dataclass(frozen=True)
class Model:
    """A sum of weights, made a probability by a table.

    `weights` by name of feature, `pairs` by the names of two that an output has both, and
    `intercept` are thousandths of log-odds, whole numbers, so that a score is exact on every
    machine. `calibration` lists (least score, probability), both rising:
    an output has the probability of the last row whose score it reaches. From `change_from` on an
    output is held to be change, up to `payment_to` not to be; between them the model abstains.
    `trained_on` says by which command, on which economies and seeds; `types` which types of script
    it met there, spent and paid: of others it does not speak.
    """

    trained_on: Mapping[str, Any]
    types: tuple[str, ...]
    intercept: int
    weights: Mapping[str, int]
    pairs: Mapping[tuple[str, str], int]
    calibration: tuple[tuple[int, float], ...]
    change_from: float
    payment_to: float

    @property
    def digest(self) -> str:
        """SHA-256 of the model as its file has it, hex."""
        return hashlib.sha256(self.to_json().encode("ascii")).hexdigest()

    def to_json(self) -> str:
        """The model's file: ASCII, keys in fixed order, ending in a newline."""
        return (
            json.dumps(
                {
                    "format": FORMAT,
                    "trained_on": dict(self.trained_on),
                    "types": list(self.types),
                    "intercept": self.intercept,
                    "weights": dict(self.weights),
                    "pairs": [[*names, weight] for names, weight in self.pairs.items()],
                    "calibration": [list(row) for row in self.calibration],
                    "thresholds": {"change_from": self.change_from, "payment_to": self.payment_to},
                },
                indent=1,
                ensure_ascii=True,
            )
            + "\n"
        )

    def scores(self, names: Sequence[str], has: npt.NDArray[np.bool_]) -> Int64:
        """The score of each row of features [M, F] with these names [M].

        Raises SourceError where the model asks for features that are not among them.
        """
        place = {name: at for at, name in enumerate(names)}
        asked = {*self.weights, *(name for pair in self.pairs for name in pair)}
        unknown = sorted(asked - set(place))
        if unknown:
            raise SourceError(
                "the change model asks for features that this release lacks: "
                f"{', '.join(unknown)}; use the model that came with it"
            )
        # whole numbers far below 2^53: sums of doubles are exact, in whatever order
        matrix = np.zeros((len(names), len(names)))
        for name, weight in self.weights.items():
            matrix[place[name], place[name]] = weight
        for (one, other), weight in self.pairs.items():
            matrix[place[one], place[other]] = weight
        there = has.astype(np.float64)
        added = np.einsum("mf,mf->m", there @ matrix, there)
        return np.asarray(self.intercept + np.rint(added), dtype=np.int64)

    def parts(self, has: Collection[str]) -> list[tuple[str, int]]:
        """What a row with these features adds up from: names and weights, the greatest first.

        The intercept is left out; a pair's name is both names with `, and` between.
        """
        told = [(name, weight) for name, weight in self.weights.items() if name in has]
        told += [
            (f"{one}, and {other}", weight)
            for (one, other), weight in self.pairs.items()
            if one in has and other in has
        ]
        return sorted(told, key=lambda part: (-abs(part[1]), part[0]))

    def probabilities(self, scores: Int64) -> npt.NDArray[np.float64]:
        """The probability of each score."""
        least = np.array([row[0] for row in self.calibration], dtype=np.int64)
        values = np.array([row[1] for row in self.calibration], dtype=np.float64)
        rows = np.maximum(np.searchsorted(least, scores, side="right") - 1, 0)
        return np.asarray(values[rows], dtype=np.float64)


@cache
def shipped_model() -> Model:
    """The model of this release. Raises SourceError when its file is damaged."""
    return read_model(SHIPPED)


def read_model(path: Path) -> Model:
    """A model from its file. Raises SourceError naming what is wrong with it."""
    try:
        told = json.loads(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as e:
        raise SourceError(f"{path} cannot be read as a change model: {e}") from None
    if not isinstance(told, dict) or any(key not in told for key in _KEYS):
        raise SourceError(f"{path} is no change model: it needs the keys {', '.join(_KEYS)}")
    if told["format"] != FORMAT:
        raise SourceError(
            f"{path} is a change model of format {told['format']}, this release reads {FORMAT}; "
            "use the model that came with it"
        )
    try:
        rows = [(int(score), float(value)) for score, value in told["calibration"]]
        model = Model(
            trained_on=told["trained_on"],
            types=tuple(ScriptType(name) for name in told["types"]),
            intercept=int(told["intercept"]),
            weights={str(name): int(weight) for name, weight in told["weights"].items()},
            pairs={(str(one), str(other)): int(weight) for one, other, weight in told["pairs"]},
            calibration=tuple(rows),
            change_from=float(told["thresholds"]["change_from"]),
            payment_to=float(told["thresholds"]["payment_to"]),
        )
    except (TypeError, ValueError, KeyError, AttributeError) as e:
        raise SourceError(f"{path} is a damaged change model: {e!r}") from None
    _check(path, model)
    return model


def _check(path: Path, model: Model) -> None:
    scores = [score for score, _ in model.calibration]
    values = [value for _, value in model.calibration]
    wrong = None
    if not scores or not _rises(scores) or not _rises(values):
        wrong = "calibration does not rise"
    elif not 0 <= values[0] <= values[-1] <= 1:
        wrong = "calibration leaves 0 to 1"
    elif not 0 <= model.payment_to < model.change_from:
        wrong = "the thresholds are not in order"
    if wrong:
        raise SourceError(f"{path} is a damaged change model: {wrong}")


def _rises(values: Sequence[float]) -> bool:
    return all(a < b for a, b in pairwise(values))
