"""Every page of the workbench with an address at which the demo has something to show."""

import csv
import re
from pathlib import Path
from urllib.parse import quote

from tests.web.conftest import Demo

ROUTES = Path(__file__).resolve().parents[2] / "ui" / "src" / "workbench" / "routes.tsx"

PATTERNS: list[str] = re.findall(r'pattern: "([^"]+)"', ROUTES.read_text(encoding="utf-8"))
"""The addresses as the page's own list has them, such as `/tx/:txid`."""


def address_of(pattern: str, demo: Demo, case: str = "pay-site") -> str:
    """The page's address, its parts filled from the demo; KeyError for a part nobody knows."""
    first, second, *_ = demo.observed
    with (demo.node / "seeds.csv").open() as lines:
        txid = next(csv.DictReader(lines))["outpoint"].partition(":")[0]
    parts = {
        "txid": txid,
        "address": first,
        "party": service_of(demo),
        "block": "700",
        "id": "0",
        "case": case,
    }
    asked = {
        "/search": f"?q={first[:-1]}",
        "/why": f"?a={first}&b={second}",
        "/trace": f"?seed={first}",
        "/canvas": f"?add=address:{first}",
    }
    filled = re.sub(r":(\w+)", lambda part: quote(parts[part[1]]), pattern)
    return filled + asked.get(pattern, "")


def service_of(demo: Demo) -> str:
    """The actor of the first service that the demo's tags name."""
    text = (demo.node / "tagpack.yaml").read_text(encoding="utf-8")
    found = re.search(r"actor: [\"']?([\w-]+)", text)
    assert found is not None
    return found[1]
