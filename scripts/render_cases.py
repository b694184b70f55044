"""Writes docs/methods/cases.md: simulated cases, what `trace compare` says of each, the truth.

`render_cases.py` simulates the four cases in a folder of its own. Needs the extra `simulate`.
"""

import io
import json
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.oracle.ground_flow import at_rest  # noqa: E402
from tests.simulated_cases import BLOCKS, CASES, SEED, Case, ends_of, prepare  # noqa: E402

from peelchain.cli.main import app  # noqa: E402
from peelchain.trace.walk import trace  # noqa: E402
from peelchain.units import format_btc  # noqa: E402

PAGE = ROOT / "docs" / "methods" / "cases.md"

PROSE = ROOT / "docs" / "methods" / "cases.toml"


def cases_page(cases: Mapping[str, Case]) -> str:
    """The whole page, in Markdown, ending in a newline."""
    prose = tomllib.loads(PROSE.read_text(encoding="utf-8"))
    sections = [f"{prose[name]}\n{_section(cases[name])}" for name in CASES]
    return "\n".join([prose["head"].format(seed=SEED, blocks=BLOCKS), *sections])


def compared(case: Case, *options: str) -> str:
    """What `trace compare` prints on a case's seeds, without the lines that name tip and run."""
    seeds, store = str(case.node / "seeds.csv"), str(case.store)
    told = io.StringIO()
    with redirect_stdout(told), redirect_stderr(io.StringIO()):
        arguments = ["trace", "compare", "--seeds", seeds, "--rule", "all", "--store", store]
        app([*arguments, *options], standalone_mode=False)
    return told.getvalue()


def _section(case: Case) -> str:
    stamp = ("tip ", "policy ", "run ")
    lines = [line.rstrip() for line in compared(case, "--table").splitlines()]
    shown = "\n".join(line for line in lines if not line.startswith(stamp))
    answer = json.loads(compared(case, "--json"))
    truth = truth_of(case)
    rows = [
        "| destination | truth, BTC | bounds of scope transaction, BTC |",
        "|---|---:|---:|",
        *(
            f"| {row['destination']} | {format_btc(truth.pop(row['destination'], 0))} | "
            f"{format_btc(row['bounds']['transaction']['least_sat'])} to "
            f"{format_btc(row['bounds']['transaction']['most_sat'])} |"
            for row in answer["destinations"]
        ),
    ]
    assert not truth, f"compare does not name {sorted(truth)}"
    return "\n".join(["```", shown, "```", "", *rows, ""])


def truth_of(case: Case) -> Counter[str]:
    """The proceeds at each destination by its name in `compare`, in satoshis."""
    traced = trace(case.arrays, replace(case.request, graph=True))
    ends = ends_of(case, traced)
    rests, at_seeds = at_rest(case.node, case.inputs, ends)
    totals = Counter({"seed": at_seeds} if at_seeds else {})
    labels = {mark.label for mark in case.known.marks}
    for place, sat in rests.items():
        name = ends[place]
        totals[f"service:{name}" if name in labels else name] += sat
    return totals


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for number, chosen in enumerate(CASES, 1):
            sys.stderr.write(f"{number} of {len(CASES)}: {chosen}\n")
            (Path(folder) / chosen).mkdir()
            found[chosen] = prepare(Path(folder) / chosen, chosen)
        PAGE.write_text(cases_page(found), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
