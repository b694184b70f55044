"""The section on clustering of docs/benchmarks.md."""

from collections.abc import Mapping
from typing import Any

_PROGRAMS = {
    "peelchain": "peelchain, links of uint32",
    "peelchain_int64": "peelchain, links of int64, as the table `links` holds them",
    "graphsense": "graphsense-clustering {graphsense-clustering}, lists of uint32",
    "graphsense_joined": "the same without reading the clusters off",
    "scipy": "scipy {scipy}, `connected_components`, its matrix made from links",
}


def cluster_section(result: Mapping[str, Any]) -> list[str]:
    """The lines of the section."""
    machine, store = result["machine"], result["store"]
    changed = " with changes not yet committed" if result["changed_since"] else ""
    lines = [
        "",
        "## Clusters",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_before']} before the "
        f"start; commit `{result['commit'][:12]}`{changed}. {result['runs']} runs of each "
        "program, in turns; all found the same clusters.",
        "",
        "| million links a second | "
        + " | ".join(f"{told['what']}" for told in result["links"])
        + " |",
        "|---|" + "---|" * len(result["links"]),
    ]
    for name, what in _PROGRAMS.items():
        cells = [
            f"{told['million_links_per_second'][name]:.1f} "
            f"({told['seconds'][name]['least']:.3f}–{told['seconds'][name]['most']:.3f} s)"
            for told in result["links"]
        ]
        lines.append(f"| {what.format(**result['peers'])} | " + " | ".join(cells) + " |")
    sizes = "; ".join(
        f"{told['name']}: {told['links']:,} links of {told['txs']:,} transactions between "
        f"{told['scripts']:,} scripts"
        for told in result["links"]
    )
    chain = store["chain"]
    lines += [
        "",
        f"{sizes[0].upper()}{sizes[1:]}.",
        "",
        f"From a store: a generated chain of {chain['bytes'] / 1e6:,.0f} MB, {chain['txs']:,} "
        f"transactions, {chain['txins']:,} inputs, {chain['txouts']:,} outputs, "
        f"{store['scripts']:,} scripts. Read, CoinJoins judged, {store['links']:,} links and "
        f"{store['clustered']:,} rows of clusters written, synced and committed:",
        "",
        "| seconds | median | least | most |",
        "|---|---|---|---|",
    ]
    for name, what in (
        ("seconds", "in an open process, from opening the store to the commit"),
        ("process_seconds", "`peelchain cluster run --from-scratch`, start of Python included"),
    ):
        cells = [f"{store[name][end]:.3f}" for end in ("median", "least", "most")]
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    return lines
