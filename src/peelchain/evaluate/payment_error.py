"""How often the change predictor was right of outputs that it held to be another's."""

import json
from functools import cache
from pathlib import Path

from peelchain.evaluate.error_rates import EVERYWHERE, ErrorRate

_FIGURES = Path(__file__).with_name("change_error.json")
_STATED = "habits"
UNIT = "outputs held to be payments"


@cache
def payment_error() -> ErrorRate:
    """The measured error, on the same economies as that of change; recall was not measured."""
    figures = json.loads(_FIGURES.read_text(encoding="utf-8"))
    row = figures["conditions"][_STATED]["all"]
    share, low, high = row["payment_precision"]
    return ErrorRate(
        rule="payment",
        stratum=EVERYWHERE,
        data=f"simulated economies, {_STATED}",
        basis="simulated",
        unit=UNIT,
        right=row["right_payment"],
        wrong=row["said_payment"] - row["right_payment"],
        precision=share,
        precision_low=low,
        precision_high=high,
        found=None,
        missed=None,
        recall=None,
        recall_low=None,
        recall_high=None,
        made_by=figures["made_by"],
        seeds=figures["seeds"][_STATED],
    )
