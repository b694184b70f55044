"""What chains of some sizes cost, and what the whole chain will."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measure import ROOT

WHOLE = {
    "bytes": 800_000_000_000,
    "txs": 1_400_000_000,
    "txouts": 3_800_000_000,
    "scripts": 1_500_000_000,
    "unspent": 180_000_000,
}
"""The whole chain, as the budget in the design has it."""

PLOT = ROOT / "docs" / "projection.svg"


@dataclass(frozen=True)
class Point:
    """One chain and what its ingest cost."""

    bytes: int
    txs: int
    txins: int
    txouts: int
    scripts: int
    unspent: int
    seconds: float
    cpu_seconds: float
    peak_anon_bytes: int
    store_bytes: int


def project(points: Sequence[Point], late: dict[str, Any]) -> dict[str, Any]:
    """Time and disk of the whole chain, by each thing that may be counted.

    Early blocks go in at the rate of the largest chain measured, the last at that on top of the
    late state; the look-ups that grow do so with the number of scripts, so the rate in between is
    taken to fall evenly. Bytes, transactions and outputs are counted in turn, since the mix of the
    generated chain is not mainnet's.
    """
    last = max(points, key=lambda p: p.bytes)
    hours, disk = {}, {}
    for unit in ("bytes", "txs", "txouts"):
        early = last.seconds / getattr(last, unit)
        top = late["warm"]
        per_second = {
            "bytes": top["mb_per_second"] * 1e6,
            "txs": top["txs_per_second"],
            "txouts": top["txouts_per_second"],
        }[unit]
        hours[unit] = round((early + 1 / per_second) / 2 * WHOLE[unit] / 3600, 2)
        disk[unit] = round(last.store_bytes / getattr(last, unit) * WHOLE[unit] / 1e9, 1)
    all_late = {
        "bytes": WHOLE["bytes"] / (late["warm"]["mb_per_second"] * 1e6),
        "txs": WHOLE["txs"] / late["warm"]["txs_per_second"],
        "txouts": WHOLE["txouts"] / late["warm"]["txouts_per_second"],
    }
    growth = [p.store_bytes / p.txouts for p in points]
    return {
        "of": WHOLE,
        "hours": hours,
        "hours_at_late_rate_throughout": {k: round(v / 3600, 2) for k, v in all_late.items()},
        "disk_gb": disk,
        "store_bytes_per_txout": [round(g, 2) for g in growth],
        "peak_anon_bytes": late["warm"]["peak_anon_bytes"],
    }


_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 320, 70, 40


def draw(result: dict[str, Any]) -> Path:
    """Draws bytes ingested against time for each chain measured, and gives the plot's path."""
    points = sorted(result["points"], key=lambda p: p["bytes"])
    most_x = points[-1]["bytes"] / 1e9
    most_y = max(p["seconds"] for p in points)
    inner_w, inner_h = _WIDTH - _LEFT - 20, _HEIGHT - _BOTTOM - 20

    def x(value: float) -> float:
        return round(_LEFT + value / most_x * inner_w, 1)

    def y(value: float) -> float:
        return round(20 + inner_h - value / most_y * inner_h, 1)

    late = result["late"]["warm"]["mb_per_second"]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<path d="M{_LEFT} 20V{20 + inner_h}H{_WIDTH - 20}" fill="none" stroke="#444"/>',
        f'<text x="{_LEFT + inner_w / 2}" y="{_HEIGHT - 8}" text-anchor="middle">'
        "GB of blocks</text>",
        f'<text x="14" y="{20 + inner_h / 2}" text-anchor="middle" '
        f'transform="rotate(-90 14 {20 + inner_h / 2})">seconds</text>',
    ]
    end = min(most_x, most_y * late / 1000)
    lines.append(
        f'<path d="M{x(0)} {y(0)}L{x(end)} {y(end * 1000 / late)}" stroke="#b33" '
        'stroke-dasharray="5 4" fill="none"/>'
    )
    lines.append(
        f'<text x="{x(end) - 6}" y="{y(end * 1000 / late) + 14}" text-anchor="end" '
        f'fill="#b33">on top of the late state: {late} MB/s</text>'
    )
    path = "L".join(f"{x(p['bytes'] / 1e9)} {y(p['seconds'])}" for p in points)
    lines.append(f'<path d="M{x(0)} {y(0)}L{path}" stroke="#26c" fill="none"/>')
    for p in points:
        at_x, at_y = x(p["bytes"] / 1e9), y(p["seconds"])
        rate = p["bytes"] / p["seconds"] / 1e6
        lines.append(f'<circle cx="{at_x}" cy="{at_y}" r="3.5" fill="#26c"/>')
        lines.append(
            f'<text x="{at_x - 8}" y="{at_y - 8}" text-anchor="end" fill="#26c">'
            f"{p['bytes'] / 1e9:.1f} GB, {p['seconds']:.0f} s, {rate:.0f} MB/s</text>"
        )
    lines.append("</svg>")
    PLOT.write_text("\n".join(lines) + "\n")
    return PLOT
