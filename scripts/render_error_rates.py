"""Writes docs/methods/error-rates.md and its figures from the shipped error rates.

`render_error_rates.py` needs the extra `evaluate`, for the figures.
"""

import sys
from pathlib import Path

from peelchain.evaluate.error_rates import SHIPPED, read_measured
from peelchain.evaluate.page import error_rates_page
from peelchain.evaluate.plots import figures

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "methods"
PAGE = FOLDER / "error-rates.md"


def render() -> list[Path]:
    """Writes page and figures; gives their paths."""
    measured = read_measured(SHIPPED)
    PAGE.write_text(error_rates_page(measured), encoding="utf-8")
    made = [PAGE]
    for name, text in figures(measured).items():
        made.append(FOLDER / name)
        made[-1].write_text(text, encoding="utf-8")
    return made


if __name__ == "__main__":
    for path in render():
        sys.stdout.write(f"{path}\n")
