"""The section on the evidence bundle of docs/benchmarks.md."""

from collections.abc import Mapping
from typing import Any

_WAYS = {
    "build": "peelchain: read from the store, prove, write, pack",
    "pack": "peelchain: pack the same files",
    "bagit": "bagit-python and zipfile: the same files",
    "verify": "verify.py: seal, headers, transactions, spends",
}


def bundle_section(result: Mapping[str, Any]) -> list[str]:
    """The lines of the section."""
    machine, chain = result["machine"], result["input"]
    changed = " with changes not yet committed" if result["changed_since"] else ""
    lines = [
        "",
        "## The evidence bundle",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_before']} before the "
        f"start; commit `{result['commit'][:12]}`{changed}. {result['runs']} runs of each, in "
        f"turns, each a process of its own, start of the interpreter included. A generated chain "
        f"of {chain['bytes'] / 1e6:,.0f} MB, {chain['txs']:,} transactions. A receipt is proved by "
        "its transaction's raw bytes and Merkle branch, its block's coinbase and all headers; "
        "reports and traces are not in these bundles. Both bags have the same hashes. Memory is "
        "the peak of anonymous memory.",
    ]
    for row in result["sizes"]:
        lines += [
            "",
            f"{row['transactions']:,} receipts, a bundle of {row['bundle_bytes'] / 1e6:,.1f} MB.",
            "",
            "| work | seconds | of a processor | receipts/s | memory, MB |",
            "|---|---|---|---|---|",
        ]
        for way, what in _WAYS.items():
            told = row[way]
            rate = row["transactions"] / told["seconds"]["median"]
            wall, cpu = _seconds(told["seconds"]), _seconds(told["cpu_seconds"])
            memory = told["peak_anon_bytes"] / 1e6
            lines.append(f"| {what} | {wall} | {cpu} | {rate:,.0f} | {memory:,.0f} |")
    return lines


def _seconds(told: Mapping[str, float]) -> str:
    return f"{told['median']:.3g} [{told['least']:.3g}, {told['most']:.3g}]"
