"""The section on the import of tags of docs/benchmarks.md."""

from collections.abc import Mapping
from typing import Any


def tags_section(result: Mapping[str, Any]) -> list[str]:
    """The lines of the section."""
    machine = result["machine"]
    changed = " with changes not yet committed" if result["changed_since"] else ""
    lines = [
        "",
        "## Import of tags",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_before']} before the "
        f"start; commit `{result['commit'][:12]}`{changed}. {result['runs']} runs of each program, "
        "in turns, start of Python included.",
        "",
        "`peelchain tags import` reads the packs, checks every address, writes the store; PyYAML "
        f"{result['pyyaml']} (CSafeLoader) reads the same files into Python objects and does no "
        "more. Times it takes: the median of peelchain's time over PyYAML's in the same round.",
        "",
        "| tags | what | seconds | tags/s | peak memory | PyYAML's seconds | its memory | times |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in result["inputs"]:
        rate = row["items"] / row["seconds"]["median"]
        lines.append(
            f"| {row['items']:,} | {row['what']}, {row['bytes'] / 1e6:,.1f} MB "
            f"| {_seconds(row['seconds'])} | {rate:,.0f} | {row['peak_rss_bytes'] / 1e6:,.0f} MB "
            f"| {_seconds(row['peer_seconds'])} | {row['peer_peak_rss_bytes'] / 1e6:,.0f} MB "
            f"| {row['times_peer']['median']:.2f} |"
        )
    return lines


def _seconds(told: Mapping[str, float]) -> str:
    return f"{told['median']:.2f} ({told['least']:.2f}–{told['most']:.2f})"
