"""SVG from outside that may be kept: drawing alone, nothing that runs or fetches."""

import re
from xml.etree import ElementTree

from peelchain.errors import MisuseError
from peelchain.units import shown

MOST_BYTES = 16 << 20

_SPACE = "{http://www.w3.org/2000/svg}"
_DRAWING = frozenset(
    ["svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title", "desc", "defs", "marker", "clipPath", "linearGradient", "radialGradient", "stop", "pattern", "symbol", "metadata"]
)
_MOST_DEPTH = 100
_PART_BYTES = 1 << 16
_OUTSIDE = re.compile(r"url\(\s*['\"]?(?!#)|javascript:|@import|expression\(", re.IGNORECASE)
_DECLARED = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def check_svg(content: bytes) -> None:
    """Raises MisuseError for what is no SVG, or one that holds more than a drawing."""
    if len(content) > MOST_BYTES:
        raise MisuseError(f"the figure has {len(content):,} bytes, and {MOST_BYTES:,} is the most")
    # entities could make little text into much
    if _DECLARED.search(content):
        raise MisuseError("the figure declares a document type; give plain SVG")
    if not content.strip():
        raise MisuseError("the figure is empty; draw something first")
    parser, depth = ElementTree.XMLPullParser(("start", "end")), 0
    try:
        for at in range(0, len(content), _PART_BYTES):
            parser.feed(content[at : at + _PART_BYTES])
            for event, element in parser.read_events():
                depth += 1 if event == "start" else -1
                if event == "start":
                    _check(element, depth)
        parser.close()
    except ElementTree.ParseError as e:
        raise MisuseError(f"the figure is no SVG: {e}") from None


def _check(element: ElementTree.Element, depth: int) -> None:
    name = element.tag.removeprefix(_SPACE)
    if not element.tag.startswith(_SPACE) or name not in _DRAWING:
        raise MisuseError(f"the figure holds <{shown(name)}>; an SVG that is kept only draws")
    if depth > _MOST_DEPTH or (depth == 1) != (name == "svg"):
        raise MisuseError("the figure is not one plain <svg> of some depth; draw it anew")
    for key, value in element.attrib.items():
        plain = key.rpartition("}")[2].lower()
        runs = plain.startswith("on") or (plain == "href" and not value.startswith("#"))
        if runs or _OUTSIDE.search(value):
            raise MisuseError(
                f"the figure's {shown(plain)} may run or fetch something; leave it out"
            )
