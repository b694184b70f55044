"""The section on bounds of docs/benchmarks.md."""

from collections.abc import Mapping
from typing import Any


def bounds_section(result: Mapping[str, Any]) -> list[str]:
    """The lines of the section."""
    machine, peer = result["machine"], result["peer"]
    changed = " with changes not yet committed" if result["changed_since"] else ""
    lines = [
        "",
        "## Bounds",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_before']} before the "
        f"start; commit `{result['commit'][:12]}`{changed}. {result['runs']} runs of each, in "
        "turns, on generated networks of transactions. Maximum flows to six groups of ends, from "
        "one in 2,000 of them to all but one in 100, the network's making included; all flows "
        f"were equal to those of {peer}, whose network is made anew for each.",
        "",
        "| network | transactions | arcs | ends | seconds | "
        f"{peer}, seconds | of these solving | times as long |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in result["flows"]:
        cells = [
            row["network"],
            *(f"{row[count]:,}" for count in ("nodes", "arcs", "ends")),
            *(_spread(row[f"{k}seconds"]) for k in ("", "peer_", "peer_solving_")),
            _spread(row["times_ours"]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "The bounds of destinations, each a hundredth of the ends: two flows each, every cut "
        "checked.",
        "",
        "| network | transactions | arcs | ends | destinations | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for row in result["bounds"]:
        counts = (f"{row[count]:,}" for count in ("nodes", "arcs", "ends", "destinations"))
        lines.append(f"| {row['network']} | {' | '.join(counts)} | {_spread(row['seconds'])} |")
    return lines


def _spread(told: Mapping[str, float]) -> str:
    return f"{told['median']:.3g} [{told['least']:.3g}, {told['most']:.3g}]"
