"""Renders the measured part of docs/methods/change.md and its figures; with `--train`, measures.

`render_change.py` reads src/peelchain/evaluate/change_error.json. `render_change.py --train WORK`
first trains the model anew and measures it, with chains kept in the folder WORK, and writes
model.json and change_error.json into the package. Needs the extras `simulate` and `evaluate`.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from peelchain.cluster.change.model import SHIPPED as MODEL
from peelchain.evaluate.change import SHIPPED, evaluate_change, to_json
from peelchain.evaluate.change_page import with_measured
from peelchain.evaluate.change_plots import change_plots

DOCS = Path(__file__).resolve().parent.parent / "docs" / "methods"
PAGE = DOCS / "change.md"


def train(work: Path, jobs: int) -> None:
    """Trains, measures and writes what is shipped."""

    def tell(what: str, done: int, of: int) -> None:
        print(f"{what}: {done} of {of}", file=sys.stderr, flush=True)

    found = evaluate_change(work, jobs=jobs, progress=tell)
    MODEL.write_text(found.model.to_json(), encoding="ascii", newline="\n")
    SHIPPED.write_text(to_json(found.figures), encoding="ascii", newline="\n")


def render() -> None:
    """Writes the page and the figures from what is shipped."""
    figures = json.loads(SHIPPED.read_text(encoding="ascii"))
    page = with_measured(PAGE.read_text(encoding="utf-8"), figures)
    PAGE.write_text(page, encoding="utf-8", newline="\n")
    for name, text in change_plots(figures).items():
        (DOCS / name).write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Renders, after training where that is asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--train", type=Path, metavar="WORK", help="train and measure anew")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    given = parser.parse_args()
    if given.train is not None:
        train(given.train, given.jobs)
    render()


if __name__ == "__main__":
    # each economy has a process of its own: threads within one would only wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
