"""The section on ingest over RPC of docs/benchmarks.md."""

from collections.abc import Mapping
from typing import Any


def rpc_section(result: Mapping[str, Any]) -> list[str]:
    """The lines of the section."""
    machine = result["machine"]
    changed = " with changes not yet committed" if result["changed_since"] else ""
    lines = [
        "",
        "## Ingest from a node over RPC",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_before']} before the "
        f"start; commit `{result['commit'][:12]}`{changed}. {result['runs']} runs of each, in "
        "turns, each a whole process into a fresh store; node or server on the same machine. "
        "Over RPC the blocks are fetched, checked and kept as files first, then ingested.",
    ]
    for chain in result["chains"]:
        counts = chain["counts"]
        lines += [
            "",
            f"{chain['what'][0].upper()}{chain['what'][1:]}: {counts['blocks']:,} blocks, "
            f"{counts['bytes'] / 1e6:,.1f} MB, {counts['txs']:,} transactions.",
            "",
            "| from | seconds | MB/s | of the speed of files | peak memory, MB |",
            "|---|---|---|---|---|",
        ]
        for name, told in chain["ways"].items():
            seconds = told["seconds"]
            lines.append(
                f"| {name} | {seconds['median']:.2f} [{seconds['least']:.2f}, "
                f"{seconds['most']:.2f}] | {counts['bytes'] / seconds['median'] / 1e6:,.1f} | "
                f"{told['speed_of_files']:.0%} | {told['peak_anon_bytes'] / 1e6:,.0f} |"
            )
    return lines
