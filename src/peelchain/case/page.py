"""The report as one HTML file that opens offline: the built page with the report's JSON in it."""

import json
from importlib import resources
from typing import Any

from peelchain.errors import CaseError

_PLACE = "__PEELCHAIN_REPORT__"
_TEMPLATE = "web/static/report.html"

# Inside a script element only `</script` and `<!--` have a meaning; the line separators are escaped
# because older parsers end a line at them. As JSON escapes all five read as the same text.
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def page(report: dict[str, Any]) -> bytes:
    """The report page, UTF-8, with `report` (report.json, docs/evidence-format.md) filled in.

    Same report, same bytes. Raises CaseError where the page was not built with the package.
    """
    return fill(_template(), report)


def fill(template: str, report: dict[str, Any]) -> bytes:
    """The template with its one place for the report filled with JSON that cannot end the element.

    Raises CaseError where the template has no such place, or several.
    """
    if template.count(_PLACE) != 1:
        raise CaseError(
            f"{_TEMPLATE} has {template.count(_PLACE)} places for the report where one belongs; "
            "run 'make install' to build it again"
        )
    text = json.dumps(report, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return template.replace(_PLACE, text.translate(_ESCAPES)).encode()


def _template() -> str:
    try:
        return resources.files("peelchain").joinpath(_TEMPLATE).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CaseError(
            f"the report page {_TEMPLATE} is not part of this installation; run 'make install'"
        ) from error
