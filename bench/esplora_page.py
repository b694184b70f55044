"""The section on the Esplora server of docs/benchmarks.md."""

from collections.abc import Mapping
from typing import Any


def esplora_section(result: Mapping[str, Any]) -> list[str]:
    """The lines of the section."""
    machine, counts, compared = result["machine"], result["counts"], result["compared"]
    what = result["input"]["what"]
    changed = " with changes not yet committed" if result["changed_since"] else ""
    lines = [
        "",
        "## Answers of the Esplora server",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_before']} before the "
        f"start; commit `{result['commit'][:12]}`{changed}. {what[0].upper()}{what[1:]}: "
        f"{counts['txs']:,} transactions, {counts['txouts']:,} outputs, {counts['scripts']:,} "
        "scripts. Requests to a real server, one after another; from asking to the last byte. "
        "Transactions and blocks by chance, the busiest addresses and others by chance; each is "
        f"asked once. The server answered {result['start_seconds']:,.1f} s after it was started, "
        "every script hashed.",
        "",
        "| request | requests | median, ms | 95th percentile, ms | most, ms | largest, kB |",
        "|---|---|---|---|---|---|",
    ]
    for name, told in result["requests"].items():
        times = " | ".join(f"{told[key] * 1e3:,.1f}" for key in ("median", "p95", "most"))
        lines.append(
            f"| {name} | {told['requests']:,} | {times} | {told['most_bytes'] / 1e3:,.0f} |"
        )
    return [
        *lines,
        "",
        f"The sums of {compared['requests']:,} addresses by SQL, DuckDB over the store's Parquet "
        "files in an open process, in turns with requests to the server; they were equal. Median "
        f"{compared['duckdb'] * 1e3:,.1f} ms by SQL, {compared['peelchain'] * 1e3:,.1f} ms by the "
        "server, which had looked these up before.",
    ]
