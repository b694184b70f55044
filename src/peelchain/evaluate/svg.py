"""A figure as SVG whose bytes repeat. Needs the extra `evaluate`."""

import io
from collections.abc import Callable
from typing import Any

from peelchain.errors import PeelchainError


def svg(draw: Callable[[Any], None], told: str, size: tuple[float, float], panels: int = 1) -> str:
    """The text of a figure of so many panels side by side, `size` inches in all.

    `draw` is given their axes; `told` is what the figure is drawn from, for its description. Raises
    PeelchainError where matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError as e:
        raise PeelchainError(
            f"figures need {e.name}; run pip install 'peelchain[evaluate]'"
        ) from None
    fixed: Any = {
        "svg.hashsalt": "peelchain",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "path.simplify": False,
    }
    with mpl.rc_context(fixed):
        figure = Figure(figsize=size)
        FigureCanvasSVG(figure)
        draw(figure.subplots(1, panels, squeeze=False)[0])
        figure.tight_layout()
        text = io.StringIO()
        # no date, and no version of the library: the same rows give the same bytes
        metadata = {"Date": None, "Creator": "peelchain", "Description": f"drawn from {told}"}
        figure.savefig(text, format="svg", metadata=metadata)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
