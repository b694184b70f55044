"""The curve of a plan: what is covered by so many requests."""

from collections.abc import Mapping

from peelchain.case.report.catalogue import Texts
from peelchain.case.report.inert import printable
from peelchain.case.requests.plan import Plan
from peelchain.svg.drawing import FAINT, INK, RULE, drawing, px, rect, straight, text_at

WIDTH, HEIGHT = 760, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 6000, 73000, 2600, 22000
_PLANNED, _OTHER = "#2f6f9f", "#b9c6d1"
_MOST = 40


def curve_svg(plan: Plan, labels: Mapping[str, str], texts: Texts) -> str:
    """A bar for each request, as high as the share covered by it and those before it.

    The planned ones are dark; a line stands at the share asked for. Beyond 40 requests the rest
    are left out and counted.
    """
    of = plan.of
    title = texts.say(f"requests.curve_{of}")
    steps = plan.steps[:_MOST]
    if not steps or not plan.weight:
        empty = texts.say("requests.curve_empty")
        return drawing(WIDTH, 60, title, empty, [text_at(38000, 3400, empty, anchor="middle")])
    parts = []
    tall = _BOTTOM - _TOP
    for percent in range(0, 101, 25):
        y = _BOTTOM - tall * percent // 100
        parts.append(straight(_LEFT, y, _RIGHT, y, RULE if percent else INK))
        parts.append(text_at(_LEFT - 800, y + 400, f"{percent} %", anchor="end"))
    slot = (_RIGHT - _LEFT) // len(steps)
    width = min(4200, max(300, slot * 7 // 10))
    for number, step in enumerate(steps):
        height = tall * step.sum // plan.weight
        x = _LEFT + slot * number + (slot - width) // 2
        parts.append(rect(x, _BOTTOM - height, width, height, _PLANNED if step.planned else _OTHER))
        parts.append(_turned(x + width // 2, labels[step.entity]))
    y = _BOTTOM - tall * plan.needed // plan.weight
    dashes = ' stroke-dasharray="4 3"'
    parts.append(straight(_LEFT, y, _RIGHT, y, INK, dashes))
    if more := len(plan.steps) - len(steps):
        said = texts.say("flow.more", count=more)
        parts.append(text_at(_RIGHT, _TOP - 900, said, anchor="end", colour=FAINT))
    parts.append(text_at(_LEFT, 1500, title, colour=FAINT))
    desc = texts.say(
        "requests.curve_desc",
        planned=texts.count("requests.requests", len(plan.cover.chosen)),
        share=share_text(plan.cover.covered, plan.weight),
        reach=share_text(plan.reach, plan.weight),
    )
    return drawing(WIDTH, HEIGHT, title, desc, parts)


def share_text(part: int, whole: int) -> str:
    """A share in per cent with one decimal, rounded down."""
    tenths = 1000 * part // whole if whole else 0
    return f"{tenths // 10}.{tenths % 10} %"


def _turned(x: int, label: str) -> str:
    """A label under a bar, read upwards."""
    text = text_at(0, 0, printable(label, 18), anchor="end")
    return f'<g transform="translate({px(x + 400)} {px(_BOTTOM + 900)}) rotate(-60)">{text}</g>'
