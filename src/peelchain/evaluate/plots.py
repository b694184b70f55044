"""The figures of docs/methods/error-rates.md, as SVG whose bytes repeat. Needs extra `evaluate`."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from peelchain.evaluate.conditions import HIDDEN_SHARES, PAYJOIN_SHARES, payjoin_name
from peelchain.evaluate.error_rates import ErrorRate, Measured, written
from peelchain.evaluate.simulated_rates import MERGES, QUOTED, SCRIPTS, SCRIPTS_LEFT
from peelchain.evaluate.svg import svg

_ONE = (7.0, 4.0)
_TWO = (1.4 * 7.0, 4.0)
_STYLES = ("o-", "s--")
_COLOURS = ("#1b6ca8", "#c1440e", "#3c7d3c", "#7a4f9a")


Rows = Mapping[tuple[str, str], ErrorRate]


def figures(measured: Measured) -> dict[str, str]:
    """The text of each figure, by the name of its file; none where its rows are missing.

    Raises PeelchainError where matplotlib is not installed.
    """
    rows = {(r.stratum, r.unit): r for r in measured.rows if r.rule == QUOTED}
    wanted = [f"condition:{payjoin_name(p, h)}" for h in HIDDEN_SHARES for p in PAYJOIN_SHARES]
    if any((stratum, MERGES) not in rows for stratum in wanted):
        return {}
    digest = sha256(written(measured).encode()).hexdigest()
    return {
        "error-rates-merges.svg": svg(lambda axes: _merges(axes, rows), digest, _ONE),
        "error-rates-b-cubed.svg": svg(lambda axes: _b_cubed(axes, rows), digest, _TWO, 2),
    }


def _merges(axes: Any, rows: Rows) -> None:
    for at, hidden in enumerate(HIDDEN_SHARES):
        _line(axes[0], rows, hidden, MERGES, "precision", _label(hidden), at, _COLOURS[at])
    _finish(axes[0], "share of merges that join one owner")


def _b_cubed(axes: Any, rows: Rows) -> None:
    for axis, kind in zip(axes, ("precision", "recall"), strict=True):
        colour = iter(_COLOURS)
        for unit, which in ((SCRIPTS, "all scripts"), (SCRIPTS_LEFT, "without the five largest")):
            for at, hidden in enumerate(HIDDEN_SHARES):
                label = f"{which}, {_label(hidden)}"
                _line(axis, rows, hidden, unit, kind, label, at, next(colour))
        _finish(axis, f"B-cubed {kind}")


def _label(hidden: float) -> str:
    return f"{100 * hidden:g}% hidden mixes" if hidden else "no hidden mixes"


def _line(
    axis: Any,
    rows: Rows,
    hidden: float,
    unit: str,
    kind: str,
    label: str,
    style: int,
    colour: str,
) -> None:
    found = [rows[f"condition:{payjoin_name(p, hidden)}", unit] for p in PAYJOIN_SHARES]
    values = [getattr(r, kind) or 0.0 for r in found]
    below = [v - (getattr(r, f"{kind}_low") or v) for v, r in zip(values, found, strict=True)]
    above = [(getattr(r, f"{kind}_high") or v) - v for v, r in zip(values, found, strict=True)]
    shift = 0.06 * (style - 0.5)
    axis.errorbar(
        [at + shift for at in range(len(values))],
        values,
        yerr=[[max(0.0, b) for b in below], [max(0.0, a) for a in above]],
        fmt=_STYLES[style],
        color=colour,
        capsize=3,
        markersize=5,
        linewidth=1.4,
        label=label,
    )


def _finish(axis: Any, what: str) -> None:
    axis.set_xticks(range(len(PAYJOIN_SHARES)), [f"{100 * p:g}%" for p in PAYJOIN_SHARES])
    axis.set_xlabel("PayJoins among private payments")
    axis.set_ylabel(what)
    axis.grid(axis="y", color="#dddddd", linewidth=0.6)
    axis.set_axisbelow(True)
    axis.legend(fontsize=8, frameon=False)
