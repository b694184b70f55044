"""The measured part of docs/methods/change.md, rendered from the shipped figures."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Figures = Mapping[str, Any]

BEGIN = "<!-- measured: rendered from src/peelchain/evaluate/change_error.json -->"
END = "<!-- end of what is rendered -->"


def with_measured(page: str, figures: Figures) -> str:
    """The page with what is measured, between the two marks. Raises ValueError without them."""
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"the page lacks the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{measured_part(figures)}\n{END}{after}"


def measured_part(figures: Figures) -> str:
    """Tables of what the predictor and the rules do, in Markdown, ending in a newline."""
    return "\n".join(_lines(figures)) + "\n"


def _lines(figures: Figures) -> Iterator[str]:
    plan, conditions = figures["plan"], figures["conditions"]
    yield (
        f"Model `{figures['model'][:16]}`. Test economies of {plan['blocks']} blocks: "
        + "; ".join(f"{name}, seeds {seeds}" for name, seeds in figures["seeds"].items())
        + f". Made again by `{figures['made_by']}`."
    )
    yield ""
    yield "### Predictor"
    yield ""
    yield from _table(
        "economies",
        ((name, told["all"]) for name, told in conditions.items()),
    )
    yield ""
    yield "Seen soon after, by what is known at most three blocks on:"
    yield ""
    yield from _table("economies", figures["fresh"].items())
    yield ""
    yield "![Share that is change by the probability stated](change-calibration.svg)"
    yield ""
    yield "![Precision by coverage](change-coverage.svg)"
    stated = next(iter(conditions))
    yield ""
    yield f"By wallet family, of `{stated}`:"
    yield ""
    yield from _table("family", conditions[stated]["families"].items())
    yield ""
    yield f"By wallet family, of `{stated}`, from models that never saw the family:"
    yield ""
    yield from _table("family left out", figures["left_out"].items())
    if "shifted" in conditions:
        yield ""
        yield "By wallet family, of `shifted`:"
        yield ""
        yield from _table("family", conditions["shifted"]["families"].items())
    yield ""
    yield f"By class of transaction, of `{stated}` (`exact`: without change):"
    yield ""
    yield from _table("class", conditions[stated]["classes"].items())
    yield ""
    yield "### Rules"
    for name, rules in figures["rules"].items():
        yield ""
        yield f"Of `{name}`:"
        yield ""
        yield from _rules(rules)


def _table(first: str, rows: Iterable[tuple[str, Figures]]) -> Iterator[str]:
    yield (
        f"| {first} | outputs | wallets | said to be change | precision | own | coverage | "
        "said to be payment | precision | abstained |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, row in rows:
        own = row["own_change"] / row["said_change"] if row["said_change"] else None
        yield _cells(
            name,
            f"{row['outputs']:,}",
            f"{row['wallets']:,}",
            f"{row['said_change']:,}",
            _limits(row["precision"]),
            _percent(own),
            _percent(row["coverage"][0] if row["coverage"] else None),
            f"{row['said_payment']:,}",
            _limits(row["payment_precision"]),
            _percent(row["abstained"] / row["outputs"]),
        )


def _rules(rules: Figures) -> Iterator[str]:
    yield "| rule | speaks of | leaves one output | of which change | keeps the change |"
    yield "|---|---|---|---|---|"
    for name, row in rules.items():
        yield _cells(
            f"`{name}`",
            _percent(row["speaks_of"] / row["transactions"]),
            _percent(row["said_change"] / row["transactions"]),
            _limits(row["precision"]),
            _percent(row["keeps"]),
        )


def _cells(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _limits(three: Sequence[float] | None) -> str:
    if three is None:
        return ""
    return f"{_percent(three[0])} ({_percent(three[1])} to {_percent(three[2])})"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2f}%"
