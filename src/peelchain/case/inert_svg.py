"""SVG from outside that may be kept: drawing alone, nothing that runs or fetches."""

import re
from xml.etree import ElementTree

from peelchain.errors import MisuseError
from peelchain.units import shown

MOST_BYTES = 16 << 20

_SPACE = "{http://www.w3.org/2000/svg}"
_DRAWING = frozenset(
    {
        *("svg", "g", "defs", "symbol", "marker", "clipPath", "pattern"),
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
        *("text", "tspan", "title", "desc", "metadata"),
        *("linearGradient", "radialGradient", "stop"),
    }
)
_MOST_DEPTH = 100
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
    try:
        # no tree is made of it: a small file may name many elements
        parser = ElementTree.XMLParser(target=_Checking())  # noqa: S314 - no entity is declared
        parser.feed(content)
        parser.close()
    except ElementTree.ParseError as e:
        raise MisuseError(f"the figure is no SVG: {e}") from None


class _Checking:
    """What the parser tells of each element as it comes."""

    def __init__(self) -> None:
        self._depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Raises MisuseError for an element that does more than draw."""
        self._depth += 1
        name = tag.removeprefix(_SPACE)
        if not tag.startswith(_SPACE) or name not in _DRAWING:
            raise MisuseError(f"the figure holds <{shown(name)}>; an SVG that is kept only draws")
        if self._depth > _MOST_DEPTH or (self._depth == 1) != (name == "svg"):
            raise MisuseError("the figure is not one plain <svg> of some depth; draw it anew")
        for key, value in attributes.items():
            plain = key.rpartition("}")[2].lower()
            runs = plain.startswith("on") or (plain == "href" and not value.startswith("#"))
            if runs or _OUTSIDE.search(value):
                raise MisuseError(
                    f"the figure's {shown(plain)} may run or fetch something; leave it out"
                )

    def end(self, tag: str) -> None:
        """Counts an element that is over."""
        self._depth -= 1

    def close(self) -> None:
        """Nothing: what is wrong was raised."""
