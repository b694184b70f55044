"""The section on the page's server of docs/benchmarks.md."""

from collections.abc import Mapping
from typing import Any


def web_section(result: Mapping[str, Any]) -> list[str]:
    """The lines of the section."""
    machine, counts, compared = result["machine"], result["counts"], result["compared"]
    changed = " with changes not yet committed" if result["changed_since"] else ""
    rows = [*result["pages"].items(), ("expand", result["expand"])]
    lines = [
        "",
        "## Answers to the page",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_before']} before the "
        f"start; commit `{result['commit'][:12]}`{changed}. The demo's chain "
        f"(`{result['what'].partition(',')[0]}`): {counts['txs']:,} transactions, "
        f"{counts['txouts']:,} outputs. Requests to a real server, one after another; from asking "
        "to the last byte. The busiest of each kind are among them; of what there is less than "
        "that, each is asked again. `expand` takes any node either way as transactions, "
        "addresses or clusters, in every order.",
        "",
        "| what | requests | median, ms | 95th percentile, ms | most, ms | largest answer, kB |",
        "|---|---|---|---|---|---|",
    ]
    for name, told in rows:
        times = " | ".join(f"{told[key] * 1e3:,.1f}" for key in ("median", "p95", "most"))
        size = told["most_bytes"] / 1e3
        lines.append(f"| {name} | {told['requests']:,} | {times} | {size:,.0f} |")
    ours, theirs = compared["peelchain"], compared["duckdb"]
    canvas = result["canvas"]
    moved = ", ".join(
        f"{what.replace('_', ' ')} {rate:,.0f}"
        for what, rate in canvas["frames_per_second"].items()
    )
    return [
        *lines,
        "",
        f"The same neighbours of {compared['requests']:,} nodes by SQL, DuckDB over the store's "
        "Parquet files in an open process, in turns with requests to the server; the sums were "
        f"equal. Median {theirs['median'] * 1e3:,.1f} ms (most {theirs['most'] * 1e3:,.1f}) by "
        f"SQL, which gives numbers and sums alone, and {ours['median'] * 1e3:,.1f} ms (most "
        f"{ours['most'] * 1e3:,.1f}) by the server, which orders them, tells names, tags, times, "
        "services and change, and sends them.",
        "",
        f"The canvas with {canvas['elements']:,} elements in headless Chromium, frames a second: "
        f"{moved}.",
    ]
