"""The section on the search of seized files, of docs/benchmarks.md."""

from collections.abc import Mapping
from typing import Any


def extract_section(result: Mapping[str, Any], where: str) -> list[str]:
    """The lines of the section, in Markdown."""
    rows = [
        "| input | peelchain | MB/s | memory | grep | candidates of grep | planted, all found |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in result["inputs"]:
        rows.append(
            f"| {one['input']}, {one['bytes'] / 1e6:,.0f} MB | {_spread(one['seconds'])} s "
            f"| {one['mb_per_second']:,} | {one['peak_anon_bytes'] / 1e6:.0f} MB "
            f"| {_spread(one['peer_seconds'])} s | {one['peer_candidates']:,} "
            f"| {one['planted']} |"
        )
    return [
        "",
        "## Search of seized files",
        "",
        where,
        f"{result['runs']} runs of each program, whole processes, files in the page cache.",
        f"The peer, {result['peer']}, looks for the form of addresses and keys alone:",
        "it checks no checksum, finds no seed words and nothing in UTF-16.",
        "",
        *rows,
    ]


def _spread(seconds: Mapping[str, float]) -> str:
    return f"{seconds['median']:.2f} ({seconds['least']:.2f}–{seconds['most']:.2f})"
