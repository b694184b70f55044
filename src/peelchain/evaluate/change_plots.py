"""The figures of docs/methods/change.md, as SVG whose bytes repeat. Needs the extra `evaluate`."""

from typing import Any

from peelchain.evaluate.svg import svg

Figures = dict[str, Any]

_SIZE = (6.0, 4.2)
_COLOURS = {"habits": "#1b6ca8", "shifted": "#c1440e", "default": "#3c7d3c"}


def change_plots(figures: Figures) -> dict[str, str]:
    """The text of each figure, by the name of its file.

    Raises PeelchainError where matplotlib is not installed.
    """
    told = f"model {figures['model']}"
    return {
        "change-calibration.svg": svg(lambda axes: _calibration(axes[0], figures), told, _SIZE),
        "change-coverage.svg": svg(lambda axes: _coverage(axes[0], figures), told, _SIZE),
    }


def _calibration(axis: Any, figures: Figures) -> None:
    axis.plot([0, 1], [0, 1], color="#888888", linewidth=0.8, linestyle=":")
    for name, colour in _COLOURS.items():
        if name not in figures["conditions"]:
            continue
        rows = figures["conditions"][name]["calibration"]
        stated = [row["stated"] for row in rows]
        share, low, high = zip(*(row["true"] for row in rows), strict=True)
        axis.errorbar(
            stated,
            share,
            yerr=[
                [max(0.0, s - at) for s, at in zip(share, low, strict=True)],
                [max(0.0, at - s) for s, at in zip(share, high, strict=True)],
            ],
            fmt="o",
            color=colour,
            capsize=2,
            markersize=4,
            linewidth=1.0,
            label=name,
        )
    axis.set_xlabel("probability stated")
    axis.set_ylabel("share that is change")
    _finish(axis)


def _coverage(axis: Any, figures: Figures) -> None:
    for name, colour in _COLOURS.items():
        if name not in figures["conditions"]:
            continue
        rows = figures["conditions"][name]["curve"]
        at = [row["coverage"] for row in rows]
        share, low, high = zip(*(row["precision"] for row in rows), strict=True)
        axis.plot(at, share, "o-", color=colour, markersize=3, linewidth=1.2, label=name)
        axis.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0)
    axis.axhline(0.99, color="#888888", linewidth=0.8, linestyle=":")
    axis.set_xlabel("coverage: change outputs that are said to be change")
    axis.set_ylabel("precision of what is said")
    _finish(axis)


def _finish(axis: Any) -> None:
    axis.grid(color="#dddddd", linewidth=0.6)
    axis.set_axisbelow(True)
    axis.legend(fontsize=8, frameon=False)
