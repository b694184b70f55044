"""The value that has arrived at each end of a trace, over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from xml.sax.saxutils import escape

from peelchain.svg.axis import ceiling, value_axis
from peelchain.svg.drawing import FAINT, INK, drawing, px, straight, text_at
from peelchain.units import format_btc

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 860, 9000, 62000, 4200, 30000
_MOST_LINES = 7
_COLOURS = ("#1c2733", "#2f6f9f", "#b0763a", "#4f8a4c", "#8a3f5f", "#6a5fa8", "#7b8794")
_DASHES = ("", "7 3", "2 2", "9 3 2 3", "4 4", "12 3", "1 3")
_TICKS = 6


@dataclass(frozen=True)
class Arrival:
    """Traced satoshis that came to rest with a party or in a type of terminal, on a day (UTC)."""

    day: date
    name: str
    traced_sat: int


def cumulative_svg(title: str, arrivals: Sequence[Arrival]) -> str:
    """The figure as an SVG file: a step line for each of the seven names that took most.

    The others are one line. Days are those of block headers, which may run hours ahead or behind.
    """
    if not arrivals:
        empty = "nothing arrived"
        return drawing(_WIDTH, 60, title, empty, [text_at(43000, 3400, empty, anchor="middle")])
    lines = _lines(arrivals)
    first = min(arrival.day for arrival in arrivals)
    days = max(1, (max(arrival.day for arrival in arrivals) - first).days)
    top = max(steps[-1][1] for steps in lines.values())
    most = ceiling(top)

    def x(day: date) -> int:
        return _LEFT + (_RIGHT - _LEFT) * (day - first).days // days

    def y(sat: int) -> int:
        return _BOTTOM - (_BOTTOM - _TOP) * sat // most

    parts = [text_at(800, 2200, title, bold=True, size=16)]
    parts.append(text_at(_LEFT, 3700, "BTC arrived", colour=FAINT))
    parts += value_axis(top, _LEFT, _RIGHT, _TOP, _BOTTOM)
    parts += _days(first, days)
    for at, (name, steps) in enumerate(lines.items()):
        path = f"M{px(x(steps[0][0]))} {px(_BOTTOM)}"
        path += "".join(f"H{px(x(day))}V{px(y(sat))}" for day, sat in steps) + f"H{px(_RIGHT)}"
        dash = f' stroke-dasharray="{_DASHES[at]}"' if _DASHES[at] else ""
        total = f"{format_btc(steps[-1][1])} BTC"
        parts.append(
            f"<g><title>{escape(f'{name}: {total}')}</title>"
            f'<path d="{path}" fill="none" stroke="{_COLOURS[at]}" stroke-width="1.8"{dash}/></g>'
        )
        key = _TOP + 400 + 3300 * at
        style = f' stroke-width="2"{dash}'
        parts.append(straight(_RIGHT + 1200, key, _RIGHT + 4200, key, _COLOURS[at], style))
        shown = name if len(name) <= 24 else name[:23] + "…"
        parts.append(text_at(_RIGHT + 4900, key + 400, shown, bold=True))
        parts.append(text_at(_RIGHT + 4900, key + 1800, total, colour=FAINT))
    told = "; ".join(f"{name} {format_btc(steps[-1][1])} BTC" for name, steps in lines.items())
    return drawing(_WIDTH, 335, title, told, parts)


def _lines(arrivals: Sequence[Arrival]) -> dict[str, list[tuple[date, int]]]:
    """By name, the days something arrived with the sum until then; names that took most first."""
    totals: dict[str, int] = {}
    for arrival in arrivals:
        totals[arrival.name] = totals.get(arrival.name, 0) + arrival.traced_sat
    ranked = sorted(totals, key=lambda name: (-totals[name], name))
    if len(ranked) > _MOST_LINES:
        ranked = ranked[: _MOST_LINES - 1]
    rest = f"{len(totals) - len(ranked):,} others"
    by_day: dict[str, dict[date, int]] = {name: {} for name in ranked}
    for arrival in arrivals:
        name = arrival.name if arrival.name in by_day else rest
        days = by_day.setdefault(name, {})
        days[arrival.day] = days.get(arrival.day, 0) + arrival.traced_sat
    lines: dict[str, list[tuple[date, int]]] = {}
    for name, days in by_day.items():
        total = 0
        lines[name] = []
        for day in sorted(days):
            total += days[day]
            lines[name].append((day, total))
    return lines


def _days(first: date, days: int) -> list[str]:
    parts = []
    ticks = min(_TICKS, days)
    for at in range(ticks + 1):
        day = first + timedelta(days=days * at // ticks)
        x = _LEFT + (_RIGHT - _LEFT) * (day - first).days // days
        parts.append(straight(x, _BOTTOM, x, _BOTTOM + 500, INK))
        parts.append(text_at(x, _BOTTOM + 1900, day.isoformat(), anchor="middle"))
    return parts
