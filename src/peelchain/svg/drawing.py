"""A small writer of SVG. Lengths are integers of a hundredth of a pixel, so bytes never vary."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

FONT = "Libertinus Serif, Georgia, Times New Roman, serif"
INK = "#1c2733"
FAINT = "#5d6b78"
RULE = "#c9d1d8"


def px(hundredths: int) -> str:
    """A length for an attribute: `1234` is `12.34`."""
    sign, size = "-" if hundredths < 0 else "", abs(hundredths)
    return f"{sign}{size // 100}.{size % 100:02d}"


def text_at(
    x: int,
    y: int,
    text: str,
    *,
    size: int = 12,
    anchor: str = "start",
    bold: bool = False,
    colour: str = INK,
    halo: bool = False,
) -> str:
    """A line of text, escaped; with a halo it can be read where it lies on what is drawn."""
    weight = ' font-weight="bold"' if bold else ""
    if halo:
        weight += ' paint-order="stroke" stroke="#ffffff" stroke-width="3" stroke-opacity="0.8"'
    return (
        f'<text x="{px(x)}" y="{px(y)}" font-size="{size}" text-anchor="{anchor}"'
        f'{weight} fill="{colour}">{escape(text)}</text>'
    )


def rect(x: int, y: int, width: int, height: int, fill: str) -> str:
    """A filled rectangle."""
    return (
        f'<rect x="{px(x)}" y="{px(y)}" width="{px(width)}" height="{px(height)}" fill="{fill}"/>'
    )


def straight(x1: int, y1: int, x2: int, y2: int, colour: str, extra: str = "") -> str:
    """A straight line; `extra` is further attributes of our own."""
    return (
        f'<line x1="{px(x1)}" y1="{px(y1)}" x2="{px(x2)}" y2="{px(y2)}" stroke="{colour}"{extra}/>'
    )


def ribbon(x1: int, y1: int, x2: int, y2: int, thick: int, colour: str, opacity: str) -> str:
    """A band of equal height from the right of one bar to the left of another."""
    path = (
        f"M{px(x1)} {px(y1)}{curve(x1, y1, x2, y2)}V{px(y2 + thick)}"
        f"{curve(x2, y2 + thick, x1, y1 + thick)}Z"
    )
    return f'<path d="{path}" fill="{colour}" fill-opacity="{opacity}"/>'


def curve(x1: int, y1: int, x2: int, y2: int) -> str:
    """The rest of a path from where it is, at the first point, level out of both points."""
    bend = (x1 + x2) // 2
    return f"C{px(bend)} {px(y1)} {px(bend)} {px(y2)} {px(x2)} {px(y2)}"


def drawing(width: int, height: int, title: str, desc: str, parts: Sequence[str]) -> str:
    """A whole SVG file with its title and description. Width and height in whole pixels."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label={quoteattr(title)} '
        f"font-family={quoteattr(FONT)}>\n"
        f"<title>{escape(title)}</title>\n<desc>{escape(desc)}</desc>\n"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )
