"""The section on tracing of docs/benchmarks.md, and its plot."""

from collections.abc import Mapping, Sequence
from math import log10
from pathlib import Path
from typing import Any

from bench.measure import ROOT

PLOT = ROOT / "docs" / "trace.svg"

_RULES = {"pro_rata": "pro-rata", "index_fifo": "index-FIFO"}
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 420, 60, 170, 20, 44
_COLOURS = {
    "pro_rata": "#26c",
    "index_fifo": "#083",
    "python_pro_rata": "#b33",
    "networkx_pro_rata": "#a60",
    "published": "#555",
}


def trace_section(result: Mapping[str, Any]) -> list[str]:
    """The lines of the section."""
    machine, chain, store = result["machine"], result["chain"], result["store"]
    changed = " with changes not yet committed" if result["changed_since"] else ""
    lines = [
        "",
        "## Tracing",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_before']} before the "
        f"start; commit `{result['commit'][:12]}`{changed}. One core; the Python call and its "
        "tables of terminals are in the time, hops are not asked for.",
        f"The chain is `bench/trace_chain.py`'s, {chain['txs']:,} transactions and "
        f"{chain['txouts']:,} outputs as arrays in memory; one coinbase's output is followed, and "
        "the walk stops after so many transactions. Memory is the growth of the peak over the "
        "call.",
        "",
        "| transactions | outputs | rule | s | processor s | outputs/s | bytes an output |",
        "|---|---|---|---|---|---|---|",
    ]
    for walk in result["walks"]:
        for rule, name in _RULES.items():
            memory = walk["bytes_an_output"]
            cells = [
                f"{walk['visited_txs']:,}",
                f"{walk['reached_txouts']:,}",
                name,
                _spread(walk["seconds"][rule]),
                _spread(walk["cpu_seconds"][rule]),
                f"{walk['txouts_per_second'][rule]:,}",
                f"{memory[rule]:.0f}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "![seconds by transactions visited](trace.svg)",
        "",
        "The same walks by others, in seconds, their satoshis at every output being ours: plain "
        "Python (`bench/trace_python.py`, a heap, dicts and integers), and networkx "
        f"{result['peers']['networkx']} on what was reached, which is found for it.",
        "",
        "| transactions | plain Python, pro-rata | index-FIFO | networkx, to make its graph | "
        "pro-rata | pro-rata here: times as fast |",
        "|---|---|---|---|---|---|",
    ]
    for walk in (walk for walk in result["walks"] if "peers" in walk):
        peers, ours = walk["peers"], walk["seconds"]["pro_rata"]["median"]
        names = ("python_pro_rata", "python_index_fifo", "networkx_made", "networkx_pro_rata")
        cells = [f"{peers[name]:.3g}" for name in names]
        faster = " and ".join(
            f"{peers[name] / ours:.0f}" for name in ("python_pro_rata", "networkx_pro_rata")
        )
        lines.append(f"| {walk['visited_txs']:,} | {' | '.join(cells)} | {faster} |")
    lines += [
        "",
        "| outputs | BlockSci's haircut, published, s | pro-rata here, s | processor s | "
        "times as fast |",
        "|---|---|---|---|---|",
    ]
    for walk in result["published"]:
        ours, theirs = walk["seconds"]["pro_rata"], walk["published_seconds"]
        lines.append(
            f"| {walk['reached_txouts']:,} | {theirs} ({walk['published_txouts']:,} outputs) | "
            f"{_spread(ours)} | {_spread(walk['cpu_seconds']['pro_rata'])} | "
            f"{theirs / ours['median']:.0f} |"
        )
    rules = result["rules"]
    stages = ", ".join(f"`{name}` {seconds:.3f}" for name, seconds in rules["seconds"].items())
    lines += [
        "",
        "BlockSci (Kalodner et al. 2020) computes in floating point and was measured on another "
        "machine.",
        "",
        f"Every rule over one walk of {rules['visited_txs']:,} transactions and "
        f"{rules['reached_txouts']:,} outputs, in seconds of each stage: {stages}.",
        "",
        f"From a store of a generated chain ({store['chain']['txs']:,} transactions, "
        f"{store['chain']['txouts']:,} outputs), warm: {store['visited_txs']:,} transactions and "
        f"{store['reached_txouts']:,} outputs under pro-rata in "
        f"{_spread(store['seconds']['arrays'])} s once its arrays are in memory, which takes "
        f"{_spread(store['load_seconds'])} s; in {_spread(store['seconds']['files'])} s from its "
        "files, none of it in memory before.",
    ]
    return lines


def _spread(seconds: Mapping[str, float]) -> str:
    """Three figures that count, whatever the size."""
    median, least, most = (f"{seconds[end]:.3g}" for end in ("median", "least", "most"))
    return f"{median} ({least}–{most})"


def draw(result: Mapping[str, Any]) -> Path:
    """Draws seconds against transactions visited, both by powers of ten; gives the plot's path."""
    PLOT.write_text("\n".join(_plot(_series(result))) + "\n")
    return PLOT


def _series(result: Mapping[str, Any]) -> dict[str, list[tuple[float, float]]]:
    walks = result["walks"]
    series = {
        rule: [(w["visited_txs"], w["seconds"][rule]["median"]) for w in walks] for rule in _RULES
    }
    compared = [w for w in walks if "peers" in w]
    for name in ("python_pro_rata", "networkx_pro_rata"):
        series[name] = [(w["visited_txs"], w["peers"][name]) for w in compared]
    series["published"] = [(w["visited_txs"], w["published_seconds"]) for w in result["published"]]
    return series


def _plot(series: Mapping[str, Sequence[tuple[float, float]]]) -> list[str]:
    points = [point for line in series.values() for point in line]
    low_x, high_x = (log10(end(x for x, _ in points)) for end in (min, max))
    low_y, high_y = (log10(end(y for _, y in points)) for end in (min, max))
    inner_w, inner_h = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def x(value: float) -> float:
        return round(_LEFT + (log10(value) - low_x) / (high_x - low_x) * inner_w, 1)

    def y(value: float) -> float:
        return round(_TOP + inner_h - (log10(value) - low_y) / (high_y - low_y) * inner_h, 1)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<path d="M{_LEFT} {_TOP}V{_TOP + inner_h}H{_LEFT + inner_w}" fill="none" stroke="#444"/>',
        f'<text x="{_LEFT + inner_w / 2}" y="{_HEIGHT - 6}" text-anchor="middle">'
        "transactions visited</text>",
        f'<text x="14" y="{_TOP + inner_h / 2}" text-anchor="middle" '
        f'transform="rotate(-90 14 {_TOP + inner_h / 2})">seconds</text>',
    ]
    for power in range(round(low_x), round(high_x) + 1):
        if low_x - 0.05 <= power <= high_x + 0.05:
            at = x(10.0**power)
            lines.append(
                f'<text x="{at}" y="{_TOP + inner_h + 18}" text-anchor="middle">'
                f"{10**power:,}</text>"
            )
    for power in range(round(low_y), round(high_y) + 1):
        if low_y - 0.05 <= power <= high_y + 0.05:
            at = y(10.0**power)
            lines.append(
                f'<path d="M{_LEFT} {at}H{_LEFT + inner_w}" stroke="#ddd"/>'
                f'<text x="{_LEFT - 6}" y="{at + 4}" text-anchor="end">{10.0**power:g}</text>'
            )
    names = {
        **_RULES,
        "python_pro_rata": "plain Python, pro-rata",
        "networkx_pro_rata": "networkx, pro-rata",
        "published": "BlockSci, published",
    }
    for row, (name, line) in enumerate(series.items()):
        colour = _COLOURS[name]
        path = "L".join(f"{x(a)} {y(b)}" for a, b in line)
        dashes = ' stroke-dasharray="4 4"' if name == "published" else ""
        lines.append(f'<path d="M{path}" stroke="{colour}" fill="none"{dashes}/>')
        lines += [f'<circle cx="{x(a)}" cy="{y(b)}" r="3" fill="{colour}"/>' for a, b in line]
        lines.append(
            f'<text x="{_WIDTH - _RIGHT + 12}" y="{_TOP + 14 + 18 * row}" fill="{colour}">'
            f"{names[name]}</text>"
        )
    lines.append("</svg>")
    return lines
