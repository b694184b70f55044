"""How smoothly a picture of 2,000 elements moves in headless Chromium.

`python -m bench.web.canvas_frames --folder F` with `store` and `cases` in F (bench.web.server.demo
makes them; written to). Prints frames a second while the view is dragged, a node is dragged and
the view is zoomed; fails at 30 or less.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from bench.measure import BenchError, commit, machine
from bench.web.server import serving
from playwright.sync_api import Page, sync_playwright

NODES, ROWS, MILLISECONDS = 1020, 40, 3000
LEAST = 30.0
BROWSER = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

_COUNT = """(ms) => { window.counted = new Promise((done) => {
  const start = performance.now(); let first = 0, last = 0, frames = 0;
  const tick = (at) => {
    if (frames === 0) first = at;
    frames += 1; last = at;
    if (performance.now() - start < ms) requestAnimationFrame(tick);
    else done(frames > 1 ? (frames - 1) * 1000 / (last - first) : 0);
  };
  requestAnimationFrame(tick); }); }"""


def picture() -> dict[str, Any]:
    """A picture of transactions in columns, each but those of the first spending an earlier one."""
    nodes: dict[str, Any] = {}
    edges: dict[str, Any] = {}
    looks = {"hidden": False, "highlighted": False, "colour": None}
    for i in range(NODES):
        txid, day = f"{i:064x}", f"2020-01-{i // ROWS % 28 + 1:02d}T00:00:00Z"
        node = {"id": f"tx:{txid}", "kind": "tx", "label": txid, "time_utc": day, "height": i}
        node |= {"value_sat": 10**6 * (i + 1), "in_count": 2, "out_count": 2, "service": None}
        node |= {"tags": [], "tag_count": 0, "coinjoin": None, "incomplete": i % 50 == 0}
        node |= {"x": i // ROWS * 288, "y": i % ROWS * 92, "pinned": False, "group": None}
        nodes[f"tx:{txid}"] = node | looks | {"opened": {"in": None, "out": None}}
        if i < ROWS:
            continue
        source = f"tx:{max(0, i - ROWS + i * 7 % 3 - 1):064x}"
        edge: dict[str, Any] = {
            "id": f"spent:{source}>tx:{txid}",
            "from": source,
            "to": f"tx:{txid}",
        }
        edge |= {"kind": "spent", "value_sat": 10**5 * (i + 1), "time_utc": day, "height": i}
        edge |= {"count": 1, "outpoints": [f"{txid}:0"]}
        edge |= {"basis": ("fact", "inference", "assertion")[i % 3]}
        edges[edge["id"]] = edge | looks
    settings = {"unit": "btc", "dust_sat": 0, "from_utc": None, "to_utc": None}
    settings |= {"hidden_kinds": [], "by_cluster": False, "edge_labels": "amount_date"}
    whole = {"format": "peelchain-picture", "version": 1, "nodes": nodes, "edges": edges}
    return whole | {"notes": {}, "groups": {}, "settings": settings, "made_on": None}


def frames(client: httpx.Client) -> dict[str, Any]:
    """Frames a second by what is done. Raises BenchError where they are 30 or less."""
    body = {"picture": json.dumps(picture()), "version": None, "force": True}
    client.put("/api/cases/pay-site/pictures/frames", json=body).raise_for_status()
    token = client.headers["Authorization"].removeprefix("Bearer ")
    origin = str(client.base_url).rstrip("/")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_init_script(f"localStorage.setItem('peelchain.token', {json.dumps(token)})")
        page = context.new_page()
        page.goto(f"{origin}/case/pay-site/canvas?picture=frames")
        page.wait_for_selector(".canvas-legend p")
        page.wait_for_timeout(3000)
        told = {
            "drag_view": _during(page, lambda: _drag(page, 1)),
            "drag_node": _during(page, lambda: _drag(page, 2)),
            "zoom": _during(page, lambda: _zoom(page)),
        }
        browser.close()
    slow = {what: rate for what, rate in told.items() if rate <= LEAST}
    if slow:
        raise BenchError(f"a picture of 2,000 elements moves at {slow} frames a second")
    return {"elements": 2 * NODES - ROWS, "frames_per_second": told}


def _during(page: Page, work: Callable[[], None]) -> float:
    page.evaluate(_COUNT, MILLISECONDS)
    work()
    rate: float = page.evaluate("() => window.counted")
    page.wait_for_timeout(500)
    return round(rate, 1)


def _drag(page: Page, what: int) -> None:
    """Drags from the margin of the drawing (1) or from its middle, where nodes are (2)."""
    box = page.locator(".canvas-region").bounding_box()
    assert box is not None
    x = box["x"] + (8 if what == 1 else box["width"] / 2)
    y = box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(120):
        page.mouse.move(x + step % 40 * 4, y + step % 30 * 3)
    page.mouse.up()


def _zoom(page: Page) -> None:
    box = page.locator(".canvas-region").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for step in range(60):
        page.mouse.wheel(0, -60 if step % 20 < 10 else 60)


def main() -> int:
    """0 when all was smooth, 1 otherwise."""
    parser = argparse.ArgumentParser(description="How smoothly the canvas moves.")
    parser.add_argument("--folder", type=Path, required=True, help="with `store` and `cases`")
    try:
        with serving(parser.parse_args().folder) as client:
            result = frames(client)
    except BenchError as e:
        print(f"canvas_frames: {e}", file=sys.stderr)
        return 1
    print(json.dumps(result | {"machine": machine(), "commit": commit()}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
