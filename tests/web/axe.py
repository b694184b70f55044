"""What axe finds on a page as it is, by the rules of WCAG 2.2 AA."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path(__file__).resolve().parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_RUN = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"


def axe_violations(page: Page) -> list[str]:
    """A line for each violation on the page: its rule, what it means, where it is.

    Waits until nothing on the page says that it is still loading, and until what fades has faded.
    """
    settled(page)
    if not page.evaluate("() => 'axe' in window"):
        # through the debugger, where the page's policy has no say
        page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(_RUN, RULES)["violations"]
    return [
        f"{rule['id']}: {rule['help']}: {node['target']} {node['html'][:200]}"
        for rule in found
        for node in rule["nodes"]
    ]


def settled(page: Page) -> None:
    """Waits until the page has what it asked for, and stands still for some frames."""
    page.wait_for_function(_CALM, polling="raf")


_CALM = """() => {
  const main = document.querySelector("main");
  const waits = document.querySelector(".loading, [aria-busy=true]") !== null;
  const moves = document.getAnimations().some(
    (each) => each.playState === "running"
      && each.effect?.getComputedTiming().iterations !== Infinity);
  const calm = main !== null && main.textContent.trim() !== "" && !waits && !moves;
  window.calmFrames = calm ? (window.calmFrames ?? 0) + 1 : 0;
  return window.calmFrames > 15;
}"""
