"""The section on joined tables of docs/benchmarks.md."""

from collections.abc import Mapping
from typing import Any


def join_table_section(result: Mapping[str, Any]) -> list[str]:
    """The lines of the section."""
    machine, chain = result["machine"], result["chain"]
    changed = " with changes not yet committed" if result["changed_since"] else ""
    lines = [
        "",
        "## A seized table of users",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_before']} before the "
        f"start; commit `{result['commit'][:12]}`{changed}. {result['runs']} runs of each, in "
        f"turns, each a process of its own, on the synthetic chain: {chain['txouts']:,} outputs, "
        f"{chain['scripts']:,} scripts. One row in a hundred is bad. peelchain reads CSV, decodes "
        "every address, lists the bad rows, seals every user under keys of its own, indexes users "
        "and addresses, joins and measures the clustering. DuckDB "
        f"{result['duckdb']} does the join alone, of scripts given in Parquet. Both found the same "
        "payers, receipts and satoshis.",
        "",
        "| users | table, MB | bad rows | users who paid | receipts | peelchain, s | "
        "processor, s | memory, MB | vault, MB | DuckDB, s | processor, s | memory, MB |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in result["tables"]:
        ours, theirs = row["peelchain"], row["duckdb"]
        cells = (
            f"{row['users']:,}",
            f"{row['bytes'] / 1e6:,.1f}",
            f"{row['bad_rows']:,}",
            f"{row['users_paid']:,}",
            f"{row['receipts']:,}",
            _seconds(ours["seconds"]),
            f"{ours['cpu_seconds']['median']:.3g}",
            f"{ours['peak_rss_bytes'] / 1e6:,.0f}",
            f"{row['vault_bytes'] / 1e6:,.1f}",
            _seconds(theirs["seconds"]),
            f"{theirs['cpu_seconds']['median']:.3g}",
            f"{theirs['peak_rss_bytes'] / 1e6:,.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _seconds(told: Mapping[str, float]) -> str:
    return f"{told['median']:.3g} [{told['least']:.3g}, {told['most']:.3g}]"
