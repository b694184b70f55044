"""The timeline of receipts: value by day, week, month or year."""

from collections.abc import Iterator
from datetime import date, timedelta

from peelchain.case.report.catalogue import Texts
from peelchain.case.report.reading import Report, btc, first_and_last, subject_of, texts_of
from peelchain.svg.axis import ceiling, value_axis
from peelchain.svg.drawing import FAINT, INK, drawing, px, rect, straight, text_at

WIDTH, HEIGHT = 760, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 6000, 74000, 2600, 19600
_BAR = "#2f6f9f"
_MOST_BARS = 70
_LABEL_WIDTH = 6600


def period_of(report: Report) -> str:
    """`day`, `week`, `month` or `year`: the finest that gives at most 70 bars (years: any)."""
    if not report["receipts"]:
        return "day"
    first, last = (date.fromisoformat(day) for day in first_and_last(report["receipts"]))
    days = (last - first).days + 1
    for period, length in (("day", 1), ("week", 7), ("month", 31)):
        if days <= _MOST_BARS * length:
            return period
    return "year"


def timeline_svg(report: Report, texts: Texts | None = None) -> str:
    """The figure as an SVG file: a bar for each period, its value in BTC, dates in ISO."""
    texts = texts or texts_of(report)
    period = texts.name("period", period_of(report))
    title = texts.say("timeline.title", subject=subject_of(report, 24), period=period)
    if not report["receipts"]:
        empty = texts.say("timeline.empty")
        return drawing(WIDTH, 60, title, empty, [text_at(38000, 3400, empty, anchor="middle")])
    bars = _bars(report)
    top = max(sat for _, sat in bars)
    return drawing(
        WIDTH,
        HEIGHT,
        title,
        _describe(texts, report, bars),
        [
            text_at(_LEFT, 1500, texts.say("timeline.axis", period=period), colour=FAINT),
            *value_axis(top, _LEFT, _RIGHT, _TOP, _BOTTOM),
            *_draw_bars(bars, ceiling(top)),
            *_date_axis([_named(start, period_of(report)) for start, _ in bars]),
        ],
    )


def _describe(texts: Texts, report: Report, bars: list[tuple[date, int]]) -> str:
    first, last = first_and_last(report["receipts"])
    start, most = max(bars, key=lambda bar: (bar[1], bar[0]))
    return texts.say(
        "timeline.desc",
        count=len(report["receipts"]),
        first=first,
        last=last,
        amount=btc(most),
        date=start.isoformat(),
    )


def _bars(report: Report) -> list[tuple[date, int]]:
    period = period_of(report)
    sums: dict[date, int] = {}
    for row in report["receipts"]:
        start = _start(date.fromisoformat(str(row["time_utc"])[:10]), period)
        sums[start] = sums.get(start, 0) + row["value_sat"]
    return [(day, sums.get(day, 0)) for day in _starts(min(sums), max(sums), period)]


def _start(day: date, period: str) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    if period == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if period == "year" else day


def _starts(first: date, last: date, period: str) -> Iterator[date]:
    step = {"day": 1, "week": 7, "month": 31, "year": 366}[period]
    day = first
    while day <= last:
        yield day
        # From the first of a month or year, 31 or 366 days always land in the next.
        day = _start(day + timedelta(days=step), period)


def _draw_bars(bars: list[tuple[date, int]], most: int) -> list[str]:
    slot = (_RIGHT - _LEFT) // len(bars)
    width = min(3600, max(100, slot * 7 // 10))
    parts = []
    for i, (start, sat) in enumerate(bars):
        if sat:
            height = max(100, (_BOTTOM - _TOP) * sat // most)
            x = _LEFT + slot * i + (slot - width) // 2
            parts.append(
                f"<g><title>{start.isoformat()}: {btc(sat)}</title>"
                + rect(x, _BOTTOM - height, width, height, _BAR)
                + "</g>"
            )
    return parts


def _named(start: date, period: str) -> str:
    """The start of a bar, no finer than the bar: `2020-06` for a month, `2020` for a year."""
    return start.isoformat()[: {"month": 7, "year": 4}.get(period, 10)]


def _date_axis(starts: list[str]) -> list[str]:
    slot = (_RIGHT - _LEFT) // len(starts)
    every = max(1, -(-_LABEL_WIDTH // slot))
    parts = []
    for i in range(0, len(starts), every):
        x = _LEFT + slot * i + slot // 2
        parts.append(straight(x, _BOTTOM, x, _BOTTOM + 500, INK))
        if x + _LABEL_WIDTH // 2 <= WIDTH * 100:
            label = text_at(x, _BOTTOM + 1900, starts[i], anchor="middle")
            parts.append(label)
    parts.append(f'<path d="M{px(_LEFT)} {px(_BOTTOM)}H{px(_RIGHT)}" stroke="{INK}"/>')
    return parts
