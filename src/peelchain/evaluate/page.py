"""docs/methods/error-rates.md: the measured error as Markdown, rendered from the shipped rows."""

from collections.abc import Iterable, Sequence

from peelchain.evaluate.change import UNIT as CHANGE_UNIT
from peelchain.evaluate.clusterings import MEASURED
from peelchain.evaluate.conditions import (
    CONDITIONS,
    HIDDEN_SHARES,
    PAYJOIN_SHARES,
    STATED,
    payjoin_name,
)
from peelchain.evaluate.detector_error import HIDDEN, NEGATIVES
from peelchain.evaluate.error_rates import ErrorRate, Measured
from peelchain.evaluate.intervals import clopper_pearson
from peelchain.evaluate.simulated_rates import (
    ANY_MIX,
    BESIDE_PAIRS,
    BESIDE_SCRIPTS,
    CASE,
    CASE_RIGHT,
    CASE_RIGHT_SUSPECTED,
    CASE_SUSPECTED,
    CLUSTERS,
    FLAGGED,
    MERGES,
    NAMED,
    PAIRS,
    SCRIPTS,
    SCRIPTS_LEFT,
)
from peelchain.evaluate.simulated_rates import (
    QUOTED as DEFAULT,
)

PATTERN = "pattern:"

FIGURES = {
    "error-rates-merges.svg": "Per-merge precision of co-spend clustering by the share of PayJoins "
    "among private payments, without and with mixes that no detector sees.",
    "error-rates-b-cubed.svg": "B-cubed precision and recall under the same conditions, over all "
    "scripts and without those of the five largest clusters.",
}


def error_rates_page(measured: Measured) -> str:
    """The whole page, ending in a newline."""
    find = _Rows(measured)
    lines = [
        "# Measured error",
        "",
        "Rendered by `python scripts/render_error_rates.py` from "
        "`src/peelchain/evaluate/error_rates.json`; a test holds both equal. "
        "[evaluation.md](evaluation.md) says how it was measured, and what simulated truth can and "
        "cannot show. Shares with their 95% interval: the wider of the exact one (Clopper and "
        "Pearson) and one resampled over economies.",
    ]
    if not measured.rows:
        return "\n".join([*lines, "", "Nothing is measured yet."]) + "\n"
    made = sorted({r.made_by for r in measured.rows})
    lines += ["", "Each figure is made again by one of:", ""]
    lines += [f"- `{command}`" for command in made]
    simulated = [r for r in measured.rows if r.basis == "simulated"]
    if any(r.rule == DEFAULT for r in simulated):
        lines += _clustering(find) + _curves(find) + _strata(find)
    if measured.agreement:
        lines += _agreement(measured)
    if measured.verdicts:
        lines += _detectors(find, measured)
    patterns = [r for r in measured.rows if r.rule.startswith(PATTERN)]
    if patterns:
        lines += _patterns(patterns)
    others = [
        r
        for r in measured.rows
        if not _is_shown(r) and r.unit != CHANGE_UNIT and not r.rule.startswith(PATTERN)
    ]
    if others:
        lines += _others(others)
    if any(r.unit == CHANGE_UNIT for r in measured.rows):
        lines += ["", "Change rules and the predictor: [change.md](change.md)."]
    return "\n".join(lines) + "\n"


def share(value: float | None, low: float | None, high: float | None, places: int = 4) -> str:
    """A share with its interval; empty for nothing counted."""
    if value is None:
        return ""
    shown = f"{value:.{places}f}"
    if low is None or high is None:
        return shown
    return f"{shown} ({low:.{places}f}–{high:.{places}f})"


class _Rows:
    """The simulated rows by rule, stratum and unit; one that is not there is an empty cell."""

    def __init__(self, measured: Measured) -> None:
        rows = [r for r in measured.rows if r.basis == "simulated"]
        self.by = {(r.rule, r.stratum, r.unit): r for r in reversed(rows)}

    def precision(self, rule: str, stratum: str, unit: str) -> str:
        row = self.by.get((rule, stratum, unit))
        return share(row.precision, row.precision_low, row.precision_high) if row else ""

    def recall(self, rule: str, stratum: str, unit: str) -> str:
        row = self.by.get((rule, stratum, unit))
        return share(row.recall, row.recall_low, row.recall_high) if row else ""

    def counts(self, rule: str, stratum: str, unit: str) -> str:
        row = self.by.get((rule, stratum, unit))
        if row is None or row.right is None or row.wrong is None:
            return ""
        return f"{row.wrong:,} of {row.right + row.wrong:,}"


def _is_shown(row: ErrorRate) -> bool:
    return row.basis == "simulated" and row.unit in {
        MERGES, PAIRS, SCRIPTS, SCRIPTS_LEFT, CLUSTERS, BESIDE_PAIRS, BESIDE_SCRIPTS, CASE,
        CASE_RIGHT, CASE_SUSPECTED, CASE_RIGHT_SUSPECTED, FLAGGED, NAMED,
    }  # fmt: skip


def _clustering(find: _Rows) -> list[str]:
    policies = [f"policy:{p}" for p in MEASURED if (f"policy:{p}", "all", MERGES) in find.by]
    lines = [
        "",
        "## Clustering",
        "",
        f"Condition `{STATED}`: {CONDITIONS[STATED].about}. These rates are what answers quote.",
        "",
    ]
    lines += table(
        ("policy", "false merges", "per-merge precision", "pairs: precision", "pairs: recall",
         "B-cubed precision", "B-cubed recall", "pure clusters", "owners found whole"),
        (
            (
                f"`{p.removeprefix('policy:')}`",
                find.counts(p, "all", MERGES),
                find.precision(p, "all", MERGES),
                find.precision(p, "all", PAIRS),
                find.recall(p, "all", PAIRS),
                find.precision(p, "all", SCRIPTS),
                find.recall(p, "all", SCRIPTS),
                find.precision(p, "all", CLUSTERS),
                find.recall(p, "all", CLUSTERS),
            )
            for p in policies
        ),
    )  # fmt: skip
    lines += ["", *(f"- `{name}`: {about}." for name, about in MEASURED.items())]
    lines += ["", "Beside an oracle that knows every mix, PayJoin and trade:", ""]
    lines += table(
        ("policy", "merges made", "pairs found", "B-cubed recall"),
        (
            (
                f"`{p.removeprefix('policy:')}`",
                find.recall(p, "all", MERGES),
                find.recall(p, "all", BESIDE_PAIRS),
                find.recall(p, "all", BESIDE_SCRIPTS),
            )
            for p in policies
        ),
    )
    lines += [
        "",
        "False merges in clusters of the case (those that hold an observed or tagged address), and "
        "how many the program points at: it names the transaction as one that may be a PayJoin, or "
        "the cluster as a suspected supercluster or in conflict. Beside it how few right merges "
        "there it points at; then the same without what merely may be a PayJoin.",
        "",
    ]
    lines += table(
        ("policy", "condition", "false merges", "flagged", "right merges not flagged",
         "suspected", "right merges not suspected"),
        (
            (
                f"`{p.removeprefix('policy:')}`",
                STATED if stratum == "all" else stratum.partition(":")[2],
                _case_total(find, p, stratum),
                find.precision(p, stratum, CASE),
                find.precision(p, stratum, CASE_RIGHT),
                find.precision(p, stratum, CASE_SUSPECTED),
                find.precision(p, stratum, CASE_RIGHT_SUSPECTED),
            )
            for p in policies
            for stratum in ("all", "condition:payjoin-5", "condition:shifted")
            if _case_total(find, p, stratum)
        ),
    )  # fmt: skip
    return lines


def _case_total(find: _Rows, policy: str, stratum: str) -> str:
    row = find.by.get((policy, stratum, CASE))
    return "" if row is None else f"{(row.right or 0) + (row.wrong or 0):,}"


def _curves(find: _Rows) -> list[str]:
    lines = ["", "## PayJoin and mixes that no detector sees", "", f"Policy `{DEFAULT[7:]}`.", ""]
    names = [
        ("default", "plain economy", ""),
        *(
            (payjoin_name(p, h), f"{100 * p:g}%", f"{100 * h:g}%")
            for h in HIDDEN_SHARES
            for p in PAYJOIN_SHARES
        ),
        ("shifted", "shifted", ""),
    ]
    rows = [
        (
            payjoin,
            hidden,
            find.counts(DEFAULT, f"condition:{name}", MERGES),
            find.precision(DEFAULT, f"condition:{name}", MERGES),
            find.precision(DEFAULT, f"condition:{name}", SCRIPTS),
            find.recall(DEFAULT, f"condition:{name}", SCRIPTS),
            find.precision(DEFAULT, f"condition:{name}", SCRIPTS_LEFT),
            find.recall(DEFAULT, f"condition:{name}", SCRIPTS_LEFT),
            find.recall(DEFAULT, f"condition:{name}", BESIDE_PAIRS),
        )
        for name, payjoin, hidden in names
    ]
    head = ("PayJoin", "hidden mixes", "false merges", "per-merge precision", "B-cubed precision",
            "B-cubed recall", "precision without the five largest", "recall without them",
            "pairs of the oracle found")  # fmt: skip
    lines += table(head, (r for r in rows if r[2]))
    command = next(
        (r.made_by for r in find.by.values() if r.rule == DEFAULT), "peelchain evaluate simulated"
    )
    for name, caption in FIGURES.items():
        lines += ["", f"![{caption}]({name})", "", f"*{caption} Made by `{command}`.*"]
    return lines


def _strata(find: _Rows) -> list[str]:
    lines: list[str] = []
    for kind, title in (
        ("era", "By era (thirds of the chain)"),
        ("family", "By wallet family"),
        ("script_type", "By script type"),
    ):
        strata = sorted(
            {s for rule, s, _ in find.by if rule == DEFAULT and s.startswith(f"{kind}:")}
        )
        rows = [
            (
                s.partition(":")[2],
                find.counts(DEFAULT, s, MERGES),
                find.precision(DEFAULT, s, MERGES),
                find.precision(DEFAULT, s, SCRIPTS),
                find.recall(DEFAULT, s, SCRIPTS),
            )
            for s in strata
            if "," not in s
        ]
        if rows:
            lines += ["", f"### {title}", ""]
            head = (kind.replace("_", " "), "false merges", "per-merge precision",
                    "B-cubed precision", "B-cubed recall")  # fmt: skip
            lines += table(head, rows)
    return lines


def _agreement(measured: Measured) -> list[str]:
    lines = ["", "### Adjusted Rand index", "", "Mean over economies.", ""]
    return lines + table(
        ("condition", "policy", "adjusted Rand index"),
        ((c, f"`{p}`", share(v, low, high)) for c, p, v, low, high in measured.agreement),
    )


def _detectors(find: _Rows, measured: Measured) -> list[str]:
    lines = ["", "## CoinJoin detectors"]
    for condition in (STATED, "shifted"):
        counts = [(c, v, n) for name, c, v, n in measured.verdicts if name == condition]
        if counts:
            lines += _detectors_under(find, condition, counts)
    return lines


def _detectors_under(find: _Rows, condition: str, counts: list[tuple[str, str, int]]) -> list[str]:
    quoted = condition == STATED

    def stratum(name: str) -> str:
        if quoted:
            return name
        return f"condition:{condition}" if name == "all" else f"{name},{condition}"

    classes: dict[str, dict[str, int]] = {}
    for name, verdict, n in counts:
        classes.setdefault(name, {})[verdict] = n
    every = sum(n for _, _, n in counts)
    here = stratum("all")
    rules = sorted({r for r, s, u in find.by if s == here and u in (NAMED, FLAGGED)} - {ANY_MIX})
    lines = ["", f"### Condition `{condition}`", "", f"{CONDITIONS[condition].about}.".capitalize()]
    lines += [
        "",
        "By name that a detector gives: mixes of that type found under any name, those found under "
        "it, how much of what has the name is rightly named, and how much is a mix at all.",
        "",
    ]
    lines += table(
        ("name", "found as a mix", "found under its name", "rightly named", "mixes"),
        (
            (
                f"`{rule}`",
                find.recall(rule, here, FLAGGED),
                find.recall(rule, here, NAMED),
                find.precision(rule, here, NAMED),
                find.precision(rule, here, FLAGGED),
            )
            for rule in [ANY_MIX, *rules]
        ),
    )
    lines += [
        "",
        "By class of transactions that are none, at the base rate at which they occur. Precision: "
        "of what is flagged among mixes and this class, the share that is a mix.",
        "",
    ]
    rows = []
    for name in [*NEGATIVES, *HIDDEN]:
        if name not in classes:
            continue
        total = sum(classes[name].values())
        said = {v: n for v, n in classes[name].items() if v}
        flagged = find.by.get((ANY_MIX, stratum(f"negative:{name}"), FLAGGED))
        wrong = (flagged.wrong or 0) if flagged else 0
        limits = clopper_pearson(wrong, total)
        rows.append(
            (
                name,
                f"{1000 * total / every:.1f}",
                f"{total:,}",
                "" if name in HIDDEN else f"{wrong:,}",
                "" if name in HIDDEN else f"{100 * limits.high:.2f}%",
                find.precision(ANY_MIX, stratum(f"negative:{name}"), FLAGGED)
                or find.recall(ANY_MIX, stratum(f"hidden:{name}"), FLAGGED) + " found",
                ", ".join(f"{v} {n:,}" for v, n in sorted(said.items())),
            )
        )
    head = ("class", "per 1,000 transactions", "transactions", "flagged", "at most (upper limit)",
            "precision", "what they are called")  # fmt: skip
    return lines + table(head, rows)


def _patterns(rows: Sequence[ErrorRate]) -> list[str]:
    lines = ["", "## Patterns", "", "What each is, and what a unit is: [patterns.md](patterns.md)."]
    head = ("pattern", "stratum", "counted", "wrong", "precision", "missed", "recall")
    for data in dict.fromkeys(r.data for r in rows):
        lines += ["", f"{data}, simulated.".capitalize(), ""]
        lines += table(
            head,
            (
                (
                    f"`{r.rule.removeprefix(PATTERN)}`",
                    r.stratum,
                    r.unit,
                    "" if r.right is None else f"{r.wrong:,} of {r.right + (r.wrong or 0):,}",
                    share(r.precision, r.precision_low, r.precision_high),
                    "" if r.found is None else f"{r.missed:,} of {r.found + (r.missed or 0):,}",
                    share(r.recall, r.recall_low, r.recall_high),
                )
                for r in rows
                if r.data == data
            ),
        )
    return lines


def _others(rows: Sequence[ErrorRate]) -> list[str]:
    lines = ["", "## Real transactions and the field", ""]
    return lines + table(
        ("rule", "stratum", "basis", "data", "counted", "precision", "recall"),
        (
            (
                f"`{r.rule}`",
                r.stratum,
                r.basis,
                r.data,
                r.unit,
                share(r.precision, r.precision_low, r.precision_high),
                share(r.recall, r.recall_low, r.recall_high),
            )
            for r in rows
        ),
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table; a bar in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(c.replace('|', chr(92) + '|') for c in row)} |" for row in lines]
