"""The section on traces from a store's files of docs/benchmarks.md."""

from collections.abc import Mapping
from typing import Any

_WAYS = {
    "memory warm": "memory: all of the chain loaded as arrays",
    "files warm": "files, in the page cache",
    "files cold": "files, none in the page cache",
}


def stored_section(result: Mapping[str, Any]) -> list[str]:
    """The lines of the section."""
    machine, chain = result["machine"], result["input"]
    changed = " with changes not yet committed" if result["changed_since"] else ""
    lines = [
        "",
        "## Traces from a store's files",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_before']} before the "
        f"start; commit `{result['commit'][:12]}`{changed}. {result['runs']} runs of each, in "
        f"turns, each a process of its own. A generated chain of {chain['bytes'] / 1e6:,.0f} MB, "
        f"{chain['txs']:,} transactions, {chain['txouts']:,} outputs; its store has "
        f"{result['store']['bytes'] / 1e6:,.0f} MB. Pro-rata and index-FIFO, forward; all ways "
        "found the same terminals. *Again* is the same trace once more in the same process. "
        "Memory is anonymous, less that of a process that opens the store and no chain.",
    ]
    for row in result["traces"]:
        lines += [
            "",
            f"A {row['name']} trace: {row['visited_txs']:,} transactions, "
            f"{row['reached_txouts']:,} outputs reached, {row['pages_read']:,} pages read.",
            "",
            "| from | open, s | trace, s | again, s | memory, MB |",
            "|---|---|---|---|---|",
        ]
        base = row["ways"]["nothing warm"]["peak_anon_bytes"]
        for way, what in _WAYS.items():
            told = row["ways"][way]
            memory = max(0, told["peak_anon_bytes"] - base) / 1e6
            cells = (_seconds(told[f"{part}_seconds"]) for part in ("open", "first", "again"))
            lines.append(f"| {what} | {' | '.join(cells)} | {memory:,.0f} |")
    return lines


def _seconds(told: Mapping[str, float]) -> str:
    return f"{told['median']:.3g} [{told['least']:.3g}, {told['most']:.3g}]"
