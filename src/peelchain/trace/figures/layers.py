"""A left-to-right diagram of bars in columns and ribbons as wide as the value they carry."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from xml.sax.saxutils import escape

from peelchain.svg.drawing import FAINT, INK, drawing, rect, ribbon, text_at
from peelchain.units import format_btc

_BAR = 1200
_WIDE, _NARROW_COLUMN, _FEW = 19000, 12500, 7
_LEFT, _TOP = 17000, 5200
_GAP = 1500
_LINE = 1350
_FULL = 30000
_SWEEPS = 8
_LONGEST = 26
_NARROW = 16

SOURCE, STEP, SERVICE, REST = "#1c2733", "#7b8794", "#2f6f9f", "#b0763a"


@dataclass(frozen=True)
class Bar:
    """A place value passes or rests at: its column from the left, from 0; lines beside it."""

    column: int
    lines: tuple[str, ...]
    colour: str


@dataclass(frozen=True)
class Ribbon:
    """Value from a bar to one in a later column, both by index; `told` shows on hovering."""

    source: int
    target: int
    value_sat: int
    told: str


@dataclass(frozen=True)
class _Placed:
    y: int
    height: int


def diagram(
    title: str, bars: Sequence[Bar], ribbons: Sequence[Ribbon], notes: Sequence[str] = ()
) -> str:
    """The diagram as an SVG file. `notes` stand below it.

    Ribbons go from a lower column to a higher; their widths have one scale. Bars of a column are
    put in the order that lets ribbons cross least, as far as a few sweeps by barycentre find it.
    Source: Sugiyama, Tagawa and Toda 1981, "Methods for Visual Understanding of Hierarchical
    System Structures", for the sweeps.
    """
    if not bars:
        empty = "nothing moved"
        return drawing(800, 60, title, empty, [text_at(40000, 3400, empty, anchor="middle")])
    placed = _places(bars, ribbons)
    columns = 1 + max(bar.column for bar in bars)
    step = _WIDE if columns <= _FEW else _NARROW_COLUMN
    width = (2 * _LEFT + (columns - 1) * step + _BAR) // 100
    foot = max(p.y + p.height for p in placed) + 3200
    parts = [text_at(800, 2200, title, bold=True, size=16)]
    parts += _drawn_ribbons(bars, ribbons, placed, step)
    last = columns - 1
    for bar, place in zip(bars, placed, strict=True):
        parts.append(rect(_x(bar, step), place.y, _BAR, place.height, bar.colour))
    for bar, place in zip(bars, placed, strict=True):
        parts += _label(bar, place, last, step)
    for at, note in enumerate(notes):
        parts.append(text_at(800, foot + 1700 * at, note, colour=FAINT))
    height = (foot + 1700 * len(notes)) // 100 + 10
    told = "; ".join(f"{_name(bars[r.source])} to {_name(bars[r.target])}: "
                     f"{format_btc(r.value_sat)} BTC" for r in ribbons)  # fmt: skip
    return drawing(width, height, title, told, parts)


def _name(bar: Bar) -> str:
    return bar.lines[0] if bar.lines else ""


def _x(bar: Bar, step: int) -> int:
    return _LEFT + step * bar.column


def _places(bars: Sequence[Bar], ribbons: Sequence[Ribbon]) -> list[_Placed]:
    through = _through(bars, ribbons)
    columns: dict[int, list[int]] = {}
    for at, bar in enumerate(bars):
        columns.setdefault(bar.column, []).append(at)
    fullest = max(sum(through[at] for at in column) for column in columns.values())
    heights = [max(200, _FULL * value // max(1, fullest)) for value in through]
    for column in _ordered(columns, ribbons).values():
        columns[bars[column[0]].column] = column
    slots = {
        number: sum(_slot(bars[at], heights[at]) + _GAP for at in column) - _GAP
        for number, column in columns.items()
    }
    tallest = max(slots.values())
    placed = [_Placed(0, 0)] * len(bars)
    for number, column in columns.items():
        y = _TOP + (tallest - slots[number]) // 2
        for at in column:
            slot = _slot(bars[at], heights[at])
            placed[at] = _Placed(y + (slot - heights[at]) // 2, heights[at])
            y += slot + _GAP
    return placed


def _slot(bar: Bar, height: int) -> int:
    return max(height, _LINE * len(bar.lines))


def _through(bars: Sequence[Bar], ribbons: Sequence[Ribbon]) -> list[int]:
    """The value through each bar: what enters or what leaves, whichever is more."""
    entering, leaving = [0] * len(bars), [0] * len(bars)
    for ribbon_ in ribbons:
        leaving[ribbon_.source] += ribbon_.value_sat
        entering[ribbon_.target] += ribbon_.value_sat
    return [max(pair) for pair in zip(entering, leaving, strict=True)]


def _ordered(columns: dict[int, list[int]], ribbons: Sequence[Ribbon]) -> dict[int, list[int]]:
    ordered = {number: list(columns[number]) for number in sorted(columns)}
    before: dict[int, list[tuple[int, int]]] = {}
    after: dict[int, list[tuple[int, int]]] = {}
    for ribbon_ in ribbons:
        before.setdefault(ribbon_.target, []).append((ribbon_.source, ribbon_.value_sat))
        after.setdefault(ribbon_.source, []).append((ribbon_.target, ribbon_.value_sat))
    rank: dict[int, Fraction] = {}
    for column in ordered.values():
        rank.update(_ranks(column))
    for sweep in range(_SWEEPS):
        joined = before if sweep % 2 == 0 else after
        for number in sorted(ordered, reverse=sweep % 2 == 1):
            column = ordered[number]
            centre = {at: _barycentre(joined.get(at, []), rank, rank[at]) for at in column}
            column.sort(key=lambda at: (centre[at], at))
            rank.update(_ranks(column))
    return ordered


def _ranks(column: Sequence[int]) -> dict[int, Fraction]:
    # by share of the column, so that columns of different length compare
    return {at: Fraction(2 * place + 1, 2 * len(column)) for place, at in enumerate(column)}


def _barycentre(
    joined: Sequence[tuple[int, int]], rank: dict[int, Fraction], own: Fraction
) -> Fraction:
    weight = sum(value for _, value in joined)
    if not weight:
        return own
    return sum((rank[at] * value for at, value in joined), Fraction()) / weight


def _drawn_ribbons(
    bars: Sequence[Bar], ribbons: Sequence[Ribbon], placed: Sequence[_Placed], step: int
) -> list[str]:
    """The ribbons, each bar's in the order of the bars they come from or go to."""
    through = _through(bars, ribbons)

    def thick(ribbon_: Ribbon, end: int) -> int:
        return placed[end].height * ribbon_.value_sat // max(1, through[end])

    numbers = range(len(ribbons))
    leave, enter = {}, {}
    at = [place.y for place in placed]
    for number in sorted(numbers, key=lambda n: (placed[ribbons[n].target].y, n)):
        source = ribbons[number].source
        leave[number] = at[source]
        at[source] += thick(ribbons[number], source)
    at = [place.y for place in placed]
    for number in sorted(numbers, key=lambda n: (placed[ribbons[n].source].y, n)):
        target = ribbons[number].target
        enter[number] = at[target]
        at[target] += thick(ribbons[number], target)
    parts = []
    for number in sorted(numbers, key=lambda n: (-ribbons[n].value_sat, n)):
        ribbon_ = ribbons[number]
        drawn = ribbon(
            _x(bars[ribbon_.source], step) + _BAR,
            leave[number],
            _x(bars[ribbon_.target], step),
            enter[number],
            max(60, thick(ribbon_, ribbon_.source)),
            bars[ribbon_.target].colour,
            "0.4",
        )
        parts.append(f"<g><title>{escape(ribbon_.told)}</title>{drawn}</g>")
    return parts


def _label(bar: Bar, place: _Placed, last: int, step: int) -> list[str]:
    """The lines of a bar: outside the first and last column, within the others beside it."""
    first = bar.column == 0
    x = _x(bar, step) - 700 if first else _x(bar, step) + _BAR + 700
    anchor = "end" if first else "start"
    longest = _LONGEST if bar.column in (0, last) else _NARROW
    y = place.y + place.height // 2 + 400 - _LINE * (len(bar.lines) - 1) // 2
    return [
        text_at(
            x,
            y + _LINE * at,
            line if len(line) <= longest else line[: longest - 1] + "…",
            anchor=anchor,
            bold=at == 0,
            colour=INK if at == 0 else FAINT,
            halo=True,
        )
        for at, line in enumerate(bar.lines)
    ]
