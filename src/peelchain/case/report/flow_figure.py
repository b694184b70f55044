"""The flow diagram: sources on the left, the subject in the middle, destinations on the right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from peelchain.case.report.catalogue import Texts
from peelchain.case.report.nearness import TIERS, Tier, tiers
from peelchain.case.report.reading import (
    Report,
    Row,
    btc,
    label_of,
    rules_of,
    services_of,
    subject_of,
    texts_of,
    trace_of,
    unserved,
)
from peelchain.svg.drawing import FAINT, INK, curve, drawing, px, rect, ribbon, straight, text_at

WIDTH = 800
_SOURCE_X, _SUBJECT_X, _TARGET_X = 25000, 39500, 54000
_NODE = 1000
_TOP, _LEAST_SLOT, _GAP = 3600, 4600, 600
_SCALE = 23000
_MOST_NODES = 9
_DASHES = {
    "inference": ' stroke-dasharray="5 3"',
    "assertion": ' stroke-dasharray="1.2 2.6"',
    "scan": ' stroke-dasharray="9 3 1.5 3"',
}
_END_BASIS = {
    "coinjoin": "inference",
    "mixer": "assertion",
    "unspent": "scan",
    "unresolved": "scan",
}
_SERVICE, _SUBJECT, _OTHER = "#2f6f9f", "#1c2733", "#7b8794"
# The nearer, the darker: told apart in black and white too.
_SHADES = {"straight": "0.85", "one": "0.5", "more": "0.2"}


@dataclass(frozen=True)
class _End:
    """One source or destination: what flows, how much of it from how near, on what basis.

    `bands` are the satoshis of each tier of nearness, nearest first; empty for what is no service.
    """

    name: str
    details: tuple[str, ...]
    value_sat: int
    bands: tuple[tuple[str, int], ...]
    basis: str
    colour: str
    y: int = 0
    height: int = 0


def flow_svg(report: Report, texts: Texts | None = None) -> str:
    """The figure as an SVG file, its widths the satoshis of the report's first rule.

    A flow that returns to the subject is left out of both sides and named below.
    """
    texts = texts or texts_of(report)
    subject = subject_of(report, 24)
    title = texts.say("flow.title", subject=subject)
    sources = _ends(texts, report, "inflows")
    targets = _ends(texts, report, "outflows")
    if not sources and not targets:
        empty = texts.say("flow.empty")
        return drawing(WIDTH, 60, title, empty, [text_at(WIDTH * 50, 3400, empty, anchor="middle")])
    total = max(sum(e.value_sat for e in sources), sum(e.value_sat for e in targets))
    sources, left = _placed(sources, total)
    targets, right = _placed(targets, total)
    tall = max(left, right)
    sources = [replace(e, y=e.y + (tall - left) // 2) for e in sources]
    targets = [replace(e, y=e.y + (tall - right) // 2) for e in targets]
    middle = _TOP + tall // 2
    foot = _TOP + tall + 2600
    parts = [
        *_heads(texts, subject_of(report, 20)),
        *_side(sources, middle, _SOURCE_X, "end"),
        *_side(targets, middle, _TARGET_X, "start"),
        _subject(sources, targets, middle),
        *_legend(texts, foot),
        *_left_out(texts, report, subject, foot + 4600),
    ]
    desc = texts.say(
        "flow.desc", subject=subject, sources=_listed(sources), targets=_listed(targets)
    )
    return drawing(WIDTH, (foot + 5600) // 100, title, desc, parts)


def _listed(ends: Sequence[_End]) -> str:
    return "; ".join(f"{e.name} {btc(e.value_sat)}" for e in ends) or "–"


def _ends(texts: Texts, report: Report, side: str) -> list[_End]:
    rule = next(iter(rules_of(report)), "")
    ends = []
    for service in services_of(report, side):
        value = service["traced_sat"].get(rule, 0)
        if value > 0:
            found = tiers(report, side, service["entity"])
            rows = [r for r in report[side] if r["entity"] == service["entity"]]
            ends.append(
                _End(
                    label_of(report, service["entity"], 24),
                    (_amount(texts, value, service["count"]), *_nearest(texts, found)),
                    value,
                    tuple((tier, of.traced_sat) for tier, of in found.items()),
                    _basis(rows),
                    _SERVICE,
                )
            )
    others = _others(texts, report, side, rule)
    spare = max(1, _MOST_NODES - len(others))
    if len(ends) > spare:
        rest = ends[spare - 1 :]
        ends = [*ends[: spare - 1], _gathered(texts, rest)]
    return [*ends, *others]


def _gathered(texts: Texts, rest: Sequence[_End]) -> _End:
    value = sum(e.value_sat for e in rest)
    bands = tuple(
        (tier, sum(sat for e in rest for name, sat in e.bands if name == tier)) for tier in TIERS
    )
    basis = max((e.basis for e in rest), key=_rank)
    return _End(
        texts.say("flow.more", count=len(rest)), (btc(value),), value, bands, basis, _SERVICE
    )


def _amount(texts: Texts, value_sat: int, count: int) -> str:
    return f"{btc(value_sat)} · {texts.count('near.payments', count)}"


def _nearest(texts: Texts, found: Mapping[str, Tier]) -> list[str]:
    """The nearest tier that has rows, unless that is the furthest."""
    for tier, of in found.items():
        if of.count and tier != TIERS[-1]:
            return [texts.say(f"flow.{tier}", amount=btc(of.traced_sat), count=of.count)]
    return []


def _others(texts: Texts, report: Report, side: str, rule: str) -> list[_End]:
    direction = "backward" if side == "inflows" else "forward"
    return [
        _End(
            texts.name("terminal", kind),
            (btc(sat),),
            sat,
            (),
            _END_BASIS.get(kind, "fact"),
            _OTHER,
        )
        for kind, sat in unserved(report, direction, rule)
    ]


def _rank(basis: str) -> int:
    return ("fact", "scan", "assertion", "inference").index(basis) if basis else 3


def _basis(rows: Sequence[Row]) -> str:
    return max((str(r["basis"]) for r in rows), key=_rank, default="inference")


def _thick(value_sat: int, total_sat: int) -> int:
    return max(100, _SCALE * value_sat // total_sat)


def _placed(ends: list[_End], total: int) -> tuple[list[_End], int]:
    """The ends with their places from the top down, and the height they take."""
    y, placed = _TOP, []
    for end in ends:
        height = _thick(end.value_sat, total)
        slot = max(height, _LEAST_SLOT)
        placed.append(replace(end, y=y + (slot - height) // 2, height=height))
        y += slot + _GAP
    return placed, max(0, y - _GAP - _TOP)


def _side(ends: Sequence[_End], middle: int, x: int, anchor: str) -> list[str]:
    """One side's ribbons, bars and labels; ribbons meet the subject in the order of their ends."""
    left = anchor == "end"
    here, there = (x + _NODE, _SUBJECT_X) if left else (x, _SUBJECT_X + _NODE)
    parts: list[str] = []
    y = middle - sum(e.height for e in ends) // 2
    for e in ends:
        done = 0
        for shade, thick in _bands(e):
            parts.append(ribbon(here, e.y + done, there, y + done, thick, e.colour, shade))
            done += thick
        parts.append(_outline(here, e.y, there, y, e))
        y += e.height
    for e in ends:
        parts.append(rect(x, e.y, _NODE, e.height, e.colour))
        parts.extend(_label(e, x - 800 if left else x + _NODE + 800, anchor))
    return parts


def _bands(end: _End) -> list[tuple[str, int]]:
    """(opacity, thickness) of each band of a ribbon; the thicknesses sum to the ribbon's."""
    bands, done, at = [], 0, 0
    for tier, sat in end.bands:
        done += sat
        upto = end.height if done >= end.value_sat else end.height * done // end.value_sat
        if upto > at:
            bands.append((_SHADES[tier], upto - at))
        at = max(at, upto)
    if at < end.height:
        bands.append((_SHADES["more"], end.height - at))
    return bands


def _outline(x1: int, y1: int, x2: int, y2: int, end: _End) -> str:
    """The two long edges of a ribbon, dashed by its basis."""
    foot = end.height
    path = (
        f"M{px(x1)} {px(y1)}{curve(x1, y1, x2, y2)}"
        f"M{px(x1)} {px(y1 + foot)}{curve(x1, y1 + foot, x2, y2 + foot)}"
    )
    return (
        f'<path d="{path}" fill="none" stroke="{end.colour}" stroke-width="0.8"'
        f"{_DASHES.get(end.basis, '')}/>"
    )


def _label(end: _End, x: int, anchor: str) -> list[str]:
    y = end.y + end.height // 2 + 400 - 700 * len(end.details)
    lines = [text_at(x, y, end.name, anchor=anchor, bold=True, size=15)]
    for number, detail in enumerate(end.details, 1):
        at = y + 100 + 1500 * number
        lines.append(text_at(x, at, detail, anchor=anchor, colour=FAINT, size=13))
    return lines


def _subject(sources: Sequence[_End], targets: Sequence[_End], middle: int) -> str:
    height = max(sum(e.height for e in sources), sum(e.height for e in targets))
    return rect(_SUBJECT_X, middle - height // 2, _NODE, height, _SUBJECT)


def _heads(texts: Texts, subject: str) -> list[str]:
    y = 1800
    return [
        text_at(
            _SOURCE_X - 800, y, texts.say("flow.sources_head"), anchor="end", colour=FAINT, size=14
        ),
        text_at(_SUBJECT_X + _NODE // 2, y, subject, anchor="middle", bold=True, size=15),
        text_at(_TARGET_X + _NODE + 800, y, texts.say("flow.targets_head"), colour=FAINT, size=14),
    ]


def _legend(texts: Texts, y: int) -> list[str]:
    parts, x = [], 8000
    for tier, opacity in _SHADES.items():
        box = rect(x, y - 1100, 3600, 1300, _SERVICE).replace("/>", f' fill-opacity="{opacity}"/>')
        parts += [box, text_at(x + 4400, y, texts.say(f"flow.legend_{tier}"), size=13)]
        x += 25500
    x = 8000
    for basis in ("fact", "inference", "assertion", "scan"):
        extra = f' stroke-width="2"{_DASHES.get(basis, "")}'
        parts.append(straight(x, y + 1900, x + 3600, y + 1900, INK, extra))
        parts.append(text_at(x + 4400, y + 2300, texts.name("basis", basis), size=13))
        x += 17000
    return parts


def _left_out(texts: Texts, report: Report, subject: str, y: int) -> list[str]:
    rule = next(iter(rules_of(report)), "")
    trace = trace_of(report, "forward", rule)
    returned = trace["totals"].get("seed", 0) if trace else 0
    if not returned:
        return []
    text = texts.say("flow.internal", amount=btc(returned), subject=subject)
    return [text_at(WIDTH * 50, y, text, anchor="middle", colour=FAINT, size=13)]
