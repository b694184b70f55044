"""The value axis of a figure: steps of 1, 2 or 5 times a power of ten, in BTC."""

from peelchain.svg.drawing import INK, RULE, straight, text_at
from peelchain.units import COIN, format_btc


def ceiling(top_sat: int) -> int:
    """The satoshis at the top of an axis that has to show `top_sat`."""
    step = _step(top_sat)
    return max(1, -(-top_sat // step)) * step


def value_axis(top_sat: int, left: int, right: int, top: int, bottom: int) -> list[str]:
    """Lines and labels of an axis from 0 up to `ceiling(top_sat)` in a frame of those places."""
    step, most = _step(top_sat), ceiling(top_sat)
    parts = []
    for value in range(0, most + 1, step):
        y = bottom - (bottom - top) * value // most
        parts.append(straight(left, y, right, y, RULE if value else INK))
        parts.append(text_at(left - 800, y + 400, _short(value, step), anchor="end"))
    return parts


def _step(top: int) -> int:
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * 5 >= top:
                return step * factor
        step *= 10


def _short(value: int, step: int) -> str:
    """A value with no more decimals than the step needs; the step is 1, 2 or 5 times a ten."""
    text = format_btc(value)
    decimals = 8
    while decimals and step % 10 == 0 and step < COIN * 10:
        step //= 10
        decimals -= 1
    return text[: len(text) - 8 + decimals].rstrip(".")
